"""Everything that the services of one fake cloud share, on its World."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from uuid import UUID

from antiaffinity.testing.openstack.nouns import (
    USERS,
    Aggregate,
    Flavor,
    Server,
    ServerGroup,
    Settings,
    User,
)
from antiaffinity.testing.world import Place, World


class State:
    """The tables of the cloud; the World has the machines, their hosts and the zones."""

    def __init__(self, world: World, settings: Settings, flavors: tuple[Flavor, ...]) -> None:
        self.world, self.settings = world, settings
        self.flavors = {flavor.id: flavor for flavor in flavors}
        self.users = {user.name: user for user in USERS}
        self.tokens: dict[str, User] = {}
        self.groups: dict[str, ServerGroup] = {}
        self.disabled: set[str] = set()
        self.quotas: dict[str, dict[str, int]] = {}
        self.lost: dict[tuple[str, str], float] = {}
        """Until when the scheduler takes a server for one on a host, after a lost race."""
        self.hidden: set[str] = set()
        """Servers that no list shows, while asking for them by id does."""
        self._servers: dict[str, Server] = {}
        self._aggregates: dict[int, Aggregate] = {}
        self._numbers = count(1)

    def new_id(self) -> str:
        """A UUID by the World's chance."""
        return str(UUID(int=self.world.chance.getrandbits(128), version=4))

    # Servers and groups

    @property
    def servers(self) -> dict[str, Server]:
        """The servers that exist; one whose machine is gone from the World is gone."""
        self._servers = {id_: one for id_, one in self._servers.items() if id_ in self.world.machines}
        return self._servers

    def add(self, server: Server) -> None:
        self._servers[server.id] = server

    def forget(self, server: Server) -> None:
        """The server is gone, and its machine with it."""
        self._servers.pop(server.id, None)
        self.world.remove(server.id)

    def members(self, group: str) -> list[Server]:
        """The servers in a group, failed ones too, oldest first."""
        return [server for server in self.servers.values() if server.group == group]

    def group_of(self, server: Server) -> ServerGroup | None:
        """The group of a server, unless it was deleted under it."""
        return self.groups.get(server.group or "")

    def of_project(self, user: User) -> list[Server]:
        return [server for server in self.servers.values() if server.user.project == user.project]

    def next_number(self) -> int:
        return next(self._numbers)

    # Hosts and zones

    @property
    def hosts(self) -> dict[str, Place]:
        return self.world.places

    def zone_of(self, host: str) -> str:
        """Hosts in none are in the default one (https://docs.openstack.org/nova/latest/admin/availability-zones.html)."""
        return self.hosts[host].zone or self.settings.default_availability_zone

    def zones(self) -> dict[str, bool]:
        """Every availability zone, and whether a host of it is enabled; a dead host does not count here."""
        zones: dict[str, bool] = {}
        for host in self.hosts:
            zone = self.zone_of(host)
            zones[zone] = zones.get(zone, False) or host not in self.disabled
        return zones

    def aggregates(self) -> dict[int, Aggregate]:
        """The operator's aggregates; each zone of the World is one."""
        for place in self.hosts.values():
            if place.zone:
                self._in_its_aggregate(place)
        return self._aggregates

    def _in_its_aggregate(self, place: Place) -> None:
        same = [one for one in self._aggregates.values() if one.zone == place.zone]
        if not any(place.host in one.hosts for one in same):
            home = same[0] if same else self.new_aggregate(place.zone, place.zone)
            home.hosts.append(place.host)

    def new_aggregate(self, name: str, zone: str | None) -> Aggregate:
        number = max(self._aggregates, default=0) + 1
        made = Aggregate(number, self.new_id(), name, zone, [])
        self._aggregates[number] = made
        return made

    # Quotas

    def quota(self, user_project: str, resource: str) -> int:
        """The limit of a project by its id; -1 is none."""
        if resource in self.settings.unregistered:
            return 0 if resource == "instances" else -1
        return self.quotas.get(user_project, {}).get(resource, self.settings.quota[resource])

    def used(self, project_id: str) -> dict[str, int]:
        """What a project has of each resource that a quota counts; failed servers count."""
        servers = [one for one in self.servers.values() if one.user.project_id == project_id]
        return {
            "instances": len(servers),
            "cores": sum(one.flavor.vcpus for one in servers),
            "ram": sum(one.flavor.ram for one in servers),
            "server_groups": sum(one.project_id == project_id for one in self.groups.values()),
        }

    def working(self) -> Iterator[Server]:
        """The servers that have a host and are not being deleted."""
        return (server for server in self.servers.values() if server.host)
