"""A user of an OpenStack project, as the conformance suite needs one: connects, launches, deletes, looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openstack.connection import Connection

import antiaffinity as aa
from antiaffinity.guarantee import Guarantee
from antiaffinity.model import Machine, Placement
from antiaffinity.testing.conformance import Deployer

ELSEWHERE: tuple[dict[str, Any], ...] = (
    {"availability_zone": "nova:host9"},
    {"scheduler_hints": {"group": "0b4d1c9e-58a5-4e21-a4c2-0d5bd05d41d1"}},
    {"host": "host9"},
    {"max_count": 2},
)


class User:
    """One process of the user's, for one group."""

    def __init__(self, connection: Connection, key: aa.GroupKey, own: Mapping[str, Any]) -> None:
        self.connection, self.key, self.own = connection, key, own

    def deployer(self) -> Deployer:
        cloud = aa.connect("openstack", client=self.connection, owner=self.key.owner)
        return Deployer(cloud, self.boot, self.discard, self.find, self.own, ELSEWHERE)

    def boot(self, placement: Placement, arguments: Mapping[str, Any]) -> str:
        return str(self.connection.compute.create_server(**{"name": "nameless", **arguments}).id)

    def discard(self, machine: Machine) -> None:
        if id_ := machine.id or self.find(machine.member):
            self.connection.compute.delete_server(id_)

    def find(self, member: str) -> str | None:
        mark = self.key.marks(member).items()
        servers = self.connection.compute.servers()
        return next((server.id for server in servers if mark <= server.metadata.items()), None)


def policy(promise: Guarantee) -> str:
    """The policy of the server group that a promise is about."""
    return promise.mechanism.removeprefix("server group (").removesuffix(")")
