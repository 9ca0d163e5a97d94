"""What is done to a server that runs: stopped, started, moved
(https://docs.openstack.org/api-ref/compute/#servers-run-an-action-servers-action)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from antiaffinity.testing.openstack import scheduler
from antiaffinity.testing.openstack.building import violation
from antiaffinity.testing.openstack.http import Answer, Call, Refused, Routes
from antiaffinity.testing.openstack.nouns import Server
from antiaffinity.testing.openstack.servers import find
from antiaffinity.testing.openstack.state import State


def act(call: Call, id: str) -> Answer:
    """Run the one action that the body names."""
    name, arguments = next(iter(call.body.items()), ("", None))
    if len(call.body) != 1:
        raise Refused(400, "There are too many actions in the request body")
    if name not in ACTIONS:
        raise Refused(400, f"There is no such action: {name}")
    ACTIONS[name](call, find(call, id), arguments or {})
    return Answer(None, 202)


def _in_state(server: Server, action: str, *states: str) -> None:
    cannot = f"Cannot '{action}' instance {server.id} while it is in"
    if server.task_state is not None:
        raise Refused(409, f"{cannot} task_state {server.task_state}")
    if server.vm_state not in states:
        raise Refused(409, f"{cannot} vm_state {server.vm_state}")


def _stop(call: Call, server: Server, arguments: Mapping[str, Any]) -> None:
    _in_state(server, "stop", "active")
    call.state.world.stop(server.id, keeps_place=True)
    server.vm_state, server.power_state, server.updated = "stopped", 4, call.state.world.now


def _start(call: Call, server: Server, arguments: Mapping[str, Any]) -> None:
    _in_state(server, "start", "stopped")
    call.state.world.start(server.id)
    server.vm_state, server.power_state, server.updated = "active", 1, call.state.world.now


def _migrate(call: Call, server: Server, arguments: Mapping[str, Any]) -> None:
    """Cold migration; when no host will have the server it stays where it is, and only the log tells."""
    named = ":host" if arguments.get("host") else ""
    call.needs_admin(f"os_compute_api:os-migrate-server:migrate{named}")
    _in_state(server, "migrate", "active", "stopped")
    server.task_state = "resize_prep"
    target = _target(call, arguments)
    call.state.world.after(call.state.settings.scheduling, lambda: _cold(call.state, server, target))


def _cold(state: State, server: Server, target: str | None) -> None:
    server.task_state = None
    if host := _destination(state, server, target):
        server.came_from, server.vm_state = server.host, "resized"
        state.world.move(server.id, host)


def _confirm(call: Call, server: Server, arguments: Mapping[str, Any]) -> None:
    _in_state(server, "confirmResize", "resized")
    server.vm_state, server.came_from = "active", None


def _revert(call: Call, server: Server, arguments: Mapping[str, Any]) -> None:
    _in_state(server, "revertResize", "resized")
    if server.came_from:
        call.state.world.move(server.id, server.came_from)
    server.vm_state, server.came_from = "active", None


def _live(call: Call, server: Server, arguments: Mapping[str, Any]) -> None:
    call.needs_admin("os_compute_api:os-migrate-server:migrate_live")
    _in_state(server, "os-migrateLive", "active")
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


ACTIONS: Mapping[str, Callable[[Call, Server, Mapping[str, Any]], None]] = {
    "os-stop": _stop,
    "os-start": _start,
    "migrate": _migrate,
    "confirmResize": _confirm,
    "revertResize": _revert,
    "os-migrateLive": _live,
}

ROUTES: Routes = {"POST /servers/<id>/action": act}
