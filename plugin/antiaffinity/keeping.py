"""What carries each rule, and what keeps it once machines run: told and checked for all clouds alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from antiaffinity import lost, membership, other_levels, prospect
from antiaffinity.evidence import Path, doubts, path
from antiaffinity.guarantee import outward
from antiaffinity.model import Finding, Observed, Placement
from antiaffinity.planner.answer import Plan, RuleOutlook
from antiaffinity.planner.astray import astray
from antiaffinity.planner.mechanism import Means
from antiaffinity.planner.problem import Saturated, natural
from antiaffinity.policy import Rule
from antiaffinity.sight import Sight
from antiaffinity.standing import NOT_TOLD
from antiaffinity.topology import both


def told(means: Means) -> str:
    """How a rule is carried, in a phrase: ``chosen: host, kept by a rule of the cloud``."""
    promise, keeper = means.promise, means.keeper
    if promise is None:
        return "verified only"
    kept = f", kept by {keeper.mechanism}" if keeper else ""
    return f"{promise.how}: {promise.mechanism or promise.level}{kept}"


def outlooks(plan: Plan, seen: Sight) -> tuple[RuleOutlook, ...]:
    """For each rule as written: what the planner counts of it, and the evidence to expect."""
    counted_here = {outlook.rule: outlook for outlook in plan.rules}
    outlooks = []
    for n, rule in enumerate(seen.spec.rules):
        means = [found[n] for found in seen.means.values()]
        first = next((one for one in means if one.promise), means[0])
        promise = first.promise
        outlook = counted_here.get(str(rule)) or RuleOutlook(str(rule), rule.level, rule.hard, "fits")
        evidence = promise.evidence if promise else "NONE"
        note = told(first)
        if why := next(_doubts(rule, seen, plan.placements), ""):
            evidence, note = "NONE", f"{note}; unproven: {why}"
        outlook = replace(outlook, evidence=evidence, note=note)
        outlooks.append(prospect.judged(plan, seen, n, outlook))
    return tuple(outlooks)


def unproven(seen: Sight, places: Sequence[Observed | Placement]) -> list[Finding]:
    """Rules of which nothing is proven, as some of their members are on clouds whose names do not compare."""
    return [
        Finding("identity", f"{rule}: {why}: nothing is proven of them", severity="warning")
        for rule in seen.spec.rules
        for why in _doubts(rule, seen, places)
    ]


def _doubts(rule: Rule, seen: Sight, places: Iterable[Observed | Placement]) -> Iterator[str]:
    mine = (one for one in places if rule.concerns(one.member))
    yield from dict.fromkeys(doubts(map(seen.located, mine), rule.level, seen.colocation))


def inside(seen: Sight, member: str) -> tuple[str, ...]:
    """The ids of the places that a member's lists and its group's admit; none where they admit all."""
    one = seen.spec.named[member]
    topology, spec = seen.topology, seen.spec
    lists = topology.listed(spec.only, spec.never, {}), topology.listed(one.only, one.never, one.stay)
    mask, leaf = both(*lists) or [], topology.plain.leaf
    places = [place for place, admitted in zip(topology.domains, mask, strict=bool(mask)) if admitted]
    return tuple(id_ for place in places if (id_ := place.ids.get(leaf)))


def findings(seen: Sight, new: Sequence[Placement] = ()) -> Iterator[Finding]:
    """Rules that nothing keeps, or another level does, and machines that nothing keeps in theirs.

    ``new`` are the placements that are to be launched.
    """
    yield from other_levels.findings(seen)
    for cloud, found in seen.means.items():
        for means in found:
            yield from _not_kept(means, cloud)
            yield from _stacked(means, new)
            if left := _left_out(means, _there(seen, cloud), seen.spec.saturated):
                yield _loose(means, left)
    yield from membership.findings(seen)
    yield from membership.beside(seen, new)


def notes(seen: Sight) -> list[Finding]:
    """What the clouds say of single machines, and rules that nothing carries."""
    found = lost.findings(seen.machines)
    found += [
        Finding("machine", f"{m.member or m.instance}: {m.note}", member=m.member)
        for m in seen.machines
        if m.note and m.state != "lost"
    ]
    for cloud, means in seen.means.items():
        for one in means:
            if one.promise is None:
                found.append(
                    Finding(
                        "verified-only",
                        f"{one.rule}: nothing carries it here; it is verified only",
                        domain=cloud,
                    )
                )
    return found


def amiss(seen: Sight) -> Iterator[Finding]:
    """What is not as it should be with the machines that are there."""
    yield from findings(seen)
    yield from unproven(seen, seen.machines)
    yield from misplaced(seen)


def misplaced(seen: Sight) -> Iterable[Finding]:
    """Members that run where they may not be, where the places could be asked."""
    unasked = any(finding.kind == NOT_TOLD for finding in seen.topology.findings)
    return () if unasked else astray(seen.problem_of(seen.topology))


def loose(seen: Sight) -> set[str]:
    """The machines that nothing keeps in a rule that their cloud would keep."""
    return {
        one.instance
        for cloud, found in seen.means.items()
        for means in found
        for one in _left_out(means, _there(seen, cloud), seen.spec.saturated)
    }


def _there(seen: Sight, cloud: str) -> list[Observed]:
    return [one for one in seen.machines if one.cloud == cloud and one.holds and one.member]


def _layered(means: Means, saturated: Saturated) -> bool:
    """Whether there may be several native rules: the last may have one member, which takes none."""
    return saturated == "stack" or not means.rule.hard


def _not_kept(means: Means, cloud: str) -> Iterator[Finding]:
    """A rule that is more than what its cloud's own rules can say."""
    if means.unkept:
        mechanisms = ", ".join(dict.fromkeys(one.mechanism for one in means.unkept))
        most = max(one.most_per_domain or 0 for one in means.unkept)
        yield Finding(
            "not-kept",
            f"{means.rule}: chosen at launch and kept by nothing after it: a {mechanisms} lets {most} into "
            f"a {means.rule.level}, no more and no fewer",
            domain=cloud,
        )


def _stacked(means: Means, new: Iterable[Placement]) -> Iterator[Finding]:
    """That members beyond one native group's room go into the groups of another layer."""
    numbers = {
        n.number for one in new for n in one.natives if means.promise and n.level == means.promise.level
    }
    if means.stacked and means.promise and max(numbers, default=1) > 1:
        yield Finding(
            "stacked",
            f"{means.rule} is void for some: more members than a {means.promise.mechanism} takes, "
            f"stacked in {max(numbers)} layers of them (saturated: stack)",
        )


def _left_out(means: Means, machines: Iterable[Observed], saturated: Saturated) -> list[Observed]:
    """Who stands beside others of its rule, and is in nothing that keeps it."""
    if means.keeper is None:
        return []
    least = 2 if _layered(means, saturated) else 1
    found = []
    for together in _around(means, machines).values():
        left = [one for one in together if not one.memberships.get(means.rule.level)]
        found += left if len(together) > 1 and len(left) >= least else []
    return found


def _loose(means: Means, left: Iterable[Observed]) -> Finding:
    names = ", ".join(natural(one.member for one in left))
    by = means.keeper.mechanism if means.keeper else ""
    words = f"{means.rule}: nothing keeps {names}: in no {by}; roll out again"
    return Finding("not-kept", words, severity="strict" if means.rule.hard else "note")


def _around(means: Means, machines: Iterable[Observed]) -> dict[Path, list[Observed]]:
    """The machines of each outer domain: a native rule reaches no further."""
    around = outward(means.rule.level)[1]
    found: dict[Path, list[Observed]] = {}
    for one in (one for one in machines if means.rule.concerns(one.member)):
        found.setdefault(path(one.domains, around), []).append(one)
    return found
