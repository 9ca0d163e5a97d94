"""A way out that is offered is one: whoever takes it has a plan that fits."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from antiaffinity.model import Domain, Lists, Observed
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.plan import plan
from antiaffinity.policy import Rule, Spread

Counts = tuple[int, int, int]

FULL, OUT = "full", "out of service"


def planned(
    counts: Counts,
    members: int,
    rule: Rule,
    closed: str = "",
    *,
    never: Lists | None = None,
    repair: bool = False,
) -> Plan:
    """So many members in each of three zones, of as many as are wanted; z2 and z3 may be closed."""
    spots = [n for n, count in enumerate(counts, 1) for _ in range(count)]
    there = [
        Observed(f"m{n}", f"i{n}", "running", True, {"zone": f"z{spot}", "host": f"h{spot}{n % 4}"})
        for n, spot in enumerate(spots)
    ]
    places = [_place(n, m, closed) for n in (1, 2, 3) for m in range(4)]
    return plan([f"m{n}" for n in range(members)], there, places, [rule], never=never, repair=repair)


def _place(zone: int, host: int, closed: str) -> Domain:
    one = Domain(zone=f"z{zone}", host=f"h{zone}{host}")
    if zone == 1 or not closed:
        return one
    return replace(one, full="no room") if closed == FULL else replace(one, usable=False, why="it is drained")


def ways_out(answer: Plan) -> Sequence[str]:
    """Of members that find no place, or of a rule that no launch evens out."""
    [*said] = [one.message for one in answer.findings if one.kind == "uneven"]
    told = [way for one in said for way in one.partition("ways out: ")[2].split("; ") if way]
    return [*dict.fromkeys([*told, *(way for short in answer.short for way in short.ways_out)])]


CASES = [
    # in z1, z2, z3; wanted; rule; z2 and z3 are; what is offered beside max_skew and "soft"
    ((4, 0, 0), 4, Spread("zone"), "", ["--repair moves some", "never: {zone: [z2, z3]}"]),
    ((4, 0, 0), 6, Spread("zone"), "", ["--repair moves some", "never: {zone: [z2, z3]}"]),
    ((3, 1, 0), 5, Spread("zone"), "", ["--repair moves some", "never: {zone: [z3]}"]),
    ((4, 0, 0), 4, Spread("zone"), FULL, ["never: {zone: [z2, z3]}"]),
    ((4, 0, 0), 5, Spread("zone"), FULL, ["never: {zone: [z2, z3]}"]),
    ((0, 0, 0), 3, Spread("zone"), FULL, ["never: {zone: [z2, z3]}"]),
    ((4, 0, 0), 4, Spread("zone"), OUT, []),
    ((4, 0, 0), 5, Spread("zone"), OUT, []),
    ((4, 0, 0), 4, Spread("zone", 1, 3), OUT, ["min_domains 1"]),
    ((4, 0, 0), 5, Spread("zone", 1, 3), OUT, ["min_domains 1"]),
    ((0, 0, 0), 3, Spread("zone", 1, 2), OUT, ["min_domains 1"]),
    ((2, 2, 2), 6, Spread("zone", 1, 4), "", ["min_domains 3"]),
]
NAMES = [f"{counts} of {members}, {rule}, {closed or 'open'}" for counts, members, rule, closed, _ in CASES]


@pytest.mark.parametrize(("counts", "members", "rule", "closed", "offered"), CASES, ids=NAMES)
def test_what_really_helps_is_offered(
    counts: Counts, members: int, rule: Spread, closed: str, offered: list[str]
) -> None:
    ways = [way.partition(" in rules")[0] for way in ways_out(planned(counts, members, rule, closed))]
    named = [way for way in ways if way.startswith(("--repair", "never", "min_domains"))]
    assert named == offered


@pytest.mark.parametrize(("counts", "members", "rule", "closed", "offered"), CASES, ids=NAMES)
def test_who_takes_a_way_out_has_a_plan_that_fits(
    counts: Counts, members: int, rule: Spread, closed: str, offered: list[str]
) -> None:
    ways = ways_out(planned(counts, members, rule, closed))
    for way in [way for way in ways if re.match("--repair|never|min_domains|max_skew", way)]:
        answer = taken(way, counts, members, rule, closed)
        assert answer.verdict == "fits", way


def taken(way: str, counts: Counts, members: int, rule: Spread, closed: str) -> Plan:
    if way.startswith("--repair"):
        return planned(counts, members, rule, closed, repair=True)
    if left_out := re.fullmatch(r"never: {zone: \[(.*)\]}", way):
        return planned(counts, members, rule, closed, never={"zone": left_out[1].split(", ")})
    [(field, number)] = re.findall(r"^(min_domains|max_skew) (\d+) in rules\[0\]$", way)
    return planned(counts, members, replace(rule, **{field: int(number)}), closed)
