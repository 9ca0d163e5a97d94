"""What is done to a server that runs: stopped, started, moved
(https://docs.openstack.org/api-ref/compute/#servers-run-an-action-servers-action)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from antiaffinity.testing.openstack import scheduler
from antiaffinity.testing.openstack.building import violation
from antiaffinity.testing.openstack.http import Answer, Call, Refused, Routes
from antiaffinity.testing.openstack.nouns import Server
from antiaffinity.testing.openstack.servers import find
from antiaffinity.testing.openstack.state import State
from antiaffinity.testing.world import NoRoom


def act(call: Call, id: str) -> Answer:
    """Run the one action that the body names."""
    name, arguments = next(iter(call.body.items()), ("", None))
    if len(call.body) != 1:
        raise Refused(400, "There are too many actions in the request body")
    if name not in ACTIONS:
        raise Refused(400, f"There is no such action: {name}")
    server = find(call, id)
    if name != "unlock":
        not_locked(call, server)
    ACTIONS[name](call, server, arguments or {})
    return Answer(None, 202)


def not_locked(call: Call, server: Server) -> None:
    """Nova refuses to change what is locked; an admin goes past it."""
    if server.locked and not call.user.admin:
        raise Refused(409, f"Instance {server.id} is locked")


def in_state(server: Server, action: str, *states: str) -> None:
    cannot = f"Cannot '{action}' instance {server.id} while it is in"
    if server.task_state is not None:
        raise Refused(409, f"{cannot} task_state {server.task_state}")
    if server.vm_state not in states:
        raise Refused(409, f"{cannot} vm_state {server.vm_state}")


def _stop(call: Call, server: Server, arguments: Mapping[str, Any]) -> None:
    in_state(server, "stop", "active")
    call.state.world.stop(server.id, keeps_place=True)
    server.vm_state, server.power_state, server.updated = "stopped", 4, call.state.world.now


def _start(call: Call, server: Server, arguments: Mapping[str, Any]) -> None:
    in_state(server, "start", "stopped")
    call.state.world.start(server.id)
    server.vm_state, server.power_state, server.updated = "active", 1, call.state.world.now


def _lock(call: Call, server: Server, arguments: Mapping[str, Any]) -> None:
    server.locked = True


def _unlock(call: Call, server: Server, arguments: Mapping[str, Any]) -> None:
    server.locked = False


def _migrate(call: Call, server: Server, arguments: Mapping[str, Any]) -> None:
    """Cold migration; when no host will have the server it stays where it is, and only the log tells."""
    named = ":host" if arguments.get("host") else ""
    call.needs_admin(f"os_compute_api:os-migrate-server:migrate{named}")
    in_state(server, "migrate", "active", "stopped")
    server.task_state = "resize_prep"
    target = _target(call, arguments)
    call.state.world.after(call.state.settings.scheduling, lambda: _cold(call.state, server, target))


def _cold(state: State, server: Server, target: str | None) -> None:
    server.task_state = None
    if host := _destination(state, server, target):
        server.came_from, server.vm_state = server.host, "resized"
        state.world.move(server.id, host)


def _confirm(call: Call, server: Server, arguments: Mapping[str, Any]) -> None:
    in_state(server, "confirmResize", "resized")
    server.vm_state, server.came_from = "active", None


def _revert(call: Call, server: Server, arguments: Mapping[str, Any]) -> None:
    in_state(server, "revertResize", "resized")
    if server.came_from:
        call.state.world.move(server.id, server.came_from)
    server.vm_state, server.came_from = "active", None


def _live(call: Call, server: Server, arguments: Mapping[str, Any]) -> None:
    call.needs_admin("os_compute_api:os-migrate-server:migrate_live")
    in_state(server, "os-migrateLive", "active")
    server.task_state = "migrating"
    target = _target(call, arguments)
    call.state.world.after(call.state.settings.scheduling, lambda: _moved(call.state, server, target))


def _moved(state: State, server: Server, target: str | None) -> None:
    server.task_state = None
    if host := _destination(state, server, target):
        state.world.move(server.id, host)


def _target(call: Call, arguments: Mapping[str, Any]) -> str | None:
    host: str | None = arguments.get("host")
    if host and host not in call.state.hosts:
        raise Refused(400, f"Compute host {host} could not be found.")
    return host


def _destination(state: State, server: Server, target: str | None) -> str | None:
    """The host that filters and the late check leave for a move; None if there is none."""
    if server.id not in state.servers:
        return None
    group = state.group_of(server)
    request = scheduler.Request(server, group, only=target, avoid=server.host)
    hosts = scheduler.ranked(state, request)
    return next((host for host in hosts if not violation(state, server, host)), None)


def _reset(call: Call, server: Server, arguments: Mapping[str, Any]) -> None:
    """Set the state in Nova's books alone: where the server is, and whether it runs, stays as it is."""
    call.needs_admin("os_compute_api:os-admin-actions:reset_state")
    state = arguments.get("state")
    if state not in ("active", "error"):
        raise Refused(400, f"Invalid input for field/attribute state. Value: {state}.")
    server.vm_state, server.task_state, server.updated = state, None, call.state.world.now


# Shelved: off its host, and placed anew when it comes back


def _shelve(call: Call, server: Server, arguments: Mapping[str, Any]) -> None:
    """Offloaded at once (Nova's ``shelved_offload_time`` 0); it stays a member of its server group."""
    in_state(server, "shelve", "active", "stopped", "paused", "suspended")
    server.task_state = "shelving_offloading"
    call.state.world.after(call.state.settings.deleting, lambda: _offloaded(call.state, server))


def _offloaded(state: State, server: Server) -> None:
    if server.id in state.servers:
        state.world.stop(server.id, keeps_place=False)
        server.claimed, server.task_state, server.vm_state = False, None, "shelved_offloaded"
        server.power_state, server.updated = 4, state.world.now


def _unshelve(call: Call, server: Server, arguments: Mapping[str, Any]) -> None:
    """Scheduled by the group's policy; a zone may be named (2.77), and the pin be taken off with null (2.91).

    https://docs.openstack.org/api-ref/compute/#unshelve-restore-shelved-server-unshelve-action
    """
    in_state(server, "unshelve", "shelved", "shelved_offloaded")
    if "availability_zone" in arguments:
        server.zone = arguments["availability_zone"]
    server.task_state = "unshelving"
    call.state.world.after(call.state.settings.scheduling, lambda: _chosen(call.state, server))


def _chosen(state: State, server: Server) -> None:
    """Where no host takes it, it stays shelved."""
    hosts = scheduler.ranked(state, scheduler.Request(server, state.group_of(server)))
    if not hosts:
        server.task_state = None
        return
    state.world.after(state.settings.claiming, lambda: _unshelved(state, server, hosts[0]))


def _unshelved(state: State, server: Server, host: str) -> None:
    """Nova's compute manager makes no late check here, as it does in a build, a rebuild and a migration."""
    server.task_state = None
    with suppress(NoRoom):
        state.world.put(server.id, host)
        server.claimed, server.vm_state, server.power_state = True, "active", 1
        server.updated = state.world.now


ACTIONS: Mapping[str, Callable[[Call, Server, Mapping[str, Any]], None]] = {
    "os-stop": _stop,
    "os-start": _start,
    "migrate": _migrate,
    "confirmResize": _confirm,
    "revertResize": _revert,
    "os-migrateLive": _live,
    "os-resetState": _reset,
    "lock": _lock,
    "unlock": _unlock,
    "shelve": _shelve,
    "unshelve": _unshelve,
}

ROUTES: Routes = {"POST /servers/<id>/action": act}
