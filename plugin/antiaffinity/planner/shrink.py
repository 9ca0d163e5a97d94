"""Shrinking: who goes, so that those who stay keep the rules and are spread best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from antiaffinity.errors import InvalidRequest
from antiaffinity.planner import place
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.plan import solve
from antiaffinity.planner.problem import Problem, natural
from antiaffinity.planner.relief import Relief, relief
from antiaffinity.planner.rules import Skew
from antiaffinity.planner.spreads import begin_spreads
from antiaffinity.planner.tally import Place

Key = tuple[int, tuple[int, ...], tuple[int, ...]]
"""What a member's going relieves: hard rules, soft rules in the order written, domains outermost first."""

SWEEPS = 2
"""How often the victims are asked again; once is nearly always enough, and a shrink has to stay quick."""


def shrunk(problem: Problem, by: int) -> Plan:
    """The plan without ``by`` members: first who has no place, then who is not there yet, then the others.

    Of each the one goes who relieves broken rules most, then the last of the fullest domains.
    """
    if not 0 < by < len(problem.members):
        most = len(problem.members) - 1
        raise InvalidRequest(f"of {most + 1} members 1 to {most} can go, not {by}", path="shrink")
    victims = _victims(problem, by)
    gone = set(victims)
    staying = tuple(member for member in problem.members if member.name not in gone)
    current = tuple(seen for seen in problem.current if seen.member not in gone)
    plan = solve(replace(problem, members=staying, current=current))
    return replace(plan, members=tuple(member.name for member in staying), victims=tuple(victims))


def _victims(problem: Problem, by: int) -> list[str]:
    draft = place.draft(problem)
    victims = _last_first(name for left in draft.short for name in left.names)[:by]
    group = _Group(problem, draft)
    for name in victims:
        group.lose(name)
    for pool in (draft.placed, draft.kept):
        victims += group.worst(_last_first(pool), by - len(victims))
    return victims


def _last_first(names: Iterable[str]) -> list[str]:
    return list(reversed(natural(names)))


class _Group:
    """Where everybody is, or would be, while one after the other goes."""

    def __init__(self, problem: Problem, draft: place.Draft) -> None:
        self.problem, self.tally = problem, draft.tally
        begin_spreads(problem, [self.tally])
        codes = problem.topology.codes
        self.places = {name: {lv: codes[lv][n] for lv in codes} for name, n in draft.placed.items()}
        self.places.update((name, self.tally.locate(seen.domains)) for name, seen in draft.kept.items())
        self.held = {name: [self._placed(name)] for name in draft.placed}
        for seen in problem.current:
            if seen.holds:
                one = self.tally.locate(seen.domains), self.tally.rules_of(problem, seen)
                self.held.setdefault(seen.member, []).append(one)
        self.rules = [bound.rule for bound in problem.rules]

    def _placed(self, name: str) -> tuple[Place, list[int]]:
        """Where a new member is to be, and the rules that count it."""
        return self.places[name], [n for n, one in enumerate(self.problem.rules) if one.rule.concerns(name)]

    def worst(self, names: Sequence[str], by: int) -> list[str]:
        """Who of these go: one by one, then each asked again now that the others are gone."""
        left, victims = list(names), []
        for _ in range(min(by, len(left))):
            victims.append(self._next(left))
            left.remove(victims[-1])
        for _ in range(SWEEPS):
            self._ask_again(victims, left)
        return victims

    def _ask_again(self, victims: list[str], left: list[str]) -> None:
        """Let one who stays go instead of a victim where that relieves more."""
        for n, name in enumerate(victims):
            self._count(name, 1)
            victims[n] = self._next([name, *left])
            if victims[n] != name:
                left[left.index(victims[n])] = name

    def _next(self, names: Sequence[str]) -> str:
        """Who goes next, of equals the first; the counts are then without him."""
        reliefs = [relief(count) for count in self.tally.counts]
        victim = max(names, key=lambda name: self._key(name, reliefs))
        self.lose(victim)
        return victim

    def _key(self, name: str, reliefs: Sequence[Relief]) -> Key:
        where, hard, soft = self.places[name], 0, []
        for bound, relieved in zip(self.problem.rules, reliefs, strict=True):
            counted = name in self.held and bound.level in where and bound.rule.concerns(name)
            less = relieved(where[bound.level]) if counted else 0
            if bound.rule.hard:
                hard += less
            else:
                soft.append(less)
        return hard, tuple(soft), self._crowd(where)

    def _crowd(self, where: Place) -> tuple[int, ...]:
        totals = self.tally.totals
        return tuple(
            totals[level].get(where[level], 0) if level in where else 0 for level in self.tally.levels
        )

    def lose(self, name: str) -> None:
        """Everything of a member goes: its doubles and its remains too."""
        self._count(name, -1)

    def _count(self, name: str, change: int) -> None:
        for where, rules in self.held.get(name, ()):
            for level, number in where.items():
                self.tally.totals[level][number] += change
            for count in (self.tally.counts[n] for n in rules):
                if count.bound.level in where:
                    count.counts[where[count.bound.level]] += change
        for count in self.tally.counts:
            if isinstance(count, Skew):
                count.start(lambda: count.eligible)  # noqa: B023 (called at once)
