"""What Azure promises, as its record says it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from antiaffinity.guarantee import promises
from antiaffinity_azure import cloud


@pytest.mark.parametrize("level", ["zone", "rack"])
@pytest.mark.parametrize("rule", ["anti-affinity", "affinity", "spread", "survive"])
@pytest.mark.parametrize("hard", [True, False])
def test_zones_and_fault_domains_are_chosen_for_every_rule(level: Any, rule: str, hard: bool) -> None:
    (promise,) = promises(cloud.guarantees, level, rule, hard, how=["chosen"])
    assert promise.evidence == "DOMAIN"
    assert promise.at_launch == ("REFUSES" if hard else "DEGRADES")


def test_an_availability_set_is_never_told_as_a_hard_promise() -> None:
    delegated = [promise for promise in cloud.guarantees if promise.how == "delegated"]
    assert {promise.mechanism for promise in delegated} == {"availability set"}
    assert not any(promise.hard for promise in delegated)


def test_fault_domains_are_not_promised_to_last() -> None:
    racks = [promise for promise in cloud.guarantees if promise.level == "rack"]
    assert all("deallocated" in promise.after_launch and promise.lapses != "no" for promise in racks)


def test_azure_promises_no_hosts() -> None:
    assert "host" not in {promise.level for promise in cloud.guarantees}


def test_the_record_imports_no_sdk() -> None:
    check = (
        "import sys, antiaffinity_azure; sys.exit(any(name.split('.')[0] == 'azure' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
