"""The verbs of Nova through openstacksdk.

Reading a group costs one list of the project's servers and one of its server groups, whatever their number;
nothing needs an operator's rights. https://docs.openstack.org/api-ref/compute/ says what each request does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import openstack
from keystoneauth1.exceptions import MissingRequiredOptions
from msgspec.structs import replace
from openstack.compute.v2._proxy import Proxy
from openstack.compute.v2.server import Server
from openstack.config import OpenStackConfig
from openstack.connection import Connection
from openstack.exceptions import ConfigException, NotFoundException

from antiaffinity import __version__, clock
from antiaffinity.backend import Found, Need, cannot_move, id_of, settled
from antiaffinity.errors import InvalidRequest, StillOccupied, Unavailable
from antiaffinity.guarantee import Cloud
from antiaffinity.marks import check_mark
from antiaffinity.model import GroupKey, Level, Machine, Native, Observed, Placement
from antiaffinity.planner.answer import Plan
from antiaffinity.topology import Topology
from antiaffinity_openstack import cloud, faults, natives, reading
from antiaffinity_openstack.faults import answered
from antiaffinity_openstack.reading import is_decided, marked, memberships, observed

PATIENCE = 600.0
"""Seconds for Nova to decide a server's place."""
POLL = 0.5


def connect(client: object, settings: Mapping[str, object]) -> OpenStackBackend:
    """The backend for an openstacksdk ``Connection``, or for settings as ``openstack.connect`` takes them.

    With neither, the environment says which cloud (``OS_CLOUD``, ``OS_AUTH_URL`` …). Calls nothing yet.
    """
    region = settings.get("region_name")
    around: dict[Level, str] = {"region": region} if isinstance(region, str) else {}
    if client is None:
        return OpenStackBackend(_connection(settings), around)
    if not isinstance(client, Connection):
        raise InvalidRequest(f"must be an openstack.Connection, not {type(client).__name__}", path="client")
    if settings:
        raise InvalidRequest(
            "a client brings its own settings: give one or the other", path=next(iter(settings))
        )
    return OpenStackBackend(client, around)


@answered()
def _connection(settings: Mapping[str, Any]) -> Connection:
    try:
        return openstack.connect(app_name="antiaffinity", app_version=__version__, **_only_said(settings))
    except MissingRequiredOptions as missing:
        raise InvalidRequest(
            f"nothing says which cloud: give one of {_clouds()} ({missing})", path="cloud"
        ) from missing
    except ConfigException as wrong:
        path = "region_name" if str(wrong).startswith("Region ") else "cloud"
        raise InvalidRequest(f"{wrong} Known clouds: {_clouds()}", path=path) from wrong


def _only_said(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Settings that say where to log in say all: else ``OS_CLOUD`` would lead to another cloud, unseen."""
    if settings.get("cloud") or not (settings.get("auth_url") or settings.get("auth")):
        return settings
    return {"load_envvars": False, "load_yaml_config": False, **settings}


def _clouds() -> str:
    """The clouds that clouds.yaml knows here; without a readable one the SDK tells of its ``defaults``."""
    known = sorted({*OpenStackConfig().get_cloud_names()} - {"defaults"})
    return ", ".join(known) or "none (no clouds.yaml could be read)"


class OpenStackBackend:
    """One project of one OpenStack cloud."""

    def __init__(self, connection: Connection, around: dict[Level, str]) -> None:
        self._connection, self._around = connection, around

    @property
    def cloud(self) -> Cloud:
        """The record of OpenStack."""
        return cloud

    @property
    def _compute(self) -> Proxy:
        """Nova; the first use logs in."""
        return self._connection.compute

    @answered()
    def topology(self, need: Need) -> Topology:
        """The availability zones, and what the project's quotas leave; hosts are Nova's own to choose."""
        zones = self._compute.availability_zones()
        domains = reading.domains(zones, self._around, "zone" in need.levels)
        limits = reading.limits(self._compute.get_limits().absolute)
        return Topology(domains, limits, cloud.words)

    @answered()
    def observe(self, key: GroupKey, adopt: Mapping[Level, str]) -> list[Observed]:
        """Every server with the group's mark, and what else is in an adopted server group."""
        groups = list(self._compute.server_groups())
        group_of, names = memberships(groups), {group.id: group.name for group in groups}
        found = []
        for server in self._compute.servers():
            whose, group = marked(server), group_of.get(server.id)
            if whose and whose[0] == key:
                seen = observed(server, whose[1], group, self._around)
                serving = natives.serving(names.get(group or "", ""), key, seen.domains.get("zone", ""))
                found.append(replace(seen, within=serving))
            elif group and group == adopt.get("host"):
                found.append(observed(server, "", group, self._around))
        return found

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
        if id_ := faults.named_server(outcome):
            return self._settled(placement, id_)
        error = faults.of_launch(outcome, placement)
        if error is None:
            raise outcome
        raise error from outcome

    @answered()
    def _settled(self, placement: Placement, id_: str) -> Observed:
        server = self._server(id_)
        if server is None:
            raise _vanished(placement, id_)
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
            if clock.now() - started > PATIENCE:
                raise Unavailable(
                    f"server {server.id} of {placement.member} is still building after {PATIENCE:.0f} s: "
                    f"delete it and launch again",
                    remains=_machine(placement, server),
                )
            clock.sleep(POLL)
            found = self._server(server.id)
            if found is None:
                raise _vanished(placement, server.id)
            server = found
        return server

    def _server(self, id_: str) -> Server | None:
        try:
            return self._compute.get_server(id_)
        except NotFoundException:
            return None

    def _observed(self, placement: Placement, server: Server) -> Observed:
        return observed(server, placement.member, self._group(server), self._around)

    def _group(self, server: Server) -> str | None:
        """The server group of one server; the server itself tells from compute API 2.71 on."""
        if server.server_groups is None:
            return memberships(self._compute.server_groups()).get(server.id)
        return next(iter(server.server_groups), None)

    @answered()
    def bind(self, placement: Placement, instance: str | Observed) -> Observed:
        """Check mark and server group; a machine in an adopted server group gets the mark.

        InvalidRequest where it is not in the group: Nova cannot add a server later.
        """
        if known := settled(placement, instance):
            return known
        server = self._server(id_of(instance))
        if server is None:
            raise InvalidRequest(f"this project has no server {id_of(instance)!r}", path="instance")
        seen = self._observed(placement, server)
        if placement.native_ids and not set(seen.memberships.get("host", ())) & {*placement.native_ids}:
            raise InvalidRequest(
                f"server {server.id} was not launched into {faults.group_of(placement)}, and Nova cannot add "
                f"one later: delete it and launch with placement.arguments",
                path="instance",
            )
        if marked(server) is None and self._is_adopted(placement):
            server = self._compute.set_server_metadata(server, **_marks(placement))
        check_mark(placement, marked(server), f"server {server.id}")
        return seen

    def _is_adopted(self, placement: Placement) -> bool:
        """Whether somebody else made the server group, so that its servers may lack our mark."""
        if placement.key is None or not placement.native_ids:
            return False
        name = self._compute.get_server_group(placement.native_ids[0]).name
        return not natives.is_ours(name, placement.key, self._zones())

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
        left = [
            f"{whose[1]} ({server.id})"
            for server in self._compute.servers()
            if (whose := marked(server)) and whose[0] == key and (members is None or whose[1] in members)
        ]
        if left:
            raise StillOccupied(f"{key} still has {', '.join(left)}: delete these servers first")
        if members is None:
            self._delete_groups(key, adopt)

    def _delete_groups(self, key: GroupKey, adopt: Mapping[Level, str]) -> None:
        zones = self._zones()
        groups = [group for group in self._compute.server_groups() if natives.is_ours(group.name, key, zones)]
        ours = [group for group in groups if group.id not in adopt.values()]
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
        groups = list(self._compute.server_groups())
        group_of = memberships(groups)
        machines: dict[GroupKey, list[Observed]] = {}
        for server in self._compute.servers():
            if whose := marked(server):
                seen = observed(server, whose[1], group_of.get(server.id), self._around)
                machines.setdefault(whose[0], []).append(seen)
        return natives.found(machines, {group.id: group.name for group in groups}, owner, self._zones())


def _marks(placement: Placement) -> dict[str, str]:
    return placement.key.marks(placement.member) if placement.key else {}


def _machine(placement: Placement, server: Server) -> Machine:
    return Machine(server.id, placement.member, placement.cloud, dict(placement.domains))


def _vanished(placement: Placement, id_: str) -> Unavailable:
    return Unavailable(
        f"server {id_!r} of {placement.member} vanished, or the launch did not return its server's id: "
        f"look at the launch, then repeat"
    )
