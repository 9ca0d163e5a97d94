"""vCenter as the conformance suite needs it: a fake one, clones by pyVmomi, four hosts and a spare."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, Literal

import antiaffinity as aa
from antiaffinity.clock import Clock
from antiaffinity.guarantee import Guarantee
from antiaffinity.model import Size
from antiaffinity.testing import Place, Wire, World
from antiaffinity.testing.conformance import Deployer, OnWorld
from antiaffinity.testing.vcenter import FakeVCenter, Settings
from antiaffinity.testing.vcenter.nouns import Vm
from conformance.vcenter_user import User

Way = Literal["host groups", "clusters"]
"""What a zone is: a host group of the one cluster there is, or a cluster."""

SETTINGS: dict[Way, dict[str, Any]] = {"host groups": {"zone": "host-group"}, "clusters": {}}

DRS: dict[Way, dict[str, Any]] = {"host groups": {"drs": "partiallyAutomated"}, "clusters": {}}
"""Fully automated DRS moves machines from host group to host group: nothing ties them to one."""

QUICK = {"cloning": 1.0, "powering": 0.5, "editing": 0.1, "deleting": 0.5}
"""So that there are not many requests that only wait."""

READS = ("Retrieve", "Continue", "Cancel", "CreateContainerView", "DestroyView", "CurrentTime", "Fetch")


def places(way: Way) -> list[Place]:
    """Two hosts in each of two zones; see ``spare``."""
    return [_place(number, way) for number in range(4)]


def spare(way: Way) -> Place:
    """The host that ``add_host`` adds."""
    return _place(4, way)


def _place(number: int, way: Way) -> Place:
    region = "cluster" if way == "host groups" else ""
    return Place(f"h{number}", zone=f"z{number % 2}", region=region, capacity={"vcpus": 16})


class VCenterHarness(OnWorld):
    """One fake vCenter, whose chance the clock decides."""

    patience = 35.0
    """The lock of a dead deployer has expired by then, and its clone has ended."""

    def __init__(self, center: FakeVCenter, way: Way) -> None:
        super().__init__(center.world)
        self.center, self.way = center, way

    def deployer(self, key: aa.GroupKey, wire: Wire) -> Deployer:
        return self.user(key, wire).deployer()

    def user(self, key: aa.GroupKey, wire: Wire | None = None) -> User:
        """A new process of a user's."""
        return User(self.center, key, wire or Wire(), SETTINGS[self.way])

    @property
    def _operator(self) -> User:
        return self.user(aa.GroupKey("nobody", "none"))

    def reads(self, request: str) -> bool:
        return request.startswith(READS)

    @property
    def names_hidden(self) -> bool:
        """In one cluster a DRS rule names all; one that is alone in a cluster is in none."""
        return self.way == "host groups"

    def hide(self, id_: str) -> None:
        """Its files cannot be reached: vCenter lists it without its configuration, and so without marks."""
        self._vm(id_).unreadable = True

    def unhide(self) -> None:
        for vm in self.center.state.vms:
            vm.unreadable = False

    def _vm(self, id_: str) -> Vm:
        return self.center.state.get(Vm, id_)

    def natives(self) -> list[str]:
        with self.world.lock:
            self.world.catch_up()
            self.center.state.sync()
            return sorted(rule.name for cluster in self.center.state.clusters for rule in cluster.rules)

    def stop(self, id_: str) -> None:
        self._operator.stop(id_)

    def terminate(self, id_: str) -> None:
        self._operator.end(id_)

    def retire(self, place: Place) -> Size | None:
        """Its hardware is failing: DRS puts nobody there (quarantine mode)."""
        for host in self.center.state.hosts:
            host.quarantine = host.quarantine or host.name == place.host
        return {}

    def break_(self, id_: str) -> None:
        """Its datastore does not answer: it runs on, as far as it can."""
        self.center.state.get(Vm, id_).connection = "inaccessible"

    def slow(self, seconds: float) -> None:
        self.center.state.settings.cloning = seconds

    def add_host(self) -> None:
        self.world.add(spare(self.way))

    def rearrange(self) -> None:
        """DRS, as automated as it can be."""
        for cluster in self.center.state.clusters:
            cluster.drs.defaultVmBehavior = "fullyAutomated"
        self.center.drs()

    def foreign_native(self, promise: Guarantee) -> str:
        raise NotImplementedError("vCenter delegates nothing")

    def occupant(self, native: str) -> str:
        raise NotImplementedError("vCenter delegates nothing")

    def delete_native(self, id_: str) -> None:
        for cluster in self.center.state.clusters:
            for key in [rule.key for rule in cluster.rules if rule.name == id_]:
                self._operator.delete_rule(cluster.id, key)

    def remark(self, id_: str, marks: Mapping[str, str]) -> None:
        self._operator.remark(id_, marks)


class Clouds:
    """Fake clouds, one at a time: a new one ends the one before."""

    def __init__(self, way: Way = "host groups", settings: Mapping[str, Any] | None = None) -> None:
        self._running, self._way, self._settings = ExitStack(), way, settings or {}

    def fresh(self, time: Clock) -> VCenterHarness:
        self.close()
        world = World(places(self._way), time, seed=int(time.uniform(0, 1_000_000)))
        center = FakeVCenter(world, Settings(**{**QUICK, **DRS[self._way], **self._settings}))
        return VCenterHarness(self._running.enter_context(center), self._way)

    def close(self) -> None:
        self._running.close()
