"""An oracle for small repairs: every way to move members, judged by the words of the rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from msgspec.structs import replace

from antiaffinity.model import Observed
from antiaffinity.planner.answer import Move
from antiaffinity.policy import Spread
from core.brute_force import Case, Oracle

Overstep = tuple[int, ...]
"""How far each hard rule is overstepped."""


def overstep(case: Case, current: Sequence[Observed]) -> Overstep:
    """How far each hard rule is overstepped by who is where; new domains count for a Spread."""
    there = Oracle(replace(case, members=(), current=tuple(current)))
    whole = Oracle(replace(case, current=()))
    found = []
    for n, rule in enumerate(case.rules):
        if rule.hard and isinstance(rule, Spread):
            held, eligible = there.before[n], whole.eligible(n)
            most = max((held[path] for path in eligible), default=0)
            found.append(max(0, most - whole._least(n, rule, held) - rule.max_skew))
        elif rule.hard:
            found.append(there.overstep(n, ()))
    return tuple(found)


def moved(current: Sequence[Observed], moves: Sequence[Move]) -> tuple[Observed, ...]:
    """Who is where after these moves."""
    to = {move.instance: move.placement.domains for move in moves}
    return tuple(replace(seen, domains=to.get(seen.instance, seen.domains)) for seen in current)


def ways(case: Case) -> Iterator[tuple[int, tuple[Observed, ...]]]:
    """Every way to have the members elsewhere that lists, state and room admit, with its moves.

    Every member is there once. Who comes to a place needs room beside those who are there now.
    """
    oracle = Oracle(replace(case, current=()))
    by_name = {member.name: n for n, member in enumerate(oracle.new)}
    choices = [[None, *_others(case, oracle, by_name[seen.member], seen)] for seen in case.current]
    for way in product(*choices):
        arrivals = [(n, place) for n, place in enumerate(way) if place is not None]
        if _has_room(case, oracle, by_name, arrivals):
            yield len(arrivals), _after(case, way)


def _others(case: Case, oracle: Oracle, n: int, seen: Observed) -> list[int]:
    return [place for place in oracle.open(n) if case.domains[place].names() != seen.domains]


def _has_room(
    case: Case, oracle: Oracle, by_name: dict[str, int], arrivals: Sequence[tuple[int, int]]
) -> bool:
    moving = [by_name[case.current[n].member] for n, _ in arrivals]
    alone = Oracle(replace(case, current=(), members=tuple(oracle.new[n] for n in moving)))
    spot = {
        member.name: place
        for member, (_, place) in zip((oracle.new[n] for n in moving), arrivals, strict=True)
    }
    return alone.has_room(tuple(spot[member.name] for member in alone.new))


def _after(case: Case, way: Sequence[int | None]) -> tuple[Observed, ...]:
    return tuple(
        seen if place is None else replace(seen, domains=case.domains[place].names())
        for seen, place in zip(case.current, way, strict=True)
    )


def fewest(case: Case) -> int | None:
    """The fewest moves after which every hard rule is kept; None if there is no way."""
    return min((moves for moves, there in ways(case) if not any(overstep(case, there))), default=None)
