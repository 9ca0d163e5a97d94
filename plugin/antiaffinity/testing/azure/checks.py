"""What Azure refuses of a machine's model at once, in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiaffinity.testing.azure.http import Refused
from antiaffinity.testing.azure.nouns import Resource, Size, VirtualMachine, last
from antiaffinity.testing.azure.state import State, squeezed

MOST_TAGS, LONGEST_VALUE = 50, 256
BOTH = (
    "Virtual Machine cannot be created because both Availability Zone and Availability Set were specified. "
    "Deploying an Availability Set to an Availability Zone isn’t supported."
)
NEEDED = ("hardwareProfile", "storageProfile", "networkProfile")
FIXED: Mapping[str, tuple[str, ...]] = {
    "zones": ("zones",),
    "availabilitySet.id": ("properties", "availabilitySet", "id"),
    "virtualMachineScaleSet.id": ("properties", "virtualMachineScaleSet", "id"),
    "platformFaultDomain": ("properties", "platformFaultDomain"),
}
"""What cannot be changed of a machine once it is there."""


def bad(message: str, target: str = "", code: str = "InvalidParameter") -> Refused:
    return Refused(400, code, message, target)


def place_of(state: State, body: Mapping[str, Any], kind: str) -> str:
    """The location of a new resource, as the region spells it."""
    location = body.get("location")
    if not location:
        raise bad("The request is missing the required parameter 'location'.", code="LocationRequired")
    places = state.places(str(location))
    if not places:
        raise bad(
            f"The provided location '{location}' is not available for resource type "
            f"'Microsoft.Compute/{kind}'.",
            code="LocationNotAvailableForResourceType",
        )
    return squeezed(str(location))


def tags(body: Mapping[str, Any]) -> None:
    """https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources"""
    given = body.get("tags") or {}
    if len(given) > MOST_TAGS or any(len(value) > LONGEST_VALUE for value in given.values()):
        raise bad("The tags are too many or too long.", "tags", "InvalidTag")


def size_of(state: State, body: Mapping[str, Any], location: str) -> Size:
    """The size that a machine asks for; Azure refuses one that is not sold where it is to be."""
    properties = body.get("properties") or {}
    for name in NEEDED:
        if not properties.get(name):
            raise bad(f"Required parameter '{name}' is missing (null).", name)
    asked = str(properties["hardwareProfile"].get("vmSize", "Standard_A1"))
    size = state.sizes.get(asked.casefold())
    if size is None:
        raise bad(f"The value {asked} provided for the VM size is not valid.", "vmSize")
    zones = list(body.get("zones") or ())
    _zones_exist(state, zones, location)
    missing = [z for z in zones if z not in state.offered(size, location) or z in size.restricted]
    if size.withheld or missing:
        raise Refused(
            state.settings.sku_missing_status,
            "SkuNotAvailable",
            f"The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: "
            f"{size.name}' is currently not available in location '{location}'"
            f"{f' zones {missing}' if missing else ''}. Please try another size or deploy to a different "
            f"location or different zone. See https://aka.ms/azureskunotavailable for details.",
        )
    return size


def _zones_exist(state: State, zones: list[str], location: str) -> None:
    there = state.zones(location)
    if unknown := [zone for zone in zones if zone not in there]:
        raise bad(
            f"The zone(s) '{','.join(unknown)}' for resource is not supported. The supported zones for "
            f"location '{location}' are '{','.join(there)}'",
            code="InvalidAvailabilityZone" if there else "LocationNotSupportAvailabilityZones",
        )


def quota(state: State, location: str, size: Size) -> None:
    used = cores(state, location)
    if used + size.vcpus > state.settings.cores:
        raise over_quota("Total Regional Cores", state.settings.cores, used, size.vcpus, location)
    approved = state.settings.family_cores.get(size.family)
    if approved is not None and (of_family := cores(state, location, size.family)) + size.vcpus > approved:
        raise over_quota(f"{size.family} Cores", approved, of_family, size.vcpus, location)
    there = len(state.machines)
    if there >= state.settings.virtual_machines:
        raise over_quota("Virtual Machines", state.settings.virtual_machines, there, 1, location)


def over_quota(what: str, limit: int, used: int, needed: int, location: str) -> Refused:
    return Refused(
        409,
        "OperationNotAllowed",
        f"Operation could not be completed as it results in exceeding approved {what} quota. Additional "
        f"details - Deployment Model: Resource Manager, Location: {location}, Current Limit: {limit}, "
        f"Current Usage: {used}, Additional Required: {needed}, "
        f"(Minimum) New Limit Required: {used + needed}.",
    )


def cores(state: State, location: str, family: str = "") -> int:
    """Those that the quota of a region counts, or of a family of sizes there."""
    there = (one for one in state.machines.values() if one.location == squeezed(location))
    counted = (one for one in there if family in ("", one.size.family))
    return sum(one.size.vcpus for one in counted if one.power != "deallocated")


# Sets


def sets_of(state: State, machine: VirtualMachine) -> None:
    """Whether the sets that a machine names take it."""
    if machine.availability_set and (machine.zones or machine.scale_set):
        raise bad(BOTH if machine.zones else "availabilitySet and virtualMachineScaleSet exclude each other.")
    if machine.availability_set:
        _takes(state, _found(state, machine, machine.availability_set, "Availability Set"), 200)
    if machine.scale_set:
        known = _found(state, machine, machine.scale_set, "Virtual Machine Scale Set")
        _takes(state, known, 1000)
        _same_zones(machine, known)
    _domain_fits(state, machine)


def _found(state: State, machine: VirtualMachine, id_: str, title: str) -> Resource:
    known = state.sets.get(id_.casefold())
    if known is None:
        raise Refused(
            state.settings.unknown_set_status, "NotFound", f"The {title} {last(id_)} cannot be found."
        )
    if known.group.casefold() != machine.group.casefold() or known.location != machine.location:
        raise bad(f"The {title} {known.name} is in another resource group or location.")
    if known.state == "Deleting":
        raise Refused(409, "OperationNotAllowed", f"The {title} {known.name} is marked for deletion.")
    return known


def _takes(state: State, known: Resource, most: int) -> None:
    if len(state.members(known.id)) >= most:
        raise Refused(409, "OperationNotAllowed", f"{known.name} has the most members it may have: {most}.")


def _same_zones(machine: VirtualMachine, known: Resource) -> None:
    """https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-attach-detach-vm"""
    if bool(machine.zones) != bool(known.zones) or not set(machine.zones) <= set(known.zones):
        raise bad(
            f"The zones {machine.zones} of the Virtual Machine are not those of the Virtual Machine Scale "
            f"Set {known.name}, {known.zones}.",
            "zones",
            "BadRequest",
        )


def _domain_fits(state: State, machine: VirtualMachine) -> None:
    number = machine.asked_domain
    if number is None:
        return
    known = state.sets.get(machine.scale_set.casefold()) if machine.scale_set else None
    count = int(known.properties.get("platformFaultDomainCount", 1)) if known else 1
    if count <= 1:
        raise bad(
            "platformFaultDomain takes a Virtual Machine Scale Set with platformFaultDomainCount over 1.",
            "platformFaultDomain",
        )
    if not 0 <= number < count:
        raise bad(
            f"The specified fault domain {number} must fall in the range 0 to {count - 1}.",
            "platformFaultDomain",
        )


def unchanged(known: Resource, body: Mapping[str, Any], fixed: Mapping[str, tuple[str, ...]] = FIXED) -> None:
    """Some properties stay as they were made."""
    for title, path in fixed.items():
        before, after = _at(known.body, path), _at(body, path)
        if after is not None and _plain(before) != _plain(after):
            raise Refused(
                409, "PropertyChangeNotAllowed", f"Changing property '{title}' is not allowed.", title
            )


def _at(body: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        body = body.get(name) if isinstance(body, Mapping) else None
    return body


def _plain(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value


def condition(state: State, known: Resource | None, if_match: str, if_none_match: str) -> None:
    """If-None-Match takes * alone, If-Match an ETag."""
    if not state.settings.conditions:
        return
    if if_none_match not in ("", "*"):
        raise bad("If-None-Match takes no other value than *.", code="BadRequest")
    if (if_none_match and known) or (if_match and (known is None or if_match not in ("*", known.etag))):
        raise Refused(412, "PreconditionFailed", "The precondition given in the request headers was not met.")


def not_busy(state: State, known: Resource) -> None:
    if known.state not in ("Succeeded", "Failed"):
        raise Refused(
            409,
            state.settings.busy_code,
            f"The request cannot be carried out on {known.name} because another operation is in progress "
            f"({known.state}). Please retry later.",
        )
