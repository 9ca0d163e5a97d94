"""What holds of every repair, against every way to move members in small worlds."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from antiaffinity.model import Domain, Lists, Member, Observed
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.astray import MISPLACED
from antiaffinity.planner.plan import plan
from antiaffinity.policy import AntiAffinity, Spread
from core.brute_force import Case
from core.repair_oracle import fewest, moved, overstep
from core.test_planner_properties import domains, lists, members, quick, rules


@st.composite
def settled(draw: st.DrawFn, places: Sequence[Domain], group: Sequence[Member]) -> tuple[Observed, ...]:
    """Every member is there once, wherever it was put."""
    return tuple(
        Observed(member.name, f"i-{member.name}", "running", True, draw(st.sampled_from(places)).names())
        for member in group
    )


@st.composite
def broken(draw: st.DrawFn) -> Case:
    """A group that hands put anywhere, under any rules."""
    places, group = draw(domains()), draw(members())
    return Case(
        members=group,
        current=draw(settled(places, group)),
        domains=places,
        rules=tuple(draw(st.lists(rules(), min_size=1, max_size=3))),
        never={"host": ["h2"]} if draw(st.integers(0, 4)) == 0 else {},
    )


@st.composite
def misplaced(draw: st.DrawFn) -> Case:
    """A group whose places are out of service, gone, or excluded by lists of anybody since it was placed."""
    case = draw(broken())
    places = tuple(replace(place, usable=draw(st.integers(0, 3)) > 0) for place in case.domains)
    gone = draw(st.integers(0, 1)) if len(places) > 1 else 0
    group = tuple(replace(one, only=draw(lists()), never=draw(lists())) for one in case.members)
    return replace(case, domains=places[gone:], members=group, never=draw(lists()))


@st.composite
def crowded(draw: st.DrawFn) -> Case:
    """A few members under one anti-affinity, each inside lists of its own or without."""
    path = st.tuples(st.sampled_from(["z0", "z1"]), st.integers(0, 2))
    places = tuple(
        Domain(zone=zone, host=f"h{n}", full="refused" if draw(st.integers(0, 5)) == 0 else "")
        for zone, n in draw(st.lists(path, min_size=4, max_size=6, unique=True))
    )
    group, there = [], []
    for n in range(draw(st.integers(3, 5))):
        mine = draw(st.lists(st.sampled_from(places), min_size=2, max_size=3, unique_by=id))
        only = {} if draw(st.integers(0, 5)) == 0 else _inside(mine)
        group.append(Member(f"m{n}", only=only))
        there.append(Observed(f"m{n}", f"i-m{n}", "running", True, mine[0].names()))
    rule = AntiAffinity(
        draw(st.sampled_from(["zone", "host", "host", "host"])), draw(st.sampled_from([1, 1, 2]))
    )
    return Case(tuple(group), tuple(there), places, (rule,))


def _inside(places: Sequence[Domain]) -> Lists:
    return {"host": [f"{place.zone}/{place.host}" for place in places]}


def repaired(case: Case) -> Plan:
    return plan(
        case.members, case.current, case.domains, case.rules, only=case.only, never=case.never, repair=True
    )


def no_worse(after: Sequence[int], before: Sequence[int]) -> bool:
    return all(a <= b for a, b in zip(after, before, strict=True))


@given(broken())
@quick
def test_no_hard_rule_is_broken_more_after_any_of_the_moves(case: Case) -> None:
    answer, there, before = repaired(case), case.current, overstep(case, case.current)
    for move in answer.moves:
        there = moved(there, [move])
        after = overstep(case, there)
        assert no_worse(after, before), f"{move}: {after} instead of {before}"
        before = after


@given(misplaced())
@settings(quick, max_examples=150)
def test_after_a_repair_nobody_is_where_it_may_not_be_or_it_is_named(case: Case) -> None:
    answer, there, before = repaired(case), case.current, overstep(case, case.current)
    for move in answer.moves:
        there = moved(there, [move])
        after = overstep(case, there)
        assert no_worse(after, before), f"{move}: {after} instead of {before}"
        before = after
    left = {one.member for one in planned(replace(case, current=there)).findings if one.kind in MISPLACED}
    named = {one.member for one in answer.findings if one.kind == "no-repair"}
    assert left <= named, f"{left - named} are left where they may not be, and nothing says why"


@given(broken())
@quick
def test_moves_mend_something_and_nobody_moves_twice_or_for_nothing(case: Case) -> None:
    moves = repaired(case).moves
    before, after = overstep(case, case.current), overstep(case, moved(case.current, moves))
    out = {finding.member for finding in planned(case).findings if finding.kind in MISPLACED}
    if {move.member for move in moves} - out:
        assert sum(after) < sum(before)
    assert len({move.member for move in moves}) == len(moves)
    for move in moves:
        assert move.member in out or move.domains != move.placement.domains


@given(broken())
@quick
def test_nobody_moves_where_nothing_is_broken(case: Case) -> None:
    kept = not any(overstep(case, case.current))
    if kept and not _listed(case):
        assert repaired(case) == planned(case)


@given(broken())
@quick
def test_the_same_group_in_another_order_has_the_same_moves(case: Case) -> None:
    turned = replace(case, members=case.members[::-1], current=case.current[::-1], domains=case.domains[::-1])
    assert repaired(turned).moves == repaired(case).moves


@given(crowded())
@settings(quick, max_examples=150)
def test_one_anti_affinity_is_mended_with_the_fewest_moves(case: Case) -> None:
    least, answer = fewest(case), repaired(case)
    mended = not any(overstep(case, moved(case.current, answer.moves)))
    assert mended == (least is not None)
    assert least is None or len(answer.moves) == least
    assert least is None or answer.fewest <= least, "said to need more moves than would do"


@given(broken())
@quick
def test_no_fewer_moves_than_are_said_to_be_needed_would_do(case: Case) -> None:
    answer = repaired(case)
    if answer.moves and not _listed(case) and len(case.current) < 5:
        least = fewest(case)
        assert least is None or answer.fewest <= least


@given(st.lists(st.integers(0, 5), min_size=2, max_size=4), st.integers(1, 2))
@quick
def test_a_spread_is_mended_with_the_fewest_moves(held: list[int], skew: int) -> None:
    places = tuple(Domain(zone=f"z{n}") for n in range(len(held)))
    spots = [n for n, count in enumerate(held) for _ in range(count)]
    there = tuple(
        Observed(f"m{n}", f"i{n}", "running", True, {"zone": f"z{spot}"}) for n, spot in enumerate(spots)
    )
    case = Case(tuple(Member(seen.member) for seen in there), there, places, (Spread("zone", skew),))
    occupied = [count for count in held if count]
    if not occupied or max(occupied) - min(occupied) <= skew:
        return
    moves = repaired(case).moves
    assert not any(overstep(case, moved(there, moves)))
    assert len(moves) == min(_into(held, least, least + skew) for least in range(6))


def _into(held: Sequence[int], least: int, most: int) -> int:
    return max(sum(max(0, n - most) for n in held), sum(max(0, least - n) for n in held))


def planned(case: Case) -> Plan:
    return plan(case.members, case.current, case.domains, case.rules, only=case.only, never=case.never)


def _listed(case: Case) -> bool:
    """Whether somebody is where it may not be."""
    return any(finding.kind in MISPLACED for finding in planned(case).findings)
