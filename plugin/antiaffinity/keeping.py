"""What carries each rule, and what keeps it once machines run: told and checked for all clouds alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from antiaffinity.evidence import Path, path
from antiaffinity.guarantee import outward
from antiaffinity.model import Finding, Observed
from antiaffinity.planner.answer import Plan, RuleOutlook
from antiaffinity.planner.mechanism import Means
from antiaffinity.planner.problem import Saturated, natural
from antiaffinity.sight import Sight
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
        outlooks.append(replace(outlook, evidence=evidence, note=told(first)))
    return tuple(outlooks)


def inside(seen: Sight, member: str) -> tuple[str, ...]:
    """The ids of the places that a member's lists and its group's admit; none where they admit all."""
    one = next(one for one in seen.spec.members if one.name == member)
    topology, spec = seen.topology, seen.spec
    lists = topology.listed(spec.only, spec.never, {}), topology.listed(one.only, one.never, one.stay)
    mask, leaf = both(*lists) or [], topology.leaf
    places = [place for place, admitted in zip(topology.domains, mask, strict=bool(mask)) if admitted]
    return tuple(id_ for place in places if (id_ := place.ids.get(leaf)))


def findings(seen: Sight) -> Iterator[Finding]:
    """Rules that nothing keeps though their cloud keeps others, and machines that nothing keeps in theirs."""
    for cloud, found in seen.means.items():
        for means in found:
            yield from _not_kept(means, cloud)
            if left := _left_out(means, _there(seen, cloud), seen.spec.saturated):
                yield _loose(means, left)


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
    return Finding("not-kept", f"{means.rule}: nothing keeps {names}: in no {by}; roll out again")


def _around(means: Means, machines: Iterable[Observed]) -> dict[Path, list[Observed]]:
    """The machines of each outer domain: a native rule reaches no further."""
    around = outward(means.rule.level)[1]
    found: dict[Path, list[Observed]] = {}
    for one in (one for one in machines if means.rule.concerns(one.member)):
        found.setdefault(path(one.domains, around), []).append(one)
    return found
