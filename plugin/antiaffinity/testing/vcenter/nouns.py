"""What a vCenter keeps: its inventory, rules, tasks and sessions, and what nobody publishes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import NAMESPACE_DNS, uuid5

from msgspec import Struct

from antiaffinity.testing.rates import Rate
from antiaffinity.testing.world import Machine

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""The date at the World's moment 0."""

USER = "administrator@vsphere.local"
PASSWORD = "the-secret-of-the-administrator"
"""Who may do everything, here."""

ROOT, DATACENTER, MACHINES, HOSTS = "group-d1", "datacenter-2", "group-v3", "group-h4"
DATASTORES, NETWORKS, SHARED, NETWORK, TEMPLATE = "group-s5", "group-n6", "datastore-7", "network-8", "vm-9"
"""The objects that are always there."""

IDLE = 1800.0
"""Seconds after which a session that asks nothing has ended.

https://knowledge.broadcom.com/external/article?legacyId=1031039
"""

REMEMBERED = 600.0
"""[?] Seconds for which a task that has ended can be looked at."""

Drs = Literal["fullyAutomated", "partiallyAutomated", "manual", "off"]


class Settings(Struct):
    """What differs between installations, and what vCenter does not publish: every value may be the real one.

    Those marked [?] are in no document that we found. Durations are seconds; 0 is at once.
    """

    # What an administrator chooses, https://techdocs.broadcom.com: "vSphere Resource Management"
    drs: Drs = "fullyAutomated"
    """Of every cluster at first; a client may change it."""
    drs_every: float = 60.0
    """Seconds between two looks of DRS at a cluster: a minute since 7.0, five before; 0 is never."""
    ha: bool = True
    """Whether the machines of a failed host are started on others."""
    ha_after: float = 30.0
    """Seconds until HA has done so."""

    # How long things take
    creating: float = 1.0
    cloning: float = 3.0
    powering: float = 1.0
    reconfiguring: float = 0.5
    relocating: float = 2.0
    deleting: float = 1.0
    editing: float = 1.0
    """Of a cluster's configuration."""
    evacuating: float = 5.0

    # What nobody publishes
    bare: bool = False
    """[?] Whether a machine is listed while it is being cloned, without its configuration."""
    one_member: Literal["accepted", "refused"] = "refused"
    """[?] A rule with one machine: clients differ on whether the API takes it."""
    over_soft: Literal["placed", "refused"] = "refused"
    """A power-on that no host could take without breaking a rule that is not mandatory.

    Both were seen: https://github.com/cloudfoundry/bosh-vsphere-cpi-release/issues/215
    """
    by_hand: Literal["refused", "allowed"] = "allowed"
    """[?] A relocation to a named host that breaks a mandatory rule: the vendor's pages differ."""
    no_host: Literal["RuleViolation", "InsufficientResourcesFault"] = "InsufficientResourcesFault"
    """[?] What a power-on fails with where DRS finds no host because of a rule."""
    rules_without_drs: bool = False
    """[?] Whether mandatory rules between machines hold where DRS is off."""
    ha_heeds_rules: bool = False
    """[?] Whether HA leaves a machine off rather than break a rule: the vendor's pages differ."""
    at_once: Literal["in turn", "TaskInProgress"] = "TaskInProgress"
    """[?] Two reconfigurations of a cluster at once."""
    batch: Literal["until the first error", "all or none"] = "until the first error"
    """[?] What stays of several rule operations in one call, one of which is refused."""
    unset: Literal["kept", "default"] = "default"
    """[?] What becomes of an edited rule's field that the edit leaves out."""
    destroyed: Literal["dropped", "kept"] = "dropped"
    """Whether a rule forgets a machine that is gone; vCenter does, its simulator does not."""
    secondary_bears_settings: bool = True
    """[?] Whether the secondary of Fault Tolerance bears the extraConfig of its primary, our marks too."""
    page: int = 100
    """[?] The most objects in one answer of the property collector."""
    tokens_lost: int = 0
    """So many of the next requests for a next page find that its token holds no more."""
    tokens_lost_as: Literal["InvalidArgument", "ManagedObjectNotFound"] = "InvalidArgument"
    """The fault of that; another one where the session's collector is gone."""
    rate: Rate | None = None
    """How often launches are taken; None: as often as anybody asks."""


class Noun(Struct):
    """A managed object: ``kind`` is its type in the SDK, ``id`` its moref."""

    id: str
    kind: str
    name: str
    parent: str = ""


class Cluster(Noun, kw_only=True):
    """Also a host of its own, whose place has no zone: that has no DRS."""

    pool: str
    drs: Any = None
    """vim.cluster.DrsConfigInfo, None for a single host."""
    das: Any = None
    rules: list[Any] = []
    groups: list[Any] = []
    overrides: dict[str, Any] = {}
    """vim.cluster.DrsVmConfigInfo by the machine's moref."""
    next_key: int = 1
    changes: int = 0
    busy: str = ""
    """The task that changes it."""


class Host(Noun, kw_only=True):
    """A host of the World."""

    maintenance: bool = False
    entering: bool = False
    """On its way into maintenance: nothing is put there, and ``inMaintenanceMode`` says no."""
    quarantine: bool = False


class Vm(Noun, kw_only=True):
    """One machine as vCenter has it; where it is and whether it runs only the World knows.

    A template is in no World: it runs nowhere.
    """

    machine: Machine
    pool: str = ""
    created: float = 0.0
    template: bool = False
    bare: bool = False
    unreadable: bool = False
    """Its files cannot be reached, and vCenter gives no configuration."""
    busy: str = ""
    """The task that changes it."""
    connection: str = ""
    """Its connection state, where that is another than its host's: its files cannot be reached, say."""
    secondary_of: str = ""
    """The machine whose secondary it is in Fault Tolerance."""
    lost: bool = False
    """It ran on a host that failed since, which is the last that vCenter knows of it."""
    changes: int = 1

    @property
    def host(self) -> str:
        """The name of its host."""
        return self.machine.place.host if self.machine.place else ""

    @property
    def runs(self) -> bool:
        return self.machine.state == "running"


class Task(Noun, kw_only=True):
    """What a request set going."""

    of: str
    queued: float
    state: str = "running"
    result: Any = None
    error: Any = None
    ended: float | None = None


class View(Noun, kw_only=True):
    """A container view of one session."""

    session: str
    container: str
    types: tuple[Any, ...]
    recursive: bool


class Filter(Noun, kw_only=True):
    """A filter of the property collector, and what it has told: of each object, its properties as text."""

    session: str
    spec: Any
    told: dict[str, dict[str, str]] = {}
    objects: dict[str, Any] = {}


class Principal(Struct, frozen=True):
    """Somebody who logs in; ``allowed`` are their privileges, None is all."""

    user: str
    password: str
    allowed: frozenset[str] | None = None


class Session(Struct):
    """One log-in."""

    key: str
    principal: Principal
    began: float
    last: float


class Field(Struct, frozen=True):
    """A custom attribute."""

    key: int
    name: str
    type: Any = None


class Fault(Exception):
    """A request, or a task, ends with this fault of the SDK's."""

    def __init__(self, fault: Any, message: str) -> None:
        super().__init__(message)
        self.fault, self.message = fault, message
        fault.msg = message


class NotYet(Exception):
    """Nothing to answer yet: ask again in a moment, until as many seconds have passed as it says."""

    def __init__(self, seconds: float | None = None) -> None:
        super().__init__(seconds)
        self.seconds = seconds


Work = Callable[[], Any]
"""What a task does when its time has come; gives its result, or raises Fault."""

Pages = dict[str, list[Any]]
"""Objects that wait to be fetched, by their token."""


def uid(name: str) -> str:
    """A UUID that is the same in every run."""
    return str(uuid5(NAMESPACE_DNS, f"antiaffinity.testing.vcenter.{name}"))


def stamp(moment: float) -> datetime:
    """A moment of the World as a date."""
    return EPOCH + timedelta(seconds=moment)
