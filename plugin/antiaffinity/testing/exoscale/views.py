"""What Exoscale shows of its nouns, in the words of its OpenAPI document."""

from __future__ import annotations

from typing import Any

from antiaffinity.testing.exoscale.nouns import (
    TEMPLATE_ID,
    Group,
    Instance,
    InstanceType,
    Operation,
    stamp,
)


def operation(one: Operation) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": one.id,
        "state": one.state,
        "reference": {
            "id": one.reference,
            "link": f"/v2/{one.noun}/{one.reference}",
            "command": f"get-{one.noun}",
        },
    }
    return shown | ({"reason": one.reason, "message": one.message} if one.reason else {})


def zone(name: str, root: str) -> dict[str, Any]:
    return {"name": name, "api-endpoint": f"{root}/{name}/v2", "sos-endpoint": f"{root}/sos/{name}"}


def group(one: Group, members: list[Instance] | None) -> dict[str, Any]:
    """A group; without ``members`` it does not tell who is in it."""
    shown: dict[str, Any] = {"id": one.id, "name": one.name}
    if one.description is not None:
        shown["description"] = one.description
    if members is not None:
        shown["instances"] = [{"id": member.id} for member in members]
    return shown


def listed(one: Instance) -> dict[str, Any]:
    """An instance as a list of them shows it: its groups are not among that."""
    return {
        "id": one.id,
        "name": one.name,
        "state": one.state,
        "labels": dict(one.machine.tags),
        "instance-type": {"id": one.type.id},
        "template": {"id": one.template},
        "created-at": stamp(one.created),
    }


def instance(one: Instance) -> dict[str, Any]:
    """An instance by itself; where it runs is never told."""
    groups = [{"id": id_} for id_ in one.groups]
    return {**listed(one), "disk-size": one.disk_size, "anti-affinity-groups": groups}


def instance_type(one: InstanceType, zones: list[str]) -> dict[str, Any]:
    return {
        "id": one.id,
        "family": one.family,
        "size": one.size,
        "cpus": one.cpus,
        "memory": one.memory_mb * 1024 * 1024,
        "authorized": True,
        "zones": [zone for zone in zones if one.zones is None or zone in one.zones],
    }


def template(zones: list[str]) -> dict[str, Any]:
    return {"id": TEMPLATE_ID, "name": "Linux Debian 12", "family": "debian", "zones": zones}
