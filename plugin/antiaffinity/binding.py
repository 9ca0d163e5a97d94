"""Taking a machine that was launched elsewhere as a member: which native groups it must be in for that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from antiaffinity.errors import Conflict, InvalidRequest
from antiaffinity.model import Level, Native, Observed, Placement
from antiaffinity.naming import check_known
from antiaffinity.sight import Sight

if TYPE_CHECKING:
    from antiaffinity.group import Group


def to_bind(
    group: Group, member: str, instance: str, at: Mapping[Level, str] | None
) -> tuple[Placement, Placement]:
    """Where the member was to go, and the placement of this machine: with its native groups, where it is.

    A machine that bears the mark already needs the same native groups as one that is launched. ``at`` says
    where it is, on clouds that cannot tell.
    """
    check_known(member, [*group.spec.named])
    seen = group.look()
    there = seen.instances.get(instance)
    others = replace(seen, machines=tuple(one for one in seen.machines if one is not there))
    plan = group.planned(seen if there and there.member else others)
    planned = next((placement for placement in plan.placements if placement.member == member), None)
    if planned is None:
        raise InvalidRequest(f"no place for a member {member!r} in {group.key}", path="member")
    _check_free(there, planned)
    if at:
        return (where := replace(planned, domains=dict(at))), where
    return planned, _as_it_is(group, planned, there, others) if there else planned


def _check_free(there: Observed | None, planned: Placement) -> None:
    """Conflict where a machine without our mark would become the second one of a member."""
    if there and not there.member and planned.existing:
        raise Conflict(
            f"{planned.member} is there already as {planned.existing}: bind {there.instance} to the member "
            f"that it is"
        )


def _as_it_is(group: Group, planned: Placement, there: Observed, others: Sight) -> Placement:
    """The placement of a machine that is there, as if it were to be launched there now."""
    placement = replace(planned, domains=there.domains) if there.instance != planned.existing else planned
    if any(native.kind.startswith("keep ") for native in planned.natives):
        return placement
    plan = replace(group.planned(others), placements=(placement,), moves=())
    natives = group.handed_out(plan, others, 1)[placement.cloud, placement.member]
    if there.member:
        natives = tuple(native for native in natives if _must(native))
    return replace(placement, natives=natives, native_ids=_adopted(group, natives))


def _must(native: Native) -> bool:
    """A soft rule's member may be outside its group: where that refused it was launched there."""
    return native.hard


def _adopted(group: Group, natives: tuple[Native, ...]) -> tuple[str, ...]:
    adopt = group.spec.adopt
    return tuple(dict.fromkeys(adopt[native.level] for native in natives if native.level in adopt))
