# mypy: untyped-calls-exclude=pyVmomi
"""What vCenter shows, read as our nouns: machines with their marks, hosts, clusters and their DRS rules.

Where a machine is says ``runtime.host`` and nothing else: https://developer.broadcom.com/xapis/
vsphere-web-services-api/latest/vim.vm.RuntimeInfo.html.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from msgspec import Struct
from pyVmomi import vim

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import MARKS, GroupKey, Level, Observed, State
from antiaffinity_vcenter.center import Center, Shown, Wanted
from antiaffinity_vcenter.clusters import Cluster, ids
from antiaffinity_vcenter.rules import Name
from antiaffinity_vcenter.tags import Attached
from antiaffinity_vcenter.walls import is_wall

MARK_PATHS = tuple(f'config.extraConfig["{mark}"]' for mark in MARKS)

MACHINES: Wanted = {
    vim.VirtualMachine: (
        "name",
        "runtime.host",
        "runtime.powerState",
        "runtime.connectionState",
        "config.template",
        "config.files.vmPathName",
        "resourcePool",
        "datastore",
        *MARK_PATHS,
    ),
    vim.HostSystem: ("name", "parent"),
    vim.ClusterComputeResource: ("name", "configurationEx"),
}
"""What there is to know of groups."""

LOST = ("orphaned", "invalid", "inaccessible")
"""Connection states of a machine whose files are gone, or of which vCenter knows the name alone."""


class Machine(Struct, frozen=True):
    """One machine that bears our whole mark."""

    id: str
    name: str
    key: GroupKey
    member: str
    host: str
    """The moref of its host; "" where it is on none."""
    state: State
    labels: dict[str, str]
    """What a launch would name to have it where it is: pool and datastore."""

    @property
    def since(self) -> str:
        """Morefs are numbers that only grow, so they tell age."""
        return self.id.rpartition("-")[2].rjust(12, "0")

    @property
    def off(self) -> bool:
        return self.state == "stopped"


class Inventory:
    """One look at everything."""

    def __init__(self, shown: Iterable[Shown], zone: str, tags: Attached) -> None:
        self.zone, self._tags = zone, tags
        self._shown: dict[Any, list[Shown]] = {}
        for one in shown:
            self._shown.setdefault(type(one.obj), []).append(one)

    @cached_property
    def clusters(self) -> dict[str, Cluster]:
        return {one.id: Cluster(one) for one in self.of(vim.ClusterComputeResource)}

    @cached_property
    def hosts(self) -> dict[str, Shown]:
        return {one.id: one for one in self.of(vim.HostSystem)}

    @cached_property
    def machines(self) -> dict[str, Machine]:
        """Those that bear a mark of ours, oldest first."""
        found = [machine for one in self.of(vim.VirtualMachine) if (machine := _machine(one))]
        return {machine.id: machine for machine in sorted(found, key=lambda one: one.since)}

    def of(self, kind: Any) -> list[Shown]:
        """The objects of a type, or of one that is derived from it."""
        return [one for found, some in self._shown.items() if issubclass(found, kind) for one in some]

    @cached_property
    def alive(self) -> set[str]:
        """Every machine there is, of everybody."""
        return {one.id for one in self.of(vim.VirtualMachine)}

    def object(self, id_: str) -> Any:
        """The SDK's object of a machine, to call its methods."""
        return next(one.obj for one in self.of(vim.VirtualMachine) if one.id == id_)

    def group(self, key: GroupKey) -> list[Machine]:
        """The machines of one group."""
        return [machine for machine in self.machines.values() if machine.key == key]

    # Places

    def cluster_of(self, host: str) -> Cluster | None:
        """The cluster of a host; None where it stands alone or is not known."""
        parent = self.hosts[host].get("parent") if host in self.hosts else None
        return self.clusters.get(parent._GetMoId()) if parent is not None else None

    @cached_property
    def names(self) -> dict[str, str]:
        """What each cluster is called: where two have one name it says which is meant."""
        count = Counter(cluster.name for cluster in self.clusters.values())
        return {
            id_: cluster.name if count[cluster.name] == 1 else f"{cluster.name} ({id_})"
            for id_, cluster in self.clusters.items()
        }

    def zone_of(self, host: str) -> tuple[str | None, str]:
        """The zone of a host and the zone's moref, where it has one."""
        cluster = self.cluster_of(host)
        if cluster is None:
            return None, ""
        if self.zone == "cluster":
            return self.names[cluster.id], cluster.id
        if self.zone == "host-group":
            return self._only_one(host, _host_groups(cluster, host)), ""
        return self._only_one(host, self._tags.get(host) or self._tags.get(cluster.id) or ()), ""

    def _only_one(self, host: str, zones: Sequence[str]) -> str | None:
        """A host lies in one zone, or in none."""
        if len(zones) > 1:
            raise InvalidRequest(
                f"host {self.hosts[host].get('name')} is in {', '.join(sorted(zones))}: where a zone is a "
                f"{self.zone} each host has one",
                path="zone",
            )
        return zones[0] if zones else None

    def place(self, host: str) -> tuple[dict[Level, str], dict[Level, str]]:
        """The names and the morefs of the domains that a host is."""
        if host not in self.hosts:
            return {}, {}
        zone, moref = self.zone_of(host)
        names: dict[Level, str] = {"zone": zone} if zone else {}
        morefs: dict[Level, str] = {"zone": moref} if moref else {}
        return {**names, "host": str(self.hosts[host].get("name"))}, {**morefs, "host": host}

    # Machines

    def observed(self, machine: Machine) -> Observed:
        """A machine with its place, and the DRS rules that keep it there.

        One that is off holds its place: it is registered on its host. It was never started where nothing
        shows that it was bound, or that it was started since.
        """
        cluster = self.cluster_of(machine.host)
        held = cluster is not None and machine.id in cluster.held
        keeping, notes = _kept(cluster, machine) if cluster and not held else ((), [])
        names, morefs = self.place(machine.host)
        memberships: dict[Level, tuple[str, ...]] = {"host": keeping} if keeping else {}
        return Observed(
            member=machine.member,
            instance=machine.id,
            state=machine.state,
            holds=True,
            domains=names,
            ids=morefs,
            memberships=memberships,
            since=machine.since,
            labels=machine.labels,
            note="; ".join([*notes, *(_held(machine) if held else ())]),
            started=not held and not (machine.off and not keeping and not notes),
        )


def _host_groups(cluster: Cluster, host: str) -> list[str]:
    return [
        name
        for name, group in cluster.groups.items()
        if isinstance(group, vim.cluster.HostGroup) and host in ids(group.host) and not is_wall(name)
    ]


def look(center: Center, zone: str) -> Inventory:
    """Everything that there is to know of groups, in one round trip."""
    return Inventory(center.inventory(MACHINES), zone, center.tags())


def marked(shown: Shown) -> tuple[GroupKey, str] | None:
    """Whose machine it is: group and member; None where it does not bear our whole mark."""
    owner, group, member = (_text(shown.get(path)) for path in MARK_PATHS)
    if owner is None or group is None or member is None:
        return None
    return GroupKey(owner, group), member


def _machine(shown: Shown) -> Machine | None:
    whose = marked(shown)
    if whose is None or shown.get("config.template"):
        return None
    host = shown.get("runtime.host")
    where = host._GetMoId() if host is not None else ""
    return Machine(shown.id, str(shown.get("name", "")), *whose, where, _state(shown), _labels(shown))


def _labels(shown: Shown) -> dict[str, str]:
    """Its pool, and the datastore of its configuration, where it has one alone."""
    pool, stores = shown.get("resourcePool"), list(shown.get("datastore") or [])
    found = {} if pool is None else {"pool": str(pool._GetMoId())}
    if len(stores) == 1:
        name = str(shown.get("config.files.vmPathName", "")).partition("]")[0].removeprefix("[")
        found |= {"datastore": str(stores[0]._GetMoId()), "datastore-name": name}
    return found


def _text(option: Any) -> str | None:
    return None if option is None else str(option.value)


def _state(shown: Shown) -> State:
    if shown.get("runtime.connectionState") in LOST:
        return "failed"
    return "running" if shown.get("runtime.powerState") == "poweredOn" else "stopped"


def _kept(cluster: Cluster, machine: Machine) -> tuple[tuple[str, ...], list[str]]:
    """The rules of ours that keep a machine; and in words those that should and do not."""
    mine = [name for name in cluster.ours(machine.key) if machine.id in ids(cluster.rules[name].vm)]
    idle = {
        name: why for name in mine if (why := _idle(cluster.rules[name], cluster.ours(machine.key)[name]))
    }
    keeping = tuple(sorted(name for name in mine if name not in idle))
    return keeping, [f"DRS rule {name} {why}" for name, why in sorted(idle.items())]


def _idle(rule: Any, name: Name) -> str:
    """Why a rule does not keep what it should."""
    if not rule.enabled:
        return "is disabled: by a person, or by vCenter because it contradicts an older rule"
    if name.must and not rule.mandatory:
        return "is not mandatory any more, though the group asks for a hard rule"
    return ""


def _held(machine: Machine) -> Sequence[str]:
    if machine.off:
        return ()
    return (f"{machine.name} is kept out of DRS since its first start: bind it, or roll out again",)


def groups(inventory: Inventory, owner: str | None) -> Mapping[GroupKey, list[Machine]]:
    """The machines of every group of ours, or of one owner."""
    found: dict[GroupKey, list[Machine]] = {}
    for machine in inventory.machines.values():
        if owner in (None, machine.key.owner):
            found.setdefault(machine.key, []).append(machine)
    return found
