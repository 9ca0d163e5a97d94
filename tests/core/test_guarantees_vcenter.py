"""What vCenter promises, as its record says it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from antiaffinity.guarantee import Guarantee, promises
from antiaffinity_vcenter import cloud


def one(level: Any, rule: str, hard: bool, how: Any) -> Guarantee:
    (promise,) = promises(cloud.guarantees, level, rule, hard, how=[how])
    return promise


@pytest.mark.parametrize("level", ["zone", "host"])
@pytest.mark.parametrize("rule", ["anti-affinity", "affinity", "spread", "survive"])
@pytest.mark.parametrize("hard", [True, False])
def test_hosts_and_zones_are_chosen_for_every_rule(level: Any, rule: str, hard: bool) -> None:
    promise = one(level, rule, hard, "chosen")
    assert promise.evidence == "DOMAIN"
    assert "not kept" in promise.after_launch


@pytest.mark.parametrize("rule", ["anti-affinity", "affinity"])
def test_a_hard_rule_on_hosts_is_kept_by_a_mandatory_drs_rule(rule: str) -> None:
    hard, soft = one("host", rule, True, "kept"), one("host", rule, False, "kept")
    assert ("mandatory" in hard.mechanism, "mandatory" in soft.mechanism) == (True, False)
    assert (hard.at_launch, soft.at_launch) == ("REFUSES", "DEGRADES")
    assert hard.joins == soft.joins == "before start"


def test_a_drs_rule_keeps_one_member_a_host_and_no_more() -> None:
    assert one("host", "anti-affinity", True, "kept").most_per_domain == 1


def test_no_rule_keeps_a_spread() -> None:
    kept = {promise.rule for promise in cloud.guarantees if promise.how == "kept"}
    assert kept == {"anti-affinity", "affinity"}


def test_the_record_and_pulumis_arguments_import_no_sdk() -> None:
    check = "import sys, antiaffinity_vcenter; sys.exit('pyVmomi' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
