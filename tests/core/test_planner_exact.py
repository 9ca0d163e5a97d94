"""The planner against every way there is, in thousands of small cases made by chance from fixed seeds.

One set of equal members, with members already there, lists of the group, and room: a place is
found for everybody if there is any way at all, no hard rule is broken, and no way is better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from random import Random

import pytest
from msgspec.structs import replace

from antiaffinity.model import Domain, Level, Lists, Member, Observed
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.plan import plan
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive
from core.brute_force import Case, Oracle, Way

Levels = tuple[Level, ...]
Kind = Callable[[Random, Level, bool], Rule]

HOSTS: Levels = ("host",)
ZONES: Levels = ("zone", "host")
RACKS: Levels = ("zone", "rack", "host")
SHAPES = [HOSTS, ZONES, RACKS]


# Rules


def _anti_affinity(random: Random, level: Level, hard: bool) -> Rule:
    return AntiAffinity(level, random.choice([1, 1, 2, 3]), hard=hard)


def _spread(random: Random, level: Level, hard: bool) -> Rule:
    return Spread(level, random.choice([1, 1, 2]), random.choice([None, None, 2, 3]), hard=hard)


def _survive(failures: Sequence[int], random: Random, level: Level, hard: bool) -> Rule:
    several = random.choice(failures)
    return Survive(level, several, several + random.randrange(4), hard=hard)


def _affinity(random: Random, level: Level, hard: bool) -> Rule:
    return Affinity(level, hard=hard)


ANTI_AFFINITY: Kind = _anti_affinity
SPREAD: Kind = _spread
AFFINITY: Kind = _affinity
SURVIVE_ONE: Kind = partial(_survive, [1])
SURVIVE_MORE: Kind = partial(_survive, [2, 2, 3])

CONVEX = [ANTI_AFFINITY, SURVIVE_ONE]
"""Rules for which taking the best place member by member is the best of all, at any levels together."""


Asked = tuple[Kind, Level, bool]


def _alone(kinds: Sequence[Kind], levels: Levels) -> Iterator[tuple[Asked, ...]]:
    for kind in kinds:
        for level in levels:
            yield ((kind, level, True),)
            yield ((kind, level, False),)


def _pairs(ones: Sequence[Kind], others: Sequence[Kind], levels: Levels) -> Iterator[tuple[Asked, ...]]:
    for one in _alone(ones, levels):
        for other in _alone(others, levels):
            yield (*one, *other)
            yield (*other, *one)


# Cases


def _case(random: Random, levels: Levels, asked: Sequence[Asked]) -> Case:
    rules = tuple(kind(random, level, hard) for kind, level, hard in asked)
    sized = random.random() < 0.5
    domains = _domains(random, levels, sized)
    current = _current(random, domains)
    first = random.choice([0, 0, 0, 1]) if current else 0  # the first is not named any more
    size: dict[str, float | str] = {"vcpus": 1} if sized else {}
    names = [f"m{n}" for n in range(first, len(current) + random.randint(1, 5))]
    members = tuple(Member(name, size=size) for name in names)
    return Case(members, current, domains, rules, _only(random), _never(random, levels))


def _domains(random: Random, levels: Levels, sized: bool) -> tuple[Domain, ...]:
    zones, racks = random.randint(1, 3), random.randint(1, 2)
    return tuple(
        Domain(
            zone=f"z{random.randrange(zones)}" if "zone" in levels else None,
            rack=f"r{random.randrange(racks)}" if "rack" in levels else None,
            host=f"h{n}",
            capacity={"vcpus": random.choice([0, 1, 2, 3, 9])} if sized else {},
            usable=random.random() > 0.1,
            full="no room" if random.random() < 0.08 else "",
        )
        for n in range(random.randint(1, 6))
    )


def _current(random: Random, domains: Sequence[Domain]) -> tuple[Observed, ...]:
    count = random.randint(0, 4) if random.random() < 0.6 else 0
    return tuple(
        Observed(f"m{n}", f"i{n}", "running", random.random() > 0.05, _somewhere(random, domains))
        for n in range(count)
    )


def _somewhere(random: Random, domains: Sequence[Domain]) -> dict[Level, str]:
    """Where somebody is: perhaps in a domain that has vanished since."""
    names = random.choice(domains).names()
    vanished = random.random()
    if vanished < 0.1:
        names["host"] = "gone"
    if vanished < 0.04 and "zone" in names:
        names["zone"] = "gone"
    return names


def _only(random: Random) -> Lists:
    listed = random.random() < 0.25
    return {"host": [f"h{n}" for n in range(6) if random.random() < 0.7]} if listed else {}


def _never(random: Random, levels: Levels) -> Lists:
    listed = random.random() < 0.15 and "zone" in levels
    return {"zone": [f"z{random.randrange(3)}"]} if listed else {}


def _crowd(random: Random, levels: Levels, asked: Sequence[Asked]) -> Case:
    """Many members for few hosts, most of them in one zone: outer and inner levels pull apart."""
    rules = tuple(kind(random, level, hard) for kind, level, hard in asked)
    zones = ["z0", *random.choices(["z0", "z1", "z1", "z1"], k=random.randint(2, 4))]
    racks = [random.choice(["r0", "r1"]) if "rack" in levels else None for _ in zones]
    named = enumerate(zip(zones, racks, strict=True))
    domains = tuple(Domain(zone=zone, rack=rack, host=f"h{n}") for n, (zone, rack) in named)
    return Case(tuple(Member(f"m{n}") for n in range(random.randint(4, 8))), (), domains, rules)


# Judging


def _planned(case: Case) -> Plan:
    return plan(case.members, case.current, case.domains, case.rules, only=case.only, never=case.never)


def _way(oracle: Oracle, planned: Plan) -> Way:
    """Where the plan puts each new member, as the oracle numbers places."""
    number = {tuple(names.names().items()): n for n, names in enumerate(oracle.case.domains)}
    places = {p.member: number[tuple(p.domains.items())] for p in planned.new()}
    return tuple(places[member.name] for member in oracle.new)


def _placed(case: Case, planned: Plan) -> Case:
    """The case without the members that found no place."""
    named = {placement.member for placement in planned.placements}
    return replace(case, members=tuple(member for member in case.members if member.name in named))


def _assert_sound(case: Case, planned: Plan) -> None:
    """Nobody who is there moves, and nobody new is where a list, the room or a hard rule forbids."""
    there = {seen.member: seen.domains for seen in case.current}
    assert all(p.domains == there[p.member] for p in planned.placements if p.existing), case
    oracle = Oracle(_placed(case, planned))
    way = _way(oracle, planned)
    assert all(place in oracle.open(n) for n, place in enumerate(way)), (way, case)
    assert oracle.has_room(way), (way, case)
    assert oracle.breaks(way) == [], (way, case)


def _assert_finds_a_place(case: Case) -> Plan:
    planned = _planned(case)
    _assert_sound(case, planned)
    possible = any(not oracle.breaks(way) for oracle in [Oracle(case)] for way in oracle.ways())
    assert (not planned.short) == possible, case
    return planned


def _assert_best(case: Case) -> None:
    planned = _planned(case)
    _assert_sound(case, planned)
    oracle = Oracle(case)
    got = None if planned.short else oracle.value(_way(oracle, planned))
    assert got == oracle.best(), (planned.new(), case)


def _seeded(*parts: object) -> Random:
    return Random(repr(parts))


# What is promised


@pytest.mark.parametrize("levels", SHAPES, ids=len)
def test_without_rules_members_are_balanced_as_well_as_can_be(levels: Levels) -> None:
    random = _seeded(levels)
    for _ in range(200):
        _assert_best(_case(random, levels, ()))


@pytest.mark.parametrize("levels", SHAPES, ids=len)
@pytest.mark.parametrize("kind", [*CONVEX, SPREAD], ids=["anti-affinity", "survive", "spread"])
def test_one_rule_is_kept_with_the_best_plan_there_is(kind: Kind, levels: Levels) -> None:
    for asked in _alone([kind], levels):
        random = _seeded(levels, asked[0][1:])
        for _ in range(80):
            _assert_best(_case(random, levels, asked))


@pytest.mark.parametrize("levels", SHAPES, ids=len)
def test_surviving_several_failures_is_kept_with_the_best_plan_at_the_outermost_level(levels: Levels) -> None:
    for hard in (True, False):
        random = _seeded(levels, hard)
        for _ in range(100):
            _assert_best(_case(random, levels, [(SURVIVE_MORE, levels[0], hard)]))


@pytest.mark.parametrize("levels", [ZONES, RACKS], ids=len)
def test_surviving_several_failures_at_any_level_everybody_finds_a_place_if_there_is_one(
    levels: Levels,
) -> None:
    random = _seeded(levels)
    others = [one for [one] in _alone(CONVEX, levels)]
    for [asked] in _alone([SURVIVE_MORE], levels):
        for _ in range(50):
            _assert_finds_a_place(_case(random, levels, [asked, random.choice(others)]))
    for _ in range(60):
        _assert_finds_a_place(_crowd(random, levels, [(SURVIVE_MORE, "host", True)]))


@pytest.mark.parametrize("levels", SHAPES, ids=len)
def test_two_rules_are_kept_with_the_best_plan_there_is(levels: Levels) -> None:
    for n, asked in enumerate(_pairs(CONVEX, CONVEX, levels)):
        random = _seeded(levels, n)
        for _ in range(5):
            _assert_best(_case(random, levels, asked))


@pytest.mark.parametrize("levels", [HOSTS, ZONES], ids=len)
def test_a_spread_and_another_rule_are_kept_with_the_best_plan_there_is(levels: Levels) -> None:
    for n, asked in enumerate(_pairs([SPREAD], CONVEX, levels)):
        random = _seeded(levels, n)
        for _ in range(15):
            _assert_best(_case(random, levels, asked))


@pytest.mark.parametrize("levels", SHAPES, ids=len)
def test_three_rules_are_kept_with_the_best_plan_there_is(levels: Levels) -> None:
    random = _seeded(levels)
    every = [one for [one] in _alone(CONVEX, levels)]
    for _ in range(300):
        _assert_best(_case(random, levels, random.choices(every, k=3)))


@pytest.mark.parametrize("levels", [ZONES, RACKS], ids=len)
def test_crowded_zones_of_unequal_size_get_the_best_plan_there_is(levels: Levels) -> None:
    random = _seeded(levels)
    every = [one for [one] in _alone(CONVEX, levels)]
    for _ in range(60):
        _assert_best(_crowd(random, levels, random.choices(every, k=2)))
        _assert_best(_crowd(random, levels, [(SPREAD, "zone", True), random.choice(every)]))


@pytest.mark.parametrize("levels", SHAPES, ids=len)
def test_together_everybody_finds_a_place_if_there_is_one(levels: Levels) -> None:
    for [asked] in _alone([AFFINITY], levels):
        random = _seeded(levels, asked[1:])
        for _ in range(80):
            _assert_finds_a_place(_case(random, levels, [asked]))


@pytest.mark.parametrize("levels", SHAPES, ids=len)
def test_together_with_those_who_are_there_is_the_best_plan_there_is(levels: Levels) -> None:
    random = _seeded(levels)
    every = [one for [one] in _alone([AFFINITY], levels) if one[2]]
    for case in (_case(random, levels, [random.choice(every)]) for _ in range(400)):
        crowds = sorted(Oracle(case).before[0].values())
        if crowds and crowds[-1] not in crowds[:-1]:
            _assert_best(case)


@pytest.mark.parametrize("levels", [ZONES, RACKS], ids=len)
def test_apart_inside_and_together_outside_everybody_finds_a_place_if_there_is_one(levels: Levels) -> None:
    for inner in _alone([*CONVEX, SPREAD], levels[1:]):
        random = _seeded(levels, inner[0][1:])
        for _ in range(40):
            _assert_finds_a_place(_case(random, levels, [(AFFINITY, levels[0], True), *inner]))


# What is promised of everything else: nothing is broken, and nobody moves


def _mixed(random: Random, levels: Levels) -> Case:
    """Two sizes, overlapping sets, and (where no spread counts by them) lists of single members."""
    kinds: list[Kind] = [*CONVEX, SURVIVE_MORE, AFFINITY]
    listed = random.random() < 0.5
    asked = random.choices([one for [one] in _alone(kinds if listed else [*kinds, SPREAD], levels)], k=2)
    case = _case(random, levels, asked)
    members = tuple(_odd(random, member, listed) for member in case.members)
    return replace(case, members=members, rules=tuple(_among(random, rule) for rule in case.rules))


def _odd(random: Random, member: Member, listed: bool) -> Member:
    only: Lists = {"host": random.sample([f"h{n}" for n in range(6)], 4)}
    size: dict[str, float | str] = {"vcpus": random.choice([1, 1, 2, 3])} if member.size else {}
    return Member(member.name, size=size, only=only if listed and random.random() < 0.4 else {})


def _among(random: Random, rule: Rule) -> Rule:
    return replace(rule, among=random.choice([("*",), ("m[0-4]",), ("m[2-9]",), ("m0", "m3", "m6")]))


@pytest.mark.parametrize("levels", SHAPES, ids=len)
def test_mixed_members_in_overlapping_sets_break_no_hard_rule(levels: Levels) -> None:
    random = _seeded(levels)
    for _ in range(300):
        case = _mixed(random, levels)
        _assert_sound(case, _planned(case))


@pytest.mark.parametrize("levels", [ZONES, RACKS], ids=len)
def test_rules_that_pull_at_several_levels_break_nothing(levels: Levels) -> None:
    """Spreads at two levels, or several failures inside zones: a way may be missed, none is wrong."""
    random = _seeded(levels)
    every = [one for [one] in _alone([SPREAD, SURVIVE_MORE], levels)]
    for _ in range(200):
        case = _case(random, levels, random.choices(every, k=2))
        _assert_sound(case, _planned(case))
