"""nova-scheduler: filters say where a server may go, weighers where it would rather.

https://docs.openstack.org/nova/latest/admin/scheduling.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from msgspec import Struct, field

from antiaffinity.testing.openstack.nouns import Server, ServerGroup
from antiaffinity.testing.openstack.state import State

USUAL = {"memory_mb": 800_000.0, "vcpus": 1_000.0, "disk_gb": 600_000.0}
"""What weighers take a host for that does not state a resource."""


class NoValidHost(Exception):
    """No host takes the server; the text is Nova's."""


NO_VALID_HOST = "No valid host was found. "
NOT_ENOUGH = f"{NO_VALID_HOST}There are not enough hosts available."
NO_SUCH_HOST = f"{NO_VALID_HOST}No such host - host: {{}} node: None "


class Request(Struct):
    """One server that is to be placed, and the choices made for others by the same request."""

    server: Server
    group: ServerGroup | None = None
    only: str | None = None
    avoid: str | None = None
    consumed: dict[str, list[Server]] = field(default_factory=dict)


def choose(state: State, servers: Sequence[Server]) -> list[list[str]]:
    """For each server of one request its host and the alternates; NoValidHost if one finds none.

    Each choice is consumed in memory before the next, so servers of one request do not race.
    """
    _candidates(state, servers[0])
    consumed: dict[str, list[Server]] = {}
    chosen = []
    for server in servers:
        hosts = ranked(state, Request(server, state.group_of(server), consumed=consumed))
        if not hosts:
            raise NoValidHost(NOT_ENOUGH)
        consumed.setdefault(hosts[0], []).append(server)
        chosen.append(hosts[0])
    last = Request(servers[-1], state.group_of(servers[-1]), consumed=consumed)
    rest = hosts if len(servers) == 1 else ranked(state, last)
    others = [host for host in rest if host not in chosen][: state.settings.max_attempts - 1]
    return [[host, *others] for host in chosen]


def _candidates(state: State, server: Server) -> None:
    """Refuse where Placement has no candidate at all, which Nova tells in other words."""
    if server.forced and server.forced not in state.hosts:
        raise NoValidHost(NO_SUCH_HOST.format(server.forced))
    if not any(_is_candidate(state, Request(server), host) for host in state.hosts):
        raise NoValidHost(NO_VALID_HOST)


def ranked(state: State, request: Request) -> list[str]:
    """The hosts that pass all filters, the best first."""
    hosts = [host for host in state.hosts if _passes(state, request, host)]
    if len(hosts) < 2:
        return hosts
    scores = _scores(state, request, hosts)
    best = sorted(hosts, key=lambda host: -scores[host])
    if state.settings.shuffle_best_same_weighed_hosts:
        equal = [host for host in best if scores[host] == scores[best[0]]]
        state.world.chance.shuffle(equal)
        best = equal + best[len(equal) :]
    return best


# Filters


def _passes(state: State, request: Request, host: str) -> bool:
    if host == request.avoid or not _is_candidate(state, request, host):
        return False
    if request.server.forced and not request.only:
        return True  # an admin's hand goes past all filters, not past Placement
    return state.hosts[host].up and _group_passes(state, request, host)


def _is_candidate(state: State, request: Request, host: str) -> bool:
    """Whether Placement offers the host: enabled, with room, in the zone, the one that was named."""
    server = request.server
    named = (request.only,) if request.only else (server.forced, server.requested)
    if host in state.disabled or any(name not in (None, host) for name in named):
        return False
    in_zone = server.forced or _binds(state, server.zone) in (None, state.zone_of(host))
    return bool(in_zone) and state.world.holds(host, _size(request, host))


def _binds(state: State, zone: str | None) -> str | None:
    """The zone that was asked for, if it is an aggregate: Nova's default zone is none and binds nobody."""
    return zone if zone in {place.zone for place in state.hosts.values()} else None


def _size(request: Request, host: str) -> dict[str, float]:
    """What the server needs there, with the servers that this request has put there already."""
    flavor, already = request.server.flavor, len(request.consumed.get(host, ()))
    return {name: amount * (1 + already) for name, amount in flavor.size.items()}


def _group_passes(state: State, request: Request, host: str) -> bool:
    group, filters = request.group, state.settings.enabled_filters
    if group is None:
        return True
    if group.policy == "anti-affinity" and "ServerGroupAntiAffinityFilter" in filters:
        return len(_members_on(state, request, group, host)) < group.most
    if group.policy == "affinity" and "ServerGroupAffinityFilter" in filters:
        taken = {one.host for one in state.members(group.id) if one.host} | set(request.consumed)
        return not taken or host in taken
    return True


def _members_on(state: State, request: Request, group: ServerGroup, host: str) -> list[Server]:
    """The group's members that the scheduler sees on the host, or has put there for this request."""
    others = [one for one in state.members(group.id) if one is not request.server]
    there = [one for one in others if one.host == host or _seems_on(state, one, host)]
    return there + request.consumed.get(host, [])


def _seems_on(state: State, server: Server, host: str) -> bool:
    """Whether the scheduler has not yet learnt that the server lost the race for this host."""
    return state.lost.get((server.id, host), 0.0) > state.world.now


# Weighers


Weigher: TypeAlias = tuple[float, Callable[[str], float], bool]
"""A multiplier, what it multiplies, and whether that is measured from 0, or else from the least."""


def _scores(state: State, request: Request, hosts: Sequence[str]) -> dict[str, float]:
    """The sum of the weighers, each normalised to 0..1 over the hosts that passed and then multiplied."""
    settings = state.settings
    weighers: list[Weigher] = [
        (settings.ram_weight_multiplier, lambda host: _free(state, request, host, "memory_mb"), True),
        (settings.cpu_weight_multiplier, lambda host: _free(state, request, host, "vcpus"), True),
        (settings.disk_weight_multiplier, lambda host: _free(state, request, host, "disk_gb"), True),
        (settings.io_ops_weight_multiplier, lambda host: _building(state, request, host), True),
        *_soft(state, request),
    ]
    scores = dict.fromkeys(hosts, 0.0)
    for multiplier, weigh, from_zero in weighers:
        weights = [weigh(host) for host in hosts]
        low = 0.0 if from_zero else min(weights)
        span = max(weights) - low
        for host, weight in zip(hosts, weights, strict=True):
            scores[host] += multiplier * max(0.0, weight - low) / span if span > 0 else 0.0
    return scores


def _free(state: State, request: Request, host: str, resource: str) -> float:
    """What is left of a resource, as the host reports it: what it has not claimed is not in."""
    whole = state.hosts[host].capacity.get(resource, USUAL[resource])
    claimed = [one for one in state.servers.values() if one.host == host]
    return whole - sum(one.flavor.size[resource] for one in claimed + request.consumed.get(host, []))


def _building(state: State, request: Request, host: str) -> float:
    busy = sum(one.host == host and one.task_state is not None for one in state.servers.values())
    return busy + len(request.consumed.get(host, ()))


def _soft(state: State, request: Request) -> list[Weigher]:
    """The weigher of a soft policy: the count of members on a host, one preference among the others."""
    group, settings = request.group, state.settings
    if group is None or not group.policy.startswith("soft-"):
        return []
    if group.policy == "soft-affinity":
        together = settings.soft_affinity_weight_multiplier
        return [(together, lambda host: len(_members_on(state, request, group, host)), False)]
    apart = settings.soft_anti_affinity_weight_multiplier
    return [(apart, lambda host: -len(_members_on(state, request, group, host)), False)]
