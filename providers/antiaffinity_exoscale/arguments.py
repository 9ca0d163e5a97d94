"""The launch arguments of one instance: the user's own with its groups and our mark merged in.

Pure: nothing of the user's is changed in place, and merging twice is merging once. Groups can be given at
creation only (https://community.exoscale.com/product/compute/instances/how-to/anti-affinity), so they must
travel here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiaffinity.merging import agree, filled, listing, mapping, mark_of, with_mark
from antiaffinity.model import Placement

SDK_KEYS = ("anti_affinity_groups", "labels")
PULUMI_KEYS = ("zone", "anti_affinity_group_ids", "labels")

Arguments = dict[str, Any]


def sdk_arguments(placement: Placement, own: Mapping[str, Any]) -> Arguments:
    """Keyword arguments of ``create_instance``, called on the client of ``placement.domains["zone"]``.

    Own groups are kept beside ours: an instance may be in several. InvalidRequest, its ``path`` naming the
    argument, where an own label overwrites our mark.
    """
    groups = listing(own.get("anti_affinity_groups"), "anti_affinity_groups")
    there = {group.get("id") for group in groups if isinstance(group, Mapping)}
    ours = [{"id": native} for native in placement.native_ids if native not in there]
    return {
        **own,
        **filled("anti_affinity_groups", own, [*groups, *ours]),
        "labels": _labels(placement, own),
    }


def pulumi_arguments(placement: Placement, own: Mapping[str, Any]) -> Arguments:
    """Keyword arguments of ``pulumiverse_exoscale.ComputeInstance``.

    Own values may be Outputs, except for the zone, and for the lists and dicts that ours join: only their
    items may. InvalidRequest as for the SDK, and where an own ``zone`` is another one.
    """
    groups = listing(own.get("anti_affinity_group_ids"), "anti_affinity_group_ids")
    there = {group for group in groups if isinstance(group, str)}
    ours = [native for native in placement.native_ids if native not in there]
    return {
        **own,
        **_zone(placement, own),
        **filled("anti_affinity_group_ids", own, [*groups, *ours]),
        "labels": _labels(placement, own),
    }


def _zone(placement: Placement, own: Mapping[str, Any]) -> Arguments:
    zone = placement.domains.get("zone")
    if zone is None:
        return {}
    agree(placement.member, own.get("zone"), zone, "zone")
    return {"zone": zone}


def _labels(placement: Placement, own: Mapping[str, Any]) -> Arguments:
    return with_mark(mapping(own.get("labels"), "labels"), mark_of(placement), "labels")
