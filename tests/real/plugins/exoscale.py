"""A stand-in for the plugin of the published `pulumiverse-exoscale` package: instances, in all zones.

Behaves as https://github.com/exoscale/terraform-provider-exoscale does below that package, in what matters to
a placement: a launch that Exoscale refuses leaves nothing in the state, labels are changed in place, another
zone or group replaces, and an instance that another hand has deleted is gone.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any

from exoscale.api.v2 import Client

from pulumi_antiaffinity.codec import UNKNOWN
from real.plugins.invoking import InvokedPlugin
from real.plugins.stand_in import Failed, Values, serve

LOOK_EVERY = 0.1  # seconds
PATIENCE = 600.0
TEXT: Values = {"type": "string"}
TEXTS: Values = {"type": "array", "items": TEXT}
INPUTS: Values = {
    "antiAffinityGroupIds": TEXTS,
    "diskSize": {"type": "integer"},
    "labels": {"type": "object", "additionalProperties": TEXT},
    "name": TEXT,
    "templateId": TEXT,
    "type": TEXT,
    "zone": TEXT,
}
"""Left out, and refused: networks, security groups, addresses, keys, volumes, user data, deploy targets, …"""
OUTPUTS: Values = {"createdAt": TEXT, "publicIpAddress": TEXT, "state": TEXT}
REPLACES = frozenset({"antiAffinityGroupIds", "templateId", "zone"})
"""https://www.pulumi.com/registry/packages/exoscale/api-docs/computeinstance/"""


class Zones:
    """The organization: one client for each zone."""

    def __init__(self) -> None:
        self._settings: Values = {}
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}

    def configure(self, settings: Values) -> None:
        self._settings = settings

    def client(self, zone: str) -> Any:
        with self._lock:
            if not self._clients:
                self._clients = self._connected()
        if zone not in self._clients:
            raise Failed(f"zone {zone!r}: one of {', '.join(self._clients)}")
        return self._clients[zone]

    def _connected(self) -> dict[str, Any]:
        given = (self._settings.get(name) or os.environ[f"EXOSCALE_API_{name.upper()}"] for name in KEY)
        key, secret = given
        first = Client(key, secret, url=os.environ.get("EXOSCALE_API_ENDPOINT", ANY_ZONE))
        ends = {zone["name"]: zone["api-endpoint"] for zone in first.list_zones()["zones"]}
        return {zone: Client(key, secret, url=end) for zone, end in ends.items()}

    def operated(self, zone: str, operation: Values, doing: str) -> str:
        """What an operation is about, once it has succeeded."""
        deadline = time.monotonic() + PATIENCE
        while operation["state"] == "pending" and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY)
            operation = self.client(zone).get_operation(id=operation["id"])
        if operation["state"] != "success":
            raise Failed(f"{doing}: operation {operation['state']}: {operation.get('message', '')}")
        return str(operation["reference"]["id"])

    def found(self, zone: str, id_: str) -> Values | None:
        """An instance of the zone by its id."""
        here = self.client(zone).list_instances()["instances"]
        if id_ not in {one["id"] for one in here}:
            return None
        return dict(self.client(zone).get_instance(id=id_))

    def template(self, wanted: Values) -> Values:
        """exoscale:index/getTemplate:getTemplate."""
        for one in self.client(wanted["zone"]).list_templates()["templates"]:
            if wanted.get("id", one["id"]) == one["id"] and wanted.get("name", one["name"]) == one["name"]:
                return {**wanted, "id": one["id"], "name": one["name"], "defaultUser": "debian"}
        raise Failed(f"template not found: {wanted.get('name') or wanted.get('id')}")

    def type_id(self, zone: str, name: str) -> str:
        """The id of ``family.size``."""
        for one in self.client(zone).list_instance_types()["instance-types"]:
            if f"{one['family']}.{one['size']}" == name:
                return str(one["id"])
        raise Failed(f"unable to retrieve instance type {name!r}")


KEY = ("key", "secret")
ANY_ZONE = "https://api-ch-gva-2.exoscale.com/v2"


class ComputeInstance:
    """exoscale:index/computeInstance:ComputeInstance."""

    schema: Values = {  # noqa: RUF012
        "inputProperties": INPUTS,
        "properties": INPUTS | OUTPUTS,
        "required": ["zone", "type", "templateId", "diskSize"],
    }
    computed = frozenset[str]()
    replaces = REPLACES
    mixes = False

    def __init__(self, zones: Zones) -> None:
        self._zones = zones

    def configure(self, settings: Values) -> None:
        self._zones.configure(settings)

    def planned(self, inputs: Values, outputs: Values) -> Values:
        return {**dict.fromkeys(OUTPUTS, UNKNOWN), **inputs}

    def drifted(self, news: Values, outputs: Values) -> list[str]:
        return []

    def create(self, urn: str, inputs: Values) -> tuple[str, Values]:
        zone = inputs["zone"]
        asked = {
            "name": inputs["name"],
            "instance_type": {"id": self._zones.type_id(zone, inputs["type"])},
            "template": {"id": inputs["templateId"]},
            "disk_size": int(inputs["diskSize"]),
            "labels": inputs.get("labels", {}),
            "anti_affinity_groups": [{"id": id_} for id_ in inputs.get("antiAffinityGroupIds", [])],
        }
        given = {name: value for name, value in asked.items() if value}
        operation = self._zones.client(zone).create_instance(**given)
        id_ = self._zones.operated(zone, operation, "unable to create instance")
        return id_, self._states(inputs, id_)

    def _states(self, inputs: Values, id_: str) -> Values:
        shown = self._zones.found(inputs["zone"], id_)
        if shown is None:
            raise Failed(f"instance {id_} is gone")
        return {
            **inputs,
            "name": shown["name"],
            "labels": dict(shown.get("labels", {})),
            "diskSize": shown["disk-size"],
            "templateId": shown["template"]["id"],
            "antiAffinityGroupIds": [one["id"] for one in shown.get("anti-affinity-groups", [])],
            "createdAt": shown["created-at"],
            "publicIpAddress": shown.get("public-ip", ""),
            "state": shown["state"],
        }

    def read(self, id_: str, inputs: Values, outputs: Values) -> tuple[Values, Values] | None:
        """Imports are not served: they would name the zone too."""
        if not inputs or self._zones.found(inputs["zone"], id_) is None:
            return None
        states = self._states(inputs, id_)
        return {key: states[key] for key in inputs}, states

    def update(self, id_: str, urn: str, outputs: Values, olds: Values, news: Values) -> Values:
        """Name and labels alone are changed in place here."""
        if any(olds.get(key) != news.get(key) for key in ("type", "diskSize")):
            raise Failed("the stand-in changes no type and no disk")
        client = self._zones.client(news["zone"])
        operation = client.update_instance(id=id_, name=news["name"], labels=news.get("labels", {}))
        self._zones.operated(news["zone"], operation, "unable to update instance")
        return self._states(news, id_)

    def delete(self, id_: str, outputs: Values) -> None:
        zone = outputs["zone"]
        if self._zones.found(zone, id_) is None:
            return
        operation = self._zones.client(zone).delete_instance(id=id_)
        self._zones.operated(zone, operation, "unable to delete instance")


if __name__ == "__main__":
    zones = Zones()
    serve(
        InvokedPlugin(
            "exoscale",
            "0.66.1",
            {"exoscale:index/computeInstance:ComputeInstance": ComputeInstance(zones)},
            {"exoscale:index/getTemplate:getTemplate": zones.template},
        )
    )
