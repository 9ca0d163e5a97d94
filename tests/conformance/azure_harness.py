"""The fake Azure wired to the conformance suite: a region with zones, and one with fault domains alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from itertools import count
from typing import Any

from msgspec.structs import replace

import antiaffinity as aa
from antiaffinity.clock import Clock, sleep
from antiaffinity.guarantee import Cloud, Guarantee
from antiaffinity.model import Level, Size
from antiaffinity.testing import Place, Wire, World
from antiaffinity.testing.azure import FakeAzure, Settings
from antiaffinity.testing.azure.nouns import GROUP
from antiaffinity.testing.conformance import Deployer, OnWorld
from antiaffinity_azure import cloud as azure_record
from antiaffinity_azure.backend import AzureBackend
from antiaffinity_azure.connecting import Connected
from conformance.azure_user import User
from fakes.azure_spec import assert_as_specified
from fakes.azure_stage import beside, into

GONE_AFTER = 5.0
"""Seconds after which a request to stop or delete a machine has had its effect."""

LOCATION = "westeurope"


class Region:
    """What a region has: its hosts, and the half of Azure's record that holds there."""

    def __init__(self, level: Level, place: Callable[[int], Place]) -> None:
        self.level, self.place = level, place

    @property
    def record(self) -> Cloud:
        """Azure's own record, without what this region has not."""
        here = (one for one in azure_record.guarantees if one.level == self.level)
        return replace(azure_record, guarantees=tuple(here), chosen=(self.level,), usual=())


def _in_zone(number: int) -> Place:
    """Four zones, one more than any region has, so that one may be full and three members still fit."""
    return Place(f"h{number}", f"r{number}", str(number), LOCATION, {"vcpus": 8})


def _in_domain(number: int) -> Place:
    return Place(f"h{number}", f"r{number}", "", LOCATION, {"vcpus": 8})


ZONAL, REGIONAL = Region("zone", _in_zone), Region("rack", _in_domain)


class AzureHarness(OnWorld):
    """One fake Azure, whose chance the clock decides."""

    def __init__(self, azure: FakeAzure, region: Region) -> None:
        super().__init__(azure.world)
        self.azure, self.region = azure, region
        self._numbers = count(1)
        self._hands: Any = azure.client().virtual_machines

    def deployer(self, key: aa.GroupKey, wire: Wire) -> Deployer:
        compute = self.azure.client(wire)
        backend = _Here(Connected(compute, GROUP, LOCATION))
        backend.here = self.region.record
        waits = not self.azure.settings.view_tells_why
        user = User(compute, key, self.azure.machine(LOCATION), lambda: next(self._numbers), waits)
        return user.deployer(aa.Estate({"": backend}, key.owner))

    @property
    def hidden(self) -> set[str]:
        return self.azure.state.hidden

    def natives(self) -> list[str]:
        self.machines()
        return sorted(one.id for one in self.azure.state.sets.values())

    def stop(self, id_: str) -> None:
        self._hands.begin_power_off(GROUP, id_.rpartition("/")[2], polling=False)
        sleep(GONE_AFTER)

    def terminate(self, id_: str) -> None:
        self._hands.begin_delete(GROUP, id_.rpartition("/")[2], polling=False)
        sleep(GONE_AFTER)

    def retire(self, place: Place) -> Size | None:
        """The subscription may not have the size in its zone any more; of fault domains nobody is told."""
        if self.region is not ZONAL:
            return None
        sizes, name = (
            self.azure.state.sizes,
            self.azure.machine(LOCATION)["properties"]["hardwareProfile"]["vmSize"],
        )
        size = sizes[name.casefold()]
        sizes[name.casefold()] = replace(size, restricted=(*size.restricted, place.zone))
        return {"type": name}

    def break_(self, id_: str) -> None:
        """An update fails, as an extension does that cannot be installed; the machine runs on."""
        machine = self.azure.state.machines[id_.casefold()]
        machine.state, machine.error = "Failed", ("VMExtensionProvisioningError", "an extension failed")

    def slow(self, seconds: float) -> None:
        self.azure.state.settings.creating = seconds

    def add_host(self) -> None:
        self.world.add(self.region.place(5))

    def foreign_native(self, promise: Guarantee) -> str:
        compute: Any = self.azure.client()
        body = {"location": LOCATION}
        if promise.mechanism == "availability set":
            domains = {"properties": {"platformFaultDomainCount": 4}, "sku": {"name": "Aligned"}}
            return str(compute.availability_sets.create_or_update(GROUP, "theirs", {**body, **domains}).id)
        zones = self.azure.state.zones(LOCATION)
        count = 1 if zones else self.azure.state.domain_count(LOCATION)
        said = {"orchestrationMode": "Flexible", "platformFaultDomainCount": count}
        theirs = {**body, "properties": said, **({"zones": zones} if zones else {})}
        return str(
            compute.virtual_machine_scale_sets.begin_create_or_update(GROUP, "theirs", theirs).result().id
        )

    def occupant(self, native: str) -> str:
        body = self.azure.machine(LOCATION)
        body["properties"] |= beside(native) if "availabilitySets" in native else into(native)
        if self.region is ZONAL:
            body["zones"] = ["1"]
        elif "availabilitySets" not in native:
            body["properties"]["platformFaultDomain"] = 0
        poller = self._hands.begin_create_or_update(GROUP, "theirs", body)
        return str(poller.result().id)

    def delete_native(self, id_: str) -> None:
        """A machine can be detached from a Flexible scale set, and the empty set be deleted."""
        for machine in self.azure.state.members(id_):
            del machine.properties["virtualMachineScaleSet"]
        del self.azure.state.sets[id_.casefold()]

    def remark(self, id_: str, marks: Mapping[str, str]) -> None:
        self._hands.begin_update(GROUP, id_.rpartition("/")[2], {"tags": dict(marks)}, polling=False)
        sleep(GONE_AFTER)


class _Here(AzureBackend):
    """The backend, with the record of the one region that a suite has."""

    here: Cloud

    @property
    def cloud(self) -> Cloud:
        return self.here


class Clouds:
    """Fake clouds of one region, one at a time: a new one ends the one before."""

    def __init__(self, region: Region, settings: Mapping[str, Any] | None = None) -> None:
        self.region, self._settings = region, {"virtual_machines": 40, "page_size": 5, **(settings or {})}
        self._running = ExitStack()
        self._azure: FakeAzure | None = None

    def fresh(self, time: Clock) -> AzureHarness:
        self.close()
        places: Sequence[Place] = [self.region.place(number) for number in (1, 2, 3, 4)]
        world = World(places, time, seed=int(time.uniform(0, 1_000_000)))
        self._azure = self._running.enter_context(FakeAzure(world, Settings(**self._settings)))
        return AzureHarness(self._azure, self.region)

    def close(self) -> None:
        """End it; all that was asked and answered is held against Microsoft's specifications."""
        if self._azure:
            assert_as_specified(self._azure.exchanges)
        self.close_unchecked()

    def close_unchecked(self) -> None:
        """End it, whatever was asked: a backend with a mistake may ask for anything."""
        self._azure = None
        self._running.close()
