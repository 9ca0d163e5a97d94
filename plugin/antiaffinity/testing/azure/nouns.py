"""What a fake Azure keeps: sizes, machines, scale sets, availability sets, operations, and its switches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from msgspec import Struct, field

from antiaffinity.testing.rates import Rate

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""The date at the World's moment 0."""

SUBSCRIPTION = "5a1a9d2c-0b1e-4f5e-8d5a-0c1b2d3e4f50"
TENANT = "0f9b6b7e-6a44-4a83-9d0a-3e2f1c0b9a88"
GROUP = "prod"
"""The resource group that exists from the start."""


class Settings(Struct):
    """How this Azure behaves where Microsoft does not say, or where accounts differ.

    Seconds: from a PUT until a machine's allocation is decided, the same of a scale set, and from a
    DELETE until it is gone; ``polls`` is how often an operation says at least that it is in progress.
    """

    subscription: str = SUBSCRIPTION
    """Its id: give each its own where a test has several."""
    physical_zones: Mapping[str, str] = {}
    """What the zones of this subscription really are, by their numbers: each subscription numbers them anew.
    Those left out are ``<region>-az<number>``."""
    creating: float = 0.4
    set_creating: float = 0.2
    changing: float = 0.2
    """From a request to stop, start or deallocate until it is done."""
    deleting: float = 0.4
    polls: int = 0
    async_header: bool = True
    """Azure-AsyncOperation beside Location; else Location alone."""
    retry_after: int | None = None
    """Seconds that answers tell those who poll to wait."""
    page_size: int = 1000
    links_lost: int = 0
    """How many more links to a next page hold no more when they are followed."""
    links_lost_as: Literal["404", "400"] = "404"
    """[?] How they are refused then; 404 is what a list of nothing is refused with, too."""
    loud_lists: bool = False
    """Lists spell the resource group in ids in capitals."""
    allocation_fails_in: Literal["operation", "request"] = "operation"
    failed_create_leaves_vm: bool = True
    view_tells_why: bool = True
    """The instance view of a failed machine ends its code with the error's."""
    failed_view_shows_power: bool = False
    """Whether the view of a machine whose last operation failed tells its power state: some looks lack it
    (https://github.com/Azure/azure-powershell/issues/13178)."""
    guests_late: int = 0
    """How many more machines run, and are failed with OSProvisioningTimedOut all the same
    (https://learn.microsoft.com/troubleshoot/azure/virtual-machines/windows/error-messages)."""
    flexible_view_shows_domain: bool = False
    """https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-manage-fault-domains
    says no, https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-orchestration-modes
    yes."""
    set_with_machines: Literal["refuses", "deletes"] = "refuses"
    """What deleting a scale set with machines in it does."""
    unknown_set_status: int = 404
    """For a machine that names a set that is not there."""
    occupied_set_status: int = 409
    sku_missing_status: int = 409
    busy_code: Literal["OperationNotAllowed", "Conflict"] = "OperationNotAllowed"
    """For a change while another is in progress."""
    throttle_envelope: bool = False
    """Whether the body of a 429 has an ``error`` around it; the documented one has not."""
    conditions: bool = True
    """Whether If-None-Match and If-Match are heard."""
    fault_domains: int | None = None
    """Of a region; None: as many as the World has racks there, outside zones."""
    cores: int = 100
    """Approved for the subscription, in each region."""
    family_cores: dict[str, int] = field(default_factory=dict)
    """Approved of a family of sizes, in each region; a family that is not named has no limit of its own."""
    virtual_machines: int = 25000
    rate: Rate | None = None
    """How often changes are taken; None: as often as anybody asks."""


class Size(Struct, frozen=True):
    """A size of machines: what it takes of its host, and the zones it is offered in (None: all)."""

    name: str
    vcpus: int = 1
    zones: tuple[str, ...] | None = None
    restricted: tuple[str, ...] = ()
    """Zones in which this subscription may not have it."""
    family: str = "standardFamily"
    withheld: bool = False
    """The subscription may not have it anywhere."""


SIZES = (
    Size("Standard_B1s", 1),
    Size("Standard_D2s_v5", 2),
    Size("Standard_D4s_v5", 4),
    Size("Standard_L8s_v3", 8, zones=("1", "2")),
    Size("Standard_NC6s_v3", 6, zones=()),
    Size("Standard_M8ms", 8, withheld=True),
)


class Resource(Struct, kw_only=True):
    """What machines and sets have in common."""

    name: str
    group: str
    kind: Literal["virtualMachines", "virtualMachineScaleSets", "availabilitySets"]
    location: str
    body: dict[str, Any]
    """The model as it was written, read-only fields left out."""
    created: str
    state: str = "Creating"
    version: int = 1

    @property
    def id(self) -> str:
        return f"{group_id(self.group)}/providers/Microsoft.Compute/{self.kind}/{self.name}"

    @property
    def etag(self) -> str:
        return f'"{self.version}"'

    @property
    def tags(self) -> dict[str, str]:
        return self.body.get("tags") or {}

    @property
    def properties(self) -> dict[str, Any]:
        """The properties of the model, to be read."""
        return self.body.get("properties") or {}

    @property
    def zones(self) -> list[str]:
        return list(self.body.get("zones") or ())


class VirtualMachine(Resource, kw_only=True):
    """One machine; the World has it under its id, and knows where it is."""

    size: Size
    kind: Literal["virtualMachines"] = "virtualMachines"
    power: Literal["", "running", "stopped", "deallocated", "unknown"] = ""
    error: tuple[str, str] | None = None
    """Code and words of why the last operation on it failed."""
    domain: int | None = None
    """The fault domain that its availability set gave it."""

    @property
    def scale_set(self) -> str:
        return str((self.properties.get("virtualMachineScaleSet") or {}).get("id", ""))

    @property
    def availability_set(self) -> str:
        return str((self.properties.get("availabilitySet") or {}).get("id", ""))

    @property
    def asked_domain(self) -> int | None:
        """The fault domain that its maker asked for."""
        return self.properties.get("platformFaultDomain")


class Operation(Struct):
    """A change that takes time; ``then`` is what its Location shows once it is through."""

    id: str
    location: str
    what: str
    """The id of the resource that it changes; "" for what is deleted."""
    started: str
    status: Literal["InProgress", "Succeeded", "Failed"] = "InProgress"
    error: dict[str, Any] | None = None
    polls: int = 0


class Refusal(Struct):
    """An answer that a test plants: for the next ``times`` requests whose method and path contain this."""

    of: str
    status: int
    code: str
    message: str = "planted"
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None


class Exchange(Struct, frozen=True):
    """A request and what was answered, as they were on the wire; a body is None where there was none."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    status: int
    answer: Any


class Principal(Struct, frozen=True):
    """Who a token belongs to; ``rights`` None means all of them."""

    name: str
    rights: Sequence[str] | None = None


def group_id(group: str) -> str:
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"


def at(moment: float) -> str:
    """A moment of the World as a date that Azure writes."""
    return (EPOCH + timedelta(seconds=moment)).isoformat().replace("+00:00", "Z")


def last(id_: str) -> str:
    """The name at the end of a resource id."""
    return id_.rstrip("/").rsplit("/", 1)[-1]
