"""The JSON of every answer. Its keys are public: what is here stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from antiaffinity.model import Finding, GroupKey, Machine, Observed, Placement
from antiaffinity.terminal import printable_json

if TYPE_CHECKING:
    from antiaffinity.backend import Found
    from antiaffinity.guarantee import Cloud
    from antiaffinity.planner.answer import Move, Plan, RuleOutlook, Shortage
    from antiaffinity.planner.candidates import Candidate
    from antiaffinity.report import Report, RuleVerdict

FORMAT = 1

Json = dict[str, Any]


def encode(fields: Mapping[str, object]) -> str:
    """One line of JSON; what an SDK's argument holds that is no JSON is written as its text."""
    return msgspec.json.encode(fields, enc_hook=str).decode()


def emit(fields: Mapping[str, object]) -> None:
    """Print one answer, indented."""
    text = encode({"format": FORMAT, **fields})
    print(printable_json(msgspec.json.format(text, indent=2)))


def _whose(key: GroupKey) -> Json:
    return {"group": key.name, "owner": key.owner}


def plan_json(key: GroupKey, plan: Plan) -> Json:
    """A plan; after ``shrink`` also the members to write into SPEC, and the victims."""
    shrunk = {"members": plan.members, "victims": plan.victims} if plan.victims else {}
    proof = {"fewest": len(plan.moves) <= plan.fewest} if plan.moves else {}
    return {
        **_whose(key),
        "verdict": plan.verdict,
        "placements": [placement_json(placement) for placement in plan.placements],
        "moves": [move_json(move) for move in plan.moves],
        "rules": [_outlook(outlook) for outlook in plan.rules],
        "surplus": _surplus(plan.surplus),
        "survives": [msgspec.to_builtins(survival) for survival in plan.survives],
        "findings": _findings(plan.findings),
        "short": [_shortage(short) for short in plan.short],
        **shrunk,
        **proof,
    }


def placement_json(placement: Placement) -> Json:
    """Where one member goes, or is (``existing``)."""
    existing = {"existing": placement.existing} if placement.existing else {}
    return {
        "member": placement.member,
        "cloud": placement.cloud,
        "domains": placement.domains,
        "delegated": placement.delegated,
        "reason": placement.reason,
        **existing,
    }


def move_json(move: Move) -> Json:
    """A machine that leaves its place, and where its member is to be."""
    return {
        "member": move.member,
        "instance": move.instance,
        "from": move.domains,
        "to": move.placement.domains,
        "cloud": move.placement.cloud,
        "delegated": move.placement.delegated,
        "reason": move.reason,
    }


def launch_json(placement: Placement, cloud: Cloud) -> Json:
    """What the launch is called with: ``launch`` by the SDK's names, ``argv`` for the vendor's own CLI."""
    return {
        "launch": placement.arguments(),
        "argv": cloud.argv(placement, {}) if cloud.argv else None,
    }


def launch_document(placement: Placement, cloud: Cloud, key: GroupKey) -> Json:
    """What --launch reads on its stdin."""
    return {
        "format": FORMAT,
        "member": placement.member,
        "cloud": placement.cloud,
        "domains": placement.domains,
        "ids": placement.ids,
        "delegated": placement.delegated,
        **_whose(key),
        **launch_json(placement, cloud),
    }


def machine_json(machine: Machine) -> Json:
    """One machine, as --discard and --start read it."""
    return {
        "id": machine.id,
        "member": machine.member,
        "cloud": machine.cloud,
        "domains": machine.domains,
    }


def report_json(report: Report) -> Json:
    """A group as it stands."""
    return {
        **_whose(report.key),
        "verdict": report.verdict,
        "rules": [{**_rule(rule), "note": rule.note} for rule in report.rules],
        "machines": [observed_json(seen) for seen in report.machines],
        "surplus": _surplus(report.surplus),
        "missing": report.missing,
        "launched": report.launched,
        "discarded": report.discarded,
        "moved": [move_json(move) for move in report.moved],
        "findings": _findings(report.findings),
    }


def observed_json(seen: Observed) -> Json:
    """One instance that bears a mark."""
    return {
        "member": seen.member,
        "instance": seen.instance,
        "cloud": seen.cloud,
        "state": seen.state,
        "holds": seen.holds,
        "domains": seen.domains,
        "note": seen.note,
    }


def found_json(cloud: str, found: Found) -> Json:
    """One group that a cloud knows; where its name does not tell whose it is, that is null."""
    return {
        "cloud": cloud,
        "group": found.key.name if found.key else None,
        "owner": found.key.owner if found.key else None,
        "title": found.title,
        "natives": found.natives,
        "machines": [observed_json(seen) for seen in found.instances],
    }


def candidates_json(key: GroupKey, member: str, found: Iterable[Candidate]) -> Json:
    """Every place as one member sees it, best first."""
    return {**_whose(key), "member": member, "candidates": msgspec.to_builtins(list(found))}


def bound_json(key: GroupKey, seen: Observed) -> Json:
    """A machine that is a member now."""
    return {**_whose(key), "machine": observed_json(seen)}


def unmarked_json(key: GroupKey, instance: str) -> Json:
    """Which machine bears no mark of the group any more."""
    return {**_whose(key), "instance": instance}


def released_json(key: GroupKey, members: Iterable[str]) -> Json:
    """Whom we gave up; null is the whole group."""
    return {**_whose(key), "members": list(members) or None}


def _rule(rule: RuleOutlook | RuleVerdict) -> Json:
    return {
        "rule": rule.rule,
        "level": rule.level,
        "hard": rule.hard,
        "verdict": rule.verdict,
        "evidence": rule.evidence,
    }


def _outlook(rule: RuleOutlook) -> Json:
    return {**_rule(rule), "why": rule.why}


def _surplus(machines: Iterable[Observed]) -> list[Json]:
    return [{"member": seen.member, "instance": seen.instance} for seen in machines]


def _findings(findings: Iterable[Finding]) -> list[Json]:
    return [msgspec.to_builtins(finding) for finding in findings]


def _shortage(short: Shortage) -> Json:
    return {
        "member": short.member,
        "message": short.message,
        "conflict": [{"requirement": words, "path": path} for words, path in short.conflict],
        "ways_out": short.ways_out,
        "limit": short.limit,
    }


def settings_text(settings: Mapping[str, object]) -> str:
    """Settings in an order of their own, to tell two clouds apart."""
    return msgspec.json.encode(settings, enc_hook=str, order="sorted").decode()
