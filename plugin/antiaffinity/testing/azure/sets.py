"""Scale sets in Flexible orchestration, without a profile, and availability sets.

https://learn.microsoft.com/rest/api/compute/virtual-machine-scale-sets,
https://learn.microsoft.com/rest/api/compute/availability-sets
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from antiaffinity.testing.azure import checks, machines, operations, views
from antiaffinity.testing.azure.http import Answer, Call, Refused, paged, route
from antiaffinity.testing.azure.nouns import Resource
from antiaffinity.testing.azure.state import State

Kind = Literal["virtualMachineScaleSets", "availabilitySets"]

FIXED: Mapping[str, tuple[str, ...]] = {
    "platformFaultDomainCount": ("properties", "platformFaultDomainCount"),
    "platformUpdateDomainCount": ("properties", "platformUpdateDomainCount"),
    "orchestrationMode": ("properties", "orchestrationMode"),
}


def found(state: State, kind: Kind, group: str, name: str) -> Resource | None:
    """A set by its name, which does not regard case."""
    for one in state.sets.values():
        where = (one.kind, one.group.casefold(), one.name.casefold())
        if where == (kind, group.casefold(), name.casefold()):
            return one
    return None


def known(call: Call, kind: Kind, group: str, name: str) -> Resource:
    there = found(call.state, kind, group, name)
    if there is None:
        raise operations.missing(f"/{kind}/{name}", group)
    return there


# Scale sets


def put_scale_set(call: Call, group: str, name: str) -> Answer:
    """Make a set, or change one that is there."""
    body, there = call.body, found(call.state, "virtualMachineScaleSets", group, name)
    checks.condition(call.state, there, call.header("If-Match"), call.header("If-None-Match"))
    if there:
        return _change_scale_set(call, there, body)
    location = checks.place_of(call.state, body, "virtualMachineScaleSets")
    _check_scale_set(call.state, body, location)
    properties = {"platformFaultDomainCount": 1, **(body.get("properties") or {})}
    one = Resource(
        name=name,
        group=group,
        kind="virtualMachineScaleSets",
        location=location,
        body={**body, "properties": properties},
        created=call.state.now,
    )
    call.state.sets[one.id.casefold()] = one
    began = operations.begin(
        call.state, location, one.id, call.state.settings.set_creating, lambda: _done(one)
    )
    return operations.accepted(call, began, 201, views.scale_set(one))


def _done(one: Resource) -> None:
    if one.state in ("Creating", "Updating"):
        one.state = "Succeeded"
        one.version += 1


def _check_scale_set(state: State, body: Mapping[str, Any], location: str) -> None:
    checks.tags(body)
    properties = body.get("properties") or {}
    if properties.get("orchestrationMode") != "Flexible" or properties.get("virtualMachineProfile"):
        raise checks.bad("this fake makes Flexible sets without a profile only", "orchestrationMode")
    count = int(properties.get("platformFaultDomainCount", 1))
    most = 1 if body.get("zones") else state.domain_count(location)
    if not 1 <= count <= most:
        raise _too_many(count, most)
    unknown = set(body.get("zones") or ()) - set(state.zones(location))
    if unknown:
        raise checks.bad(
            f"The zone(s) '{','.join(sorted(unknown))}' for resource is not supported. The supported zones "
            f"for location '{location}' are '{','.join(state.zones(location))}'",
            code="InvalidAvailabilityZone",
        )


def _too_many(count: int, most: int) -> Refused:
    return checks.bad(
        f"The specified fault domain count {count} must fall in the range 1 to {most}.",
        "platformFaultDomainCount",
    )


def patch_scale_set(call: Call, group: str, name: str) -> Answer:
    one = known(call, "virtualMachineScaleSets", group, name)
    checks.condition(call.state, one, call.header("If-Match"), call.header("If-None-Match"))
    return _change_scale_set(call, one, call.body)


def _change_scale_set(call: Call, one: Resource, body: dict[str, Any]) -> Answer:
    """Zones can be added and never taken away."""
    checks.not_busy(call.state, one)
    checks.unchanged(one, body, FIXED)
    zones = list(body.get("zones") or one.zones)
    if not set(one.zones) <= set(zones) or bool(zones) != bool(one.zones):
        raise Refused(409, "PropertyChangeNotAllowed", "Changing property 'zones' is not allowed.", "zones")
    _check_scale_set(call.state, {**one.body, "zones": zones}, one.location)
    changed = {"zones": zones} if zones else {}
    one.body = {**one.body, **changed, "tags": body.get("tags", one.tags)}
    one.version += 1
    return Answer(views.scale_set(one))


def show_scale_set(call: Call, group: str, name: str) -> Answer:
    return Answer(views.scale_set(known(call, "virtualMachineScaleSets", group, name)))


def scale_sets(call: Call, group: str) -> Answer:
    return paged(call, [views.scale_set(one) for one in _in(call.state, "virtualMachineScaleSets", group)])


def delete_scale_set(call: Call, group: str, name: str) -> Answer:
    """204 where there is none."""
    one = found(call.state, "virtualMachineScaleSets", group, name)
    if one is None:
        return Answer(None, 204)
    members = call.state.members(one.id)
    if members and call.state.settings.set_with_machines == "refuses":
        raise _occupied(call.state, f"Virtual Machine Scale Set {one.name}")
    for member in members:
        machines.remove(call.state, member)
    one.state = "Deleting"

    def gone() -> None:
        call.state.sets.pop(one.id.casefold(), None)

    began = operations.begin(call.state, one.location, "", call.state.settings.deleting, gone)
    return operations.accepted(call, began, 202)


def _occupied(state: State, title: str) -> Refused:
    return Refused(
        state.settings.occupied_set_status,
        "OperationNotAllowed",
        f"{title} cannot be deleted. Before deleting it please ensure that it does not contain any VM.",
    )


def _in(state: State, kind: Kind, group: str) -> list[Resource]:
    return [
        one for one in state.sets.values() if one.kind == kind and one.group.casefold() == group.casefold()
    ]


# Availability sets: no conditions, no operations, the last PUT wins


def put_availability_set(call: Call, group: str, name: str) -> Answer:
    state, body = call.state, call.body
    checks.tags(body)
    there = found(state, "availabilitySets", group, name)
    if there:
        checks.unchanged(there, body, FIXED)
        there.body = {**there.body, "tags": body.get("tags", there.tags)}
        return Answer(views.availability_set(state, there))
    location = checks.place_of(state, body, "availabilitySets")
    properties = {"platformFaultDomainCount": 2, "platformUpdateDomainCount": 5}
    properties.update(body.get("properties") or {})
    most = state.domain_count(location)
    if not 1 <= int(properties["platformFaultDomainCount"]) <= most:
        raise _too_many(int(properties["platformFaultDomainCount"]), most)
    one = Resource(
        name=name,
        group=group,
        kind="availabilitySets",
        location=location,
        body={**body, "properties": properties},
        created=state.now,
        state="Succeeded",
    )
    state.sets[one.id.casefold()] = one
    return Answer(views.availability_set(state, one))


def show_availability_set(call: Call, group: str, name: str) -> Answer:
    return Answer(views.availability_set(call.state, known(call, "availabilitySets", group, name)))


def availability_sets(call: Call, group: str) -> Answer:
    there = _in(call.state, "availabilitySets", group)
    return paged(call, [views.availability_set(call.state, one) for one in there])


def delete_availability_set(call: Call, group: str, name: str) -> Answer:
    one = found(call.state, "availabilitySets", group, name)
    if one is None:
        return Answer(None, 204)
    if call.state.members(one.id):
        raise Refused(
            call.state.settings.occupied_set_status,
            "OperationNotAllowed",
            f"Availability Set {one.name} cannot be deleted. Before deleting an Availability Set please "
            f"ensure that it does not contain any VM.",
        )
    del call.state.sets[one.id.casefold()]
    return Answer(None)


GROUP = "/resourceGroups/<group>/providers/Microsoft.Compute"
SCALE_SETS = "Microsoft.Compute/virtualMachineScaleSets"
AVAILABILITY_SETS = "Microsoft.Compute/availabilitySets"

ROUTES = (
    route(f"PUT {GROUP}/virtualMachineScaleSets/<name>", f"{SCALE_SETS}/write", put_scale_set),
    route(f"PATCH {GROUP}/virtualMachineScaleSets/<name>", f"{SCALE_SETS}/write", patch_scale_set),
    route(f"GET {GROUP}/virtualMachineScaleSets/<name>", f"{SCALE_SETS}/read", show_scale_set),
    route(f"DELETE {GROUP}/virtualMachineScaleSets/<name>", f"{SCALE_SETS}/delete", delete_scale_set),
    route(f"GET {GROUP}/virtualMachineScaleSets", f"{SCALE_SETS}/read", scale_sets),
    route(f"PUT {GROUP}/availabilitySets/<name>", f"{AVAILABILITY_SETS}/write", put_availability_set),
    route(f"GET {GROUP}/availabilitySets/<name>", f"{AVAILABILITY_SETS}/read", show_availability_set),
    route(f"DELETE {GROUP}/availabilitySets/<name>", f"{AVAILABILITY_SETS}/delete", delete_availability_set),
    route(f"GET {GROUP}/availabilitySets", f"{AVAILABILITY_SETS}/read", availability_sets),
)
