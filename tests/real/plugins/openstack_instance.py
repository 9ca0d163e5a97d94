"""The inputs and outputs of openstack:compute/instance:Instance in the published `pulumi-openstack` 5.5.

https://www.pulumi.com/registry/packages/openstack/api-docs/compute/instance/
"""

from __future__ import annotations

from typing import Any

from openstack.compute.v2.server import Server

from pulumi_antiaffinity.codec import UNKNOWN
from real.plugins.stand_in import Values

TEXT: Values = {"type": "string"}
TEXTS: Values = {"type": "array", "items": TEXT}
BY_NAME: Values = {"type": "object", "additionalProperties": TEXT}
ANY: Values = {"type": "array", "items": {"$ref": "pulumi.json#/Any"}}
BOOL: Values = {"type": "boolean"}
INPUTS: Values = {
    "availabilityZone": TEXT,
    "availabilityZoneHints": TEXT,
    "flavorId": TEXT,
    "flavorName": TEXT,
    "forceDelete": BOOL,
    "imageId": TEXT,
    "imageName": TEXT,
    "keyPair": TEXT,
    "metadata": BY_NAME,
    "name": TEXT,
    "networkMode": TEXT,
    "networks": ANY,
    "powerState": TEXT,
    "region": TEXT,
    "schedulerHints": ANY,
    "securityGroups": TEXTS,
    "stopBeforeDestroy": BOOL,
    "userData": TEXT,
}
"""Left out, and refused: block devices, personalities, tags, administrator's password, config drive, …"""
OUTPUTS: Values = {
    "accessIpV4": TEXT,
    "accessIpV6": TEXT,
    "allMetadata": BY_NAME,
    "allTags": TEXTS,
    "created": TEXT,
    "hypervisorHostname": TEXT,
    "updated": TEXT,
}
COMPUTED = frozenset(
    {"availabilityZone", "flavorId", "flavorName", "imageId", "imageName", "networks", "powerState"}
    | {"region", "securityGroups"}
)
"""Inputs that Nova fills in."""
REPLACES = frozenset(
    {"availabilityZone", "availabilityZoneHints", "keyPair", "networkMode", "networks", "region"}
    | {"schedulerHints", "userData"}
)
"""As the registry's page says; another image rebuilds the server where it is, another flavor resizes it."""
HINTS = {
    "group": "group",
    "differentHosts": "different_host",
    "sameHosts": "same_host",
    "queries": "query",
    "targetCell": "target_cell",
    "buildNearHostIp": "build_near_host_ip",
}
SCHEMA: Values = {
    "inputProperties": INPUTS,
    "properties": INPUTS | OUTPUTS,
    "required": [*OUTPUTS, "name"],
}


def hints(inputs: Values) -> dict[str, Any]:
    """Nova's scheduler hints."""
    given: Values = next(iter(inputs.get("schedulerHints") or []), {})
    ours = {HINTS[key]: value for key, value in given.items() if key in HINTS}
    return {**ours, **given.get("additionalProperties", {})}


def planned(inputs: Values, outputs: Values) -> Values:
    """What a preview shows: what is given, what stays as it is, and the rest unknown."""
    unknown = dict.fromkeys([*OUTPUTS, *COMPUTED], UNKNOWN)
    stays = {key: outputs[key] for key in COMPUTED & {*outputs}}
    return {**unknown, **stays, "powerState": "active", **inputs}


def states(inputs: Values, server: Server, image: str, networks: list[Values]) -> Values:
    """The outputs of a server that is there."""
    first = networks[0]["fixedIpV4"] if networks else ""
    groups = [group["name"] for group in server.security_groups or []]
    return {
        **inputs,
        "accessIpV4": server.access_ipv4 or first,
        "accessIpV6": server.access_ipv6 or "",
        "allMetadata": dict(server.metadata or {}),
        "allTags": list(server.tags or []),
        "availabilityZone": server.availability_zone or "",
        "created": server.created_at or "",
        "flavorId": server.flavor.id or server.flavor.original_name,
        "flavorName": server.flavor.original_name or "",
        "hypervisorHostname": server.hypervisor_hostname or "",
        "imageId": server.image.id or "",
        "imageName": image,
        "name": server.name,
        "networks": networks,
        "powerState": server.status.lower(),
        "region": inputs.get("region", "RegionOne"),
        "securityGroups": groups,
        "updated": server.updated_at or "",
    }


def imported(states: Values) -> Values:
    """The inputs of a server that no program has described yet."""
    keys = ("flavorName", "imageName", "name", "networks")
    return {**{key: states[key] for key in keys}, "metadata": states["allMetadata"]}
