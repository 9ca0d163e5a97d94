"""A fake Azure for a test: small Worlds, the SDK's own client, and every exchange held against the specs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from antiaffinity.clock import lent
from antiaffinity.testing import Place, Turns, Wire, World
from antiaffinity.testing.azure import SIZES, FakeAzure, FakeCredential, Settings, Size
from antiaffinity.testing.azure.nouns import GROUP
from fakes.azure_spec import assert_as_specified

LOCATION = "westeurope"
REGIONAL = "northcentralus"


def zonal(zones: int = 3, hosts: int = 2, **room: float) -> list[Place]:
    """A region with zones, each of some hosts."""
    return [
        Place(f"h{zone}{n}", rack=f"r{n}", zone=str(zone), region=LOCATION, capacity=dict(room))
        for zone in range(1, zones + 1)
        for n in range(1, hosts + 1)
    ]


def regional(domains: int = 2, hosts: int = 2, **room: float) -> list[Place]:
    """A region without zones, whose racks are its fault domains."""
    return [
        Place(f"f{domain}{n}", rack=f"r{domain}", region=REGIONAL, capacity=dict(room))
        for domain in range(domains)
        for n in range(1, hosts + 1)
    ]


@contextmanager
def azure_on(
    places: Sequence[Place], settings: Settings | None = None, sizes: Sequence[Size] = SIZES, seed: int = 0
) -> Iterator[FakeAzure]:
    """A fake Azure whose every exchange was as Microsoft's specifications say, once it ends well."""
    clock = Turns(seed)
    with lent(clock), FakeAzure(World(places, clock, seed), settings, sizes) as azure:
        yield azure
        assert_as_specified(azure.exchanges)


class User:
    """Somebody's hands in the resource group, through the SDK."""

    def __init__(
        self,
        azure: FakeAzure,
        location: str = LOCATION,
        wire: Wire | None = None,
        credential: FakeCredential | None = None,
    ) -> None:
        self.azure, self.location = azure, location
        self.compute: Any = azure.client(wire, credential)  # its models have None for all that may be absent

    def scale_set(self, name: str = "set", zones: Sequence[str] = (), domains: int = 1, **said: Any) -> str:
        """A Flexible scale set; its id."""
        properties = {"orchestrationMode": "Flexible", "platformFaultDomainCount": domains}
        body: dict[str, Any] = {"location": self.location, "properties": properties | said}
        if zones:
            body["zones"] = list(zones)
        made = self.compute.virtual_machine_scale_sets.begin_create_or_update(GROUP, name, body)
        return str(made.result().id)

    def availability_set(self, name: str = "old", domains: int = 2, sku: str = "Aligned") -> str:
        """An availability set; its id."""
        properties = {"platformFaultDomainCount": domains, "platformUpdateDomainCount": 5}
        body = {"location": self.location, "sku": {"name": sku}, "properties": properties}
        return str(self.compute.availability_sets.create_or_update(GROUP, name, body).id)

    def body(self, zone: str = "", tags: dict[str, str] | None = None, **properties: Any) -> dict[str, Any]:
        """A machine as one asks for it."""
        body = self.azure.machine(self.location)
        given = body["properties"] | properties
        body["properties"] = {name: value for name, value in given.items() if value is not None}
        body |= {"zones": [zone]} if zone else {}
        return body | ({"tags": tags} if tags else {})

    def boot(self, name: str, zone: str = "", **properties: Any) -> Any:
        """A machine that is there once this returns."""
        body = self.body(zone, **properties)
        return self.compute.virtual_machines.begin_create_or_update(GROUP, name, body).result()

    def refused(self, name: str, zone: str = "", **properties: Any) -> tuple[int | None, str]:
        """Status and code with which a machine is refused, at once or in the operation."""
        with pytest.raises(HttpResponseError) as error:
            self.boot(name, zone, **properties)
        return error.value.status_code, code(error.value)

    def view(self, name: str) -> Any:
        """The instance view of a machine."""
        return self.compute.virtual_machines.get(GROUP, name, expand="instanceView").properties.instance_view

    def statuses(self, name: str) -> list[str]:
        return [str(status.code) for status in self.view(name).statuses]


def code(error: HttpResponseError) -> str:
    """The code of Azure's error."""
    return str(error.error.code) if error.error else ""


def into(set_id: str, domain: int | None = None) -> dict[str, Any]:
    """The properties of a machine in a scale set."""
    asked = {} if domain is None else {"platformFaultDomain": domain}
    return {"virtualMachineScaleSet": {"id": set_id}, **asked}


def beside(set_id: str) -> dict[str, Any]:
    """The properties of a machine in an availability set."""
    return {"availabilitySet": {"id": set_id}}
