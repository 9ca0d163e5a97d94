"""What OpenStack promises, as its record says it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from antiaffinity.guarantee import Guarantee, promises
from antiaffinity_openstack import cloud


def one(level: Any, rule: str, hard: bool) -> Guarantee:
    (found,) = promises(cloud.guarantees, level, rule, hard)
    return found


def test_a_hard_group_refuses_counts_any_number_and_is_kept_until_the_group_is_deleted() -> None:
    hard = one("host", "anti-affinity", True)
    assert (hard.how, hard.at_launch, hard.evidence) == ("delegated", "REFUSES", "DOMAIN")
    assert (hard.most_per_domain, hard.groups_per_instance, hard.joins) == (None, 1, "creation")
    assert "deleted" in hard.lapses
    assert "server_group_members" in hard.limit_read


def test_a_soft_group_degrades_and_counts_to_one_only() -> None:
    soft = one("host", "anti-affinity", False)
    assert (soft.at_launch, soft.most_per_domain) == ("DEGRADES", 1)
    assert "nobody" in soft.after_launch


@pytest.mark.parametrize("hard", [True, False])
def test_to_survive_a_host_is_asked_for_as_anti_affinity(hard: bool) -> None:
    assert one("host", "survive", hard).mechanism == one("host", "anti-affinity", hard).mechanism


def test_what_host_evidence_really_names_is_said_with_every_host_promise() -> None:
    hosts = [each for each in cloud.guarantees if each.level == "host"]
    assert all("compute service, not a chassis" in each.caveat for each in hosts)


def test_zones_are_chosen_and_only_labels() -> None:
    zones = [each for each in cloud.guarantees if each.level == "zone"]
    assert {(each.rule, each.hard) for each in zones} == {
        (rule, hard) for rule in ("anti-affinity", "spread", "survive", "affinity") for hard in (True, False)
    }
    assert {each.how for each in zones} == {"chosen"}
    assert cloud.chosen == ("zone",)
    assert all("labels of the operator" in each.caveat for each in zones)


def test_there_are_no_racks_and_no_spread_over_hosts() -> None:
    assert {each.level for each in cloud.guarantees} == {"zone", "host"}
    assert promises(cloud.guarantees, "host", "spread", True) == []


def test_every_promise_names_the_vendors_page() -> None:
    assert all(each.page.startswith("https://docs.openstack.org/nova/latest/") for each in cloud.guarantees)


def test_the_record_needs_no_sdk() -> None:
    asked = "import sys, antiaffinity_openstack; print([m for m in sys.modules if m.startswith('openstack')])"
    told = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "[]"
