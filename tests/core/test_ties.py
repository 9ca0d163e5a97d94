"""Equal places are first equally often: over many small groups no zone, rack or host is the favourite."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from random import Random

import pytest

from antiaffinity.model import LEVELS, Domain, Level, Lists, Member, Observed, Size
from antiaffinity.planner.plan import plan
from antiaffinity.policy import Affinity, AntiAffinity, Rule
from antiaffinity.ties import Numbers
from antiaffinity.topology import Topology

GROUPS = 300

NAMES = {
    "aws": ("us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1e", "us-east-1f"),
    "azure": ("1", "2", "3"),
    "words": ("north", "south", "attic", "cellar"),
    "numbers": tuple(f"h{n}" for n in range(12)),
    "long numbers": tuple(f"compute-{n:03d}.dc.example" for n in range(12)),
}
"""As clouds call their places: texts that differ in one letter have checksums that differ in few ways."""


def firsts(
    places: Topology, members: int, level: Level, rules: Sequence[Rule] = (), size: Size | None = None
) -> Counter[str]:
    """How many members each domain of a level gets from many groups that are all alike but for the name."""
    group = [Member(f"m{n}", size=size or {}) for n in range(members)]
    found: Counter[str] = Counter()
    for n in range(GROUPS):
        answer = plan(group, [], places, rules, group=f"shop/svc{n}")
        found.update(placement.domains[level] for placement in answer.placements)
    return found


def assert_fair(found: Mapping[str, int], names: Sequence[str], members: int = 1) -> None:
    """No place gets less than half of its share, or more than twice of it."""
    share = GROUPS * members / len(names)
    assert all(share / 2 <= found[name] <= share * 2 for name in names), (share, found)


@pytest.mark.parametrize("members", [1, 2, 3])
@pytest.mark.parametrize("count", [3, 6, 12])
def test_no_zone_is_preferred(count: int, members: int) -> None:
    zones = Topology([Domain(zone=f"zone-{n}") for n in range(count)])
    found = firsts(zones, members, "zone", [AntiAffinity("zone")])
    assert_fair(found, [f"zone-{n}" for n in range(count)], members)


@pytest.mark.parametrize("members", [1, 2, 3])
@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_no_name_is_preferred(names: tuple[str, ...], members: int) -> None:
    hosts = Topology([Domain(host=name) for name in names])
    assert_fair(firsts(hosts, members, "host", [AntiAffinity("host")]), names, members)


UNEVEN = [
    Domain(zone=f"z{zone}", rack=f"r{rack}", host=f"h{zone}{rack}{host}")
    for zone, racks in enumerate([1, 2, 3])
    for rack in range(racks)
    for host in range([4, 1, 2][rack])
]
"""Zones of 1, 2 and 3 racks, racks of 4, 1 and 2 hosts."""


@pytest.mark.parametrize("members", [1, 2])
def test_every_zone_has_its_share_however_many_hosts_it_has(members: int) -> None:
    assert_fair(firsts(Topology(UNEVEN), members, "zone"), ["z0", "z1", "z2"], members)


def test_every_rack_of_a_zone_has_its_share_however_many_hosts_it_has() -> None:
    racks = [domain for domain in UNEVEN if domain.zone == "z2"]
    assert_fair(firsts(Topology(racks), 1, "rack"), ["r0", "r1", "r2"])


def test_every_host_of_a_rack_has_its_share() -> None:
    found = firsts(Topology(UNEVEN[:4]), 1, "host")
    assert_fair(found, [f"h00{n}" for n in range(4)])


@pytest.mark.parametrize("closed", [(0,), (3, 4), (0, 1, 2), (5, 6, 7, 8, 9)])
def test_places_that_are_full_leave_their_share_to_all_others_alike(closed: tuple[int, ...]) -> None:
    hosts = [Domain(host=f"h{n}", full="no room" if n in closed else "") for n in range(12)]
    left = [f"h{n}" for n in range(12) if n not in closed]
    assert_fair(firsts(Topology(hosts), 1, "host"), left)


def test_equal_room_is_no_preference() -> None:
    hosts = [Domain(zone=f"z{n % 3}", host=f"h{n}", capacity={"vcpus": 8}) for n in range(12)]
    found = firsts(Topology(hosts), 1, "host", size={"vcpus": 2})
    assert_fair(found, [f"h{n}" for n in range(12)])


def test_members_that_stay_together_are_not_all_in_one_zone() -> None:
    hosts = [Domain(zone=f"z{n % 3}", host=f"h{n}") for n in range(12)]
    found = firsts(Topology(hosts), 3, "zone", [Affinity("zone")])
    assert_fair(found, ["z0", "z1", "z2"], 3)


def test_members_with_lists_of_their_own_prefer_no_place_either() -> None:
    places = Topology([Domain(zone=f"z{n % 3}", host=f"h{n}") for n in range(12)])
    only: Lists = {"zone": ["z*"]}
    group = [Member("m0"), Member("m1", only=only)]
    found: Counter[str] = Counter()
    for n in range(GROUPS):
        answer = plan(group, [], places, [AntiAffinity("host")], group=f"shop/svc{n}")
        found.update(p.domains[level] for p in answer.placements for level in ("zone", "host"))
    assert_fair(found, ["z0", "z1", "z2"], 2)
    assert_fair(found, [f"h{n}" for n in range(12)], 2)


def test_the_next_member_of_a_group_goes_to_no_favourite() -> None:
    hosts = [Domain(host=f"h{n}") for n in range(6)]
    found: Counter[str] = Counter()
    for n in range(GROUPS):
        there = [Observed("m0", "i0", "running", True, {"host": "h2"})]
        answer = plan(["m0", "m1"], there, hosts, [AntiAffinity("host")], group=f"shop/svc{n}")
        found.update(placement.domains["host"] for placement in answer.new())
    assert_fair(found, [f"h{n}" for n in (0, 1, 3, 4, 5)])


def test_the_order_of_the_inventory_changes_no_plan() -> None:
    for n in range(20):
        shuffled = Random(n).sample(UNEVEN, len(UNEVEN))
        one, other = (
            plan(["m0", "m1", "m2"], [], places, [AntiAffinity("host")], group=f"shop/svc{n}")
            for places in (UNEVEN, shuffled)
        )
        assert [p.domains for p in one.placements] == [p.domains for p in other.placements]


def test_a_place_more_changes_the_first_choice_of_few_groups() -> None:
    """Those that it is first for, and no others: their first choice is what it was."""
    few, more = (Topology([Domain(host=f"h{n}") for n in range(count)]) for count in (11, 12))
    moved = 0
    for n in range(GROUPS):
        old, new = (
            plan(["m0"], [], hosts, [], group=f"shop/svc{n}").placements[0].domains["host"]
            for hosts in (few, more)
        )
        assert new in (old, "h11")
        moved += new != old
    assert 0 < moved < GROUPS / 6


def test_one_place_in_many_thousands_is_found_whatever_the_level() -> None:
    """From so many places on they are taken from a heap."""
    places = Topology([Domain(host=f"h{n}") for n in range(1500)])
    hosts = [p.domains["host"] for p in plan([f"m{n}" for n in range(40)], [], places, []).placements]
    ties = places.ties(0)
    ranked = sorted(range(1500), key=ties.tie)
    assert hosts == [places.domains[place].host for place in ranked[:40]]


# Ranks


def test_all_numbers_are_hashed_at_once_as_one_by_one() -> None:
    numbers = Numbers([f"h{n}" for n in range(200)])
    for seed in (0, 1, 0xDEADBEEF, 0xFFFFFFFF):
        assert list(numbers.mixed(seed)) == [_murmur(one ^ seed) for one in numbers.each]


def _murmur(number: int) -> int:
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        number = (number ^ number >> shift) * factor & 0xFFFFFFFF
    return number


def test_no_two_domains_of_a_level_rank_alike() -> None:
    ranks = Topology([*_many()]).ties(7).ranks
    assert all(len(set(ranks[level])) == len(ranks[level]) for level in LEVELS if level in ranks)


def _many() -> Iterator[Domain]:
    for n in range(3000):
        yield Domain(zone=f"z{n % 5}", rack=f"r{n % 20}", host=f"h{n // 10}")
