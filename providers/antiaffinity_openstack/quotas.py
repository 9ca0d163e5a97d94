"""What a project's quotas leave; what Nova does not tell is not known, and stops no run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from openstack.compute.v2._proxy import Proxy
from openstack.compute.v2.flavor import Flavor
from openstack.compute.v2.limits import AbsoluteLimits
from openstack.exceptions import ForbiddenException, NotFoundException

from antiaffinity.errors import InvalidRequest, LimitExceeded
from antiaffinity.model import MARKS, Size
from antiaffinity.topology import Limits


def absolute(compute: Proxy) -> AbsoluteLimits:
    """Nova's limits; empty where this role may not read them, or there is no such API.

    https://docs.openstack.org/api-ref/compute/#limits-limits
    """
    try:
        told: AbsoluteLimits = compute.get_limits().absolute
    except (ForbiddenException, NotFoundException):
        return AbsoluteLimits()
    return told


class Quotas:
    """What a project's quotas leave; flavors are asked for once, and only where a size names one."""

    def __init__(self) -> None:
        self._flavors: dict[str, Size] = {}

    def limits(self, compute: Proxy, sizes: Sequence[Size]) -> Limits:
        """LimitExceeded where no server may bear our mark at all; InvalidRequest for an unknown flavor."""
        told = absolute(compute)
        check_marks(told.server_meta)
        amounts = amounts_left(told)
        return Limits(
            native_groups_left=left(told.server_groups, told.server_groups_used),
            members_per_native=left(told.server_group_members, 0),
            instances_left=left(told.instances, told.instances_used),
            amounts_left=amounts,
            types=self._types(compute, sizes),
        )

    def _types(self, compute: Proxy, sizes: Sequence[Size]) -> dict[str, Size]:
        """What flavors take, by name and by id; a list leaves out some that an administrator may use."""
        asked = {str(size["type"]) for size in sizes if "type" in size}
        if asked and not self._flavors:
            self._add(compute.flavors())
        for name in sorted(asked - self._flavors.keys()):
            self._add([_flavor(compute, name)])
        return self._flavors

    def _add(self, flavors: Iterable[Flavor]) -> None:
        for flavor in flavors:
            takes: Size = {"vcpus": flavor.vcpus, "memory_mb": flavor.ram}
            self._flavors |= {flavor.id: takes, flavor.name: takes}


def _flavor(compute: Proxy, name: str) -> Flavor:
    """A flavor by its name or id (https://docs.openstack.org/api-ref/compute/#show-flavor-details)."""
    found: Flavor | None = compute.find_flavor(name)
    if found is None:
        raise InvalidRequest(
            f"Nova shows this project no flavor {name!r}: `openstack flavor list` names those that there are",
            path="size.type",
        )
    return found


def amounts_left(told: AbsoluteLimits) -> dict[str, float]:
    """What the quotas of cores and RAM leave, where there are any, as sizes say it."""
    found = {
        "vcpus": left(told.total_cores, told.total_cores_used),
        "memory_mb": left(told.total_ram, told.total_ram_used),
    }
    return {resource: amount for resource, amount in found.items() if amount is not None}


def check_marks(items: int | None) -> None:
    """A member's mark takes an item for each of its parts; your own come on top, and only launches tell."""
    if items is not None and 0 < items < len(MARKS):
        raise LimitExceeded(
            f"the quota metadata_items lets a server have {items} items of metadata, and a member's mark is "
            f"{len(MARKS)}: ask the operator for {len(MARKS)} more than you use",
        )


def left(limit: int | None, used: int | None) -> int | None:
    """None where there is no limit, which is shown as -1, or it is not known.

    Under unified limits a resource without a registered limit is shown as 0, and mostly not enforced
    (nova/limit/local.py; https://docs.openstack.org/nova/latest/admin/unified-limits.html). A quota that
    truly is 0 refuses the first request for more, in Nova's own words.
    """
    return None if limit is None or limit <= 0 else max(0, limit - (used or 0))
