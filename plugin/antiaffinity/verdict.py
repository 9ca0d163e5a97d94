"""Judging: pure functions from what is observed to a verdict on each rule, the same on all clouds.

``held`` and ``broken`` are said only of what is so wherever the unknown places may be; ``promised``
where one native group that refuses otherwise has all who could be together; the rest is ``unproven``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import nlargest
from itertools import combinations

from antiaffinity.evidence import Path, crowds, fullest, parted, sharing, show
from antiaffinity.guarantee import Guarantee, inward, outward
from antiaffinity.model import VERDICTS, Evidence, Level, Observed, Verdict
from antiaffinity.planner.mechanism import Means, most_in_one
from antiaffinity.planner.rules import layers
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive
from antiaffinity.report import RuleVerdict
from antiaffinity.scene import Scene

Finding = tuple[Verdict, Evidence, str]


def judge(scene: Scene) -> RuleVerdict:
    """The verdict on one rule."""
    rule = scene.rule
    verdict, evidence, note = _judge(scene)
    if verdict == "held" and len(scene.machines) > most_in_one(rule) and _unsaid(scene):
        verdict, evidence, note = "unproven", "NONE", f"nothing tells which of them share a {rule.level}"
    if verdict == "held" and any(_reported(means) for means in scene.means):
        verdict, evidence = "promised", "MEMBERSHIP"
        note = "; ".join(filter(None, [note, "as reported; nobody asked the machines"]))
    return RuleVerdict(str(rule), rule.level, rule.hard, verdict, evidence, note)


def _judge(scene: Scene) -> Finding:
    rule = scene.rule
    if not scene.machines:
        return "unproven", "NONE", "no machine of it is there"
    if isinstance(rule, AntiAffinity):
        return _stacked(scene, rule) if scene.stacked and rule.hard else _apart(scene, rule)
    if isinstance(rule, Affinity):
        return _together(scene, rule)
    return _spread(scene, rule) if isinstance(rule, Spread) else _surviving(scene, rule)


def _unsaid(scene: Scene) -> bool:
    return any(means.unsaid for means in scene.means)


def _reported(means: Means) -> bool:
    """Places that we wrote down ourselves are no evidence from the machines."""
    promise = means.promise
    return promise is not None and promise.how == "chosen" and promise.evidence == "MEMBERSHIP"


# Apart


def _apart(scene: Scene, rule: AntiAffinity) -> Finding:
    return _at_most(scene, scene.machines, rule.max_per_domain)


def _at_most(scene: Scene, machines: Sequence[Observed], most: int) -> Finding:
    """Whether no domain of the rule's level holds more of these machines."""
    level = scene.rule.level
    for where, there in sharing(machines, level, scene.colocation).items():
        if len(there) > most:
            return "broken", "DOMAIN", f"{_names(there)} share {level} {show(where)}"
    close = [crowd for crowd in crowds(machines, level, scene.colocation) if len(crowd) > most]
    if not close:
        known = all(level in seen.domains for seen in machines)
        return "held", "DOMAIN", "" if known else f"apart further out than {level}"
    if all(_refused(scene, crowd, most) for crowd in close):
        return "promised", "MEMBERSHIP", f"{_mechanism(scene)} refuses otherwise; the {level} is not told"
    why = scene.unknown() or "nothing shows them apart"
    return "unproven", "NONE", f"{_names(close[0])} may share a {level}: {why}"


def _refused(scene: Scene, crowd: Sequence[Observed], most: int) -> bool:
    """Whether one native group has the whole crowd and refuses more than ``most`` in a domain.

    To have each alone it is enough that every two of them share a group.
    """
    promise = _refusing(scene)
    if promise is None or promise.level not in outward(scene.rule.level):
        return False
    groups = [seen.memberships.get(promise.level, ()) for seen in crowd]
    if not (_in_one(groups) or (most == 1 and all(_in_one(pair) for pair in combinations(groups, 2)))):
        return False
    return all(fullest(crowd, level) <= most for level in (promise.level, scene.rule.level))


def _refusing(scene: Scene) -> Guarantee | None:
    """The promise that native groups refuse, alike on all clouds of the rule."""
    promises = [means.promise for means in scene.means]
    first = promises[0] if promises else None
    if first is None or not all(_refuses(promise, first.level) for promise in promises):
        return None
    return first


def _in_one(groups: Sequence[tuple[str, ...]]) -> bool:
    """Whether one native group is in all of these."""
    return bool(set(groups[0]).intersection(*groups[1:])) if groups else False


def _refuses(promise: Guarantee | None, level: Level) -> bool:
    if promise is None or promise.how != "delegated":
        return False
    return promise.at_launch == "REFUSES" and promise.level == level


def _mechanism(scene: Scene) -> str:
    return next((means.promise.mechanism for means in scene.means if means.promise), "the cloud")


def _names(machines: Sequence[Observed]) -> str:
    names = [seen.member or seen.instance for seen in machines]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


# More members than domains (saturated: stack)


def _stacked(scene: Scene, rule: AntiAffinity) -> Finding:
    plain = _apart(scene, rule)
    if plain[0] in ("held", "promised"):
        return plain
    if scene.means and all(means.delegated for means in scene.means):
        return _in_layers(scene, rule)
    if scene.eligible:
        return _evenly(scene, rule)
    if plain[0] == "unproven":
        return plain
    return "unproven", "NONE", f"{plain[2]}; how many {rule.level}s a stack could use is not told"


def _in_layers(scene: Scene, rule: AntiAffinity) -> Finding:
    """Each native group is a layer; who is in none must be apart from everybody."""
    level = next(means.promise.level for means in scene.means if means.promise)
    loose = [seen for seen in scene.machines if not seen.memberships.get(level)]
    layers = connected(scene.machines, level)
    found = [_at_most(scene, layer + loose, rule.max_per_domain) for layer in layers or [[]]]
    verdict, evidence, note = max(found, key=lambda finding: VERDICTS.index(finding[0]))
    if verdict in ("held", "promised"):
        note = f"stacked: apart in each of {len(layers)} native groups"
    return verdict, evidence, note


def connected(machines: Iterable[Observed], level: Level) -> list[list[Observed]]:
    """The machines that native groups connect; those in none are in no layer."""
    layers: list[tuple[set[str], list[Observed]]] = []
    for seen in machines:
        if groups := set(seen.memberships.get(level, ())):
            joined = [layer for layer in layers if layer[0] & groups]
            layers = [layer for layer in layers if not layer[0] & groups]
            there = [one for _, some in joined for one in some]
            layers.append((groups.union(*(ids for ids, _ in joined)), [*there, seen]))
    return [there for _, there in layers]


def _evenly(scene: Scene, rule: AntiAffinity) -> Finding:
    """A stack is even: nowhere more layers than this many machines need."""
    level = next(iter(scene.eligible))[-1][0]
    there = sharing(scene.machines, level, scene.colocation)
    if unknown := scene.unknown():
        return "unproven", "NONE", unknown
    if sum(map(len, there.values())) < len(scene.machines):
        return "unproven", "NONE", f"stacked, but the {level} of some is not known"
    domains = scene.eligible | there.keys()
    held = {where: len(some) for where, some in there.items()}
    most = rule.max_per_domain * layers(held, scene.eligible, rule.max_per_domain)
    verdict, evidence, note = _at_most(scene, scene.machines, most)
    if verdict == "held":
        note = f"stacked: up to {most} in each of {len(domains)} {level}s"
    return verdict, evidence, note


def void(scene: Scene) -> str:
    """For whom a hard rule says nothing any more, as a stack puts several where one may be; "" for nobody."""
    rule = scene.rule
    if not (scene.stacked and isinstance(rule, AntiAffinity) and rule.hard):
        return ""
    there = scene.sharing()
    crowded = [len(some) for some in there.values() if len(some) > rule.max_per_domain]
    if not crowded:
        return ""
    where = (
        f"all {sum(crowded)} in one" if len(there) == 1 else f"{sum(crowded)} members share {len(crowded)}"
    )
    return f"{rule} is void for some: {where} {rule.level}{'s' * (len(crowded) > 1)} (saturated: stack)"


# Together


def _together(scene: Scene, rule: Affinity) -> Finding:
    if apart := parted(scene.machines, rule.level, scene.colocation):
        level, names = apart
        return "broken", "DOMAIN", f"in {len(names)} {level}s: {', '.join(names)}"
    there = scene.sharing().values()
    if len(scene.machines) == 1 or any(len(some) == len(scene.machines) for some in there):
        return "held", "DOMAIN", ""
    if _kept_together(scene, rule):
        return "promised", "MEMBERSHIP", f"{_mechanism(scene)} refuses otherwise"
    return "unproven", "NONE", scene.unknown() or f"the {rule.level} of some is not known"


def _kept_together(scene: Scene, rule: Affinity) -> bool:
    """Whether one native group has all and refuses to part them, at this level or inside it."""
    promise = _refusing(scene)
    if promise is None or promise.level not in inward(rule.level):
        return False
    if not _in_one([seen.memberships.get(promise.level, ()) for seen in scene.machines]):
        return False
    return parted(scene.machines, promise.level, scene.colocation) is None


# Even


def _spread(scene: Scene, rule: Spread) -> Finding:
    there = scene.sharing()
    if unknown := scene.unknown():
        return "unproven", "NONE", unknown
    if sum(map(len, there.values())) < len(scene.machines):
        return "unproven", "NONE", f"the {rule.level} of some is not known"
    counts, empty = _compared(scene, {where: len(some) for where, some in there.items()})
    if not counts:
        return "unproven", "DOMAIN", f"none of them is in a {rule.level} that counts"
    few = rule.min_domains is not None and len(counts) < rule.min_domains
    most, least = max(counts.values()), 0 if few else min(counts.values())
    shown = ", ".join(f"{show(where)} {count}" for where, count in sorted(counts.items()))
    if most - least > rule.max_skew:
        return "broken", "DOMAIN", f"skew {most - least}: {shown}"
    if empty and most > rule.max_skew:
        return "unproven", "DOMAIN", f"{shown}; new or emptied: {', '.join(empty)} holds nobody"
    return "held", "DOMAIN", shown


def _compared(scene: Scene, counts: Mapping[Path, int]) -> tuple[Mapping[Path, int], list[str]]:
    """The counts of eligible domains, and those domains that hold nobody."""
    if not scene.eligible:
        return counts, []
    used = {where: {e for e in scene.eligible if _same(where, e)} for where in counts}
    empty = scene.eligible.difference(*used.values())
    return {where: counts[where] for where in counts if used[where]}, sorted(map(show, empty))


def _same(one: Path, other: Path) -> bool:
    """Machines and inventories may tell more or fewer of the outer levels."""
    if one == other:
        return True
    names = dict(other)
    return one[-1] == other[-1] and all(names.get(level, name) == name for level, name in one)


# Surviving


def _surviving(scene: Scene, rule: Survive) -> Finding:
    failing = f"{rule.failures} failing would lose"
    least = _lost(rule, scene.sharing().values())
    if least > rule.lose_at_most:
        return "broken", "DOMAIN", f"{failing} {least}"
    close = crowds(scene.machines, rule.level, scene.colocation)
    most = min(_lost(rule, close), len(scene.machines))
    if most <= rule.lose_at_most:
        return "held", "DOMAIN", f"{failing} {most if most == least else f'{most} at most'}"
    each = rule.lose_at_most // rule.failures  # what a native group for this rule lets into one domain
    if each and all(len(crowd) <= each or _refused(scene, crowd, each) for crowd in close):
        return "promised", "MEMBERSHIP", f"{_mechanism(scene)} refuses otherwise"
    why = scene.unknown() or f"the {rule.level} of some is not known"
    return "unproven", "NONE", f"{why}: {failing} up to {most}"


def _lost(rule: Survive, sets: Iterable[Collection[Observed]]) -> int:
    """How many the fullest of these lose together."""
    return sum(nlargest(rule.failures, map(len, sets)))


def counted(rule: Rule, machines: Collection[Observed]) -> tuple[Observed, ...]:
    """The machines that a rule counts: all that run or hold a place, surplus and doubles included."""
    return tuple(
        seen
        for seen in machines
        if seen.holds and seen.state not in ("failed", "leaving") and rule.concerns(seen.member)
    )
