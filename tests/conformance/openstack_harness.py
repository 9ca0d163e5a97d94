"""The fake OpenStack wired to the conformance suite."""

from __future__ import annotations

from contextlib import ExitStack

import antiaffinity as aa
from antiaffinity.clock import Clock, sleep
from antiaffinity.guarantee import Guarantee
from antiaffinity.testing import Wire, World
from antiaffinity.testing.conformance import Deployer, OnWorld, places, spare
from antiaffinity.testing.openstack import FakeOpenStack
from conformance.openstack_user import User, policy

GONE_AFTER = 5.0
"""Seconds after which a request to stop or delete a server has had its effect."""


class OpenStackHarness(OnWorld):
    """One fake OpenStack, whose chance the clock decides."""

    def __init__(self, nova: FakeOpenStack) -> None:
        super().__init__(nova.world)
        self.nova = nova

    def deployer(self, key: aa.GroupKey, wire: Wire) -> Deployer:
        return User(self.nova.connection(wire), key, self.nova.machine).deployer()

    def natives(self) -> list[str]:
        return sorted(self.nova.state.groups)

    def stop(self, id_: str) -> None:
        self.nova.connection(admin=True).compute.stop_server(id_)
        sleep(GONE_AFTER)

    def terminate(self, id_: str) -> None:
        self.nova.connection(admin=True).compute.delete_server(id_)
        sleep(GONE_AFTER)

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


class Clouds:
    """Fake clouds, one at a time: a new one ends the one before."""

    def __init__(self) -> None:
        self._running = ExitStack()

    def fresh(self, time: Clock) -> OpenStackHarness:
        self.close()
        world = World(places(), time, seed=int(time.uniform(0, 1_000_000)))
        return OpenStackHarness(self._running.enter_context(FakeOpenStack(world)))

    def close(self) -> None:
        self._running.close()
