"""Native groups that are too small for all: one for each two sets of members, or only while there is room."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiaffinity.errors import LimitExceeded
from antiaffinity.model import Domain, Level, Native, Observed, Placement
from antiaffinity.planner.fitting import Begun, fit
from antiaffinity.planner.handing import hand_out, next_layer
from antiaffinity.planner.mechanism import Means, bounds, carry
from antiaffinity.policy import AntiAffinity, Spread
from antiaffinity.registry import record
from antiaffinity.topology import Topology

APART, SOFT = AntiAffinity("host"), AntiAffinity("host", hard=False)


def means(
    size: int, zones: int = 1, begun: Begun | None = None, rule: AntiAffinity = APART, kind: str = "exoscale"
) -> Means:
    """What carries the rule on a cloud of this many zones."""
    topology = Topology([Domain(zone=f"z{number}") for number in range(zones)])
    there: dict[Level, Begun] = {"host": begun, "rack": begun} if begun else {}
    cloud, levels = record(kind), topology.levels
    [one] = fit(carry([rule], cloud, levels), cloud, levels, size, topology, there)
    return one


def new(count: int, zones: int = 1) -> list[Placement]:
    """So many members, evenly over the zones."""
    return [Placement(f"db-{number}", {"zone": f"z{number % zones}"}) for number in range(count)]


def joined(placement: Placement, natives: tuple[Native, ...], one: Means) -> Observed:
    """The member's machine in these native groups."""
    part = set.intersection(*(set(native.part) for native in natives)) if one.sets > 1 else set()
    return Observed(
        placement.member,
        f"i-{placement.member}",
        "running",
        True,
        domains=dict(placement.domains),
        memberships={"host": tuple(map(str, natives))},
        within={"host": natives[0].within},
        part={"host": min(part)} if part else {},
    )


def sizes(handed: dict[str, tuple[Native, ...]]) -> dict[Native, int]:
    """How many members each native group has."""
    return {
        native: sum(native in mine for mine in handed.values())
        for natives in handed.values()
        for native in natives
    }


def assert_each_two_share_a_group(handed: dict[str, tuple[Native, ...]], placements: list[Placement]) -> None:
    zone = {placement.member: placement.domains["zone"] for placement in placements}
    for one, other in combinations(handed, 2):
        if zone[one] == zone[other]:
            assert {*handed[one]} & {*handed[other]}, f"{one} and {other} share no group"


def test_sixteen_in_one_zone_have_six_groups_of_eight() -> None:
    placements = new(16)
    handed = hand_out([means(16)], placements, [], 1)
    assert sizes(handed) == dict.fromkeys(sizes(handed), 8)
    assert len(sizes(handed)) == 6
    assert_each_two_share_a_group(handed, placements)


def test_twenty_four_over_three_zones_have_three_groups() -> None:
    handed = hand_out([means(24, zones=3)], new(24, zones=3), [], 1)
    assert sorted((native.within, count) for native, count in sizes(handed).items()) == [
        ("z0", 8),
        ("z1", 8),
        ("z2", 8),
    ]


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 4), st.integers(0, 20))
def test_every_two_in_a_zone_share_a_group_and_none_is_overfull(size: int, zones: int, later: int) -> None:
    one = means(size + later, zones)
    placements = new(size + later, zones)
    first = hand_out([one], placements[:size], [], 1)
    there = [joined(p, first[p.member], one) for p in placements[:size]]
    handed = first | hand_out([one], placements[size:], there, 1)
    assert max(sizes(handed).values()) <= 8
    assert_each_two_share_a_group(handed, placements)


def test_the_planner_puts_no_more_into_a_zone_than_its_groups_take() -> None:
    topology = Topology([Domain(zone="z0"), Domain(zone="z1")])
    [bound] = bounds([means(20, zones=2)], topology)
    assert (bound.level, bound.rule, bound.never_more) == ("zone", AntiAffinity("zone", 12), True)


def test_growth_past_what_was_planned_names_whom_to_make_anew() -> None:
    there = Begun(split=True, sets=1, members=("db-0", "db-1"))
    with pytest.raises(LimitExceeded, match="db-0, db-1 joined for no more") as refused:
        means(9, begun=there)
    assert refused.value.ways_out[:2] == (
        "at most 8 members",
        "delete db-0, db-1, release the group and roll it out anew with planned: 9",
    )


def test_growth_within_what_was_planned_goes_on_in_the_sets_that_there_are() -> None:
    there = Begun(split=True, sets=4, members=("db-0",))
    assert means(16, begun=there).sets == 4
    assert means(3, begun=there).sets == 4
    with pytest.raises(LimitExceeded, match="17 are asked for") as refused:
        means(17, begun=there)
    assert refused.value.ways_out[0] == "at most 16 members"


def test_a_soft_rule_uses_a_group_while_there_is_room() -> None:
    one = means(9, rule=SOFT, kind="aws")
    handed = hand_out([one], new(9), [], 1)
    assert [len(handed[f"db-{number}"]) for number in range(9)] == [1] * 7 + [0] * 2


def test_whom_a_soft_group_refuses_goes_outside_it() -> None:
    one = means(3, rule=SOFT, kind="aws")
    assert next_layer([one], 1, 3, "refuse") == "outside the native group of the soft rule"
    assert next_layer([one], 2, 3, "refuse") == ""
    assert hand_out([one], new(1), [], 2) == {"db-0": ()}


def test_whom_a_hard_group_refuses_goes_nowhere_unless_it_may_stack() -> None:
    one = means(3, kind="aws")
    assert next_layer([one], 1, 3, "refuse") == ""
    assert next_layer([one], 1, 3, "stack") == "layer 2 (saturated: stack)"
    [second] = hand_out([one], new(1), [], 2)["db-0"]
    assert second.number == 2


def test_what_is_chosen_inside_a_native_group_is_launched_into_it() -> None:
    racks = [Domain(region="r", zone="z0", rack=str(number)) for number in (1, 2)]
    aws, levels = record("aws"), Topology(racks).levels
    [one] = fit(carry([Spread("rack")], aws, levels), aws, levels, 2, Topology(racks))
    assert hand_out([one], new(1), [], 2)["db-0"] == (Native("rack", "chosen", True, 0),)
