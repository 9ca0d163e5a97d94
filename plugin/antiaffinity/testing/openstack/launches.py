"""What a request to create servers asks for, once Nova finds nothing wrong with it."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from antiaffinity.testing.openstack import groups
from antiaffinity.testing.openstack.http import Call, Refused
from antiaffinity.testing.openstack.nouns import Flavor
from antiaffinity.testing.openstack.schema import COUNT, ID, NAME, Schema, check
from antiaffinity.testing.openstack.surroundings import IMAGE_ID, network_ids

METADATA: Schema = {
    "type": "object",
    "keys": r"[a-zA-Z0-9-_:. ]{1,255}",
    "additionalProperties": {"type": "string", "maxLength": 255},
}
HINTS: Schema = {"type": "object", "properties": {"group": ID}, "additionalProperties": True}

SERVER: dict[str, Any] = {
    "name": NAME,
    "imageRef": {"type": "string"},
    "flavorRef": {"type": ["string", "integer"]},
    "networks": {"type": ["array", "string"], "items": {"type": "object"}},
    "metadata": METADATA,
    "availability_zone": NAME,
    "min_count": COUNT,
    "max_count": COUNT,
    "return_reservation_id": {},
    "adminPass": {"type": "string"},
    "key_name": {"type": ["string", "null"]},
    "user_data": {"type": ["string", "null"]},
    "security_groups": {"type": "array"},
    "config_drive": {},
    "OS-DCF:diskConfig": {"enum": ["AUTO", "MANUAL"]},
    "block_device_mapping_v2": {"type": "array"},
}
"""What is known of a server at 2.1; a server is none the different for the last seven."""

LATER = {
    (2, 19): "description",
    (2, 52): "tags",
    (2, 63): "trusted_image_certificates",
    (2, 74): "host",
    (2, 75): "hypervisor_hostname",
    (2, 90): "hostname",
}
"""Further keys, by the microversion that knows them first."""


class Launch(Struct):
    """So many equal servers."""

    name: str
    count: int
    flavor: Flavor
    networks: list[str]
    metadata: dict[str, str]
    hints: dict[str, list[str]]
    group: str | None
    zone: str | None
    forced: str | None
    requested: str | None
    reservation: bool


def launch(call: Call) -> Launch:
    """What the body asks for; refused in Nova's order: form, rights, count, flavor, image, zone, group."""
    body = call.body
    check(body, _body(call))
    server = body["server"]
    hints = body.get("os:scheduler_hints") or body.get("OS-SCH-HNT:scheduler_hints") or {}
    zone, _, forced = (server.get("availability_zone") or "").partition(":")
    _may_name_hosts(call, forced, server)
    count = _count(server)
    return Launch(
        name=server["name"],
        count=count,
        flavor=_flavor(call, str(server["flavorRef"])),
        networks=_networks(server, call),
        metadata=server.get("metadata", {}),
        hints={key: value if isinstance(value, list) else [value] for key, value in hints.items()},
        zone=_zone(call, zone),
        group=groups.find(call, hints["group"], refusal=400).id if "group" in hints else None,
        forced=forced.partition(":")[0] or None,
        requested=_known_host(call, server.get("host") or server.get("hypervisor_hostname") or ""),
        reservation=server.get("return_reservation_id") in (True, "true", "True", "1"),
    )


def _body(call: Call) -> Schema:
    later: dict[str, Any] = {key: {} for since, key in LATER.items() if call.version >= since}
    networks = ["networks"] if call.version >= (2, 37) else []
    return {
        "type": "object",
        "properties": {
            "server": {
                "type": "object",
                "properties": SERVER | later,
                "required": ["name", "flavorRef", *networks],
                "additionalProperties": False,
            },
            "os:scheduler_hints": HINTS,
            "OS-SCH-HNT:scheduler_hints": HINTS,
        },
        "required": ["server"],
        "additionalProperties": False,
    }


def _may_name_hosts(call: Call, forced: str, server: dict[str, Any]) -> None:
    if forced:
        call.needs_admin("os_compute_api:servers:create:forced_host")
    if server.get("host") or server.get("hypervisor_hostname"):
        call.needs_admin("compute:servers:create:requested_destination")


def _count(server: dict[str, Any]) -> int:
    least = int(server.get("min_count", 1))
    most = int(server.get("max_count", least))
    if least > most:
        raise Refused(400, "min_count must be <= max_count")
    return most


def _flavor(call: Call, id_: str) -> Flavor:
    """The flavor of a request, which names it by its id or by a link to it."""
    flavor = call.state.flavors.get(id_.rsplit("/", 1)[-1])
    if flavor is None:
        raise Refused(400, f"Flavor {id_} could not be found.")
    return flavor


def _networks(server: dict[str, Any], call: Call) -> list[str]:
    _image(server)
    asked = server.get("networks", "auto")
    if asked == "none":
        return []
    known = network_ids()
    ids = known[:1] if asked == "auto" else [one.get("uuid", known[0]) for one in asked]
    for id_ in ids:
        if id_ not in known:
            raise Refused(400, f"Network {id_} could not be found.")
    return ids


def _image(server: dict[str, Any]) -> None:
    image = server.get("imageRef", "").rsplit("/", 1)[-1]
    if not image and not server.get("block_device_mapping_v2"):
        raise Refused(400, "Invalid image metadata. Error: no image and no volume to boot from")
    if image and image != IMAGE_ID:
        raise Refused(400, "Can not find requested image")


def _zone(call: Call, zone: str) -> str | None:
    if zone and not call.state.zones().get(zone):
        raise Refused(400, "The requested availability zone is not available")
    return zone or None


def _known_host(call: Call, host: str) -> str | None:
    if host and host not in call.state.hosts:
        raise Refused(400, f"Compute host {host} could not be found.")
    return host or None
