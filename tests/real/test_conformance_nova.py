"""The real Nova keeps the contract, as far as it can be asked in its own time."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from openstack.compute.v2.server import Server

import antiaffinity as aa
from antiaffinity import clock
from antiaffinity.guarantee import Guarantee
from antiaffinity.model import MARKS, Size
from antiaffinity.testing import Machine, Place, Wire, conformance
from antiaffinity.testing.conformance import Deployer
from antiaffinity.testing.transport import WireAdapter
from conformance.openstack_user import User, policy
from real.nova import Nova
from real.openstack_hands import delete

STATES = {"ACTIVE": "running", "SHUTOFF": "stopped"}
SPARE = "host5"


class NovaHarness:
    """The box with four hosts in two zones; a fifth stays disabled until it is added."""

    patience = 0.0

    def __init__(self, nova: Nova) -> None:
        nova.delete_everything()
        self.nova, self.clock = nova, clock.Real()
        self.zones = {host: f"z{number % 2 + 1}" for number, host in enumerate(nova.hosts[:5])}
        nova.make_zones({zone: [h for h in self.zones if self.zones[h] == zone] for zone in ("z1", "z2")})
        self.closed = set(nova.hosts[4:])
        for host in self.closed:
            nova.disable_host(host)
        self.admin = nova.connect("admin").compute

    def deployer(self, key: aa.GroupKey, wire: Wire) -> Deployer:
        connection = self.nova.connect()
        connection.session.session.mount("http://", WireAdapter(wire))
        return User(connection, key, self.nova.machine).deployer()

    def reads(self, request: str) -> bool:
        return request.startswith("GET ")

    def places(self) -> list[Place]:
        return [self._place(host) for host in self.zones if host != SPARE or host not in self.closed]

    def _place(self, host: str) -> Place:
        return Place(host, zone=self.zones[host])

    def machines(self) -> list[Machine]:
        return [self._machine(server) for server in self.admin.servers(all_projects=True)]

    def _machine(self, server: Server) -> Machine:
        place = self._place(server.compute_host) if server.compute_host else None
        return Machine(server.id, server.metadata, {}, place, STATES.get(server.status, "failed"))

    def natives(self) -> list[str]:
        return [group.id for group in self.admin.server_groups(all_projects=True)]

    def stop(self, id_: str) -> None:
        self.admin.stop_server(id_)
        self.admin.wait_for_server(self.admin.get_server(id_), status="SHUTOFF", interval=0.2, wait=60)

    def terminate(self, id_: str) -> None:
        delete(self.nova.connect("demo-admin"), id_)

    def break_(self, id_: str) -> None:
        self.admin.reset_server_state(id_, "error")

    def slow(self, seconds: float) -> None:
        raise AssertionError("nobody slows a real Nova down")

    def close(self, host: str) -> None:
        self.nova.disable_host(host)

    def open(self, host: str) -> None:
        self.nova.enable_host(host)

    def retire(self, place: Place) -> Size | None:
        """Not asked of it: its checks are the peaceful ones."""
        return None

    def enlarge(self, each: int) -> None:
        raise AssertionError("it is as large as it is")

    def add_host(self) -> None:
        self.closed.discard(SPARE)
        self.nova.enable_host(SPARE)

    names_hidden = True

    def hide(self, id_: str) -> None:
        raise AssertionError("the lists of a real Nova are whole, but for a cell that is down")

    def unhide(self) -> None:
        """Nothing was hidden."""

    def move(self, id_: str, host: str) -> None:
        raise AssertionError("nobody moves a server past the rules of a real Nova")

    def rearrange(self) -> None:
        """Nova moves nobody by itself."""

    def foreign_native(self, promise: Guarantee) -> str:
        compute = self.nova.connect().compute
        return str(compute.create_server_group(name="theirs", policy=policy(promise)).id)

    def occupant(self, native: str) -> str:
        return str(self.nova.boot("theirs", scheduler_hints={"group": native}).id)

    def delete_native(self, id_: str) -> None:
        self.admin.delete_server_group(id_)

    def remark(self, id_: str, marks: Mapping[str, str]) -> None:
        if gone := [mark for mark in self.admin.get_server_metadata(id_).metadata if mark in MARKS]:
            self.admin.delete_server_metadata(id_, gone)
        self.admin.set_server_metadata(id_, **marks)


@pytest.mark.parametrize("check", conformance.PEACEFUL, ids=lambda check: check.__name__)
def test_a_real_nova_conforms(check: conformance.Check, nova_box: Nova) -> None:
    check(lambda _: NovaHarness(nova_box))
