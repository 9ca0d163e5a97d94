"""One look at a real pool: which domains count, and what the verdicts make of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import antiaffinity as aa
from antiaffinity.evidence import show
from antiaffinity.group import Group
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread
from antiaffinity.report import Report

INVENTORY = """
hosts:
- {name: h1, zone: z1, capacity: {vcpus: 4}}
- {name: h2, zone: z1, capacity: {vcpus: 4}}
- {name: h3, zone: z2, capacity: {vcpus: 4}}
- {name: h4, zone: z3, capacity: {vcpus: 1}}
- {name: h5, zone: z4, usable: false}
"""


class Lab:
    """A pool whose machines are put where a test says."""

    def __init__(self, folder: Path) -> None:
        (folder / "hosts.yaml").write_text(INVENTORY)
        self.pool = aa.connect("pool", inventory=folder / "hosts.yaml")

    def group(self, *rules: Rule, members: int = 2, **more: Any) -> Group:
        return self.pool.group("db", members=members, rules=rules, **more)

    def judged(self, group: Group, *hosts: str) -> Report:
        """The report once the members are on these hosts."""
        for n, host in enumerate(hosts):
            group.bind(f"db-{n}", f"vm-{n}", {"host": host})
        return group.verify()


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def eligible(group: Group) -> set[str]:
    return {show(where) for where in group.look().eligible(group.spec.rules[0])}


def test_a_spread_compares_what_is_in_service_and_open_to_its_members(lab: Lab) -> None:
    assert eligible(lab.group(Spread("zone"))) == {"z1", "z2", "z3"}
    assert eligible(lab.group(Spread("zone"), only={"zone": ["z1", "z2"]})) == {"z1", "z2"}
    assert eligible(lab.group(Spread("zone"), never={"host": ["h3"]})) == {"z1", "z3"}


def test_a_full_zone_is_still_compared(lab: Lab) -> None:
    assert eligible(lab.group(Spread("zone"), size={"vcpus": 2})) == {"z1", "z2", "z3"}


def test_a_stack_counts_only_where_there_is_room(lab: Lab) -> None:
    stack = lab.group(AntiAffinity("host"), size={"vcpus": 2}, saturated="stack")
    assert eligible(stack) == {"z1/h1", "z1/h2", "z2/h3"}


def test_nothing_else_needs_to_know(lab: Lab) -> None:
    assert eligible(lab.group(AntiAffinity("host"))) == set()
    assert eligible(lab.group(Affinity("host"), saturated="stack")) == set()
    assert eligible(lab.group(AntiAffinity("host", hard=False), saturated="stack")) == set()


def test_only_the_members_that_a_rule_concerns_open_domains(lab: Lab) -> None:
    members = [{"name": "web-0", "only": {"zone": ["z1"]}}, {"name": "db-0", "only": {"zone": ["z2"]}}]
    group = lab.pool.group("db", members=members, rules=Spread("zone", among=("web-*",)))
    assert eligible(group) == {"z1"}


def test_a_zone_outside_the_lists_leaves_a_spread_alone(lab: Lab) -> None:
    group = lab.group(Spread("zone"), members=4, only={"zone": ["z1", "z2"]})
    assert lab.judged(group, "h1", "h2", "h3", "h3").verdict == "promised"


def test_a_zone_inside_the_lists_that_holds_nobody_is_told(lab: Lab) -> None:
    report = lab.judged(lab.group(Spread("zone"), members=4), "h1", "h2", "h3", "h3")
    assert (report.verdict, report.exit_code) == ("unproven", 4)
    assert "z3 holds nobody" in report.rules[0].note


def test_a_stack_that_was_needed_holds(lab: Lab) -> None:
    group = lab.group(AntiAffinity("host"), members=4, size={"vcpus": 2}, saturated="stack")
    report = group.roll_out(launch=lambda placement: placement.member)
    assert (report.verdict, report.exit_code) == ("promised", 0)
    assert report.rules[0].note.startswith("stacked: up to 2 in each of 3 hosts")


def test_a_stack_is_no_excuse_while_hosts_are_free(lab: Lab) -> None:
    group = lab.group(AntiAffinity("host"), saturated="stack")
    assert lab.judged(group, "h1", "h1").exit_code == 1


def test_a_machine_in_an_estate_lies_in_the_provider_of_its_key(lab: Lab) -> None:
    estate = aa.estate({"dc": lab.pool})
    group = estate.group("db", members=1, rules=AntiAffinity("provider"))
    report = lab.judged(group, "h1")
    assert report.machines[0].domains == {"provider": "dc", "zone": "z1", "host": "h1"}
    assert report.verdict == "promised"
