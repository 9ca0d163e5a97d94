"""Machines that are in no native group, though their rule is carried by one: who is told, and how."""

from __future__ import annotations

import pytest

from antiaffinity import membership
from antiaffinity.model import Domain, Level, Observed, Placement, weighed
from antiaffinity.planner.mechanism import carry
from antiaffinity.planner.problem import Saturated
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Survive
from antiaffinity.registry import record
from antiaffinity.sight import Sight
from antiaffinity.spec import make_spec
from antiaffinity.topology import Topology

LEVELS: dict[str, Level] = {"openstack": "host", "exoscale": "host", "aws": "rack", "azure": "zone"}
HOST, SOFT, TOGETHER = AntiAffinity("host"), AntiAffinity("host", hard=False), Affinity("host")


def there(
    n: int, *groups: str, kind: str = "openstack", zone: str = "z1", host: str = "", **more: str
) -> Observed:
    where: dict[Level, str] = {"zone": zone, **({"host": host} if host else {})}
    level = LEVELS[kind]
    return Observed(
        f"db-{n}",
        f"vm-{n}",
        "running",
        True,
        domains=where,
        memberships={level: groups} if groups else {},
        within={level: more["within"]} if "within" in more else {},
        since=f"{n}",
    )


def sight(
    *machines: Observed,
    kind: str = "openstack",
    rule: Rule = HOST,
    members: int = 3,
    saturated: Saturated = "refuse",
) -> Sight:
    topology = Topology([Domain(zone="z1"), Domain(zone="z2")])
    spec = make_spec("db", "me", members=members, rules=rule, saturated=saturated)
    means = carry([rule], record(kind), ["zone", "rack"] if kind == "azure" else topology.levels)
    return Sight(spec, machines, topology, {"": means}, {"": topology})


def words(seen: Sight) -> list[str]:
    return [finding.message for finding in membership.findings(seen)]


def goes(n: int, zone: str = "z1") -> Placement:
    return Placement(f"db-{n}", {"zone": zone})


WAY = "only machines made anew join one: delete them one by one, and roll out after each"
ONE = WAY.replace("them", "it")
STOP = "stop, bind and start them"

TOLD: dict[str, tuple[Sight, str]] = {
    "all of a deleted server group": (
        sight(there(0), there(1)),
        f"db-0, db-1 are in no server group: nothing keeps them apart on a move; {WAY}",
    ),
    "one beside others": (
        sight(there(0, "g"), there(1, "g"), there(2)),
        f"db-2 is in no server group: nothing keeps it apart on a move; {ONE}",
    ),
    "those who are in another one than most": (
        sight(there(0, "g"), there(1, "g"), there(2, "h")),
        f"db-2 is in no server group of the others: nothing keeps it apart on a move; {ONE}",
    ),
    "members to be together": (
        sight(there(0), there(1), rule=TOGETHER),
        f"db-0, db-1 are in no server group: nothing keeps them together on a move; {WAY}",
    ),
    "a placement group that stopped instances can join": (
        sight(there(0, kind="aws"), there(1, kind="aws"), kind="aws", rule=AntiAffinity("rack")),
        f"db-0, db-1 are in no spread placement group: nothing keeps them apart on a move; {STOP}",
    ),
    "an anti-affinity group": (
        sight(there(0, kind="exoscale"), there(1, kind="exoscale"), kind="exoscale"),
        f"db-0, db-1 are in no anti-affinity group: nothing keeps them apart on a move; {WAY}",
    ),
    "a scale set inside which we choose": (
        sight(there(0, kind="azure"), there(1, "s", kind="azure"), kind="azure", rule=AntiAffinity("zone")),
        "db-0 is in no Flexible scale set: where it is now is all that keeps it apart",
    ),
}


@pytest.mark.parametrize("case", TOLD)
def test_who_is_in_no_native_group_is_told(case: str) -> None:
    seen, expected = TOLD[case]
    assert words(seen) == [expected]
    assert weighed(membership.findings(seen)) == 0
    assert weighed(membership.findings(seen), strict=True) == 4


SILENT: dict[str, Sight] = {
    "all are in one": sight(there(0, "g"), there(1, "g"), there(2, "g")),
    "one alone has nobody to be kept from": sight(there(0), members=1),
    "nobody is there": sight(),
    "zones that we choose have no native group": sight(there(0), there(1), rule=AntiAffinity("zone")),
    "a group for each zone": sight(
        there(0, "g", kind="exoscale", within="z1"),
        there(1, "h", kind="exoscale", zone="z2", within="z2"),
        kind="exoscale",
    ),
    "groups for each two sets": sight(
        there(0, "a", "b", kind="exoscale"),
        there(1, "a", "c", kind="exoscale"),
        there(2, "b", "c", kind="exoscale"),
        kind="exoscale",
    ),
    "layers of a stack": sight(there(0, "g"), there(1, "g"), there(2, "h"), saturated="stack"),
    "a rack group counts in its zone alone": sight(
        there(0, kind="aws"), there(1, "g", kind="aws", zone="z2"), kind="aws", rule=AntiAffinity("rack")
    ),
}


@pytest.mark.parametrize("case", SILENT)
def test_who_needs_no_other_native_group_is_not_told(case: str) -> None:
    assert words(SILENT[case]) == []


def test_a_soft_rules_members_outside_its_group_are_a_note() -> None:
    [finding] = membership.findings(sight(there(0, "g"), there(1), rule=SOFT))
    assert finding.severity == "note"


def test_a_launch_beside_members_that_its_group_does_not_have_is_a_warning() -> None:
    seen = sight(there(0, host="h1"), there(1, host="h2"))
    [finding] = membership.beside(seen, [goes(2)])
    assert finding.severity == "warning"
    assert finding.message == (
        "db-2 would be launched into a server group without db-0, db-1: it keeps nobody apart from machines "
        "that are not in it; its place is looked at after the launch"
    )


def test_where_no_host_is_told_nobody_will_see_who_shares_one() -> None:
    seen = sight(there(0, kind="exoscale"), kind="exoscale", members=2)
    [finding] = membership.beside(seen, [goes(1)])
    assert finding.message.endswith("no host is told, so nobody will see")


def test_a_launch_in_another_zone_is_not_beside_them_where_groups_count_by_zone() -> None:
    seen = sight(there(0, kind="aws"), kind="aws", rule=AntiAffinity("rack"))
    assert [*membership.beside(seen, [goes(1, "z2")])] == []
    assert len([*membership.beside(seen, [goes(1, "z1")])]) == 1


CLASHES: dict[str, tuple[Rule, Observed, str]] = {
    "on the host of one outside": (HOST, there(2, "new", host="h1"), "the host of db-0"),
    "on a host of its own": (HOST, there(2, "new", host="h3"), ""),
    "on a host that is not told": (HOST, there(2, "new"), ""),
    "two may share a host": (AntiAffinity("host", 2), there(2, "new", host="h1"), ""),
    "a failing host may lose two": (Survive("host", 1, 2), there(2, "new", host="h1"), ""),
    "away from those to be with": (
        TOGETHER,
        there(2, "new", host="h3"),
        "host of its own, apart from db-0, db-1",
    ),
}


@pytest.mark.parametrize("case", CLASHES)
def test_where_a_new_machine_came_to_be_is_held_against_those_outside(case: str) -> None:
    rule, new, expected = CLASHES[case]
    hosts = ("h1", "h1") if rule is TOGETHER else ("h1", "h2")
    seen = sight(*(there(n, host=host) for n, host in enumerate(hosts)), rule=rule)
    assert membership.clash(membership.outside(seen), new) == expected
