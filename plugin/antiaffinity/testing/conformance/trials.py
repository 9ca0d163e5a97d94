"""What a cloud's own record declares, as groups to be tried and measured in the World."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct

from antiaffinity.guarantee import ALL_RULES, Cloud, Guarantee, RuleKind, inward, outward
from antiaffinity.model import LEVELS, GroupKey, Level, Lists, Verdict
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive
from antiaffinity.testing.world import Machine, Place

FEW = 3
"""Members of a group that need not fill anything."""

VERDICTS: Mapping[str, tuple[Verdict, ...]] = {
    "DOMAIN": ("held",),
    "MEMBERSHIP": ("promised",),
    "NONE": ("unproven",),
}
"""What may be said of a rule that holds, by the evidence that its promise gives."""


class Wanted(Struct, frozen=True):
    """A group as a deploy script asks for it."""

    members: int
    rules: tuple[Rule, ...]
    name: str = "db"
    owner: str = "shop/prod"
    adopt: dict[Level, str] = {}
    only: Lists = {}
    planned: int | None = None

    @property
    def key(self) -> GroupKey:
        return GroupKey(self.owner, self.name)

    @property
    def names(self) -> list[str]:
        """Its members, as a number of them is spelled out."""
        return [f"{self.name}-{number}" for number in range(self.members)]


class Trial(Struct, frozen=True):
    """One promise, and the group that asks for it."""

    promise: Guarantee
    wanted: Wanted

    @property
    def rule(self) -> Rule:
        return self.wanted.rules[0]

    def __str__(self) -> str:
        return f"{self.rule} for {self.wanted.members}"


def trials(cloud: Cloud, places: Sequence[Place], hard: bool) -> Iterator[Trial]:
    """A group for every promise of this strength, as large as it may be without breaking."""
    for promise in cloud.guarantees:
        if promise.hard == hard and promise.how != "kept" and not promise.only_adopted:
            rule, members = _asked(promise, count(places, promise.level))
            yield Trial(promise, Wanted(members, (rule,)))


def has_native(promise: Guarantee) -> bool:
    """Whether members are launched into a native group for it."""
    return promise.how == "delegated" or (promise.how == "chosen" and bool(promise.mechanism))


def keeper(cloud: Cloud, promise: Guarantee) -> Guarantee | None:
    """What keeps the machines that we place by this promise: a native rule that is made as they join."""
    of = (promise.level, promise.rule, promise.hard)
    found = (one for one in cloud.guarantees if one.how == "kept" and (one.level, one.rule, one.hard) == of)
    return next(found, None) if promise.how == "chosen" else None


def tightest(cloud: Cloud, places: Sequence[Place]) -> Trial:
    """The hard anti-affinity at the innermost level: what people use these clouds for."""
    found = [trial for trial in trials(cloud, places, hard=True) if trial.rule.kind == "anti-affinity"]
    return max(found, key=lambda trial: LEVELS.index(trial.promise.level))


def small(trial: Trial, members: int = FEW) -> Wanted:
    """The group with fewer members."""
    return Wanted(members, trial.wanted.rules)


def count(places: Sequence[Place], level: Level) -> int:
    """How many domains of a level there really are."""
    found = len({place.domain(level) for place in places} - {""})
    assert found > 1, f"the harness needs two domains or more of the level {level}, which is promised for"
    return found


def _asked(promise: Guarantee, domains: int) -> tuple[Rule, int]:
    if promise.rule == "affinity":
        return Affinity(promise.level, hard=promise.hard), 2
    if promise.rule == "spread":
        return Spread(promise.level, hard=promise.hard), domains + 1
    if promise.rule == "survive":
        lost = 2 if promise.most_per_domain is None else 1
        return Survive(promise.level, 1, lost, hard=promise.hard), domains + lost - 1
    return AntiAffinity(promise.level, hard=promise.hard), domains


# What is not declared


def undeclared(cloud: Cloud) -> Iterator[Rule]:
    """Hard rules that no record covers, at its own level or by implication."""
    for kind in ALL_RULES:
        for level in LEVELS:
            if not any(_declares(cloud, kind, lv) for lv in _implying(kind, level)):
                yield _plain(kind, level)


def _declares(cloud: Cloud, kind: RuleKind, level: Level) -> bool:
    found = [g for g in cloud.guarantees if (g.rule, g.level, g.hard) == (kind, level, True)]
    return any(g.how != "kept" and not g.only_adopted for g in found)


def _implying(kind: RuleKind, level: Level) -> Sequence[Level]:
    """Apart at an outer level is apart inside it, together at an inner one is together around it."""
    if kind == "spread":
        return (level,)
    return inward(level) if kind == "affinity" else outward(level)


def _plain(kind: RuleKind, level: Level) -> Rule:
    if kind == "survive":
        return Survive(level, 1, 1)
    if kind == "spread":
        return Spread(level)
    return Affinity(level) if kind == "affinity" else AntiAffinity(level)


def too_many_each(cloud: Cloud) -> Iterator[Rule]:
    """Hard anti-affinity that counts further than a native group of this cloud can."""
    for promise in cloud.guarantees:
        if promise.rule == "anti-affinity" and promise.hard and promise.how == "delegated":
            most = promise.most_per_domain
            around = (_declares(cloud, "anti-affinity", level) for level in outward(promise.level)[1:])
            if most is not None and not any(around):
                yield AntiAffinity(promise.level, most + 1)


# Measured in the World


def kept(rule: Rule, machines: Collection[Machine], places: Sequence[Place]) -> bool:
    """Whether the machines really are as the rule says."""
    there = Counter(machine.domain(rule.level) for machine in machines)
    if "" in there or not there:
        return not there
    if isinstance(rule, Affinity):
        return len(there) == 1
    if isinstance(rule, AntiAffinity):
        return max(there.values()) <= rule.max_per_domain
    if isinstance(rule, Survive):
        fullest = sorted(there.values(), reverse=True)[: rule.failures]
        return sum(fullest) <= rule.lose_at_most
    counts = [there[place.domain(rule.level)] for place in places]
    return max(counts) - min(counts) <= rule.max_skew
