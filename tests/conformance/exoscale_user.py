"""A user of an Exoscale organization, as the conformance suite needs one: launches, deletes, looks.

Every zone has a client of its own, and the arguments of a launch do not name the zone: a deploy script takes
the client of ``placement.domains["zone"]``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from exoscale.api.exceptions import ExoscaleAPIClientException

import antiaffinity as aa
from antiaffinity.model import Machine, Placement
from antiaffinity.testing.conformance import Deployer

ELSEWHERE: tuple[dict[str, Any], ...] = (
    {"labels": {"antiaffinity-member": "somebody-else"}},
    {"labels": {"antiaffinity-owner": "shop/test"}},
)


class User:
    """One process of the user's, for one group; ``client`` gives the client of a zone."""

    def __init__(
        self, client: Callable[[str], Any], zones: list[str], key: aa.GroupKey, own: Mapping[str, Any]
    ) -> None:
        self.clients = {zone: client(zone) for zone in zones}
        self.key, self.own = key, own

    def deployer(self) -> Deployer:
        cloud = aa.connect("exoscale", client=next(iter(self.clients.values())), owner=self.key.owner)
        return Deployer(cloud, self.boot, self.discard, self.find, self.own, ELSEWHERE)

    def boot(self, placement: Placement, arguments: Mapping[str, Any]) -> str:
        client = self.clients[placement.domains["zone"]]
        return str(client.create_instance(**{"name": "nameless", **arguments})["reference"]["id"])

    def discard(self, machine: Machine) -> None:
        there = self._shown(machine.id) if machine.id else self._there(lambda one: self._is(one, machine))
        if there:
            zone, id_ = there
            self.clients[zone].delete_instance(id=id_)

    def _shown(self, id_: str) -> tuple[str, str] | None:
        """A list may show it only later."""
        for zone, client in self.clients.items():
            with suppress(ExoscaleAPIClientException):
                return zone, str(client.get_instance(id=id_)["id"])
        return None

    def find(self, member: str) -> str | None:
        there = self._there(lambda one: self._is(one, Machine(None, member, "")))
        return there[1] if there else None

    def _is(self, instance: Mapping[str, Any], machine: Machine) -> bool:
        labels: Mapping[str, str] = instance.get("labels", {})
        return self.key.marks(machine.member).items() <= labels.items()

    def _there(self, wanted: Callable[[Mapping[str, Any]], bool]) -> tuple[str, str] | None:
        for zone, client in self.clients.items():
            for instance in client.list_instances()["instances"]:
                if wanted(instance):
                    return zone, instance["id"]
        return None
