"""What will stand once a plan is carried out, and what verify will say of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from msgspec.structs import replace

from antiaffinity.model import Observed
from antiaffinity.planner.answer import Outlook, Plan, RuleOutlook
from antiaffinity.report import RuleVerdict
from antiaffinity.scene import Scene
from antiaffinity.sight import Sight
from antiaffinity.verdict import counted, judge


def scene(seen: Sight, n: int, machines: Collection[Observed]) -> Scene:
    """What the verdict on one rule is asked of, were these the machines."""
    rule = seen.spec.rules[n]
    mine = tuple(seen.located(machine) for machine in counted(rule, machines))
    used = {machine.cloud for machine in mine}
    means = tuple(found[n] for key, found in seen.means.items() if key in used or not used)
    return Scene(rule, mine, means, seen.spec.saturated == "stack", seen.eligible(rule), seen.colocation)


def judged(plan: Plan, seen: Sight, n: int, outlook: RuleOutlook) -> RuleOutlook:
    """The outlook on one rule, broken if and only if verify will call it so."""
    if _is_layered(seen, n):
        return outlook  # in which layer a new member will be is not known yet
    found = then(plan, seen, n)
    why = found.note if found.verdict == "broken" else ""
    return replace(outlook, verdict=_agreed(outlook, found.verdict), why=why)


def then(plan: Plan, seen: Sight, n: int) -> RuleVerdict:
    """What verify will say of one rule."""
    return judge(scene(seen, n, tuple(after(plan, seen))))


def now(seen: Sight, n: int) -> RuleVerdict:
    """What verify says of it."""
    return judge(scene(seen, n, seen.machines))


def made_broken(plan: Plan, seen: Sight) -> list[int]:
    """The numbers of the hard rules that launches break: verify calls them broken then, and not now."""
    hard = (
        [n for n, one in enumerate(plan.rules) if one.hard and one.verdict == "broken"] if plan.new() else []
    )
    return [n for n in hard if not _is_layered(seen, n) and now(seen, n).verdict != "broken"]


def _is_layered(seen: Sight, n: int) -> bool:
    """Whether native groups are the layers of a stack."""
    one = scene(seen, n, seen.machines)
    return one.stacked and any(means.delegated for means in one.means)


def _agreed(outlook: RuleOutlook, verdict: str) -> Outlook:
    if verdict == "broken":
        return "broken" if outlook.hard else "short"
    if outlook.verdict != "broken":
        return outlook.verdict
    return "short" if verdict == "unproven" else "fits"


def after(plan: Plan, seen: Sight) -> Iterator[Observed]:
    """The machines there will be: without who is given up, moved ones at their new places, and new ones."""
    to = {move.instance: move.placement for move in plan.moves}
    for machine in seen.machines:
        if machine.instance in to:
            yield replace(machine, domains=to[machine.instance].domains, memberships={})
        elif machine.member not in plan.victims:
            yield machine
    for placement in plan.new():
        name = f"(new) {placement.member}"
        yield Observed(placement.member, name, "running", True, placement.domains, cloud=placement.cloud)
