"""What the subscription may have where: resource SKUs and usages.

https://learn.microsoft.com/rest/api/compute/resource-skus/list
"""

from __future__ import annotations

import re
from typing import Any

from antiaffinity.testing.azure import checks, operations
from antiaffinity.testing.azure.http import Answer, Call, paged, route
from antiaffinity.testing.azure.nouns import SUBSCRIPTION, Size
from antiaffinity.testing.azure.state import State, squeezed

FILTER = re.compile(r"location eq '([^']*)'")


def skus(call: Call) -> Answer:
    """Every SKU of a location, or of all."""
    asked = call.query.get("$filter")
    wanted = FILTER.fullmatch(asked) if asked is not None else None
    if asked is not None and wanted is None:
        raise checks.bad("skus takes no other filter than location eq '<location>'.", code="BadRequest")
    rows: list[dict[str, Any]] = []
    for location in sorted({place.region for place in call.state.world.places.values()}):
        if wanted is None or squeezed(wanted[1]) == squeezed(location):
            rows += _of(call.state, location)
    return paged(call, rows)


def _of(state: State, location: str) -> list[dict[str, Any]]:
    sets = [_availability_set(state, location, name) for name in ("Classic", "Aligned")]
    return [*sets, *(_machine(state, location, size) for size in state.sizes.values())]


def _availability_set(state: State, location: str, name: str) -> dict[str, Any]:
    count = state.domain_count(location) if name == "Aligned" else 3
    return {
        "resourceType": "availabilitySets",
        "name": name,
        "locations": [location],
        "locationInfo": [{"location": location, "zones": []}],
        "capabilities": [{"name": "MaximumPlatformFaultDomainCount", "value": str(count)}],
        "restrictions": [],
    }


def _machine(state: State, location: str, size: Size) -> dict[str, Any]:
    return {
        "resourceType": "virtualMachines",
        "name": size.name,
        "tier": "Standard",
        "size": size.name.partition("_")[2],
        "family": size.family,
        "locations": [location],
        "locationInfo": [{"location": location, "zones": state.offered(size, location)[::-1]}],
        "capabilities": [{"name": "vCPUs", "value": str(size.vcpus)}],
        "restrictions": _restrictions(size, location),
    }


def _restrictions(size: Size, location: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if size.withheld:
        found.append(_restriction("Location", location, {"locations": [location]}))
    if size.restricted:
        zones = {"locations": [location], "zones": list(size.restricted)}
        found.append(_restriction("Zone", location, zones))
    return found


def _restriction(kind: str, location: str, info: dict[str, Any]) -> dict[str, Any]:
    why = {"reasonCode": "NotAvailableForSubscription"}
    return {"type": kind, "values": [location], "restrictionInfo": info, **why}


def usages(call: Call, location: str) -> Answer:
    """What the quotas of a location leave."""
    state = call.state
    if not state.places(location):
        raise checks.bad(
            f"No registered resource provider found for location '{location}'.",
            code="NoRegisteredProviderFound",
        )
    cores = checks.cores(state, location)
    rows = [
        _usage("cores", "Total Regional vCPUs", cores, state.settings.cores),
        _usage("virtualMachines", "Virtual Machines", len(state.machines), state.settings.virtual_machines),
    ]
    families = [
        _usage(name, f"{name} vCPUs", checks.cores(state, location, name), approved)
        for name, approved in state.settings.family_cores.items()
    ]
    return paged(call, rows + families)


def _usage(name: str, title: str, used: int, limit: int) -> dict[str, Any]:
    told = {"value": name, "localizedValue": title}
    return {"unit": "Count", "currentValue": used, "limit": limit, "name": told}


def locations(call: Call) -> Answer:
    """Where the subscription may be, and which datacenter each of its zones is.

    https://learn.microsoft.com/rest/api/resources/subscriptions/list-locations
    """
    regions = sorted({squeezed(place.region) for place in call.state.world.places.values() if place.region})
    return Answer({"value": [_location(call.state, region) for region in regions]})


def _location(state: State, region: str) -> dict[str, Any]:
    physical = state.settings.physical_zones
    zones = [
        {"logicalZone": zone, "physicalZone": physical.get(zone, f"{region}-az{zone}")}
        for zone in state.zones(region)
    ]
    mappings = {"availabilityZoneMappings": zones} if zones else {}
    id_ = f"/subscriptions/{SUBSCRIPTION}/locations/{region}"
    return {"id": id_, "name": region, "type": "Region", "displayName": region, **mappings}


COMPUTE = "/providers/Microsoft.Compute"

ROUTES = (
    route("GET /locations", "Microsoft.Resources/subscriptions/locations/read", locations),
    route(f"GET {COMPUTE}/skus", "Microsoft.Compute/skus/read", skus),
    route(f"GET {COMPUTE}/locations/<location>/usages", "Microsoft.Compute/locations/usages/read", usages),
    route(
        f"GET {COMPUTE}/locations/<location>/operations/<id>",
        "Microsoft.Compute/locations/operations/read",
        operations.status,
    ),
    route(
        f"GET {COMPUTE}/locations/<location>/operationResults/<id>",
        "Microsoft.Compute/locations/operations/read",
        operations.result,
    ),
)
