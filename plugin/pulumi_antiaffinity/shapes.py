"""What the library answers, as properties of a resource."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from antiaffinity.backend import Backend
from antiaffinity.guarantee import Guarantee
from antiaffinity.model import LEVELS, Finding, GroupKey, Level, Native, Observed, Placement
from antiaffinity.planner.answer import Plan, RuleOutlook
from antiaffinity.policy import ALL
from antiaffinity.report import Report, RuleVerdict
from antiaffinity.sight import Sight
from pulumi_antiaffinity.codec import UNKNOWN, Plain, reveal

NativeIds = Mapping[Native, str]
"""The native groups that are there already."""


def camel(name: str) -> str:
    """``scheduler_hints`` as the wire has it: ``schedulerHints``."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def placement_state(placement: Placement, backend: Backend, there: NativeIds) -> Plain:
    """One placement; the id of a native group that is not made yet is unknown."""
    if placement.natives and not placement.native_ids:
        ids = tuple(there.get(native, UNKNOWN) for native in placement.natives)
        placement = replace(placement, native_ids=ids)
    return {
        "member": placement.member,
        "cloud": placement.cloud,
        "domains": _chosen(placement.domains, placement, backend),
        "ids": _chosen(placement.ids, placement, backend),
        "labels": dict(placement.labels),
        "delegated": dict(placement.delegated),
        "groups": list(placement.native_ids),
        **({"inside": sorted(placement.inside)} if placement.inside else {}),
        "reason": placement.reason,
        "arguments": arguments_state(placement, backend),
    }


def _chosen(places: Mapping[Level, str], placement: Placement, backend: Backend) -> dict[str, str]:
    """What we choose: where the cloud put a machine is its Attachment's to tell."""
    ours = {"provider", *backend.cloud.chosen} - {*placement.left_open}
    return {level: name for level, name in places.items() if level in ours}


def arguments_state(placement: Placement, backend: Backend) -> Plain:
    """The launch arguments in the words of the cloud's own Pulumi package."""
    merged = backend.cloud.merges["pulumi"](placement, {})
    return {camel(key): value for key, value in merged.items()}


def placement_of(state: Mapping[str, Any], key: GroupKey) -> Placement:
    """The placement that properties tell of; what is not known yet stays so."""
    return Placement(
        member=state["member"],
        domains=dict(state.get("domains") or {}),
        cloud=state.get("cloud") or "",
        ids=dict(state.get("ids") or {}),
        labels=dict(state.get("labels") or {}),
        delegated=dict(state.get("delegated") or {}),
        native_ids=tuple(state.get("groups") or ()),
        inside=tuple(state.get("inside") or ()),
        key=key,
    )


def rule_state(rule: RuleOutlook | RuleVerdict) -> Plain:
    """One rule and what becomes of it."""
    return {
        "rule": rule.rule,
        "level": rule.level,
        "hard": rule.hard,
        "verdict": rule.verdict,
        "evidence": rule.evidence,
        "note": rule.note,
    }


def outlook_state(rule: RuleOutlook) -> Plain:
    """What a plan makes of one rule, and who breaks it."""
    return {**rule_state(rule), "why": rule.why}


def plan_state(plan: Plan, seen: Sight) -> Plain:
    """What a plan says besides the placements."""
    return {
        "verdict": plan.verdict,
        "rulesOutlook": [outlook_state(rule) for rule in plan.rules],
        "survives": [msgspec.to_builtins(survival) for survival in plan.survives],
        "skew": skew(placement.domains for placement in plan.placements),
        "guarantee": promises(seen),
        "findings": finding_texts(plan.findings),
        "summary": str(plan),
    }


def skew(places: Iterable[Mapping[Level, str]]) -> dict[Level, int]:
    """By level how many more members the fullest domain in use has than the emptiest one."""
    known = list(places)
    counts = {level: Counter(_path(one, level) for one in known if level in one) for level in LEVELS}
    return {level: max(c.values()) - min(c.values()) for level, c in counts.items() if c}


def _path(domains: Mapping[Level, str], level: Level) -> tuple[str, ...]:
    return tuple(domains.get(lv, "") for lv in LEVELS[: LEVELS.index(level) + 1])


def promises(seen: Sight) -> list[str]:
    """What each cloud really promises for each rule, in words."""
    return [
        f"{f'{key}: ' if key else ''}{means.rule}: {_promise(means.promise, means.keeper)}"
        for key, found in seen.means.items()
        for means in found
    ]


def _promise(promise: Guarantee | None, keeper: Guarantee | None) -> str:
    if promise is None:
        return "nothing carries it; it is verified only"
    at_launch = "refuses at launch" if promise.at_launch == "REFUSES" else "a preference at launch"
    what = promise.mechanism or f"the {promise.level}"
    last = keeper or promise
    kept = f", kept by {keeper.mechanism}" if keeper else ""
    caveat = f"; {last.caveat}" if last.caveat else ""
    return f"{promise.how} by {what}{kept}: {at_launch}; {last.after_launch}{caveat}"


def report_state(report: Report) -> Plain:
    """A group as it stands."""
    places = [seen.domains for seen in report.machines if seen.holds]
    return {
        "verdict": report.verdict,
        "rules": [rule_state(rule) for rule in report.rules],
        "skew": skew(places),
        "surplus": [f"{seen.member}: {seen.instance}" for seen in report.surplus],
        "missing": list(report.missing),
        "findings": finding_texts(report.findings),
        "summary": str(report),
    }


def amiss(findings: Iterable[Finding]) -> list[str]:
    """Those that weigh on the exit code of a verify or plan: a program must hear of them."""
    return finding_texts(one for one in findings if one.severity in ("warning", "broken"))


def finding_texts(findings: Iterable[Finding]) -> list[str]:
    """Each once."""
    return list(dict.fromkeys(finding.message for finding in findings))


def observed_state(seen: Observed) -> Plain:
    """Where a machine is, and on which evidence."""
    return {
        "domains": dict(seen.domains),
        "state": seen.state,
        "memberships": {level: list(ids) for level, ids in seen.memberships.items()},
    }


def native_ids(state: Plain) -> dict[Native, str]:
    """The native groups that the state knows."""
    found = {}
    for one in reveal(state.get("nativeGroups") or []):
        words = {**one}
        id_, most, part = words.pop("id"), words.pop("maxPerDomain"), words.pop("part", ())
        among = tuple(words.pop("among", ALL))
        found[Native(**words, max_per_domain=most, part=tuple(map(int, part)), among=among)] = id_
    return found


def natives_state(plan: Plan, there: NativeIds) -> Iterator[Plain]:
    """The native groups of a plan with their ids, those that are not made yet unknown."""
    ids: dict[Native, Any] = {**there}
    for placement in plan.placements:
        made: tuple[Any, ...] = placement.native_ids or tuple(
            there.get(n, UNKNOWN) for n in placement.natives
        )
        ids.update(zip(placement.natives, made, strict=False))
    for native, id_ in sorted(ids.items(), key=lambda item: item[0]):
        yield {**{camel(key): value for key, value in asdict(native).items()}, "id": id_}
