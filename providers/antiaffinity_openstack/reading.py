"""What Nova shows, read as our nouns: servers, server groups' members, availability zones.

Statuses: https://docs.openstack.org/api-guide/compute/server_concepts.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha224

from msgspec.structs import replace
from openstack.compute.v2.availability_zone import AvailabilityZone
from openstack.compute.v2.server import Server
from openstack.compute.v2.server_group import ServerGroup

from antiaffinity.model import MARKS, Domain, GroupKey, Level, Observed, State
from antiaffinity.telling import brief

STATES: dict[str, State] = {
    "BUILD": "starting",
    "SHUTOFF": "stopped",
    "SUSPENDED": "stopped",
    "PAUSED": "stopped",
    "SHELVED": "stopped",
    "SHELVED_OFFLOADED": "stopped",
    "DELETED": "leaving",
    "SOFT_DELETED": "leaving",
}
"""Every other status is that of a server that runs; what ERROR means only the server itself tells."""

NOTES = {
    "BUILD": "building",
    "SHELVED_OFFLOADED": "shelved: on no host now, and Nova checks no policy after it has chosen one for its "
    "return, which may be in another zone: unshelve members one by one, each after the last one is ACTIVE",
}

FAILED = "failed, but in its server group until it is deleted"
RAN = "in ERROR, but it ran"

RUNS = 1
"""Nova's power state of a guest that runs (https://docs.openstack.org/nova/latest/reference/vm-states.html)."""

DELETING = ("deleting", "soft-deleting")

FAULT_PATIENCE = 10.0
"""Seconds for the fault of a failed server: Nova writes it after the status."""


def host_id(project_id: str, host: str) -> str:
    """The ``hostId`` that Nova shows a project for a compute host, for comparing with known hosts.

    Nova's ``generate_hostid``: sha224 of project id and host, so only comparable inside one project.
    """
    return sha224(f"{project_id}{host}".encode()).hexdigest()


def marked(server: Server) -> tuple[GroupKey, str] | None:
    """Whose machine it is: group and member; None where it does not bear our whole mark."""
    metadata = server.metadata or {}
    owner, group, member = (metadata.get(mark) for mark in MARKS)
    if owner is None or group is None or member is None:
        return None
    return GroupKey(owner, group), member


def is_decided(server: Server, waited: float) -> bool:
    """Whether Nova is done with placing it: a server that builds can still move to another host."""
    if server.status == "ERROR":
        return bool(server.fault) or waited > FAULT_PATIENCE
    return server.status not in (None, "BUILD")


def observed(server: Server, member: str, group: str | None, around: dict[Level, str]) -> Observed:
    """What a server shows; ``around`` is where its whole cloud lies.

    A failed server holds its place too: Nova counts it in its server group until it is deleted.
    """
    memberships: dict[Level, tuple[str, ...]] = {"host": (group,)} if group else {}
    return Observed(
        member=member,
        instance=server.id,
        state=_state(server),
        holds=True,
        domains=around | _domains(server),
        memberships=memberships,
        since=server.created_at or "",
        note=_note(server),
    )


def _state(server: Server) -> State:
    if server.task_state in DELETING:
        return "leaving"
    if server.status == "ERROR":
        return "lost" if ran(server) else "failed"
    return STATES.get(server.status, "running")


def ran(server: Server) -> bool:
    """Whether a server may ever have run.

    Many things put one that ran into ERROR: a resize, a move, a restart of its host, an operator's hand.
    ``launched_at`` is set when it first runs, and stays; a build that fails takes the host away again
    (nova/compute/manager.py, _do_build_and_run_instance), and one that nova-compute died in keeps it.
    """
    return bool(server.launched_at or server.host_id) or server.power_state == RUNS


def _domains(server: Server) -> dict[Level, str]:
    """The host by its ``hostId``: the only name that every user of the project sees alike."""
    zone = server.availability_zone or server.pinned_availability_zone
    seen: dict[Level, str | None] = {"zone": zone, "host": server.host_id}
    return {level: name for level, name in seen.items() if name}


def doubt(servers: Iterable[Server]) -> str:
    """Why hostId may tell no hosts apart here; "" where it does, or only one server has one."""
    shown = [server.host_id for server in servers if server.host_id]
    if len(shown) < 2 or len(set(shown)) > 1:
        return ""
    return (
        f"all {len(shown)} servers of this project show one hostId: they are on one host, or one "
        f"nova-compute stands in front of many (ironic, vCenter): host_ids: false tells what is promised then"
    )


def noted(seen: Observed, words: str) -> Observed:
    """The same with one more note, where it tells a host."""
    if not words or "host" not in seen.domains:
        return seen
    return replace(seen, note="; ".join(filter(None, [seen.note, words])))


def without_host(domains: Mapping[Level, str]) -> dict[Level, str]:
    """Where a server is, where its hostId is that of a nova-compute in front of many machines."""
    return {level: name for level, name in domains.items() if level != "host"}


def _note(server: Server) -> str:
    status = _error(server) if server.status == "ERROR" else NOTES.get(server.status, "")
    notes = [status, f"on {server.compute_host}" if server.compute_host else ""]
    return "; ".join(filter(None, notes))


def _error(server: Server) -> str:
    """What ERROR means of a server, and why it came to that, if Nova says."""
    said = (server.fault or {}).get("message", "")
    return f"{RAN}{f' ({brief(said)})' if said else ''}" if ran(server) else FAILED


def memberships(groups: Iterable[ServerGroup]) -> dict[str, str]:
    """The server group of every server in one, by ids; a list of servers does not tell."""
    return {id_: group.id for group in groups for id_ in group.member_ids or ()}


def domains(zones: Iterable[AvailabilityZone], around: dict[Level, str], unbound: str | None) -> list[Domain]:
    """The zones as places: their hosts are Nova's own to choose.

    Where a rule counts zones the default one (``unbound``) is none beside others: it is no aggregate, and a
    server that asks for it may land in any (https://docs.openstack.org/nova/latest/admin/availability-zones.html).
    """
    found = sorted(zones, key=lambda zone: str(zone.name))
    return [_domain(zone, around, unbound if len(found) > 1 else None) for zone in found]


def _domain(zone: AvailabilityZone, around: dict[Level, str], unbound: str | None) -> Domain:
    why = ""
    if not (zone.state or {}).get("available", True):
        why = f"Nova says that availability zone {zone.name} is not available"
    elif zone.name == unbound:
        why = f"asking for Nova's default zone {unbound} binds no server to it: it may land in any other"
    return Domain(region=around.get("region"), zone=zone.name, usable=not why, why=why)
