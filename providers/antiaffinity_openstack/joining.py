"""Taking a server that was launched elsewhere into a group: it must be in the server group from its birth."""

from __future__ import annotations

from collections.abc import Collection

from openstack.compute.v2._proxy import Proxy

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import Observed, Placement
from antiaffinity_openstack import faults, lists, natives
from antiaffinity_openstack.natives import Zones


def check_group(compute: Proxy, placement: Placement, seen: Observed, zones: Zones) -> None:
    """InvalidRequest where it is in no server group that a member may be in."""
    if not (placement.natives or placement.native_ids):
        return
    inside = set(seen.memberships.get("host", ()))
    if not inside & _wanted(compute, placement, inside, zones):
        raise InvalidRequest(
            f"server {seen.instance} was not launched into {faults.group_of(placement)}, and Nova cannot add "
            f"one later: delete it and launch with placement.arguments",
            path="instance",
        )


def _wanted(compute: Proxy, placement: Placement, inside: Collection[str], zones: Zones) -> set[str]:
    """Those that are named, else ours; where we made none, one that was made by hand."""
    key = placement.key
    if placement.native_ids or key is None:
        return {*placement.native_ids}
    groups = lists.server_groups(compute)
    return {one.id for one in groups if natives.is_ours(one.name, key, zones)} or {*inside}
