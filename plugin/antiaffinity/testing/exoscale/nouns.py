"""What an Exoscale keeps: keys, instance types, groups, instances, operations, and what nobody publishes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import NAMESPACE_DNS, uuid5

from msgspec import Struct, field

from antiaffinity.testing.rates import Rate
from antiaffinity.testing.world import Machine

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""The date at the World's moment 0."""

QUOTAS = {"instance": 20}
"""Limits of the organization by resource; -1 is none."""

MOST_MEMBERS = 8
"""Instances in a group: https://community.exoscale.com/product/compute/instances/how-to/anti-affinity."""

Reason = Literal[
    "busy",
    "conflict",
    "fault",
    "forbidden",
    "incorrect",
    "interrupted",
    "not-found",
    "partial",
    "unavailable",
    "unknown",
    "unsupported",
]
"""Why an operation failed, in the words of Exoscale's OpenAPI document."""


class Settings(Struct):
    """What Exoscale does not publish: every value may be the real one.

    ``operating``: seconds until an operation ends; at 0 the request's own answer says success.
    """

    refusal: Literal["operation", "http"] = "operation"
    """How a launch is refused: by an operation that fails, or by an HTTP error."""
    leaves: Literal["nothing", "error"] = "error"
    """What a launch leaves whose operation failed: nothing, or an instance in the state ``error``."""
    delete_occupied: Literal["409", "400", "operation", "success"] = "409"
    """What becomes of a DELETE of a group that has members."""
    limit_scope: Literal["organization", "zone"] = "organization"
    """Where the 8 members of a group are counted."""
    unique_names: bool = False
    """Whether two groups may have one name."""
    members_in_list: bool = False
    """Whether the list of groups tells their members, or only a group by itself does."""
    operating: float = 1.0
    launching: float | None = None
    """Seconds until a launch ends; None: as any operation."""
    list_lag: float = 0.0
    """Seconds until the list of instances shows a new one; scripts look at once at what they launched."""
    error_shape: Literal["message", "problem"] = "message"
    """``{"message": …}``, or the document's ``error-response`` (RFC 9457)."""
    unauthenticated: Literal[401, 403] = 403
    """What an unknown key or a wrong signature is answered."""
    groups_per_instance: int | None = None
    """The most groups that an instance takes."""
    no_room: str = "No suitable hypervisor found"
    group_full: str = "Anti-affinity group is full"
    reason: Reason = "unavailable"
    """What a launch's operation fails with where there is no room."""
    status: int = 409
    """What a launch is answered where there is no room."""
    quota: dict[str, int] = field(default_factory=QUOTAS.copy)
    rate: Rate | None = None
    """How often changes are taken; None: as often as anybody asks."""


class Key(Struct, frozen=True):
    """An API key; ``allowed`` are the operations that its role allows, None all."""

    id: str
    secret: str
    allowed: frozenset[str] | None = None


class InstanceType(Struct, frozen=True):
    """A size of instances; ``zones`` are those that have it, None all."""

    family: str
    size: str
    cpus: int
    memory_mb: int
    zones: tuple[str, ...] | None = None

    @property
    def id(self) -> str:
        return uid(f"type.{self.family}.{self.size}")

    @property
    def takes(self) -> dict[str, float]:
        """What an instance of it takes from its hypervisor, in the World's words."""
        return {"vcpus": self.cpus, "memory_mb": self.memory_mb}


TYPES = (
    InstanceType("standard", "tiny", 1, 1024),
    InstanceType("standard", "small", 2, 2048),
    InstanceType("standard", "medium", 2, 4096),
)


class Group(Struct):
    """An anti-affinity group of the organization; its members are the instances that name it."""

    id: str
    name: str
    description: str | None = None


class Instance(Struct):
    """One instance as Exoscale has it; on which hypervisor it is only its machine in the World knows."""

    id: str
    name: str
    asked_zone: str
    type: InstanceType
    template: str
    disk_size: int
    groups: list[str]
    machine: Machine
    created: float
    state: str = "starting"

    @property
    def zone(self) -> str:
        """Where it is; while it is on no hypervisor, where it was asked for."""
        return self.machine.place.zone if self.machine.place else self.asked_zone


class Operation(Struct):
    """What a request set going."""

    id: str
    command: str
    reference: str
    noun: str
    state: str = "pending"
    reason: str = ""
    message: str = ""


class Failed(Exception):
    """An operation that comes to nothing; the text is its message."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason, self.message = reason, message


Work = Callable[[], None]
"""What an operation does when its time has come; may raise Failed."""


def uid(name: str) -> str:
    """A UUID that is the same in every run."""
    return str(uuid5(NAMESPACE_DNS, f"antiaffinity.testing.exoscale.{name}"))


TEMPLATE_ID = uid("template")


def stamp(moment: float) -> str:
    """A moment of the World as Exoscale writes it."""
    return (EPOCH + timedelta(seconds=moment)).strftime("%Y-%m-%dT%H:%M:%SZ")
