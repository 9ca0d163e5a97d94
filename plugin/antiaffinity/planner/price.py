"""What a plan costs, as one number that orders plans as the planner does: soft rules, then balance."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from antiaffinity.model import Level
from antiaffinity.planner.admit import Reach
from antiaffinity.planner.problem import Problem
from antiaffinity.planner.rules import AtMost
from antiaffinity.planner.seats import Toll
from antiaffinity.planner.tally import Tally


class Scale(Struct, frozen=True):
    """How much one step counts: by soft rule in the order written, then by level, outermost first.

    Each outweighs everything that can come together of those after it.
    """

    rules: dict[int, int]
    levels: dict[Level, int]


class Price(Struct, frozen=True):
    """What is paid around a seat, by domain, and inside it, by place."""

    problem: Problem
    tally: Tally
    scale: Scale
    outer: tuple[Level, ...]
    """The levels outside the seats at which there are several domains, innermost first."""
    tolls: list[Toll]
    """For each class."""

    def one_more(self, level: Level, domain: int, new: int) -> int:
        """What the next member in a domain costs, beside those who are there and so many new ones."""
        held = self.tally.totals[level].get(domain, 0) + new
        return self.scale.levels[level] * (2 * held + 1) + self._overstep(level, domain, new + 1)

    def one_less(self, level: Level, domain: int, new: int) -> int:
        """What is saved, as a negative cost, when one of the new ones leaves a domain."""
        return -self.one_more(level, domain, new - 1)

    def _overstep(self, level: Level, domain: int, new: int) -> int:
        """How far the last of the new ones oversteps the soft rules of the level."""
        steps = 0
        for n, weight in self.scale.rules.items():
            count = self.tally.counts[n]
            if isinstance(count, AtMost) and count.bound.level == level:
                steps += weight * max(0, count.counts.get(domain, 0) + new - count.most)
        return steps


def priced(problem: Problem, tally: Tally, level: Level, reaches: Sequence[Reach]) -> Price | None:
    """The prices of a problem with one seat per domain of a level.

    None where a soft rule does not add up domain by domain: it counts other things than members of a
    domain, or outside the seats only some of the classes.
    """
    levels = problem.topology.levels
    outer = levels[: levels.index(level)]
    soft = sorted({n for reach in reaches for n in reach.kin.rules if not problem.rules[n].rule.hard})
    for n in soft:
        common = all(n in reach.kin.rules for reach in reaches)
        if not isinstance(tally.counts[n], AtMost) or (problem.rules[n].level in outer and not common):
            return None
    scale = _scale(problem, tally, soft)
    telling = tuple(lv for lv in reversed(outer) if len(problem.topology.nodes[lv].names) > 1)
    inner = levels[len(outer) :]
    tolls = {reach.kin.rules: _toll(tally, scale, inner, reach.kin.rules) for reach in reaches}
    return Price(problem, tally, scale, telling, [tolls[reach.kin.rules] for reach in reaches])


def _scale(problem: Problem, tally: Tally, soft: Sequence[int]) -> Scale:
    there = max((sum(totals.values()) for totals in tally.totals.values()), default=0)
    step = 4 * (there + len(problem.members) + 1) ** 2
    wanted = [*soft, *problem.topology.levels]
    weights = [step**n for n in reversed(range(len(wanted)))]
    return Scale(
        dict(zip(soft, weights, strict=False)),
        dict(zip(problem.topology.levels, weights[len(soft) :], strict=True)),
    )


def _toll(tally: Tally, scale: Scale, inner: Sequence[Level], rules: Sequence[int]) -> Toll:
    """What one more member pays at each place, at the level of the seats and inside; less what all pay."""
    costs = [0] * len(tally.topology)
    for level in inner:
        held, codes, weight = tally.totals[level], tally.topology.codes[level], 2 * scale.levels[level]
        if held:
            costs = [cost + weight * held.get(code, 0) for cost, code in zip(costs, codes, strict=True)]
    for n in scale.rules:
        count = tally.counts[n]
        if n in rules and count.bound.level in inner and count.counts:
            codes, weight = tally.topology.codes[count.bound.level], scale.rules[n]
            paid = {code: weight * count.cost(code) for code in count.counts}
            costs = [cost + paid.get(code, 0) for cost, code in zip(costs, codes, strict=True)]
    return costs if any(costs) else None
