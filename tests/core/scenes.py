"""What a verdict is asked of: machines as clouds show them, and promises as clouds make them."""

from __future__ import annotations

from typing import Any

from antiaffinity.evidence import Path
from antiaffinity.guarantee import AtLaunch, Guarantee, How
from antiaffinity.model import Evidence, Level, Observed
from antiaffinity.planner.mechanism import Means
from antiaffinity.policy import Rule
from antiaffinity.report import RuleVerdict
from antiaffinity.scene import Scene
from antiaffinity.verdict import judge


def seen(place: str = "", *, member: str = "db", group: str = "", **changes: Any) -> Observed:
    """A machine at ``zone=z1 host=h1``, in a native group that is told at every level."""
    domains: dict[Any, str] = dict(pair.split("=") for pair in place.split())
    levels = ("zone", "rack", "host") if group else ()
    memberships: dict[Any, tuple[str, ...]] = dict.fromkeys(levels, (group,))
    there: dict[str, Any] = {"member": member, "instance": f"i-{place}", "state": "running", "holds": True}
    return Observed(domains=domains, memberships=memberships, **{**there, **changes})


def promise(
    rule: Rule,
    level: Level | None = None,
    *,
    how: How = "delegated",
    at_launch: AtLaunch = "REFUSES",
    evidence: Evidence = "MEMBERSHIP",
) -> Means:
    """The rule carried by a promise of a cloud, at its own level unless told."""
    kind: Any = rule.kind
    guarantee = Guarantee(
        level=level or rule.level,
        rule=kind,
        hard=rule.hard,
        how=how,
        at_launch=at_launch,
        after_launch="kept",
        evidence=evidence,
        page="",
        mechanism="group of the cloud",
    )
    return Means(rule, "rules[0]", guarantee)


def verdict(rule: Rule, *machines: Observed, means: Means | None = None, **scene: Any) -> str:
    return judged(rule, *machines, means=means, **scene).verdict


def judged(rule: Rule, *machines: Observed, means: Means | None = None, **scene: Any) -> RuleVerdict:
    return judge(Scene(rule, machines, (means,) if means else (), **scene))


def places(*names: str) -> frozenset[Path]:
    """Domains by name: ``zone=z1``, ``zone=z1 host=h1``."""
    return frozenset(tuple(_pair(pair) for pair in name.split()) for name in names)


def _pair(text: str) -> tuple[Any, str]:
    level, name = text.split("=")
    return level, name
