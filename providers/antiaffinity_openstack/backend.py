"""The verbs of Nova through openstacksdk.

Reading a group costs one list of the project's servers and one of its server groups, each whole (``lists``);
nothing needs an operator's rights. https://docs.openstack.org/api-ref/compute/ says what each request does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace
from openstack.compute.v2._proxy import Proxy
from openstack.compute.v2.server import Server
from openstack.compute.v2.server_group import ServerGroup
from openstack.connection import Connection

from antiaffinity import clock
from antiaffinity.backend import Found, Need, cannot_move, id_of, settled
from antiaffinity.colocation import Identity
from antiaffinity.errors import InvalidRequest, StillOccupied
from antiaffinity.guarantee import Cloud
from antiaffinity.marks import check_mark, check_ours
from antiaffinity.model import MARKS, GroupKey, Level, Machine, Native, Observed, Placement
from antiaffinity.planner.answer import Plan
from antiaffinity.retry import USUAL, retry_timeout
from antiaffinity.topology import Topology
from antiaffinity.waiting import build_timeout, still_building
from antiaffinity_openstack import (
    by_membership,
    cloud,
    connecting,
    faults,
    joining,
    lists,
    natives,
    reading,
    roster,
)
from antiaffinity_openstack.faults import answered
from antiaffinity_openstack.identity import identity
from antiaffinity_openstack.patient import nova
from antiaffinity_openstack.quotas import Quotas
from antiaffinity_openstack.reading import is_decided, marked, memberships, observed
from antiaffinity_openstack.region import region_of
from antiaffinity_openstack.tools import failed_server

PATIENCE = 600.0
"""Seconds for Nova to decide a server's place, where ``build_timeout`` does not say."""
POLL = 0.5


def connect(client: object, settings: Mapping[str, object]) -> OpenStackBackend:
    """The backend for an openstacksdk ``Connection``, or for settings as ``openstack.connect`` takes them.

    With neither, the environment says which cloud (``OS_CLOUD``, ``OS_AUTH_URL`` …). Calls nothing yet.
    """
    patience, settings = build_timeout(settings, PATIENCE)
    retries, settings = retry_timeout(settings)
    site, settings = connecting.site(settings)
    return OpenStackBackend(connecting.connected(client, settings), site, patience, retries)


class OpenStackBackend:
    """One project of one OpenStack cloud; where ``site.host_ids`` is off hosts are not read from hostId."""

    def __init__(
        self,
        connection: Connection,
        site: connecting.Site,
        patience: float = PATIENCE,
        retry_timeout: float = USUAL,
    ) -> None:
        self.retry_timeout = retry_timeout
        self._patience, self._region, self._quotas = patience, "", Quotas()
        self._connection, self._site = connection, site
        self._nova: Proxy | None = None
        self._record = cloud if site.host_ids else by_membership(cloud)

    @property
    def cloud(self) -> Cloud:
        """The record of OpenStack."""
        return self._record

    def _shown(self, server: Server, member: str, group: str | None) -> Observed:
        """What a server shows; of its host only what tells it from others here."""
        seen = observed(server, member, group, self._around)
        return seen if self._site.host_ids else replace(seen, domains=reading.without_host(seen.domains))

    @property
    def _compute(self) -> Proxy:
        """Nova; the first use logs in."""
        if self._nova is None:
            self._nova = nova(self._connection, self.retry_timeout)
        return self._nova

    @property
    def _around(self) -> dict[Level, str]:
        """Where this whole cloud lies; asked for once."""
        self._region = self._region or region_of(self._connection)
        return {"region": self._region}

    @answered()
    def topology(self, need: Need) -> Topology:
        """The availability zones, and what the project's quotas leave; hosts are Nova's own to choose."""
        zones = self._compute.availability_zones()
        unbound = self._site.default_zone if "zone" in need.levels else None
        domains = reading.domains(zones, self._around, unbound)
        limits = self._quotas.limits(self._compute, need.sizes) if need.room else None
        return Topology(domains, limits, cloud.words)

    @answered()
    def identity(self) -> Identity:
        """Which cloud this is, and what the project's names mean to others."""
        return identity(self._connection)

    @answered()
    def observe(self, key: GroupKey, adopt: Mapping[Level, str]) -> list[Observed]:
        """Every server with the group's mark, and what else is in its server groups or an adopted one."""
        there = roster.look(self._compute)
        group_of, names = memberships(there.groups), {group.id: group.name for group in there.groups}
        inside = {one.id for one in there.natives(key, adopt.values(), self._zones())}
        found = []
        doubt = reading.doubt(there.servers) if self._site.host_ids else ""
        for server in there.of(key, adopt.values(), self._zones()):
            whose, group = marked(server), group_of.get(server.id)
            if whose and whose[0] == key:
                seen = reading.noted(self._shown(server, whose[1], group), doubt)
                zone = seen.domains.get("zone", "")
                within, layer = natives.serving(names.get(group or "", ""), key, zone)
                found.append(replace(seen, within=within, layer=layer))
            elif group and group in inside:
                found.append(self._shown(server, "", group))
        return found

    @answered()
    def instance(self, key: GroupKey, seen: Observed) -> Observed | None:
        """A server by its id; Nova answers 404 where it is deleted."""
        server = self._server(seen.instance)
        if server is None:
            return None
        found = observed(server, seen.member, self._group(server), self._around)
        return replace(found, within=seen.within, layer=seen.layer)

    @answered()
    def prepare(self, key: GroupKey, plan: Plan, adopt: Mapping[Level, str]) -> dict[Native, str]:
        """Make, find or adopt one server group for each that the plan delegates to."""
        if not plan.natives:
            return {}
        if "host" in adopt:
            return natives.adopt(self._compute, adopt["host"], plan.natives)
        wanted = {natives.native_name(key, native.within, native.number): native for native in plan.natives}
        return natives.make(self._compute, wanted)

    def settle(self, placement: Placement, outcome: str | Exception) -> Observed:
        """What became of a launch, once the server is there or failed.

        NoCapacity, Conflict or Unavailable with the failed server in ``remains``; an exception that
        Nova's words or status do not explain is raised again as it is.
        """
        if isinstance(outcome, str):
            return self._settled(placement, outcome)
        if id_ := failed_server(outcome):
            return self._settled(placement, id_)
        error = faults.of_launch(outcome, placement)
        if error is None:
            raise outcome
        raise error from outcome

    @answered()
    def _settled(self, placement: Placement, id_: str) -> Observed:
        server = self._server(id_)
        if server is None:
            raise faults.vanished(placement, id_)
        check_mark(placement, marked(server), f"server {server.id}")
        server = self._wait(placement, server)
        if server.status == "ERROR":
            said = (server.fault or {}).get("message", "")
            raise faults.of_server(said, placement, _machine(placement, server))
        return self._observed(placement, server)

    def _wait(self, placement: Placement, server: Server) -> Server:
        """Until Nova has decided: a server can still move to another host while it is building."""
        started = clock.now()
        while not is_decided(server, clock.now() - started):
            if clock.now() - started > self._patience:
                raise still_building(f"server {server.id} of {placement.member}", self._patience)
            clock.sleep(POLL)
            found = self._server(server.id)
            if found is None:
                raise faults.vanished(placement, server.id)
            server = found
        return server

    def _server(self, id_: str) -> Server | None:
        return lists.server(self._compute, id_)

    def _observed(self, placement: Placement, server: Server) -> Observed:
        return self._shown(server, placement.member, self._group(server))

    def _group(self, server: Server) -> str | None:
        """The server group of one server; the server itself tells from compute API 2.71 on."""
        if server.server_groups is None:
            return memberships(lists.server_groups(self._compute)).get(server.id)
        return next(iter(server.server_groups), None)

    @answered()
    def bind(self, placement: Placement, instance: str | Observed) -> Observed:
        """Check mark and server group; a machine in the server group that lacks the mark gets it.

        InvalidRequest where it is not in the group: Nova cannot add a server later.
        """
        if known := settled(placement, instance):
            return known
        server = self._known(id_of(instance))
        seen = self._observed(placement, server)
        joining.check_group(self._compute, placement, seen, self._zones())
        if marked(server) is None and (placement.natives or placement.native_ids):
            server = self._compute.set_server_metadata(server, **_marks(placement))
        check_mark(placement, marked(server), f"server {server.id}")
        return seen

    @answered()
    def unmark(self, key: GroupKey, instance: str) -> None:
        """Delete our keys from a server's metadata."""
        server = self._known(instance)
        check_ours(key, marked(server), f"server {server.id}")
        self._compute.delete_server_metadata(server, list(MARKS))

    def _known(self, instance: str) -> Server:
        server = self._server(instance)
        if server is None:
            raise InvalidRequest(f"this project has no server {instance!r}", path="instance")
        return server

    def _zones(self) -> natives.Zones:
        return natives.Zones(lambda: [zone.name for zone in self._compute.availability_zones()])

    def move(self, placement: Placement, instance: str) -> Observed:
        """Not offered: Nova moves servers for its operators only."""
        raise cannot_move(cloud, instance)

    def resolve(self, key: GroupKey, find: Callable[[str], str | None]) -> None:
        """Nothing to do: whatever was launched bears our mark."""

    def give_back(self, key: GroupKey, members: Sequence[str]) -> None:
        """Nothing to do: Nova promises no place before the launch."""

    @answered()
    def release(self, key: GroupKey, members: Sequence[str] | None, adopt: Mapping[Level, str]) -> None:
        """Delete our server groups once nothing is in them; of single members Nova keeps nothing.

        StillOccupied while a machine is left: Nova itself would delete the group under its members.
        """
        zones, there = self._zones(), roster.look_before_deleting(self._compute)
        left = [
            f"{whose[1]} ({server.id})"
            for server in there.of(key, adopt.values(), zones)
            if (whose := marked(server)) and whose[0] == key and (members is None or whose[1] in members)
        ]
        if left:
            raise StillOccupied(f"{key} still has {', '.join(left)}: delete these servers first")
        if members is None:
            groups = [group for group in there.groups if natives.is_ours(group.name, key, zones)]
            self._delete_groups([group for group in groups if group.id not in adopt.values()])

    def _delete_groups(self, ours: Sequence[ServerGroup]) -> None:
        for group in ours:
            if group.member_ids:
                raise StillOccupied(
                    f"server group {group.name} ({group.id}) still has {', '.join(group.member_ids)} "
                    f"in it, without our mark: delete these servers first, or they would lose its policy"
                )
        for group in ours:
            self._compute.delete_server_group(group.id, ignore_missing=True)

    @answered()
    def groups(self, owner: str | None) -> list[Found]:
        """Every group of ours, by the marks of its servers and the names of its server groups."""
        there = roster.look(self._compute)
        group_of = memberships(there.groups)
        machines: dict[GroupKey, list[Observed]] = {}
        for server in there.of_owner(owner):
            if whose := marked(server):
                seen = self._shown(server, whose[1], group_of.get(server.id))
                machines.setdefault(whose[0], []).append(seen)
        named = {group.id: group.name for group in there.groups}
        return natives.found(machines, named, owner, self._zones())


def _marks(placement: Placement) -> dict[str, str]:
    return placement.key.marks(placement.member) if placement.key else {}


def _machine(placement: Placement, server: Server) -> Machine:
    return Machine(server.id, placement.member, placement.cloud, dict(placement.domains))
