"""Everything that one fake Azure keeps, on its World."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count
from uuid import UUID

from antiaffinity.testing.azure.nouns import (
    GROUP,
    SUBSCRIPTION,
    Exchange,
    Operation,
    Principal,
    Refusal,
    Resource,
    Settings,
    Size,
    VirtualMachine,
    at,
)
from antiaffinity.testing.world import Place, World


class State:
    """The resources of one subscription; the World has the machines and where they are."""

    def __init__(self, world: World, settings: Settings, sizes: Iterable[Size]) -> None:
        self.world, self.settings = world, settings
        self.sizes = {size.name.casefold(): size for size in sizes}
        self.groups = {GROUP}
        self.sets: dict[str, Resource] = {}
        """Scale sets and availability sets, by their ids in small letters."""
        self.operations: dict[str, Operation] = {}
        self.tokens: dict[str, Principal] = {}
        self.refusals: list[Refusal] = []
        self.exchanges: list[Exchange] = []
        self.hidden: set[str] = set()
        """Machines that no list shows, while asking for them by name does."""
        self._machines: dict[str, VirtualMachine] = {}
        self._numbers = count(1)

    def new_id(self) -> str:
        """A UUID by the World's chance."""
        return str(UUID(int=self.world.chance.getrandbits(128), version=4))

    @property
    def now(self) -> str:
        return at(self.world.now)

    # Its id: inside all subscriptions have the same one

    def inside(self, text: str) -> str:
        """A request's text with the id that is used inside."""
        return re.sub(re.escape(self.settings.subscription), SUBSCRIPTION, text, flags=re.IGNORECASE)

    def outside(self, text: str) -> str:
        """An answer's text with this subscription's own id."""
        return re.sub(SUBSCRIPTION, self.settings.subscription, text, flags=re.IGNORECASE)

    # Resources

    @property
    def machines(self) -> dict[str, VirtualMachine]:
        """The machines that exist, by their ids in small letters; one that the World lost is gone."""
        there = self.world.machines
        self._machines = {key: one for key, one in self._machines.items() if one.id in there}
        return self._machines

    def add(self, machine: VirtualMachine) -> None:
        self._machines[machine.id.casefold()] = machine

    def forget(self, machine: VirtualMachine) -> None:
        """The machine is gone, out of the World too."""
        self._machines.pop(machine.id.casefold(), None)
        self.world.remove(machine.id)

    def is_there(self, machine: VirtualMachine) -> bool:
        return self.machines.get(machine.id.casefold()) is machine

    def members(self, set_id: str) -> list[VirtualMachine]:
        """The machines in a scale set or availability set, in any state."""
        wanted = set_id.casefold()
        return [
            machine
            for machine in self.machines.values()
            if wanted in (machine.scale_set.casefold(), machine.availability_set.casefold())
        ]

    # Places

    def places(self, location: str) -> list[Place]:
        wanted = squeezed(location)
        return [place for place in self.world.places.values() if squeezed(place.region) == wanted]

    def zones(self, location: str) -> list[str]:
        """The zones of a region, as launches name them."""
        return sorted({place.zone for place in self.places(location)} - {""})

    def domains(self, location: str) -> list[str]:
        """The racks of a region: their numbers in this list are its fault domains."""
        return sorted({place.domain("rack") for place in self.places(location) if place.rack})

    def domain_count(self, location: str) -> int:
        """The most fault domains that a set may ask for here."""
        fixed = self.settings.fault_domains
        return fixed if fixed is not None else max(1, len(self.domains(location)))

    def offered(self, size: Size, location: str) -> list[str]:
        """The zones that a size really has here."""
        return [zone for zone in self.zones(location) if size.zones is None or zone in size.zones]


def squeezed(location: str) -> str:
    """Azure reads "West Europe" as "westeurope"."""
    return location.replace(" ", "").casefold()
