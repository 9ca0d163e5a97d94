"""The fake Exoscale wired to the conformance suite."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import antiaffinity as aa
from antiaffinity.clock import Clock, sleep
from antiaffinity.guarantee import Guarantee
from antiaffinity.model import Size
from antiaffinity.testing import Place, Wire, World
from antiaffinity.testing.conformance import Deployer, OnWorld
from antiaffinity.testing.exoscale import FakeExoscale, Settings
from conformance.exoscale_user import User

GONE_AFTER = 5.0
"""Seconds after which a request to stop or delete an instance has had its effect."""

ZONES = ("ch-gva-2", "de-fra-1")


def places() -> list[Place]:
    """Two hypervisors in each of two zones; see ``spare``."""
    return [Place(f"h{number}", zone=ZONES[number % 2], capacity={"vcpus": 8}) for number in range(4)]


def spare() -> Place:
    """The hypervisor that ``add_host`` adds."""
    return Place("h4", zone=ZONES[0], capacity={"vcpus": 8})


class ExoscaleHarness(OnWorld):
    """One fake Exoscale, whose chance the clock decides."""

    patience = 15.0
    """What a dead deployer asked for, a launch or an end, has come about by then."""

    def __init__(self, exo: FakeExoscale) -> None:
        super().__init__(exo.world)
        self.exo = exo

    def deployer(self, key: aa.GroupKey, wire: Wire) -> Deployer:
        return User(lambda zone: self.exo.client(zone, wire), list(ZONES), key, self.exo.machine).deployer()

    @property
    def hidden(self) -> set[str]:
        return self.exo.state.hidden

    def natives(self) -> list[str]:
        with self.world.lock:
            self.world.catch_up()
            return sorted(self.exo.state.groups)

    def stop(self, id_: str) -> None:
        self._at(id_).stop_instance(id=id_)
        sleep(GONE_AFTER)

    def terminate(self, id_: str) -> None:
        self._at(id_).delete_instance(id=id_)
        sleep(GONE_AFTER)

    def break_(self, id_: str) -> None:
        self.exo.state.instances[id_].state = "error"

    def slow(self, seconds: float) -> None:
        self.exo.state.settings.launching = seconds

    def _at(self, id_: str) -> Any:
        """A client of the zone that an instance is in."""
        return self.exo.client(self.exo.state.instances[id_].zone)

    def retire(self, place: Place) -> Size | None:
        """Its zone has the instance type no more."""
        self.exo.state.withdrawn.add(place.zone)
        return {"type": self.exo.machine["instance_type"]["id"]}

    def add_host(self) -> None:
        self.world.add(spare())

    def foreign_native(self, promise: Guarantee) -> str:
        made = self.exo.client().create_anti_affinity_group(name="theirs")
        sleep(GONE_AFTER)
        return str(made["reference"]["id"])

    def occupant(self, native: str) -> str:
        groups = [{"id": native}]
        made = self.exo.client().create_instance(**self.exo.machine, anti_affinity_groups=groups)
        sleep(GONE_AFTER)
        return str(made["reference"]["id"])

    def delete_native(self, id_: str) -> None:
        """Whether Exoscale deletes a group with members is not published; they are in it no more."""
        with self.world.lock:
            for instance in self.exo.state.members(id_):
                instance.groups.remove(id_)
            del self.exo.state.groups[id_]

    def remark(self, id_: str, marks: Mapping[str, str]) -> None:
        self._at(id_).update_instance(id=id_, labels=dict(marks))
        sleep(GONE_AFTER)


class Clouds:
    """Fake clouds, one at a time: a new one ends the one before."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._running, self._settings = ExitStack(), settings

    def fresh(self, time: Clock) -> ExoscaleHarness:
        self.close()
        world = World(places(), time, seed=int(time.uniform(0, 1_000_000)))
        return ExoscaleHarness(self._running.enter_context(FakeExoscale(world, self._settings)))

    def close(self) -> None:
        self._running.close()
