# mypy: untyped-calls-exclude=pyVmomi
"""What vCenter shows, read as our nouns: machines with their marks, hosts, clusters and their DRS rules.

Where a machine is says ``runtime.host`` and nothing else: https://developer.broadcom.com/xapis/
vsphere-web-services-api/latest/vim.vm.RuntimeInfo.html.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from msgspec import Struct
from pyVmomi import vim

from antiaffinity.model import MARKS, GroupKey, Level, Lists, Observed, State
from antiaffinity.nodes import the_one
from antiaffinity_vcenter import notes, stand_ins
from antiaffinity_vcenter.center import Center, Shown, Wanted
from antiaffinity_vcenter.clusters import Cluster, ids
from antiaffinity_vcenter.labels import CONFIGURED, labelled
from antiaffinity_vcenter.lives import state_of, told
from antiaffinity_vcenter.rules import may_be_ours
from antiaffinity_vcenter.tags import Attached
from antiaffinity_vcenter.zones import around, groups_with, tags_on, wanted

MARK_PATHS = tuple(f'config.extraConfig["{mark}"]' for mark in MARKS)

MACHINES: Wanted = {
    vim.VirtualMachine: (
        "name",
        "runtime.host",
        "runtime.powerState",
        "runtime.connectionState",
        *stand_ins.PATHS,
        "config.createDate",
        CONFIGURED,
        "resourcePool",
        "datastore",
        *MARK_PATHS,
    ),
    vim.HostSystem: ("name", "parent"),
    vim.ClusterComputeResource: ("name", "parent", "configurationEx"),
}
"""What there is to know of groups."""

NONE: Lists = {}


class Machine(Struct, frozen=True):
    """One machine that bears our whole mark."""

    id: str
    name: str
    key: GroupKey
    member: str
    host: str
    """The moref of its host; "" where it is on none."""
    state: State
    connection: str
    labels: dict[str, str]
    """What a launch would name to have it where it is: pool and datastore."""
    stands_in: stand_ins.Kind = ""
    created: str = ""
    """When its configuration was made, where vCenter tells it (from 6.7 on)."""

    @property
    def since(self) -> str:
        """Its age: by the date of its configuration, and of one date by its moref, a number that only grows.

        One that is registered again has a new moref and its old configuration (vim.vm.ConfigInfo.createDate).
        """
        return f"{self.created} {self.id.rpartition('-')[2].rjust(12, '0')}"

    @property
    def off(self) -> bool:
        return self.state == "stopped"


class Inventory:
    """One look at everything."""

    def __init__(
        self, shown: Iterable[Shown], zone: str, tags: Attached, only: Lists = NONE, never: Lists = NONE
    ) -> None:
        self.zone, self._tags = zone, tags
        self._only, self._never = only, never
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
        counted = stand_ins.counted(self.marked.values())
        return {machine.id: machine for machine in sorted(counted, key=lambda one: one.since)}

    @cached_property
    def marked(self) -> dict[str, Machine]:
        """Those too that only stand in for a machine."""
        return {one.id: machine for one in self.of(vim.VirtualMachine) if (machine := _machine(one))}

    @cached_property
    def _secondaries(self) -> Mapping[str, Sequence[str]]:
        return stand_ins.secondaries(self.of(vim.VirtualMachine))

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
        """The machines of one group, copies too; Unavailable where one that its rules name cannot be read."""
        self.check_readable(name for cluster in self.clusters.values() for name in cluster.ours(key))
        return [machine for machine in self.machines.values() if machine.key == key]

    def check_readable(self, rules: Iterable[str]) -> None:
        """Unavailable where a machine in one of these DRS rules shows no configuration.

        "When a virtual machine is inaccessible no configuration can be returned": its marks neither.
        https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.VirtualMachine.ConnectionState.html
        """
        named = {*rules}
        for cluster in self.clusters.values():
            for name in sorted(named & cluster.rules.keys()):
                if lost := sorted(ids(cluster.rules[name].vm) & self.unreadable):
                    raise notes.unreadable(lost, name)

    @cached_property
    def unreadable(self) -> set[str]:
        """The machines whose configuration vCenter does not show now."""
        return {one.id for one in self.of(vim.VirtualMachine) if one.get(CONFIGURED) is None}

    def unmarked(self, key: GroupKey) -> list[Machine]:
        """The machines that DRS rules of this group name, and that bear its mark no more."""
        ours = {one.id for one in self.group(key)}
        named = {id_ for cluster in self.clusters.values() for id_ in cluster.named(key)} - ours
        there = (_told(one, key, "") for one in self.of(vim.VirtualMachine) if one.id in named)
        return [machine for machine in there if not machine.stands_in]

    @cached_property
    def copies(self) -> Mapping[str, str]:
        """The copies of members' machines that were never bound and are off, each with its original."""
        return notes.copies(self.machines.values(), self._is_bound)

    def _is_bound(self, machine: Machine) -> bool:
        cluster = self.cluster_of(machine.host)
        return cluster is not None and machine.id in cluster.held | cluster.named(machine.key)

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
        """The zone of a host and the zone's moref, where it has one: where it is in several SPEC may tell."""
        if self.zone == "cluster":
            cluster = self.cluster_of(host)
            return (self.names[cluster.id], cluster.id) if cluster else (None, "")
        return the_one("zone", self.zones_of(host), self._only, self._never), ""

    def zones_of(self, host: str) -> tuple[str, ...]:
        """Every host group, or tag, by which a host may have its zone."""
        cluster = self.cluster_of(host)
        if cluster is None or self.zone == "cluster":
            return ()
        if self.zone.startswith("tag:"):
            return tags_on(around(host, self._parents), self._tags)
        return groups_with(cluster, host, self.zone)

    @cached_property
    def _parents(self) -> dict[str, Any]:
        return {one.id: one.get("parent") for some in self._shown.values() for one in some}

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
        cluster, original = self.cluster_of(machine.host), self.copies.get(machine.id, "")
        held = cluster is not None and machine.id in cluster.held
        keeping, said = notes.kept(cluster, machine) if cluster and not held else ((), [])
        bound = bool(original) and self._is_bound(self.machines[original])
        names, morefs = self.place(machine.host)
        memberships: dict[Level, tuple[str, ...]] = {"host": keeping} if keeping else {}
        zones = self.zones_of(machine.host)
        return Observed(
            member=machine.member,
            instance=machine.id,
            state=machine.state,
            holds=not original,
            domains=names,
            ids=morefs,
            either={"zone": zones} if len(zones) > 1 else {},
            memberships=memberships,
            since=f"copy {machine.since}" if original else machine.since,
            labels=machine.labels,
            note="; ".join(
                [*_said(machine, original, bound, held, said), *self._secondaries.get(machine.id, ())]
            ),
            started=not held and not (machine.off and not keeping and not said),
        )


def look(center: Center, zone: str) -> Inventory:
    """Everything that there is to know of groups, in one round trip."""
    return Inventory(center.inventory(wanted(MACHINES, zone)), zone, center.tags())


def _said(machine: Machine, original: str, bound: bool, held: bool, rules: Sequence[str]) -> Sequence[str]:
    """What is to be known of a machine, of its copy first."""
    if original:
        return [notes.copy(machine, original, bound)]
    if machine.stands_in:
        return [stand_ins.said(machine)]
    return [*told(machine.state, machine.connection), *rules, *(notes.held(machine) if held else ())]


def marked(shown: Shown) -> tuple[GroupKey, str] | None:
    """Whose machine it is: group and member; None where it does not bear our whole mark."""
    owner, group, member = (_text(shown.get(path)) for path in MARK_PATHS)
    if owner is None or group is None or member is None:
        return None
    return GroupKey(owner, group), member


def _machine(shown: Shown) -> Machine | None:
    whose = marked(shown)
    return _told(shown, *whose) if whose else None


def _told(shown: Shown, key: GroupKey, member: str) -> Machine:
    """A machine as this member."""
    host, created = shown.get("runtime.host"), shown.get("config.createDate")
    where = host._GetMoId() if host is not None else ""
    connection = str(shown.get("runtime.connectionState", ""))
    name, born = str(shown.get("name", "")), created.isoformat() if isinstance(created, datetime) else ""
    kind, labels = stand_ins.kind_of(shown), labelled(shown)
    state = "lost" if kind else state_of(shown)
    return Machine(shown.id, name, key, member, where, state, connection, labels, kind, born)


def _text(option: Any) -> str | None:
    return None if option is None else str(option.value)


def groups(inventory: Inventory, owner: str | None) -> Mapping[GroupKey, list[Machine]]:
    """The machines of every group of ours, or of one owner; Unavailable where one cannot be read."""
    named = (name for cluster in inventory.clusters.values() for name in cluster.rules)
    inventory.check_readable(name for name in named if may_be_ours(name, owner))
    found: dict[GroupKey, list[Machine]] = {}
    for machine in inventory.machines.values():
        if owner in (None, machine.key.owner):
            found.setdefault(machine.key, []).append(machine)
    return found
