"""The life of a server, as events on the World's clock: scheduled, claimed by a host, active, deleted.

Between the scheduler's choice and the claim others may choose the same host: that is the race which the
late check in nova-compute finds
(https://docs.openstack.org/nova/latest/admin/troubleshooting/affinity-policy-violated.html).
"""

from __future__ import annotations

from collections.abc import Sequence

from antiaffinity.testing.openstack import scheduler
from antiaffinity.testing.openstack.nouns import Server
from antiaffinity.testing.openstack.state import State
from antiaffinity.testing.world import NoRoom

VIOLATED = "{} instance group policy was violated"
RETRIED = (
    "Exceeded maximum number of retries. Exceeded max scheduling attempts {} for instance {}. "
    "Last exception: {}"
)
EXHAUSTED = (
    "Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures for "
    "instance {}."
)


def boot(state: State, servers: Sequence[Server]) -> None:
    """Let the servers of one request be placed and built."""
    state.world.after(state.settings.scheduling, lambda: _schedule(state, servers))


def _schedule(state: State, servers: Sequence[Server]) -> None:
    waiting = [server for server in servers if _exists(state, server)]
    if not waiting:
        return
    try:
        choices = scheduler.choose(state, waiting)
    except scheduler.NoValidHost as refused:
        for server in waiting:
            fail(state, server, str(refused))
        return
    for server, hosts in zip(waiting, choices, strict=True):
        state.world.reserve(server.id, hosts[0])
        server.task_state = None
        _after(state, state.settings.claiming, server, hosts, 1)


def _after(state: State, seconds: float, server: Server, hosts: Sequence[str], attempt: int) -> None:
    state.world.after(seconds, lambda: _claim(state, server, hosts, attempt))


def _claim(state: State, server: Server, hosts: Sequence[str], attempt: int) -> None:
    """The host takes the server, unless that would break its group's hard policy."""
    if not _exists(state, server):
        return
    host, *others = hosts
    if violated := violation(state, server, host):
        _reschedule(state, server, others, attempt, violated)
        return
    server.claimed, server.task_state = True, "spawning"
    state.world.after(state.settings.spawning, lambda: _activate(state, server))


def violation(state: State, server: Server, host: str) -> str:
    """What nova-compute's late check says; nothing if it is content, or switched off."""
    group = state.group_of(server)
    if group is None or state.settings.disable_group_policy_check_upcall:
        return ""
    others = [one for one in state.members(group.id) if one is not server]
    there = [one for one in others if host in (one.host, one.going_to)]
    if group.policy == "anti-affinity" and len(there) >= group.most:
        return VIOLATED.format("Anti-affinity")
    taken = {one.host for one in others if one.host}
    if group.policy == "affinity" and taken and host not in taken:
        return VIOLATED.format("Affinity")
    return ""


def _reschedule(state: State, server: Server, hosts: Sequence[str], attempt: int, why: str) -> None:
    """Try the alternates, as the scheduler saw them at first; whoever is on them by now is not asked."""
    if server.machine.place:
        until = state.world.now + state.settings.scheduler_instance_sync_interval
        state.lost[server.id, server.machine.place.host] = until
    if server.forced or state.settings.max_attempts == 1:
        fail(state, server, why)
        return
    if attempt >= state.settings.max_attempts:
        fail(state, server, RETRIED.format(state.settings.max_attempts, server.id, why))
        return
    left = list(hosts)
    while left and not _reserved(state, server, left[0]):
        left.pop(0)
    if left:
        _after(state, state.settings.claiming, server, left, attempt + 1)
    else:
        fail(state, server, EXHAUSTED.format(server.id))


def _reserved(state: State, server: Server, host: str) -> bool:
    """Whether the host has room for the server, which then holds it."""
    try:
        state.world.reserve(server.id, host)
    except NoRoom:
        return False
    return True


def _activate(state: State, server: Server) -> None:
    if not _exists(state, server):
        return
    state.world.start(server.id)
    server.vm_state, server.task_state, server.power_state = "active", None, 1
    server.launched = server.updated = state.world.now


def fail(state: State, server: Server, why: str) -> None:
    """The server goes to ERROR; it stays a member of its group, and in the quotas."""
    state.world.fail(server.id)
    server.vm_state, server.task_state, server.claimed = "error", None, False
    server.fault, server.fault_at, server.updated = why, state.world.now, state.world.now


def _exists(state: State, server: Server) -> bool:
    """Whether the server is still there and is to stay."""
    return server.id in state.servers and server.task_state != "deleting"


def delete(state: State, server: Server) -> None:
    """Let a server go; one that is on no host goes at once."""
    if server.task_state == "deleting":
        return
    server.task_state, server.updated = "deleting", state.world.now
    if server.host:
        state.world.after(state.settings.deleting, lambda: state.forget(server))
    else:
        state.forget(server)
