"""Nova besides its servers: versions, zones, limits, quotas, flavors, metadata of servers."""

from __future__ import annotations

from typing import Any

from antiaffinity.testing.openstack.actions import in_state, not_locked
from antiaffinity.testing.openstack.http import (
    NEWEST,
    OLDEST,
    Answer,
    Call,
    Refused,
    Routes,
    Version,
    written,
)
from antiaffinity.testing.openstack.launches import METADATA
from antiaffinity.testing.openstack.nouns import Flavor
from antiaffinity.testing.openstack.schema import check
from antiaffinity.testing.openstack.servers import find, within_metadata_quota


def versions(call: Call) -> Answer:
    return Answer({"versions": [_version(call)]})


def version(call: Call) -> Answer:
    kinds = [{"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"}]
    return Answer({"version": {**_version(call), "media-types": kinds}})


def _version(call: Call) -> dict[str, Any]:
    return {
        "id": "v2.1",
        "status": "CURRENT",
        "version": written(NEWEST),
        "min_version": written(OLDEST),
        "updated": "2013-07-23T11:33:21Z",
        "links": [{"rel": "self", "href": f"{call.compute_url}/"}],
    }


# Zones, limits, quotas


def zones(call: Call) -> Answer:
    """A project sees the zones and no hosts."""
    known = call.state.zones()
    shown = [
        {"zoneName": zone, "zoneState": {"available": known[zone]}, "hosts": None}
        for zone in sorted(known, key=lambda zone: (not known[zone], zone))
    ]
    return Answer({"availabilityZoneInfo": shown})


LIMITS = {
    "maxTotalCores": "cores",
    "maxTotalInstances": "instances",
    "maxTotalKeypairs": "key_pairs",
    "maxServerMeta": "metadata_items",
    "maxTotalRAMSize": "ram",
    "maxServerGroups": "server_groups",
    "maxServerGroupMembers": "server_group_members",
}
USED = {
    "totalRAMUsed": "ram",
    "totalCoresUsed": "cores",
    "totalInstancesUsed": "instances",
    "totalServerGroupsUsed": "server_groups",
}


def limits(call: Call) -> Answer:
    project = call.user.project_id
    used = call.state.used(project)
    absolute = {name: call.state.quota(project, resource) for name, resource in LIMITS.items()}
    absolute |= {name: used[resource] for name, resource in USED.items()}
    absolute |= {name: 0 for name, resource in LIMITS.items() if resource in call.state.settings.unregistered}
    return Answer({"limits": {"rate": [], "absolute": absolute}})


def show_quotas(call: Call, project: str) -> Answer:
    return Answer({"quota_set": {"id": project, **_quotas(call, project)}})


def default_quotas(call: Call, project: str) -> Answer:
    return Answer({"quota_set": {"id": project, **call.state.settings.quota}})


def change_quotas(call: Call, project: str) -> Answer:
    call.needs_admin("os_compute_api:os-quota-sets:update")
    known = {name: {"type": ["integer", "string"], "number": -1} for name in call.state.settings.quota}
    known["force"] = {}
    inner = {"type": "object", "properties": known, "additionalProperties": False}
    check(call.body, {"properties": {"quota_set": inner}, "required": ["quota_set"]})
    given = {name: int(limit) for name, limit in call.body["quota_set"].items() if name != "force"}
    call.state.quotas.setdefault(project, {}).update(given)
    return Answer({"quota_set": _quotas(call, project)})


def _quotas(call: Call, project: str) -> dict[str, int]:
    return {name: call.state.quota(project, name) for name in call.state.settings.quota}


# Flavors


def flavors(call: Call) -> Answer:
    shown = [_named(call, flavor) for flavor in call.state.flavors.values()]
    return Answer({"flavors": shown})


def flavors_detail(call: Call) -> Answer:
    return Answer({"flavors": [_flavor(call, flavor) for flavor in call.state.flavors.values()]})


def flavor(call: Call, id: str) -> Answer:
    known = call.state.flavors.get(id)
    if known is None:
        raise Refused(404, f"Flavor {id} could not be found.")
    return Answer({"flavor": _flavor(call, known)})


def _named(call: Call, flavor: Flavor) -> dict[str, Any]:
    path = f"flavors/{flavor.id}"
    links = [
        {"rel": "self", "href": f"{call.compute_url}/{path}"},
        {"rel": "bookmark", "href": f"{call.root}/compute/{path}"},
    ]
    return {"id": flavor.id, "name": flavor.name, "links": links}


def _flavor(call: Call, flavor: Flavor) -> dict[str, Any]:
    shown = _named(call, flavor) | {
        "ram": flavor.ram,
        "disk": flavor.disk,
        "vcpus": flavor.vcpus,
        "swap": 0 if call.version >= (2, 75) else "",
        "OS-FLV-EXT-DATA:ephemeral": 0,
        "OS-FLV-DISABLED:disabled": False,
        "os-flavor-access:is_public": True,
        "rxtx_factor": 1.0,
    }
    later: dict[Version, dict[str, Any]] = {(2, 55): {"description": None}, (2, 61): {"extra_specs": {}}}
    for since, more in later.items():
        shown |= more if call.version >= since else {}
    return shown


def extra_specs(call: Call, id: str) -> Answer:
    flavor(call, id)
    return Answer({"extra_specs": {}})


# Metadata of servers


def metadata(call: Call, id: str) -> Answer:
    return Answer({"metadata": find(call, id).machine.tags})


def _editable(call: Call, id: str, what: str = "update") -> dict[str, str]:
    """Metadata of a server that is not locked and is in one of four states: Nova's compute/api.py."""
    server = find(call, id)
    not_locked(call, server)
    in_state(server, f"{what} metadata", "active", "paused", "suspended", "stopped")
    return server.machine.tags


def add_metadata(call: Call, id: str) -> Answer:
    tags = _editable(call, id)
    tags.update(_given(call, tags))
    return Answer({"metadata": tags})


def replace_metadata(call: Call, id: str) -> Answer:
    tags = _editable(call, id)
    given = _given(call, {})
    tags.clear()
    tags.update(given)
    return Answer({"metadata": tags})


def _given(call: Call, present: dict[str, str]) -> dict[str, str]:
    """The metadata of the body, if there is room for it beside what is present."""
    body: dict[str, Any] = call.body
    check(body, {"properties": {"metadata": METADATA}, "required": ["metadata"]})
    given: dict[str, str] = body["metadata"]
    within_metadata_quota(call, present | given)
    return given


def item(call: Call, id: str, key: str) -> Answer:
    return Answer({"meta": {key: _tags_with(call, id, key)[key]}})


def set_item(call: Call, id: str, key: str) -> Answer:
    tags = _editable(call, id)
    check(call.body, {"properties": {"meta": METADATA}, "required": ["meta"]})
    if key not in call.body["meta"]:
        raise Refused(400, "Request body and URI mismatch")
    tags[key] = call.body["meta"][key]
    return Answer({"meta": {key: tags[key]}})


def delete_item(call: Call, id: str, key: str) -> Answer:
    _editable(call, id, "delete")
    del _tags_with(call, id, key)[key]
    return Answer(None, 204)


def _tags_with(call: Call, id_: str, key: str) -> dict[str, str]:
    tags = find(call, id_).machine.tags
    if key not in tags:
        raise Refused(404, "Metadata item was not found")
    return tags


ROUTES: Routes = {
    "GET /os-availability-zone": zones,
    "GET /limits": limits,
    "GET /os-quota-sets/<project>": show_quotas,
    "PUT /os-quota-sets/<project>": change_quotas,
    "GET /os-quota-sets/<project>/defaults": default_quotas,
    "GET /flavors": flavors,
    "GET /flavors/detail": flavors_detail,
    "GET /flavors/<id>": flavor,
    "GET /flavors/<id>/os-extra_specs": extra_specs,
    "GET /servers/<id>/metadata": metadata,
    "POST /servers/<id>/metadata": add_metadata,
    "PUT /servers/<id>/metadata": replace_metadata,
    "GET /servers/<id>/metadata/<key>": item,
    "PUT /servers/<id>/metadata/<key>": set_item,
    "DELETE /servers/<id>/metadata/<key>": delete_item,
}
