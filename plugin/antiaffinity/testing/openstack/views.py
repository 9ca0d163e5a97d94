"""How Nova shows a server; what a list leaves out, and what only an admin sees."""

from __future__ import annotations

from typing import Any

from antiaffinity.testing.openstack.http import Call, Version
from antiaffinity.testing.openstack.nouns import Flavor, Server, fine_stamp, stamp
from antiaffinity.testing.openstack.surroundings import IMAGE_ID, address

STATUSES = {
    "building": "BUILD",
    "active": "ACTIVE",
    "stopped": "SHUTOFF",
    "error": "ERROR",
    "resized": "VERIFY_RESIZE",
    "shelved_offloaded": "SHELVED_OFFLOADED",
}
BUSY = {"migrating": "MIGRATING", "resize_migrating": "RESIZE", "resize_prep": "RESIZE"}


def status(server: Server) -> str:
    """The status that Nova makes of a server's states."""
    return BUSY.get(server.task_state or "", STATUSES[server.vm_state])


def links(call: Call, server: Server) -> list[dict[str, str]]:
    return [
        {"rel": "self", "href": f"{call.compute_url}/servers/{server.id}"},
        {"rel": "bookmark", "href": f"{call.root}/compute/servers/{server.id}"},
    ]


def summary(call: Call, server: Server) -> dict[str, Any]:
    return {"id": server.id, "name": server.name, "links": links(call, server)}


def detail(call: Call, server: Server) -> dict[str, Any]:
    """A server as this microversion shows it to this user, without its server group."""
    return {
        **summary(call, server),
        **_what_it_is(call, server),
        **_where_it_is(call, server),
        **_how_it_is(server),
        **_later(call, server),
        **(_for_admins(server) if call.user.admin else {}),
    }


def _what_it_is(call: Call, server: Server) -> dict[str, Any]:
    image = {"id": IMAGE_ID, "links": [{"rel": "bookmark", "href": f"{call.root}/compute/images/{IMAGE_ID}"}]}
    return {
        "accessIPv4": "",
        "accessIPv6": "",
        "flavor": _flavor(call, server.flavor),
        "image": image | ({"properties": {}} if call.version >= (2, 98) else {}),
        "metadata": server.machine.tags,
        "tenant_id": server.user.project_id,
        "user_id": server.user.id,
        "created": stamp(server.created),
        "updated": stamp(server.updated),
        "OS-DCF:diskConfig": "MANUAL",
        "config_drive": "",
        "key_name": None,
        "os-extended-volumes:volumes_attached": [],
    }


def _flavor(call: Call, flavor: Flavor) -> dict[str, Any]:
    if call.version < (2, 47):
        href = f"{call.root}/compute/flavors/{flavor.id}"
        return {"id": flavor.id, "links": [{"rel": "bookmark", "href": href}]}
    size = {"vcpus": flavor.vcpus, "ram": flavor.ram, "disk": flavor.disk, "ephemeral": 0, "swap": 0}
    return {**size, "original_name": flavor.name, "extra_specs": {}}


def _where_it_is(call: Call, server: Server) -> dict[str, Any]:
    asked = "" if server.vm_state == "shelved_offloaded" else server.zone or ""  # the pin alone tells then
    zone = call.state.zone_of(server.host) if server.host else asked
    shown: dict[str, Any] = {
        "hostId": server.host_id("nova-compute" if call.state.settings.one_host_id else ""),
        "addresses": address(server) if server.claimed else {},
        "OS-EXT-AZ:availability_zone": zone,
    }
    return shown | ({"pinned_availability_zone": server.zone} if call.version >= (2, 96) else {})


def _how_it_is(server: Server) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "status": status(server),
        "OS-EXT-STS:task_state": server.task_state,
        "OS-EXT-STS:vm_state": server.vm_state,
        "OS-EXT-STS:power_state": server.power_state,
        "OS-SRV-USG:launched_at": None if server.launched is None else fine_stamp(server.launched),
        "OS-SRV-USG:terminated_at": None,
    }
    if server.vm_state == "error" and server.fault:
        shown["fault"] = {"code": 500, "created": stamp(server.fault_at), "message": server.fault}
    elif server.vm_state in ("building", "active", "resized"):
        shown["progress"] = 0
    return shown


def _later(call: Call, server: Server) -> dict[str, Any]:
    """Keys that came with later microversions."""
    keys: dict[Version, dict[str, Any]] = {
        (2, 9): {"locked": server.locked},
        (2, 19): {"description": None},
        (2, 26): {"tags": []},
        (2, 63): {"trusted_image_certificates": None},
        (2, 73): {"locked_reason": None},
        (2, 90): {"OS-EXT-SRV-ATTR:hostname": server.hostname},
        (2, 100): {"scheduler_hints": server.hints},
    }
    shown: dict[str, Any] = {}
    for since, more in keys.items():
        if call.version >= since:
            shown |= more
    return shown


def _for_admins(server: Server) -> dict[str, Any]:
    fault = {"details": f"Traceback: {server.fault}"} if server.fault else {}
    return {
        "OS-EXT-SRV-ATTR:host": server.host,
        "OS-EXT-SRV-ATTR:hypervisor_hostname": server.host,
        "OS-EXT-SRV-ATTR:instance_name": f"instance-{server.number:08x}",
        "host_status": _host_status(server),
        **(
            {"fault": {**_how_it_is(server)["fault"], **fault}}
            if server.vm_state == "error" and fault
            else {}
        ),
    }


def _host_status(server: Server) -> str:
    if not server.host or server.machine.place is None:
        return ""
    return "UP" if server.machine.place.up else "DOWN"
