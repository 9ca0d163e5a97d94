"""What AWS promises, as its record says it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from antiaffinity.guarantee import Guarantee, promises
from antiaffinity_aws import cloud


def one(level: Any, rule: str, hard: bool, how: Any) -> Guarantee:
    (found,) = promises(cloud.guarantees, level, rule, hard, (how,))
    return found


def test_a_spread_group_promises_seven_running_in_a_zone_and_shows_membership_only() -> None:
    spread = one("rack", "anti-affinity", True, "delegated")
    assert (spread.limit, spread.limit_per, spread.running_only) == (7, "zone", True)
    assert (spread.evidence, spread.at_launch, spread.joins) == ("MEMBERSHIP", "REFUSES", "stopped")
    assert (spread.groups_per_instance, spread.most_per_domain) == (1, 1)


def test_the_soft_promise_says_that_the_group_itself_is_hard() -> None:
    soft = one("rack", "anti-affinity", False, "delegated")
    assert soft.at_launch == "REFUSES"
    assert "outside it" in soft.caveat


def test_a_partition_takes_several_and_can_be_read_back() -> None:
    partition = one("rack", "anti-affinity", True, "chosen")
    assert (partition.most_per_domain, partition.evidence) == (None, "DOMAIN")


def test_nothing_promises_the_same_rack() -> None:
    assert not [each for each in cloud.guarantees if each.rule == "affinity" and each.level == "rack"]


def test_what_is_chosen_is_read_and_only_a_hard_rule_refuses() -> None:
    chosen = [each for each in cloud.guarantees if each.how == "chosen"]
    assert {each.level for each in chosen} == set(cloud.chosen)
    assert {each.evidence for each in chosen} == {"DOMAIN"}
    assert all((each.at_launch == "REFUSES") is each.hard for each in chosen)


def test_every_promise_names_the_vendors_page() -> None:
    assert all(each.page.startswith("https://docs.aws.amazon.com/") for each in cloud.guarantees)


def test_the_record_needs_no_sdk() -> None:
    asked = "import sys, antiaffinity_aws; print([m for m in sys.modules if m.startswith('boto')])"
    told = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "[]"
