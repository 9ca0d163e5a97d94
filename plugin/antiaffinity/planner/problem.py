"""What a planner is asked: members, what is there already, domains, rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from antiaffinity.errors import InvalidRequest
from antiaffinity.guarantee import inward, outward
from antiaffinity.model import Level, Lists, Member, Needs, Observed, Size
from antiaffinity.policy import ALL, Affinity, AntiAffinity, Rule, Spread, Survive
from antiaffinity.topology import Topology

Saturated = Literal["refuse", "stack"]


class Bound(Struct, frozen=True):
    """A rule and the level at which it is counted here; ``asked`` is the rule as written."""

    rule: Rule
    level: Level
    asked: Rule
    path: str = ""
    """Where SPEC says it."""
    never_more: bool = False
    """No later moment would fit more either: the limit is the cloud's, not today's room."""


class Problem(Struct, frozen=True):
    """Everything a plan depends on; the same problem always has the same plan."""

    members: tuple[Member, ...]
    current: tuple[Observed, ...]
    topology: Topology
    rules: tuple[Bound, ...]
    only: Lists = {}
    never: Lists = {}
    needs: Needs = Needs()
    seed: int = 0
    saturated: Saturated = "refuse"


class Kin(Struct, frozen=True):
    """Members that are interchangeable for every rule: same size, same lists, same sets."""

    size: dict[str, float]
    only: tuple[Lists, ...]
    never: tuple[Lists, ...]
    stay: dict[Level, str]
    rules: tuple[int, ...]
    members: tuple[str, ...]


def bind(rules: Iterable[Rule], levels: Sequence[Level]) -> tuple[Bound, ...]:
    """Count each rule at its own level, or at the nearest level here that implies it."""
    return tuple(
        Bound(_counted(rule), level_for(rule, levels), rule, f"rules[{n}]", rule.level not in levels)
        for n, rule in enumerate(rules)
    )


def level_for(rule: Rule, levels: Sequence[Level]) -> Level:
    """Apart at an outer level is apart inside it; together at an inner one is together around it."""
    if isinstance(rule, Spread):
        nearest: Sequence[Level] = (rule.level,)
    else:
        nearest = inward(rule.level) if isinstance(rule, Affinity) else outward(rule.level)
    for level in nearest:
        if level in levels:
            return level
    known = ", ".join(levels) or "nothing"
    raise InvalidRequest(f"{rule} needs the level {rule.level}; the domains state {known}", path="rules")


def _counted(rule: Rule) -> Rule:
    """With one failing domain, to lose at most M is to have at most M in each."""
    if isinstance(rule, Survive) and rule.failures == 1:
        return AntiAffinity(rule.level, rule.lose_at_most, hard=rule.hard, among=rule.among)
    return rule


def kin(problem: Problem, members: Iterable[Member]) -> list[Kin]:
    """The members to place, in classes of interchangeable ones; names in natural order."""
    sets = _Sets(problem.rules)
    seen: dict[int, str] = {}  # most members share one size, and have no lists
    classes: dict[tuple[str, tuple[int, ...]], list[Member]] = {}
    for member in members:
        if member.only or member.never or member.stay:
            traits = _traits(member)
        else:
            traits = seen.get(id(member.size)) or seen.setdefault(id(member.size), _traits(member))
        classes.setdefault((traits, sets.of(member.name)), []).append(member)
    return [_kin(problem, rules, alike) for (_, rules), alike in classes.items()]


def _traits(member: Member) -> str:
    """Equal for members of equal size and lists, however they were written."""
    lists = (_sorted(member.only), _sorted(member.never), sorted(member.stay.items()))
    return repr((sorted(member.size.items()), lists))


def _sorted(lists: Mapping[Level, list[str]]) -> list[tuple[Level, list[str]]]:
    return sorted((level, sorted(patterns)) for level, patterns in lists.items())


class _Sets:
    """Which rules count a member."""

    def __init__(self, rules: Sequence[Bound]) -> None:
        self.rules = [bound.rule for bound in rules]
        self.everybody = tuple(range(len(rules)))
        self.plain = all(rule.among == ALL for rule in self.rules)

    def of(self, name: str) -> tuple[int, ...]:
        if self.plain:
            return self.everybody
        return tuple(n for n, rule in enumerate(self.rules) if rule.concerns(name))


def _kin(problem: Problem, rules: tuple[int, ...], alike: Sequence[Member]) -> Kin:
    member = alike[0]
    return Kin(
        size=_amounts(member.size),
        only=tuple(lists for lists in (problem.only, member.only) if lists),
        never=tuple(lists for lists in (problem.never, member.never) if lists),
        stay=member.stay,
        rules=rules,
        members=natural(one.name for one in alike),
    )


def _amounts(size: Size) -> dict[str, float]:
    """What is counted of a size: a ``type`` is the cloud's to judge, and nothing of a thing is no demand."""
    return {name: amount for name, amount in size.items() if not isinstance(amount, str) and amount > 0}


def natural(names: Iterable[str]) -> tuple[str, ...]:
    """The names in an order that has db-2 before db-10."""
    return tuple(sorted(sorted(names), key=len))


def holders(current: Iterable[Observed]) -> dict[str, Observed]:
    """For each member its holder: the oldest instance that is neither failed nor leaving.

    One that is lost holds the member only where there is no better one.
    """
    found: dict[str, Observed] = {}
    for seen in sorted(current, key=lambda seen: (seen.state == "lost", seen.since, seen.instance)):
        if seen.member and seen.state not in ("failed", "leaving"):
            found.setdefault(seen.member, seen)
    return found
