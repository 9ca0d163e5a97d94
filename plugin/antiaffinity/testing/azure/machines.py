"""Virtual machines: made, changed, shown, listed, deleted.

https://learn.microsoft.com/rest/api/compute/virtual-machines
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from antiaffinity.testing.azure import checks, operations, placing, views
from antiaffinity.testing.azure.http import Answer, Call, Refused, paged, route
from antiaffinity.testing.azure.nouns import Operation, VirtualMachine
from antiaffinity.testing.azure.state import State, squeezed

FILTER = re.compile(r"'virtualMachineScaleSet/id' eq '([^']+)'", re.IGNORECASE)


def found(call: Call, group: str, name: str) -> VirtualMachine | None:
    """A machine by its name, which does not regard case."""
    return next(
        (
            one
            for one in call.state.machines.values()
            if (one.group.casefold(), one.name.casefold()) == (group.casefold(), name.casefold())
        ),
        None,
    )


def known(call: Call, group: str, name: str) -> VirtualMachine:
    """The machine; Azure's 404 where there is none."""
    machine = found(call, group, name)
    if machine is None:
        raise operations.missing(f"/virtualMachines/{name}", group)
    return machine


# Making and changing


def put(call: Call, group: str, name: str) -> Answer:
    """Make a machine, or change one that is there."""
    body, there = call.body, found(call, group, name)
    checks.condition(call.state, there, call.header("If-Match"), call.header("If-None-Match"))
    return _change(call, there, body) if there else _make(call, group, name, body)


def patch(call: Call, group: str, name: str) -> Answer:
    machine = known(call, group, name)
    checks.condition(call.state, machine, call.header("If-Match"), call.header("If-None-Match"))
    return _change(call, machine, call.body)


def _change(call: Call, machine: VirtualMachine, body: dict[str, Any]) -> Answer:
    checks.not_busy(call.state, machine)
    checks.unchanged(machine, body)
    checks.tags(body)
    if "tags" in body:
        machine.body = {**machine.body, "tags": body["tags"]}
        call.state.world.machines[machine.id].tags = dict(body["tags"])
    machine.version += 1
    return Answer(views.machine(call.state, machine))


def _make(call: Call, group: str, name: str, body: dict[str, Any]) -> Answer:
    state = call.state
    location = checks.place_of(state, body, "virtualMachines")
    checks.tags(body)
    size = checks.size_of(state, body, location)
    machine = VirtualMachine(
        name=name, group=group, location=location, body=body, created=state.now, size=size
    )
    checks.sets_of(state, machine)
    checks.quota(state, location, size)
    _interfaces_are_free(state, machine)
    if state.settings.allocation_fails_in == "request" and placing.host(state, machine) is None:
        error = placing.no_room(machine)
        raise Refused(409, error["code"], error["message"])
    return _begin(call, machine)


def _begin(call: Call, machine: VirtualMachine) -> Answer:
    state = call.state
    state.world.create(machine.id, machine.tags, {"vcpus": machine.size.vcpus})
    state.add(machine)
    began = operations.begin(
        state, machine.location, machine.id, state.settings.creating, lambda: _allocated(state, machine)
    )
    return operations.accepted(call, began, 201, views.machine(state, machine))


def _allocated(state: State, machine: VirtualMachine) -> dict[str, Any] | None:
    """The end of a machine's making: it runs, or Azure's error says why not."""
    if not state.is_there(machine) or machine.state == "Deleting":
        return {"code": "OperationPreempted", "message": "The operation has been preempted by a newer one."}
    no_room = placing.allocate(state, machine)
    error = no_room or _guest_error(state, machine)
    machine.version += 1
    machine.state = "Failed" if error else "Succeeded"
    machine.error = (error["code"], error["message"]) if error else None
    if no_room:
        state.world.fail(machine.id)
        if not state.settings.failed_create_leaves_vm:
            state.forget(machine)
    return error


def _guest_error(state: State, machine: VirtualMachine) -> dict[str, Any] | None:
    """What becomes of a machine that runs and has not reported in time."""
    if not state.settings.guests_late:
        return None
    state.settings.guests_late -= 1
    return {
        "code": "OSProvisioningTimedOut",
        "message": f"OS Provisioning for VM '{machine.name}' did not finish in the allotted time. The VM may "
        "still finish provisioning successfully. Please check provisioning state later.",
    }


def _interfaces_are_free(state: State, machine: VirtualMachine) -> None:
    taken = {id_: other for other in state.machines.values() for id_ in _interfaces(other.properties)}
    for id_ in _interfaces(machine.properties):
        if other := taken.get(id_):
            raise checks.bad(
                f"Network Interface {id_} is used by existing resource {other.id}.", code="NicInUse"
            )


def _interfaces(properties: Mapping[str, Any]) -> list[str]:
    given = (properties.get("networkProfile") or {}).get("networkInterfaces") or ()
    return [str(one.get("id", "")).casefold() for one in given]


# Showing


def show(call: Call, group: str, name: str) -> Answer:
    machine = known(call, group, name)
    return Answer(
        views.machine(call.state, machine, call.query.get("$expand", "").casefold() == "instanceview")
    )


def instance_view(call: Call, group: str, name: str) -> Answer:
    return Answer(views.instance_view(call.state, known(call, group, name)))


def in_group(call: Call, group: str) -> Answer:
    """The machines of a resource group; instance views only of one scale set's."""
    asked = FILTER.fullmatch(call.query.get("$filter", ""))
    view = call.query.get("$expand", "").casefold() == "instanceview"
    if (view or "$filter" in call.query) and asked is None:
        raise checks.bad("expand takes the filter 'virtualMachineScaleSet/id' eq '<id>'.", code="BadRequest")
    if asked and asked[1].casefold() not in call.state.sets:
        raise operations.missing(asked[1], group)
    there = [
        one
        for one in call.state.machines.values()
        if one.id not in call.state.hidden
        and one.group.casefold() == group.casefold()
        and (not asked or _is_in(one, asked[1]))
    ]
    return paged(call, [_listed(call, one, view) for one in there])


def _is_in(machine: VirtualMachine, set_id: str) -> bool:
    return machine.scale_set.casefold() == set_id.casefold()


def _listed(call: Call, machine: VirtualMachine, view: bool) -> dict[str, Any]:
    told = views.machine(call.state, machine, view)
    return views.loud(told, machine.group) if call.state.settings.loud_lists else told


def everywhere(call: Call) -> Answer:
    """The machines of the subscription; with statusOnly their instance views."""
    view = call.query.get("statusOnly", "").casefold() == "true"
    return paged(call, [_listed(call, one, view) for one in call.state.machines.values()])


def in_location(call: Call, location: str) -> Answer:
    there = [one for one in call.state.machines.values() if one.location == squeezed(location)]
    return paged(call, [_listed(call, one, False) for one in there])


# Deleting, stopping, starting


def delete(call: Call, group: str, name: str) -> Answer:
    """204 where there is none."""
    machine = found(call, group, name)
    if machine is None:
        return Answer(None, 204)
    return operations.accepted(call, remove(call.state, machine), 202)


def remove(state: State, machine: VirtualMachine) -> Operation:
    """Let a machine go, whatever else is in progress on it."""
    machine.state = "Deleting"
    machine.version += 1

    def gone() -> None:
        state.forget(machine)

    return operations.begin(state, machine.location, "", state.settings.deleting, gone)


def power_off(call: Call, group: str, name: str) -> Answer:
    """It stops, and keeps its hardware."""
    return _powered(call, known(call, group, name), _stopped)


def deallocate(call: Call, group: str, name: str) -> Answer:
    """It stops, and gives its hardware back."""
    return _powered(call, known(call, group, name), _deallocated)


def start(call: Call, group: str, name: str) -> Answer:
    return _powered(call, known(call, group, name), _started)


def _powered(call: Call, machine: VirtualMachine, effect: Any) -> Answer:
    checks.not_busy(call.state, machine)
    state = call.state
    machine.state = "Updating"

    def end() -> dict[str, Any] | None:
        error: dict[str, Any] | None = effect(state, machine) if state.is_there(machine) else None
        if machine.state == "Updating":
            machine.state = "Failed" if error else "Succeeded"
            machine.error = (error["code"], error["message"]) if error else None
        return error

    began = operations.begin(state, machine.location, machine.id, state.settings.changing, end)
    return operations.accepted(call, began, 202)


def _stopped(state: State, machine: VirtualMachine) -> None:
    if machine.power == "running":
        state.world.stop(machine.id, keeps_place=True)
        machine.power = "stopped"


def _deallocated(state: State, machine: VirtualMachine) -> None:
    state.world.stop(machine.id, keeps_place=False)
    machine.power = "deallocated"


def _started(state: State, machine: VirtualMachine) -> dict[str, str] | None:
    if machine.power == "running":
        return None
    if machine.power == "stopped":
        state.world.start(machine.id)
        machine.power = "running"
        return None
    return placing.allocate(state, machine)


ONE = "/resourceGroups/<group>/providers/Microsoft.Compute/virtualMachines/<name>"
ALL = "/providers/Microsoft.Compute/virtualMachines"
RIGHT = "Microsoft.Compute/virtualMachines"

ROUTES = (
    route(f"PUT {ONE}", f"{RIGHT}/write", put),
    route(f"PATCH {ONE}", f"{RIGHT}/write", patch),
    route(f"GET {ONE}", f"{RIGHT}/read", show),
    route(f"DELETE {ONE}", f"{RIGHT}/delete", delete),
    route(f"GET {ONE}/instanceView", f"{RIGHT}/instanceView/read", instance_view),
    route(f"POST {ONE}/powerOff", f"{RIGHT}/powerOff/action", power_off),
    route(f"POST {ONE}/deallocate", f"{RIGHT}/deallocate/action", deallocate),
    route(f"POST {ONE}/start", f"{RIGHT}/start/action", start),
    route(f"GET /resourceGroups/<group>{ALL}", f"{RIGHT}/read", in_group),
    route(f"GET {ALL}", f"{RIGHT}/read", everywhere),
    route(
        "GET /providers/Microsoft.Compute/locations/<location>/virtualMachines", f"{RIGHT}/read", in_location
    ),
)
