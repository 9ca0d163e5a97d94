"""What a server needs of Glance and Neutron: one image, one network, and a port for each server."""

from __future__ import annotations

from typing import Any

from antiaffinity.testing.openstack.http import Answer, Call, Routes
from antiaffinity.testing.openstack.nouns import Server, hexid, uid

IMAGE_ID = uid("image.cirros")
NETWORK_ID = uid("network.private")
SUBNET_ID = uid("subnet.private")


def network_ids() -> list[str]:
    return [NETWORK_ID]


def address(server: Server) -> dict[str, Any]:
    """The addresses of a server, by the names of its networks."""
    fixed = {
        "version": 4,
        "addr": _ip(server),
        "OS-EXT-IPS:type": "fixed",
        "OS-EXT-IPS-MAC:mac_addr": _mac(server),
    }
    return {"private": [fixed]} if server.networks else {}


def _ip(server: Server) -> str:
    high, low = divmod(server.number + 9, 250)
    return f"10.0.{high}.{low + 1}"


def _mac(server: Server) -> str:
    return "fa:16:3e:{:02x}:{:02x}:{:02x}".format(*server.number.to_bytes(3, "big"))


# Glance


def image_versions(call: Call) -> Answer:
    links = [{"rel": "self", "href": f"{call.root}/image/v2/"}]
    return Answer({"versions": [{"id": "v2.16", "status": "CURRENT", "links": links}]}, 300)


def images(call: Call) -> Answer:
    found = [one for one in [_image()] if call.query.get("name", one["name"]) == one["name"]]
    return Answer({"images": found, "first": "/v2/images", "schema": "/v2/schemas/images"})


def image(call: Call, id: str) -> Answer:
    return Answer(_image()) if id == IMAGE_ID else _unknown(f"image {id}")


def _image() -> dict[str, Any]:
    return {
        "id": IMAGE_ID,
        "name": "cirros",
        "status": "active",
        "visibility": "public",
        "container_format": "bare",
        "disk_format": "raw",
        "size": 1048576,
        "min_ram": 0,
        "min_disk": 0,
        "protected": False,
        "tags": [],
        "owner": hexid("project.admin"),
        "os_hidden": False,
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "schema": "/v2/schemas/image",
        "file": f"/v2/images/{IMAGE_ID}/file",
        "self": f"/v2/images/{IMAGE_ID}",
    }


# Neutron

PAGING = ("fields", "limit", "marker")


def network_versions(call: Call) -> Answer:
    links = [{"rel": "self", "href": f"{call.root}/network/v2.0/"}]
    return Answer({"versions": [{"id": "v2.0", "status": "CURRENT", "links": links}]})


def networks(call: Call) -> Answer:
    return Answer({"networks": _filtered(call, [_network()])})


def network(call: Call, id: str) -> Answer:
    return Answer({"network": _network()}) if id == NETWORK_ID else _unknown(f"network {id}")


def subnets(call: Call) -> Answer:
    return Answer({"subnets": _filtered(call, [_subnet()])})


def subnet(call: Call, id: str) -> Answer:
    return Answer({"subnet": _subnet()}) if id == SUBNET_ID else _unknown(f"subnet {id}")


def ports(call: Call) -> Answer:
    servers = call.state.servers.values() if call.user.admin else call.state.of_project(call.user)
    return Answer({"ports": _filtered(call, [_port(one) for one in servers if one.networks and one.claimed])})


def _filtered(call: Call, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that have what the query asks for."""
    wanted = {key: value.lower() for key, value in call.query.items() if key not in PAGING}
    return [row for row in rows if all(str(row.get(key)).lower() == wanted[key] for key in wanted)]


def _network() -> dict[str, Any]:
    return {
        "id": NETWORK_ID,
        "name": "private",
        "status": "ACTIVE",
        "subnets": [SUBNET_ID],
        "admin_state_up": True,
        "shared": True,
        "mtu": 1450,
        "router:external": False,
        "port_security_enabled": True,
        **_owned("admin"),
    }


def _subnet() -> dict[str, Any]:
    return {
        "id": SUBNET_ID,
        "name": "private-subnet",
        "ip_version": 4,
        "network_id": NETWORK_ID,
        "cidr": "10.0.0.0/16",
        "gateway_ip": "10.0.0.1",
        "enable_dhcp": False,
        "dns_nameservers": [],
        "host_routes": [],
        **_owned("admin"),
    }


def _port(server: Server) -> dict[str, Any]:
    return {
        "id": uid(f"port.{server.id}"),
        "name": "",
        "status": "ACTIVE",
        "device_id": server.id,
        "device_owner": "compute:nova",
        "network_id": NETWORK_ID,
        "mac_address": _mac(server),
        "fixed_ips": [{"subnet_id": SUBNET_ID, "ip_address": _ip(server)}],
        "admin_state_up": True,
        "security_groups": [],
        **_owned(server.user.project),
    }


def _owned(project: str) -> dict[str, str]:
    id_ = hexid(f"project.{project}")
    return {"tenant_id": id_, "project_id": id_}


def _unknown(what: str) -> Answer:
    message = f"Could not find {what}."
    return Answer({"error": {"code": 404, "title": "Not Found", "message": message}}, 404)


IMAGE_ROUTES: Routes = {
    "GET /": image_versions,
    "GET /versions": image_versions,
    "GET /v2/images": images,
    "GET /v2/images/<id>": image,
}

NETWORK_ROUTES: Routes = {
    "GET /": network_versions,
    "GET /v2.0/networks": networks,
    "GET /v2.0/networks/<id>": network,
    "GET /v2.0/subnets": subnets,
    "GET /v2.0/subnets/<id>": subnet,
    "GET /v2.0/ports": ports,
}
