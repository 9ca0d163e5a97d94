"""The launch arguments of one instance: the user's own with its groups and our mark merged in.

Pure: nothing of the user's is changed in place, and merging twice is merging once. Groups can be given at
creation only (https://community.exoscale.com/product/compute/instances/how-to/anti-affinity), so they must
travel here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import Placement

SDK_KEYS = ("anti_affinity_groups", "labels")
PULUMI_KEYS = ("zone", "anti_affinity_group_ids", "labels")

Arguments = dict[str, Any]


def sdk_arguments(placement: Placement, own: Mapping[str, Any]) -> Arguments:
    """Keyword arguments of ``create_instance``, called on the client of ``placement.domains["zone"]``.

    Own groups are kept beside ours: an instance may be in several. InvalidRequest, its ``path`` naming the
    argument, where an own label overwrites our mark.
    """
    groups = _list(own, "anti_affinity_groups")
    there = {group.get("id") for group in groups if isinstance(group, Mapping)}
    ours = [{"id": native} for native in placement.native_ids if native not in there]
    return {
        **own,
        **_filled("anti_affinity_groups", own, [*groups, *ours]),
        "labels": _labels(placement, own),
    }


def pulumi_arguments(placement: Placement, own: Mapping[str, Any]) -> Arguments:
    """Keyword arguments of ``pulumiverse_exoscale.ComputeInstance``.

    Own values may be Outputs, except for the zone, and for the lists and dicts that ours join: only their
    items may. InvalidRequest as for the SDK, and where an own ``zone`` is another one.
    """
    groups = _list(own, "anti_affinity_group_ids")
    there = {group for group in groups if isinstance(group, str)}
    ours = [native for native in placement.native_ids if native not in there]
    return {
        **own,
        **_zone(placement, own),
        **_filled("anti_affinity_group_ids", own, [*groups, *ours]),
        "labels": _labels(placement, own),
    }


def _zone(placement: Placement, own: Mapping[str, Any]) -> Arguments:
    zone, given = placement.domains.get("zone"), own.get("zone")
    if zone is None:
        return {}
    if given is not None and not (isinstance(given, str) and given == zone):
        said = repr(given) if isinstance(given, str) else "a value that cannot be compared"
        raise InvalidRequest(
            f"{said}, but {placement.member} goes to {zone!r}: leave it to the placement; "
            f"to say where members may go use `only`",
            path="zone",
        )
    return {"zone": zone}


def _labels(placement: Placement, own: Mapping[str, Any]) -> Arguments:
    labels = own.get("labels")
    if not isinstance(labels, Mapping | None):
        raise InvalidRequest(f"must be a dict, not {type(labels).__name__}", path="labels")
    marks = placement.key.marks(placement.member) if placement.key else {}
    for key, value in marks.items():
        given = (labels or {}).get(key, value)
        if not (isinstance(given, str) and given == value):
            raise InvalidRequest(
                f"the label {key} says whose the instance is: leave it to the placement", path=f"labels.{key}"
            )
    return {**(labels or {}), **marks}


def _list(own: Mapping[str, Any], name: str) -> Sequence[Any]:
    """A list of the user's; none is empty."""
    value = own.get(name)
    if not isinstance(value, list | tuple | None):
        raise InvalidRequest(f"must be a list, not {type(value).__name__}", path=name)
    return value or ()


def _filled(name: str, own: Mapping[str, Any], value: list[Any]) -> Arguments:
    """The argument only where there is something to say, or the user said it."""
    return {name: value} if value or name in own else {}
