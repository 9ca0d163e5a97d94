"""Which promise of each cloud carries which rule, where one ends, and what the planner must keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from antiaffinity.errors import LimitExceeded, NotOffered
from antiaffinity.guarantee import Cloud
from antiaffinity.model import Domain, Level, Member, Native, Placement
from antiaffinity.planner.fitting import Begun, fit
from antiaffinity.planner.handing import hand_out
from antiaffinity.planner.mechanism import Means, bounds, carry
from antiaffinity.planner.plan import solve
from antiaffinity.planner.problem import Problem
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive
from antiaffinity.registry import record
from antiaffinity.several_clouds import in_estate
from antiaffinity.topology import Limits, Topology

APART, SOFT = AntiAffinity("host"), AntiAffinity("host", hard=False)

LEVELS: dict[str, tuple[Level, ...]] = {
    "aws": ("region", "zone"),
    "azure": ("region", "zone"),
    "exoscale": ("zone",),
    "openstack": ("zone",),
    "pool": ("zone", "rack", "host"),
    "vcenter": ("zone", "host"),
}
"""The levels that each cloud lists where nobody made anything special."""


def carried(kind: str, *rules: Rule, size: int = 3, levels: Sequence[Level] = (), **how: Any) -> list[Means]:
    topology, begun, here = how.pop("topology", None), how.pop("begun", {}), levels or LEVELS[kind]
    return fit(carry(rules, record(kind), here, **how), record(kind), here, size, topology, begun)


def handed(means: Means, *placements: Placement, layer: int = 1) -> tuple[Native, ...]:
    """The native groups of the last of these new members."""
    return hand_out([means], placements, [], layer)[placements[-1].member]


def words(means: Means) -> str:
    """A promise in a phrase: how, where, by what."""
    promise = means.promise
    return " ".join(filter(None, [promise.how, promise.level, promise.mechanism])) if promise else "nothing"


def by(kind: str, rule: Rule, **how: Any) -> str:
    return words(carried(kind, rule, **how)[0])


def zones(*names: str, limit: int | None = None) -> Topology:
    return Topology([Domain(zone=name) for name in names], Limits(members_per_native=limit))


# Which promise


CARRIED = {
    ("aws", APART): "delegated rack spread placement group",
    ("aws", SOFT): "delegated rack spread placement group",
    ("aws", Spread("zone")): "chosen zone",
    ("aws", AntiAffinity("rack", 2)): "chosen zone",
    ("azure", APART): "chosen zone Flexible scale set",
    ("azure", SOFT): "chosen zone Flexible scale set",
    ("azure", AntiAffinity("rack")): "chosen zone Flexible scale set",
    ("exoscale", APART): "delegated host anti-affinity group",
    ("exoscale", Affinity("zone")): "chosen zone",
    ("openstack", APART): "delegated host server group (anti-affinity)",
    ("openstack", SOFT): "delegated host server group (soft-anti-affinity)",
    ("openstack", AntiAffinity("host", 2)): "delegated host server group (anti-affinity)",
    ("openstack", Affinity("host")): "delegated host server group (affinity)",
    ("openstack", Affinity("host", hard=False)): "delegated host server group (soft-affinity)",
    ("openstack", Survive("host", 1, 2)): "delegated host server group (anti-affinity)",
    ("openstack", AntiAffinity("rack")): "chosen zone",
    ("openstack", Spread("zone")): "chosen zone",
    ("pool", APART): "chosen host",
    ("pool", Survive("rack", 2, 3)): "chosen rack",
    ("pool", Spread("host", hard=False)): "chosen host",
    ("vcenter", APART): "chosen host",
    ("vcenter", Affinity("rack")): "chosen host",
}


@pytest.mark.parametrize(("kind", "rule"), CARRIED, ids=lambda value: str(value))
def test_each_cloud_carries_a_rule_by_the_best_it_has(kind: str, rule: Rule) -> None:
    assert by(kind, rule) == CARRIED[kind, rule]


def test_azure_without_zones_chooses_fault_domains() -> None:
    assert by("azure", APART, levels=("region", "rack")) == "chosen rack Flexible scale set"


def test_an_availability_set_is_only_used_where_there_is_one() -> None:
    rule = AntiAffinity("rack", hard=False)
    assert by("azure", rule, levels=("region",), adopted=("rack",)) == "delegated rack availability set"
    assert by("azure", rule, levels=("region",)) == "nothing"


def test_dedicated_hosts_are_chosen_where_there_are_some() -> None:
    assert by("aws", APART, levels=("zone", "host")) == "chosen host"


def test_togetherness_is_kept_inside_never_around() -> None:
    assert by("openstack", Affinity("rack")) == "delegated host server group (affinity)"
    with pytest.raises(NotOffered):
        carried("exoscale", Affinity("host"))


def test_a_spread_is_counted_at_its_own_level_or_not_at_all() -> None:
    with pytest.raises(NotOffered, match="hard at zone"):
        carried("openstack", Spread("host"))


def test_what_is_not_offered_says_what_is_instead() -> None:
    with pytest.raises(NotOffered) as refused:
        carried("pool", APART, AntiAffinity("rack"), levels=("host",))
    assert refused.value.path == "rules[1]"
    assert "hard at host (chosen)" in refused.value.message


def test_a_soft_rule_that_nothing_carries_is_verified_only() -> None:
    assert by("openstack", Spread("host", hard=False)) == "nothing"


def test_survive_is_asked_for_as_so_many_in_each_host() -> None:
    [native] = handed(carried("openstack", Survive("host", 1, 2))[0], Placement("db-0", {}))
    assert (native.kind, native.max_per_domain, native.level) == ("anti-affinity", 2, "host")
    [shared] = handed(carried("openstack", Survive("host", 2, 4))[0], Placement("db-0", {}))
    assert shared.max_per_domain == 2


def test_nova_counts_no_loss_that_does_not_divide_by_the_failures() -> None:
    assert by("openstack", Survive("host", 2, 3)) == "chosen zone"


def test_novas_limit_per_host_is_max_per_domain() -> None:
    [native] = handed(carried("openstack", AntiAffinity("host", 3))[0], Placement("db-0", {}), layer=2)
    assert (native.max_per_domain, native.number, native.hard) == (3, 2, True)


def test_the_soft_policy_counts_to_one_only() -> None:
    assert by("openstack", AntiAffinity("host", 2, hard=False)) == "chosen zone"


# One native group for each instance


def test_a_second_hard_rule_for_the_one_group_is_not_offered() -> None:
    with pytest.raises(NotOffered) as refused:
        carried("openstack", APART, Affinity("host"))
    assert refused.value.path == "rules[1]"
    assert "rules[0] has it" in refused.value.message


def test_a_second_soft_rule_for_the_one_group_is_verified_only() -> None:
    first, second = carried("openstack", APART, Affinity("host", hard=False))
    assert (words(first), words(second)) == ("delegated host server group (anti-affinity)", "nothing")


def test_a_hard_rule_gets_the_group_before_a_soft_one() -> None:
    first, second = carried("openstack", Affinity("host", hard=False), APART)
    assert (words(first), words(second)) == ("nothing", "delegated host server group (anti-affinity)")


def test_of_soft_rules_the_first_gets_the_group() -> None:
    first, second = carried("openstack", SOFT, Affinity("host", hard=False))
    assert (words(first), words(second)) == ("delegated host server group (soft-anti-affinity)", "nothing")


def test_a_chosen_rule_takes_no_group_from_a_delegated_one() -> None:
    zone, host = carried("openstack", AntiAffinity("zone"), APART)
    assert [words(zone), words(host)] == ["chosen zone", "delegated host server group (anti-affinity)"]


def test_a_partition_and_a_spread_group_are_two_groups() -> None:
    with_partitions: tuple[Level, ...] = ("zone", "rack")
    two = (AntiAffinity("rack"), Survive("rack", 1, 2))
    with pytest.raises(NotOffered, match="rules\\[0\\] has it"):
        carried("aws", *two, levels=with_partitions)
    one = carried("aws", Spread("rack"), Survive("rack", 1, 2), levels=with_partitions)
    assert {words(means) for means in one} == {"chosen rack partition placement group"}


def test_where_an_instance_may_be_in_several_groups_each_rule_has_its_own() -> None:
    both = carried("exoscale", AntiAffinity("host", among=("db-*",)), APART)
    assert [words(means) for means in both] == ["delegated host anti-affinity group"] * 2


# Limits


def test_a_group_as_large_as_its_limit_is_one_group() -> None:
    [means] = carried("openstack", APART, size=10, topology=zones("z1", "z2", limit=10))
    assert means.per is None


def test_beyond_its_limit_each_zone_gets_a_group() -> None:
    [means] = carried("openstack", APART, size=11, topology=zones("z1", "z2", limit=10))
    assert means.per == "zone"
    assert handed(means, Placement("db-0", {"zone": "z2"}))[0].within == "z2"


def test_beyond_the_limit_of_all_zones_it_is_exceeded() -> None:
    with pytest.raises(LimitExceeded) as refused:
        carried("openstack", APART, size=21, topology=zones("z1", "z2", limit=10))
    assert "10 members in each of 2 zones" in refused.value.message
    assert "server_group_members" in refused.value.message
    assert refused.value.ways_out[0] == "at most 20 members"


def test_a_group_begun_in_one_for_all_zones_cannot_be_split_later() -> None:
    with pytest.raises(LimitExceeded, match="db-0, db-1 joined for no more") as refused:
        carried(
            "openstack",
            APART,
            size=11,
            topology=zones("z1", "z2", limit=10),
            begun={"host": Begun(False, 1, ("db-0", "db-1"))},
        )
    assert "planned: 11" in refused.value.ways_out[1]


def test_a_group_begun_in_zones_stays_so_when_it_shrinks() -> None:
    [means] = carried(
        "openstack",
        APART,
        size=5,
        topology=zones("z1", "z2", limit=10),
        begun={"host": Begun(True, 1, ("db-0",))},
    )
    assert means.per == "zone"


def test_the_limit_is_read_live_where_the_cloud_tells() -> None:
    assert carried("openstack", APART, size=99, topology=zones("z1"))[0].promise
    with pytest.raises(LimitExceeded, match="takes 4 members"):
        carried("openstack", APART, size=5, topology=zones("z1", limit=4))


def test_exoscales_eight_is_lifted_by_zones() -> None:
    [means] = carried("exoscale", APART, size=16, topology=zones("a", "b"))
    assert (means.per, means.sets, means.takes) == ("zone", 1, 8)


def test_awss_seven_counts_in_each_zone_of_one_group() -> None:
    assert carried("aws", APART, size=14, topology=zones("a", "b"))[0].per is None
    with pytest.raises(LimitExceeded):
        carried("aws", APART, size=15, topology=zones("a", "b"))


def test_zones_that_are_not_listed_yet_refuse_nobody() -> None:
    assert by("aws", APART, size=3) == "delegated rack spread placement group"
    assert carried("exoscale", APART, size=9)[0].per == "zone"


def test_who_is_to_be_together_is_in_one_group_or_none() -> None:
    with pytest.raises(LimitExceeded):
        carried("openstack", Affinity("host"), size=11, topology=zones("z1", "z2", limit=10))


# What is left for the planner to keep


def kept(kind: str, rule: Rule, topology: Topology, size: int = 3) -> list[tuple[Level, Rule, bool]]:
    means = carried(kind, rule, size=size, topology=topology, levels=topology.levels)
    return [(bound.level, bound.rule, bound.never_more) for bound in bounds(means, topology)]


def test_a_chosen_rule_is_the_planners_at_the_level_that_implies_it() -> None:
    assert kept("azure", APART, zones("1", "2")) == [("zone", APART, True)]
    assert kept("pool", APART, Topology([Domain(zone="1", host="h")])) == [("host", APART, False)]


def test_a_delegated_rule_leaves_the_planner_nothing() -> None:
    assert kept("openstack", APART, zones("z1", "z2")) == []


def test_whom_the_cloud_keeps_on_one_host_we_keep_in_one_zone() -> None:
    assert kept("openstack", Affinity("host"), zones("z1", "z2")) == [("zone", Affinity("zone"), False)]


def test_a_soft_affinity_stays_soft_around_the_host() -> None:
    soft = Affinity("host", hard=False, among=("db-*",))
    assert kept("openstack", soft, zones("z1", "z2")) == [("zone", replace(soft, level="zone"), False)]


def test_no_zone_takes_more_than_its_group() -> None:
    topology = zones("z1", "z2", limit=10)
    assert kept("openstack", APART, topology, size=11) == [("zone", AntiAffinity("zone", 10), True)]
    assert kept("aws", APART, zones("a", "b")) == [("zone", AntiAffinity("zone", 7), True)]


def planned(kind: str, rule: Rule, topology: Topology, members: int) -> dict[str, int]:
    """How many members the plan puts into each zone."""
    means = carried(kind, rule, size=members, topology=topology)
    names = tuple(f"db-{n}" for n in range(members))
    found = solve(_problem(names, topology, means))
    assert not found.short
    chosen = [placement.domains["zone"] for placement in found.placements]
    return {zone: chosen.count(zone) for zone in sorted(set(chosen))}


def _problem(names: Sequence[str], topology: Topology, means: Sequence[Means]) -> Problem:
    return Problem(tuple(map(Member, names)), (), topology, bounds(means, topology))


def test_members_on_one_host_are_planned_into_one_zone() -> None:
    assert [*planned("openstack", Affinity("host"), zones("z1", "z2", "z3"), 4).values()] == [4]


def test_members_in_a_group_for_each_zone_fill_no_group_over() -> None:
    assert planned("exoscale", APART, zones("a", "b"), 16) == {"a": 8, "b": 8}


# In an estate


def estate(kind: str) -> Cloud:
    return in_estate(record(kind), "dc")


def test_a_cloud_that_lacks_a_level_is_one_domain_of_its_own() -> None:
    levels: tuple[Level, ...] = ("provider",)
    [means] = carry([APART], estate("azure"), levels)
    assert words(means) == "chosen provider"


def test_that_a_machine_is_in_a_pool_is_only_reported_too() -> None:
    levels: tuple[Level, ...] = ("provider",)
    rule = AntiAffinity("provider")
    found = {kind: carry([rule], estate(kind), levels)[0].promise for kind in ("pool", "aws")}
    assert found["pool"] is not None
    assert found["aws"] is not None
    assert (found["pool"].evidence, found["aws"].evidence) == ("MEMBERSHIP", "DOMAIN")
