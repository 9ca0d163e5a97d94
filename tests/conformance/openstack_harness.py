"""The fake OpenStack wired to the conformance suite."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import antiaffinity as aa
from antiaffinity.clock import Clock, sleep
from antiaffinity.guarantee import Guarantee
from antiaffinity.model import MARKS, Size
from antiaffinity.testing import Place, Wire, World
from antiaffinity.testing.conformance import Deployer, OnWorld, places, spare
from antiaffinity.testing.openstack import FakeOpenStack
from antiaffinity.testing.openstack.nouns import QUOTAS, Settings
from conformance.openstack_user import User, policy

GONE_AFTER = 5.0
"""Seconds after which a request to stop or delete a server has had its effect."""

MACHINES = 14
"""The project's quota: more than the ten of a server group."""


class OpenStackHarness(OnWorld):
    """One fake OpenStack, whose chance the clock decides."""

    def __init__(self, nova: FakeOpenStack) -> None:
        super().__init__(nova.world)
        self.nova = nova

    def deployer(self, key: aa.GroupKey, wire: Wire) -> Deployer:
        return User(self.nova.connection(wire), key, self.nova.machine).deployer()

    @property
    def names_hidden(self) -> bool:
        """A server group names its members."""
        return True

    @property
    def hidden(self) -> set[str]:
        return self.nova.state.hidden

    def natives(self) -> list[str]:
        return sorted(self.nova.state.groups)

    def stop(self, id_: str) -> None:
        self.nova.connection(admin=True).compute.stop_server(id_)
        sleep(GONE_AFTER)

    def terminate(self, id_: str) -> None:
        self.nova.connection(admin=True).compute.delete_server(id_)
        sleep(GONE_AFTER)

    def retire(self, place: Place) -> Size | None:
        """Every nova-compute of its zone is disabled: tenants see of hosts nothing, of zones this."""
        self.nova.state.disabled |= {one.host for one in self.places() if one.zone == place.zone}
        return {}

    def break_(self, id_: str) -> None:
        self.nova.connection(admin=True).compute.reset_server_state(id_, "error")

    def slow(self, seconds: float) -> None:
        self.nova.state.settings.spawning = seconds

    def add_host(self) -> None:
        self.world.add(spare())

    def foreign_native(self, promise: Guarantee) -> str:
        compute = self.nova.connection().compute
        return str(compute.create_server_group(name="theirs", policy=policy(promise)).id)

    def occupant(self, native: str) -> str:
        hints = {"scheduler_hints": {"group": native}}
        compute = self.nova.connection().compute
        server = compute.create_server(name="theirs", **self.nova.machine, **hints)
        sleep(GONE_AFTER)
        return str(server.id)

    def delete_native(self, id_: str) -> None:
        self.nova.connection(admin=True).compute.delete_server_group(id_)

    def remark(self, id_: str, marks: Mapping[str, str]) -> None:
        compute = self.nova.connection(admin=True).compute
        if gone := [mark for mark in compute.get_server_metadata(id_).metadata if mark in MARKS]:
            compute.delete_server_metadata(id_, gone)
        compute.set_server_metadata(id_, **marks)


class Clouds:
    """Fake clouds, one at a time: a new one ends the one before."""

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        self._running, self._settings = ExitStack(), settings or {}

    def fresh(self, time: Clock) -> OpenStackHarness:
        self.close()
        world = World(places(), time, seed=int(time.uniform(0, 1_000_000)))
        settings = Settings(**{"quota": {**QUOTAS, "instances": MACHINES}, **self._settings})
        return OpenStackHarness(self._running.enter_context(FakeOpenStack(world, settings)))

    def close(self) -> None:
        self._running.close()
