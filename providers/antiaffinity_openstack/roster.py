"""Which servers can be a group's: what the list shows, and what only a server group still names."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from openstack.compute.v2._proxy import Proxy
from openstack.compute.v2.server import Server
from openstack.compute.v2.server_group import ServerGroup

from antiaffinity.model import GroupKey
from antiaffinity_openstack import lists, natives
from antiaffinity_openstack.natives import Zones
from antiaffinity_openstack.reading import memberships


class Roster:
    """The project's servers and server groups, as two lists showed them.

    Unavailable where they show less than there is.
    """

    def __init__(self, compute: Proxy, servers: Sequence[Server], groups: Sequence[ServerGroup]) -> None:
        self._compute, self.servers, self.groups = compute, servers, groups

    def of(self, key: GroupKey, adopted: Collection[str], zones: Zones) -> list[Server]:
        """Every server that could be this group's.

        A stub could be, unless it is in the server group of another group of ours.
        """
        ours = self.natives(key, adopted, zones)
        known = {one.id for one in ours}
        others = [one for one in self.groups if one.id not in known and natives.may_be_ours(one.name, None)]
        listed = lists.without_stubs(self.servers, memberships(others))
        return lists.with_named(self._compute, listed, ours)

    def natives(self, key: GroupKey, adopted: Collection[str], zones: Zones) -> list[ServerGroup]:
        """The server groups that are this group's, or adopted for it."""
        return [one for one in self.groups if one.id in adopted or natives.is_ours(one.name, key, zones)]

    def of_owner(self, owner: str | None) -> list[Server]:
        """Every server that could be in a group of this owner, or of anybody."""
        ours = [one for one in self.groups if natives.may_be_ours(one.name, owner)]
        return lists.with_named(self._compute, lists.without_stubs(self.servers, ()), ours)


def look(compute: Proxy) -> Roster:
    """The server groups first: whom they name is listed then, unless it is gone."""
    groups = lists.server_groups(compute)
    return Roster(compute, lists.servers(compute), groups)


def look_before_deleting(compute: Proxy) -> Roster:
    """The servers first: whoever came meanwhile is named by the server groups."""
    servers = lists.servers(compute)
    return Roster(compute, servers, lists.server_groups(compute))
