"""A stand-in for the plugin of the published `pulumi-openstack` package: compute servers, on any Nova.

Behaves as https://github.com/terraform-provider-openstack/terraform-provider-openstack does below that
package, in what matters to a placement: a server that does not become active stays in Nova and in the state
(the user is not told Nova's reason), metadata is changed in place, another image rebuilds and another
flavor resizes the server, and a server that another hand has deleted is gone.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterable
from typing import Any

import openstack
from openstack.compute.v2.server import Server
from openstack.connection import Connection
from openstack.exceptions import NotFoundException

from real.plugins import openstack_instance as instance
from real.plugins.stand_in import Failed, MadeButFailed, Plugin, Values, serve

LOOK_EVERY = 0.1  # seconds
PATIENCE = 600.0


class Instance:
    """openstack:compute/instance:Instance."""

    schema = instance.SCHEMA
    computed = instance.COMPUTED
    replaces = instance.REPLACES
    mixes = False

    def __init__(self) -> None:
        self._settings: Values = {}
        self._lock = threading.Lock()
        self._connected: Connection | None = None

    def configure(self, settings: Values) -> None:
        self._settings = settings

    @property
    def conn(self) -> Connection:
        """Connects when it is needed first, by OS_* in the environment or by the setting `cloud`."""
        with self._lock:
            self._connected = self._connected or openstack.connect(cloud=self._settings.get("cloud"))
            return self._connected

    def planned(self, inputs: Values, outputs: Values) -> Values:
        return instance.planned(inputs, outputs)

    def drifted(self, news: Values, outputs: Values) -> list[str]:
        """The power state is compared with what is wanted, `active` where nothing is said."""
        is_now = outputs.get("powerState", "active")
        return ["powerState"] if is_now != news.get("powerState", "active") else []

    def create(self, urn: str, inputs: Values) -> tuple[str, Values]:
        made = self.conn.compute.create_server(**self._request(inputs))
        server = self._settled(made.id, {"BUILD"})
        if server.status != "ACTIVE":
            text = f"Error waiting for instance ({made.id}) to become ready: " + unexpected(server, "ACTIVE")
            raise MadeButFailed(made.id, {**inputs, "powerState": "active"}, said("creating", urn, text))
        return server.id, self._states(inputs, server)

    def _request(self, inputs: Values) -> dict[str, Any]:
        zone = inputs.get("availabilityZone", inputs.get("availabilityZoneHints"))
        data = inputs.get("userData")
        optional = {
            "availability_zone": zone,
            "key_name": inputs.get("keyPair"),
            "scheduler_hints": instance.hints(inputs),
            "security_groups": [{"name": name} for name in inputs.get("securityGroups", [])],
            "user_data": base64.b64encode(data.encode()).decode() if data else None,
        }
        return {
            "name": inputs["name"],
            "image_id": self._image(inputs),
            "flavor_id": self._flavor(inputs),
            "metadata": inputs.get("metadata", {}),
            "networks": inputs.get("networkMode") or self._wanted_networks(inputs),
            **{key: value for key, value in optional.items() if value},
        }

    def _image(self, inputs: Values) -> str:
        wanted = inputs.get("imageId") or inputs["imageName"]
        return str(self.conn.image.find_image(wanted, ignore_missing=False).id)

    def _flavor(self, inputs: Values) -> str:
        wanted = inputs.get("flavorId") or inputs["flavorName"]
        return str(self.conn.compute.find_flavor(wanted, ignore_missing=False).id)

    def _wanted_networks(self, inputs: Values) -> list[dict[str, str]]:
        return [self._wanted_network(one) for one in inputs.get("networks") or self._only_network()]

    def _wanted_network(self, one: Values) -> dict[str, str]:
        if one.get("port"):
            return {"port": one["port"]}
        id_ = one.get("uuid") or self.conn.network.find_network(one["name"], ignore_missing=False).id
        fixed = {"fixed_ip": one["fixedIpV4"]} if one.get("fixedIpV4") else {}
        return {"uuid": id_, **fixed}

    def _only_network(self) -> list[Values]:
        """What Nova takes where nothing is said."""
        found = [{"uuid": network.id} for network in self.conn.network.networks()]
        if len(found) > 1:
            raise Failed("Multiple possible networks found, use a Network ID to be more specific.")
        return found

    def _settled(self, id_: str, passing: Iterable[str]) -> Server:
        deadline = time.monotonic() + PATIENCE
        while (server := self.conn.compute.get_server(id_)).status in passing:
            if time.monotonic() > deadline:
                raise Failed(f"timeout while waiting for state to become 'ACTIVE' (last: '{server.status}')")
            time.sleep(LOOK_EVERY)
        return server

    def _states(self, inputs: Values, server: Server) -> Values:
        image = self.conn.image.find_image(server.image.id) if server.image and server.image.id else None
        return instance.states(inputs, server, image.name if image else "", self._networks(server))

    def _networks(self, server: Server) -> list[Values]:
        """The first address in each network."""
        by_name = {network.name: network.id for network in self.conn.network.networks()}
        found = [(name, addresses[0]) for name, addresses in (server.addresses or {}).items() if addresses]
        return [
            {
                "accessNetwork": False,
                "fixedIpV4": address["addr"],
                "fixedIpV6": "",
                "mac": address.get("OS-EXT-IPS-MAC:mac_addr", ""),
                "name": name,
                "port": "",
                "uuid": by_name.get(name, ""),
            }
            for name, address in found
        ]

    def read(self, id_: str, inputs: Values, outputs: Values) -> tuple[Values, Values] | None:
        try:
            server = self.conn.compute.get_server(id_)
        except NotFoundException:
            return None
        states = self._states(inputs, server)
        if not inputs:
            return instance.imported(states), states
        return {**inputs, **{key: states[key] for key in OBSERVED & {*inputs}}}, states

    def update(self, id_: str, urn: str, outputs: Values, olds: Values, news: Values) -> Values:
        """Does what is said to have changed; where that is nothing, a failed server stays as it is."""
        before = olds | {key: outputs[key] for key in self.computed & {*outputs}}
        changed = {key for key in {*news, "metadata"} if before.get(key) != news.get(key)}
        changed |= {*self.drifted(news, outputs)}
        if not changed:
            return outputs
        for what, change in CHANGES.items():
            if changed & what:
                change(self, id_, olds, news)
        return self._states(news, self.conn.compute.get_server(id_))

    def _rename(self, id_: str, olds: Values, news: Values) -> None:
        self.conn.compute.update_server(id_, name=news["name"])

    def _power(self, id_: str, olds: Values, news: Values) -> None:
        if news.get("powerState", "active") == "active":
            self.conn.compute.start_server(id_)
            self._settled(id_, {"SHUTOFF"})
        else:
            self.conn.compute.stop_server(id_)
            self._settled(id_, {"ACTIVE"})

    def _tell(self, id_: str, olds: Values, news: Values) -> None:
        """Other hands' entries are left alone: only those that the program had are taken away."""
        before, after = olds.get("metadata", {}), news.get("metadata", {})
        self.conn.compute.delete_server_metadata(id_, sorted({*before} - {*after}))
        self.conn.compute.set_server_metadata(id_, **after)

    def _resize(self, id_: str, olds: Values, news: Values) -> None:
        self.conn.compute.resize_server(id_, self._flavor(news))
        self._ends_as("VERIFY_RESIZE", id_, {"RESIZE", "ACTIVE"})
        self.conn.compute.confirm_server_resize(id_)
        self._ends_as("ACTIVE", id_, {"VERIFY_RESIZE"})

    def _rebuild(self, id_: str, olds: Values, news: Values) -> None:
        self.conn.compute.rebuild_server(id_, image=self._image(news))
        self._ends_as("ACTIVE", id_, {"REBUILD"})

    def _ends_as(self, status: str, id_: str, passing: Iterable[str]) -> None:
        server = self._settled(id_, passing)
        if server.status != status:
            raise Failed(f"Error waiting for instance ({id_}): {unexpected(server, status)}")

    def delete(self, id_: str, outputs: Values) -> None:
        """Ask again now and then: Nova drops a request that comes in the middle of a build."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.conn.compute.delete_server(id_, ignore_missing=True)
            if self._gone(id_):
                return
        raise Failed(f"Error waiting for instance ({id_}) to Delete: timeout")

    def _gone(self, id_: str, within: float = 5.0) -> bool:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if self.conn.compute.find_server(id_) is None:
                return True
            time.sleep(LOOK_EVERY)
        return False


OBSERVED = {"name", "flavorName", "flavorId", "imageName", "imageId", "availabilityZone"}
"""Inputs that a refresh compares with the server."""
CHANGES = {
    frozenset({"name"}): Instance._rename,
    frozenset({"powerState"}): Instance._power,
    frozenset({"metadata"}): Instance._tell,
    frozenset({"flavorId", "flavorName"}): Instance._resize,
    frozenset({"imageId", "imageName"}): Instance._rebuild,
}
"""In the order in which the provider does them."""


def unexpected(server: Server, wanted: str) -> str:
    return f"unexpected state '{server.status}', wanted target '{wanted}'. last error: %!s(<nil>)"


def said(doing: str, urn: str, text: str) -> str:
    """The provider's error as the Terraform bridge passes it on."""
    return f"{doing} {urn}: 1 error occurred:\n\t* {text}\n\n"


if __name__ == "__main__":
    serve(Plugin("openstack", "5.5.3", {"openstack:compute/instance:Instance": Instance()}))
