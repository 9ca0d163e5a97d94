"""Where everybody is while members leave and come, and what that makes of the hard rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from antiaffinity.model import Level, Observed
from antiaffinity.planner.problem import Bound, Problem, holders
from antiaffinity.planner.relief import Relief, relief
from antiaffinity.planner.rules import Skew
from antiaffinity.planner.spreads import begin_spreads
from antiaffinity.planner.tally import Place, Tally

Excess = tuple[int, ...]
"""How far each hard rule is overstepped, in their order."""


def movable(problem: Problem) -> dict[str, Observed]:
    """The machines that could be moved, by member: settled ones, of members that have no other."""
    there = holders(problem.current)
    alone = Counter(seen.member for seen in problem.current if seen.state != "gone")
    named = [member.name for member in problem.members if member.name in there]
    return {name: there[name] for name in named if alone[name] == 1 and _settled(there[name])}


def _settled(seen: Observed) -> bool:
    return seen.holds and bool(seen.instance) and seen.state in ("running", "stopped")


def overstepped(problem: Problem, tally: Tally) -> Excess:
    """How far a count oversteps the hard rules."""
    counts = zip(problem.rules, tally.counts, strict=True)
    return tuple(count.excess() for bound, count in counts if bound.rule.hard)


class Gain(Struct, frozen=True, order=True):
    """What a member's going relieves: hard rules, soft ones in the order written, crowded domains."""

    hard: int
    soft: tuple[int, ...]
    crowd: tuple[int, ...]


class Relocating:
    """The counts as things stand; a member can go and come back elsewhere."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.tally = problem, Tally(problem)
        begin_spreads(problem, [self.tally])
        self.machines = movable(problem)
        self.places = {name: self.tally.locate(seen.domains) for name, seen in self.machines.items()}

    @property
    def excess(self) -> Excess:
        """How far each hard rule is overstepped now."""
        return overstepped(self.problem, self.tally)

    def lose(self, name: str) -> None:
        """A member is nowhere."""
        self._count(name, self.places[name], -1)

    def gain(self, name: str, where: Place) -> None:
        """A member is there now."""
        self.places[name] = where
        self._count(name, where, 1)

    def closed(self, name: str, where: Place) -> bool:
        """Whether a hard rule takes a member no more in one of these domains."""
        mine = [c for c in self.tally.counts if c.bound.rule.hard and c.bound.rule.concerns(name)]
        return any(c.bound.level in where and c.blocks(where[c.bound.level]) for c in mine)

    def relieves(self, n: int, name: str) -> bool:
        """Whether a rule is overstepped less without this member."""
        count = self.tally.counts[n]
        return relief(count)(self.places[name][count.bound.level]) > 0

    def path(self, name: str, level: Level) -> str:
        """The domain of a level that a member is in, in words."""
        number = self.places[name][level]
        told = self.machines[name].domains.get(level, "")
        return self.problem.topology.nodes[level].path(number) if number >= 0 else told

    def reliefs(self) -> dict[str, Gain]:
        """What each member's going would relieve."""
        found = [(count.bound, relief(count)) for count in self.tally.counts]
        return {name: self._gain(name, where, found) for name, where in self.places.items()}

    def _gain(self, name: str, where: Place, reliefs: Sequence[tuple[Bound, Relief]]) -> Gain:
        hard, soft = 0, []
        for bound, relieved in reliefs:
            concerned = bound.level in where and bound.rule.concerns(name)
            less = relieved(where[bound.level]) if concerned else 0
            hard += less if bound.rule.hard else 0
            soft += [] if bound.rule.hard else [less]
        return Gain(hard, tuple(soft), self._crowd(where) if hard else ())

    def _crowd(self, where: Place) -> tuple[int, ...]:
        totals = self.tally.totals
        return tuple(totals[level].get(where.get(level, -1), 0) for level in self.tally.levels)

    def _count(self, name: str, where: Place, change: int) -> None:
        for level, number in where.items():
            totals = self.tally.totals[level]
            totals[number] = totals.get(number, 0) + change
        for count in self.tally.counts:
            if count.bound.level in where and count.bound.rule.concerns(name):
                number = where[count.bound.level]
                count.counts[number] = count.counts.get(number, 0) + change
            if isinstance(count, Skew):
                count.start(lambda: count.eligible)  # noqa: B023 (called at once)
