"""What can be known before anything is changed: quotas, members without their marks, rules to be broken."""

from __future__ import annotations

from collections.abc import Sequence

from antiaffinity import prospect
from antiaffinity.errors import LimitExceeded
from antiaffinity.membership import check_marked
from antiaffinity.model import Observed, Size
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.uneven import ways_out
from antiaffinity.sight import Sight
from antiaffinity.topology import Limits


def memberships(seen: Observed) -> tuple[str, ...]:
    """The native groups that a machine is in."""
    return tuple(dict.fromkeys(id_ for ids in seen.memberships.values() for id_ in ids))


def check_fits(plan: Plan, seen: Sight) -> None:
    """Raises as ``check_marked``, for that may be why there is no place, then as ``check_kept``."""
    check_marked(plan, seen)
    check_kept(plan, seen)


def check_kept(plan: Plan, seen: Sight) -> None:
    """Raises as ``raise_if_short``; LimitExceeded where launches would break a hard rule that is kept now."""
    plan.raise_if_short()
    if error := breaking(plan, seen):
        raise error


def breaking(plan: Plan, seen: Sight) -> LimitExceeded | None:
    """Why nothing may be launched though there are places: a hard rule would be broken by it, and is not yet.

    One that is broken as it is stops nobody: new members make it no worse.
    """
    for n in prospect.made_broken(plan, seen):
        rule, names = seen.spec.rules[n], [placement.member for placement in plan.new()]
        who = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
        how = prospect.then(plan, seen, n).note
        return LimitExceeded(
            f"{rule} would be broken by launching {who}: {how}; nothing is launched",
            conflict=[(str(rule), f"rules[{n}]")],
            ways_out=ways_out(seen.problem(), rule),
        )
    return None


def preflight(plan: Plan, seen: Sight) -> None:
    """LimitExceeded where a quota leaves too little for what is new."""
    for key, topology in seen.topologies.items():
        new = [placement for placement in plan.new() if placement.cloud == key]
        left = topology.limits.instances_left
        if left is not None and len(new) > left:
            raise LimitExceeded(f"{len(new)} machines to launch, but the quota leaves {left}", path="members")
        _check_amounts([topology.limits.taken(placement.size) for placement in new], topology.limits)
        there = {id_ for machine in seen.machines for id_ in memberships(machine)}
        wanted = {native for placement in new for native in placement.natives}
        groups = topology.limits.native_groups_left
        if groups is not None and wanted and not there and not seen.spec.adopt and len(wanted) > groups:
            raise LimitExceeded(
                f"{len(wanted)} native groups to make, but the quota leaves {groups}", path="rules"
            )


def _check_amounts(sizes: Sequence[Size], limits: Limits) -> None:
    """LimitExceeded where together they take more than a quota leaves."""
    for resource, left in limits.amounts_left.items():
        taken = sum(amount for size in sizes if isinstance(amount := size.get(resource, 0), int | float))
        if taken > left:
            raise LimitExceeded(
                f"{len(sizes)} machines to launch take {taken:g} {resource}, but the quota leaves {left:g}: "
                f"delete what is not needed, take smaller ones, or ask for more",
                path="size",
            )
