"""The running count of a plan: members by domain and by rule, and what is left of each place."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence

from antiaffinity.model import Level, Observed
from antiaffinity.planner.problem import Kin, Problem
from antiaffinity.planner.rules import AtMost, Count, counting
from antiaffinity.topology import UNLIMITED, room

Place = dict[Level, int]

OVER = ("failed", "leaving")
"""The states of machines that take up room, and that break no rule."""


class Tally:
    """Everything that changes while members are placed one after the other."""

    def __init__(self, problem: Problem) -> None:
        self.topology = problem.topology
        self.levels = problem.topology.levels
        self.totals: dict[Level, dict[int, int]] = {level: {} for level in self.levels}
        self.counts: list[Count] = [counting(bound) for bound in problem.rules]
        self._free: dict[str, array[float]] = {}
        self._ghosts: dict[tuple[Level, int, str], int] = {}
        for seen in problem.current:
            if seen.holds:
                self._count_existing(problem, seen)

    def _count_existing(self, problem: Problem, seen: Observed) -> None:
        self._count(self.locate(seen.domains), self.rules_of(problem, seen))

    def rules_of(self, problem: Problem, seen: Observed) -> list[int]:
        """The numbers of the rules that count an instance."""
        over, stacks = seen.state in OVER, problem.saturated == "stack"
        mine = (n for n, bound in enumerate(problem.rules) if bound.rule.concerns(seen.member))
        return [n for n in mine if not over or _fills(self.counts[n], stacks)]

    def locate(self, domains: Mapping[Level, str]) -> Place:
        """The domains an instance lies in; one that vanished from the topology still counts."""
        where = self.topology.locate(domains)
        domains = self.topology.where(domains)
        outer: int = 0
        for level in self.levels:
            if level not in where and level in domains:
                key = (level, outer, domains[level])
                where[level] = self._ghosts.setdefault(key, -1 - len(self._ghosts))
            outer = where.get(level, outer)
        return where

    def free(self, resource: str) -> array[float]:
        """What is left of a resource at each place, after what was placed here."""
        if resource not in self._free:
            self._free[resource] = self.topology.free(resource)[:]
        return self._free[resource]

    def room(self, kin: Kin) -> array[float]:
        """How many members of this size each place could take; unlimited without a size."""
        size, topology = kin.size, self.topology
        if self._free.keys().isdisjoint(size):
            return topology.room(size) if size else array("d", [UNLIMITED]) * len(topology)
        return room(self.free, size)

    def room_at(self, kin: Kin, place: int) -> float:
        """The same for one place."""
        return min([self.free(r)[place] / amount for r, amount in kin.size.items()], default=0.0)

    def adder(self, kin: Kin) -> Callable[[int], list[Count]]:
        """Puts a member of this class at a place; answers the rules that now judge others anew."""
        taken = [(self.free(resource), amount) for resource, amount in kin.size.items()]
        totals = [(self.totals[level], codes) for level, codes in self.topology.codes.items()]
        rules = [self.counts[n] for n in kin.rules]
        counted = [(count, self.topology.codes[count.bound.level]) for count in rules]

        def add(place: int) -> list[Count]:
            for free, amount in taken:
                free[place] -= amount
            for total, codes in totals:
                number = codes[place]
                total[number] = total.get(number, 0) + 1
            return [count for count, codes in counted if count.add(codes[place])]

        return add

    def _count(self, where: Place, rules: Sequence[int]) -> None:
        for level, domain in where.items():
            totals = self.totals[level]
            totals[domain] = totals.get(domain, 0) + 1
        for n in rules:
            counts, level = self.counts[n].counts, self.counts[n].bound.level
            if level in where:
                counts[where[level]] = counts.get(where[level], 0) + 1

    def stack(self, rules: Sequence[int]) -> bool:
        """Open one more layer for these members; False if no rule of theirs is stackable."""
        layered = [c for n in rules if isinstance(c := self.counts[n], AtMost) and c.stackable]
        for count in layered:
            count.layers += 1
        return bool(layered)


def _fills(count: Count, stacks: bool) -> bool:
    """Whether what is over still takes one of a rule's places: to be apart from it does no harm.

    All other rules say where the rest goes by who is there, so one that goes would lead it astray.
    """
    return isinstance(count, AtMost) and not (stacks and count.stackable)
