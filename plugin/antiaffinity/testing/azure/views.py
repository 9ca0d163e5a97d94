"""What Azure shows of its resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from antiaffinity.testing.azure.nouns import Resource, VirtualMachine
from antiaffinity.testing.azure.state import State

SECRETS = {"adminPassword", "customData", "secrets", "userData"}
"""Properties that are written and never shown."""

WORDS = {
    "": "",
    "unknown": "VM status unknown",
    "running": "VM running",
    "stopped": "VM stopped",
    "deallocated": "VM deallocated",
}


def resource(state: State, one: Resource) -> dict[str, Any]:
    """A resource as a GET shows it."""
    if isinstance(one, VirtualMachine):
        return machine(state, one)
    return scale_set(one) if one.kind == "virtualMachineScaleSets" else availability_set(state, one)


def machine(state: State, one: VirtualMachine, view: bool = False) -> dict[str, Any]:
    """The model of a machine; its zone and domain are where it really is, once it is anywhere."""
    told = {**_common(one), "properties": _without_secrets(one.properties)}
    told["etag"] = one.etag
    told["properties"].update(provisioningState=one.state, timeCreated=one.created, vmId=_guid(one))
    place = state.world.machines[one.id].place
    if one.zones:
        told["zones"] = [place.zone] if place else one.zones
    if one.asked_domain is not None:
        told["properties"]["platformFaultDomain"] = domain(state, one)
    if view:
        told["properties"]["instanceView"] = instance_view(state, one)
    return told


def domain(state: State, one: VirtualMachine) -> int | None:
    """The fault domain that a machine is in, or is to be in."""
    place = state.world.machines[one.id].place
    if place is None:
        return one.asked_domain if one.asked_domain is not None else one.domain
    return state.domains(one.location).index(place.domain("rack"))


def instance_view(state: State, one: VirtualMachine) -> dict[str, Any]:
    """What is known of a machine at work."""
    told: dict[str, Any] = {"statuses": _statuses(state, one)}
    shown = one.availability_set or (one.scale_set and state.settings.flexible_view_shows_domain)
    if shown and (number := domain(state, one)) is not None and one.power != "deallocated":
        told["platformFaultDomain"] = number
        if one.availability_set:
            told["platformUpdateDomain"] = number
    return told


def _statuses(state: State, one: VirtualMachine) -> list[dict[str, Any]]:
    provisioning = {"code": f"ProvisioningState/{one.state.lower()}", "level": "Info", "time": state.now}
    provisioning["displayStatus"] = f"Provisioning {one.state.lower()}"
    if one.state == "Failed":
        provisioning["level"] = "Error"
        if one.error and state.settings.view_tells_why:
            provisioning.update(code=f"ProvisioningState/failed/{one.error[0]}", message=one.error[1])
    power = _power(state, one)
    if not power or (one.state in ("Failed", "Canceled") and not state.settings.failed_view_shows_power):
        return [provisioning]
    return [
        provisioning,
        {"code": f"PowerState/{power}", "level": "Info", "displayStatus": WORDS[power]},
    ]


def _power(state: State, one: VirtualMachine) -> str:
    """A machine whose host is down does not run."""
    if one.power == "running" and state.world.machines[one.id].state != "running":
        return "stopped"
    return one.power


def scale_set(one: Resource) -> dict[str, Any]:
    told = {**_common(one), "etag": one.etag, "properties": dict(one.properties)}
    told["properties"].update(provisioningState=one.state, uniqueId=_guid(one), timeCreated=one.created)
    return told


def availability_set(state: State, one: Resource) -> dict[str, Any]:
    """The set with its machines; Azure spells their ids in capitals."""
    told = {**_common(one), "properties": dict(one.properties)}
    told["sku"] = one.body.get("sku", {"name": "Classic"})
    told["properties"]["virtualMachines"] = [{"id": member.id.upper()} for member in state.members(one.id)]
    return told


def loud(told: dict[str, Any], group: str) -> dict[str, Any]:
    """The same with the resource group in capitals, as lists may have it."""
    return {
        **told,
        "id": told["id"].replace(f"/resourceGroups/{group}/", f"/resourceGroups/{group.upper()}/"),
    }


def _common(one: Resource) -> dict[str, Any]:
    told = {"id": one.id, "name": one.name, "type": f"Microsoft.Compute/{one.kind}", "location": one.location}
    optional = {"tags": one.tags, "zones": one.zones, "sku": one.body.get("sku")}
    return told | {name: value for name, value in optional.items() if value}


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_secrets(inner) for key, inner in value.items() if key not in SECRETS}
    return [_without_secrets(inner) for inner in value] if isinstance(value, list) else value


def _guid(one: Resource) -> str:
    """A stable id of this very resource."""
    return str(uuid5(NAMESPACE_URL, f"{one.id}@{one.created}"))
