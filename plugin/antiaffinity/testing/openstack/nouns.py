"""What a Nova keeps: users, flavors, server groups, servers, aggregates, and its operator's settings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha224
from uuid import NAMESPACE_DNS, uuid5

from msgspec import Struct, field

from antiaffinity.testing.rates import Rate
from antiaffinity.testing.world import Machine

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""The date at the World's moment 0."""

QUOTAS = {
    "cores": 20,
    "instances": 10,
    "key_pairs": 100,
    "metadata_items": 128,
    "ram": 51200,
    "server_group_members": 10,
    "server_groups": 10,
}
"""Nova's defaults: https://docs.openstack.org/nova/latest/configuration/config.html#quota."""

FILTERS = ("ServerGroupAntiAffinityFilter", "ServerGroupAffinityFilter")
"""Those of Nova's filters that know server groups; all others are always on here."""


REGION = "RegionOne"


class Settings(Struct):
    """What the operator of a Nova decides; the names are those of nova.conf where it has one.

    Seconds: from the request to the scheduler's choice, from there to the claim on the host, from there
    to ACTIVE, and from a DELETE until the server is gone.
    """

    disable_group_policy_check_upcall: bool = False
    """The late check in nova-compute, which finds lost races, is off.

    False is Nova's own default. Sites of several cells switch it off, and then nothing keeps two deployers
    apart: no library can, so the suite plays it beside the other harmful values, not by default.
    https://docs.openstack.org/nova/latest/admin/troubleshooting/affinity-policy-violated.html
    """
    enabled_filters: tuple[str, ...] = FILTERS
    """Without a filter a hard policy does nothing, and nobody is told."""
    soft_affinity_weight_multiplier: float = 1.0
    soft_anti_affinity_weight_multiplier: float = 1.0
    ram_weight_multiplier: float = 1.0
    cpu_weight_multiplier: float = 1.0
    disk_weight_multiplier: float = 1.0
    io_ops_weight_multiplier: float = -1.0
    shuffle_best_same_weighed_hosts: bool = False
    max_attempts: int = 3
    scheduler_instance_sync_interval: float = 0.0
    """Seconds for which the scheduler still counts a loser of a race on the host that it lost; Nova's own
    are up to 120, in which a retry may find no valid host although one is free."""
    max_limit: int = 1000
    """Servers, or server groups, in one page of a list."""
    down: frozenset[str] = frozenset()
    """The hosts of cells whose database does not answer."""
    list_records_by_skipping_down_cells: bool = True
    """Nova's default: a list that lacks servers of such a cell is answered with 200."""
    groups_need_cells: bool = True
    """A server group with members in such a cell is answered with 500; else it names them all the same."""
    list_lag: float = 0.0
    """Seconds after which lists show a new server. Nova reads them from its databases: none but theirs."""
    markers_lost: int = 0
    """How many more pages are asked for whose marker was deleted meanwhile."""
    default_availability_zone: str = "nova"
    """The zone of hosts that are in none; no project can read which one that is."""
    one_host_id: bool = False
    """All servers show one hostId: a nova-compute stands in front of all machines, as with ironic and vCenter
    (https://docs.openstack.org/api-ref/compute/: "an ID string representing the host")."""
    quota: dict[str, int] = field(default_factory=QUOTAS.copy)
    unregistered: frozenset[str] = frozenset()
    """Resources that have no limit under unified limits: shown as 0, and of them only ``instances`` enforced
    (unified_limits_resource_list; https://docs.openstack.org/nova/latest/admin/unified-limits.html)."""
    refusing: dict[str, int] = {}
    """Requests, as ``GET /limits``, that everybody is refused: 403 by policy, 404 where it is no API here."""
    regions: tuple[str, ...] = (REGION,)
    """Those in the catalog; they all lead to this one Nova."""
    scheduling: float = 0.3
    claiming: float = 0.2
    spawning: float = 0.2
    deleting: float = 0.3
    rate: Rate | None = None
    """How often changes are taken; None: as often as anybody asks."""


class User(Struct, frozen=True):
    """Somebody who logs in, always in the same project."""

    name: str
    project: str
    admin: bool = False

    @property
    def id(self) -> str:
        return hexid(f"user.{self.name}")

    @property
    def project_id(self) -> str:
        return hexid(f"project.{self.project}")


USERS = (
    User("demo", "demo"),
    User("other", "other"),
    User("admin", "admin", admin=True),
    User("demo-admin", "demo", admin=True),
    User("other-admin", "other", admin=True),
)
"""A member of each project, and an admin whose servers belong to it."""

NOBODY = User("", "")
"""Whoever has not logged in."""

PASSWORD = "secret"


class Flavor(Struct, frozen=True):
    """A size of servers."""

    id: str
    name: str
    ram: int
    vcpus: int
    disk: int

    @property
    def size(self) -> dict[str, float]:
        """What a server of it takes from its host, in the World's words."""
        return {"memory_mb": self.ram, "vcpus": self.vcpus, "disk_gb": self.disk}


FLAVORS = (
    Flavor("1", "m1.nano", 128, 1, 1),
    Flavor("2", "m1.tiny", 512, 1, 1),
    Flavor("3", "m1.small", 2048, 1, 20),
    Flavor("4", "m1.medium", 4096, 2, 40),
)


class ServerGroup(Struct):
    """A server group; its members are the servers that name it."""

    id: str
    name: str
    policy: str
    rules: dict[str, int]
    project_id: str
    user_id: str

    @property
    def most(self) -> int:
        """How many members a host may have, if the policy is anti-affinity."""
        return self.rules.get("max_server_per_host", 1)


class Aggregate(Struct):
    """Hosts that an operator has put together; with a zone it makes an availability zone."""

    id: int
    uuid: str
    name: str
    zone: str | None
    hosts: list[str]


class Server(Struct):
    """One server as Nova has it; where it is only its machine in the World knows."""

    id: str
    name: str
    user: User
    flavor: Flavor
    machine: Machine
    networks: list[str]
    created: float
    updated: float
    number: int
    group: str | None = None
    zone: str | None = None
    forced: str | None = None
    """A host past all filters."""
    requested: str | None = None
    """A host that the filters must pass too."""
    hints: dict[str, list[str]] = {}
    hostname: str = ""
    locked: bool = False
    vm_state: str = "building"
    task_state: str | None = "scheduling"
    power_state: int = 0
    claimed: bool = False
    """Whether a host has taken it; before that the scheduler's choice binds nobody."""
    launched: float | None = None
    fault: str = ""
    fault_at: float = 0.0
    going_to: str | None = None
    """Where it is being moved."""
    came_from: str | None = None
    """Where it goes back to if a resize is reverted."""

    @property
    def host(self) -> str | None:
        """The compute host that has it."""
        return self.machine.place.host if self.claimed and self.machine.place else None

    def host_id(self, compute: str = "") -> str:
        """What its project sees of the host, or of the one nova-compute there is: ``generate_hostid``."""
        if not self.host:
            return ""
        return sha224(f"{self.user.project_id}{compute or self.host}".encode()).hexdigest()


def uid(name: str) -> str:
    """A UUID that is the same in every run."""
    return str(uuid5(NAMESPACE_DNS, f"antiaffinity.testing.{name}"))


def hexid(name: str) -> str:
    """Keystone's form of an id."""
    return uid(name).replace("-", "")


def stamp(moment: float) -> str:
    """A moment of the World as Nova writes it, in whole seconds."""
    return (EPOCH + timedelta(seconds=moment)).strftime("%Y-%m-%dT%H:%M:%SZ")


def fine_stamp(moment: float) -> str:
    """A moment of the World where Nova writes microseconds."""
    return (EPOCH + timedelta(seconds=moment)).strftime("%Y-%m-%dT%H:%M:%S.%f")
