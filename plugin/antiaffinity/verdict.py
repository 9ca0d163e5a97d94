"""Judging: pure functions from what is observed to a verdict on each rule, the same on all clouds.

A place is known as far as evidence shows it. Where a level is not known, machines in different
outer domains are apart all the same; machines in one outer domain are apart only if they share a
native group that refuses otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from heapq import nlargest

from msgspec import Struct

from antiaffinity.model import LEVELS, Evidence, Level, Observed, Verdict
from antiaffinity.planner.mechanism import Means
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive
from antiaffinity.report import RuleVerdict

Path = tuple[tuple[Level, str], ...]


class Scene(Struct, frozen=True):
    """The machines that one rule counts, and how the clouds carry it."""

    rule: Rule
    machines: tuple[Observed, ...]
    means: tuple[Means, ...]
    stacked: bool = False
    eligible: frozenset[Path] = frozenset()


Finding = tuple[Verdict, Evidence, str]


def judge(scene: Scene) -> RuleVerdict:
    """The verdict on one rule."""
    rule = scene.rule
    verdict, evidence, note = _judge(scene)
    if verdict == "held" and any(_reported(means) for means in scene.means):
        verdict, evidence = "promised", "MEMBERSHIP"
        note = note or "as reported; nobody asked the machines"
    return RuleVerdict(str(rule), rule.level, rule.hard, verdict, evidence, note)


def _judge(scene: Scene) -> Finding:
    if not scene.machines:
        return "unproven", "NONE", "no machine of it is there"
    if isinstance(scene.rule, AntiAffinity):
        return _apart(scene, scene.rule)
    if isinstance(scene.rule, Affinity):
        return _together(scene, scene.rule)
    return _spread(scene, scene.rule) if isinstance(scene.rule, Spread) else _surviving(scene, scene.rule)


def _reported(means: Means) -> bool:
    """Places that we wrote down ourselves are no evidence from the machines."""
    promise = means.promise
    return promise is not None and promise.how == "chosen" and promise.evidence != "DOMAIN"


def counts(machines: Iterable[Observed], level: Level) -> Counter[Path]:
    """How many machines each domain of a level holds, of those whose domain is known."""
    return Counter(path(seen, level) for seen in machines if level in seen.domains)


def path(seen: Observed, level: Level) -> Path:
    """What is known of a machine's place down to a level."""
    upto = LEVELS[: LEVELS.index(level) + 1]
    return tuple((lv, seen.domains[lv]) for lv in upto if lv in seen.domains)


def show(where: Path) -> str:
    """A path in words: z1/r1."""
    return "/".join(name for _, name in where)


def _apart(scene: Scene, rule: AntiAffinity) -> Finding:
    known = counts(scene.machines, rule.level)
    most = rule.max_per_domain * (_layers(scene, rule, known) if scene.stacked else 1)
    crowded = [where for where, count in known.items() if count > most]
    if crowded:
        who = [s.member or s.instance for s in scene.machines if path(s, rule.level) == crowded[0]]
        return "broken", "DOMAIN", f"{', '.join(who)} share {rule.level} {show(crowded[0])}"
    stacked = f"stacked, up to {most} each" if most > rule.max_per_domain else ""
    unknown = [seen for seen in scene.machines if rule.level not in seen.domains]
    if not unknown:
        return "held", "DOMAIN", stacked
    return _apart_unseen(scene, rule.level, most, len(unknown))


def _layers(scene: Scene, rule: AntiAffinity, known: Counter[Path]) -> int:
    """How many layers an even stack of this many machines needs."""
    return -(-len(scene.machines) // (rule.max_per_domain * max(len(known), 1)))


def _apart_unseen(scene: Scene, level: Level, most: int, unknown: int) -> Finding:
    """Some places are not known: judge by what is known around them, and by native groups."""
    crowds = [crowd for crowd in _around(scene.machines, level) if len(crowd) > most]
    if not crowds:
        return "held", "DOMAIN", f"apart further out than {level}"
    if all(_one_native(scene, crowd, level) for crowd in crowds):
        return "promised", "MEMBERSHIP", f"{_mechanism(scene)} refuses otherwise; the {level} is not told"
    return "unproven", "NONE", f"the {level} of {unknown} is not known"


def _around(machines: Iterable[Observed], level: Level) -> list[list[Observed]]:
    """The machines by what is known around the level: those of one crowd may share a domain."""
    outer = LEVELS[LEVELS.index(level) - 1] if LEVELS.index(level) else level
    crowds: dict[Path, list[Observed]] = {}
    for seen in machines:
        crowds.setdefault(path(seen, outer), []).append(seen)
    return list(crowds.values())


def _one_native(scene: Scene, crowd: Sequence[Observed], level: Level) -> bool:
    """Whether all are in one native group that refuses what the rule forbids."""
    promise = next((m.promise for m in scene.means if m.delegated and m.promise), None)
    if promise is None or promise.at_launch != "REFUSES" or not promise.hard:
        return False
    groups = {seen.memberships.get(promise.level) for seen in crowd}
    return len(groups) == 1 and None not in groups and LEVELS.index(promise.level) <= LEVELS.index(level)


def _mechanism(scene: Scene) -> str:
    return next((m.promise.mechanism for m in scene.means if m.delegated and m.promise), "the cloud")


def _together(scene: Scene, rule: Affinity) -> Finding:
    known = counts(scene.machines, rule.level)
    if len(known) > 1:
        return "broken", "DOMAIN", f"in {len(known)} {rule.level}s: {', '.join(map(show, known))}"
    if len(scene.machines) == 1 or sum(known.values()) == len(scene.machines):
        return "held", "DOMAIN", ""
    if _one_native(scene, scene.machines, rule.level):
        return "promised", "MEMBERSHIP", f"{_mechanism(scene)} refuses otherwise"
    return "unproven", "NONE", f"the {rule.level} of some is not known"


def _spread(scene: Scene, rule: Spread) -> Finding:
    known = counts(scene.machines, rule.level)
    if sum(known.values()) < len(scene.machines):
        return "unproven", "NONE", f"the {rule.level} of some is not known"
    few = rule.min_domains is not None and len(known) < rule.min_domains
    least = 0 if few else min(known.values())
    skew = max(known.values()) - least
    shown = ", ".join(f"{show(where)} {count}" for where, count in sorted(known.items()))
    if skew > rule.max_skew:
        return "broken", "DOMAIN", f"skew {skew}: {shown}"
    empty = scene.eligible - set(known)
    if empty and max(known.values()) > rule.max_skew:
        names = ", ".join(sorted(map(show, empty)))
        return "unproven", "DOMAIN", f"{shown}; new or emptied: {names} holds nobody"
    return "held", "DOMAIN", shown


def _surviving(scene: Scene, rule: Survive) -> Finding:
    known = counts(scene.machines, rule.level)
    lost = sum(nlargest(rule.failures, known.values()))
    if lost > rule.lose_at_most:
        return "broken", "DOMAIN", f"{rule.failures} failing would lose {lost}"
    if sum(known.values()) == len(scene.machines):
        return "held", "DOMAIN", f"{rule.failures} failing would lose {lost}"
    return _surviving_unseen(scene, rule)


def _surviving_unseen(scene: Scene, rule: Survive) -> Finding:
    crowds = _around(scene.machines, rule.level)
    if sum(nlargest(rule.failures, map(len, crowds))) <= rule.lose_at_most:
        return "held", "DOMAIN", f"apart further out than {rule.level}"
    if all(_one_native(scene, crowd, rule.level) for crowd in crowds):
        return "promised", "MEMBERSHIP", f"{_mechanism(scene)} refuses otherwise"
    return "unproven", "NONE", f"the {rule.level} of some is not known"


def counted(rule: Rule, machines: Collection[Observed]) -> tuple[Observed, ...]:
    """The machines that a rule counts: all that run or hold a place, surplus and doubles included."""
    return tuple(
        seen
        for seen in machines
        if seen.holds and seen.state not in ("failed", "leaving") and rule.concerns(seen.member)
    )
