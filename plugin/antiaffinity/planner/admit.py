"""Which places a class of members may use: each requirement by itself, in words and as a mask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from antiaffinity.model import Level, Lists
from antiaffinity.planner.problem import Kin, Problem
from antiaffinity.topology import Mask, both

ONE = 1 - 1e-9
"""Room for one member: sums of tenths are not exact, and 0.1 fits three times into 0.3."""


IN_SERVICE, NOT_REFUSING = "in service", "not refusing"


class Requirement(Struct, frozen=True):
    """One demand, where SPEC makes it, and which places meet it (None: all of them)."""

    words: str
    path: str
    mask: Mask | None


class Reach(Struct, frozen=True):
    """A class of members and the places it may use: by what no count changes, and open now besides.

    ``open`` is not told of a class that is alone.
    """

    kin: Kin
    admitted: Mask | None
    open: Mask | None


def fixed(problem: Problem, kin: Kin) -> Iterator[Requirement]:
    """The demands that no count changes: in service, lists, needs, levels that rules name."""
    topology = problem.topology
    yield Requirement(IN_SERVICE, "", topology.usable)
    for name, lists, inside in _lists(kin):
        for level, patterns in lists.items():
            words = f"{name} {level} {', '.join(patterns)}"
            yield Requirement(words, f"{name}.{level}", topology.within(level, patterns, inside))
    for level, domain in kin.stay.items():
        yield Requirement(f"stay {level} {domain}", f"stay.{level}", topology.within(level, [domain]))
    if problem.needs.networks or problem.needs.datastores:
        wanted = ", ".join([*problem.needs.networks, *problem.needs.datastores])
        yield Requirement(f"reaching {wanted}", "needs", topology.reachable(problem.needs))
    for level in _hard_levels(problem, kin):
        yield Requirement(f"stating a {level}", "rules", _states(problem, level))


def _lists(kin: Kin) -> Iterator[tuple[str, Lists, bool]]:
    yield from (("only", lists, True) for lists in kin.only)
    yield from (("never", lists, False) for lists in kin.never)


def _hard_levels(problem: Problem, kin: Kin) -> list[Level]:
    rules = (problem.rules[n] for n in kin.rules)
    return list(dict.fromkeys(bound.level for bound in rules if bound.rule.hard))


def _states(problem: Problem, level: Level) -> Mask | None:
    """A place that lacks a level which a rule counts takes no member of that rule."""
    column = problem.topology.columns[level]
    return [name is not None for name in column] if None in column else None


def open_now(problem: Problem, kin: Kin, room: Sequence[float]) -> Iterator[Requirement]:
    """The demands of the moment: not full, and with room for one more of this size."""
    yield from not_full(problem)
    if kin.size:
        words = "with room for " + ", ".join(f"{r} {amount:g}" for r, amount in kin.size.items())
        yield Requirement(words, "size", [left >= ONE for left in room])


def not_full(problem: Problem) -> Iterator[Requirement]:
    """Places that said that they take nothing now."""
    if mask := problem.topology.not_full:
        yield Requirement(NOT_REFUSING, "", mask)


def meet(requirements: Iterator[Requirement] | Sequence[Requirement]) -> Mask | None:
    """The places that meet all of them; None for every place."""
    result: Mask | None = None
    for requirement in requirements:
        result = both(result, requirement.mask)
    return result
