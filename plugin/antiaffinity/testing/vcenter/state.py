# mypy: untyped-calls-exclude=pyVmomi
"""Everything that one fake vCenter knows, on its World: what is in the World is not kept a second time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any, TypeVar

from pyVmomi import vim, vmodl

from antiaffinity.testing.vcenter import nouns
from antiaffinity.testing.vcenter.nouns import (
    Cluster,
    Fault,
    Field,
    Host,
    Noun,
    Pages,
    Principal,
    Session,
    Settings,
    Task,
    Vm,
)
from antiaffinity.testing.world import Machine, Place, World

N = TypeVar("N", bound=Noun)

SERVICES = {
    "ServiceInstance": "ServiceInstance",
    "SessionManager": "SessionManager",
    "propertyCollector": "PropertyCollector",
    "ViewManager": "ViewManager",
    "SearchIndex": "SearchIndex",
    "CustomFieldsManager": "CustomFieldsManager",
    "AuthorizationManager": "AuthorizationManager",
    "TaskManager": "TaskManager",
}
"""The objects that are no part of the inventory, by their moref."""


VCENTERS = count()


class State:
    """The inventory and who is logged in; the World has the hosts and the machines."""

    def __init__(self, world: World, settings: Settings) -> None:
        self.world, self.settings = world, settings
        self.uuid = nouns.uid(f"vcenter {next(VCENTERS)}")
        """Its instanceUuid: every vCenter has its own."""
        self.principals: dict[str, Principal] = {}
        self.sessions: dict[str, Session] = {}
        self.fields: dict[int, Field] = {}
        self.values: dict[tuple[str, int], str] = {}
        """What a custom attribute says of an object: by its moref and the attribute's key."""
        self.pages: Pages = {}
        self.told: dict[tuple[str, ...], tuple[Any, Any]] = {}
        """Contents of objects that were told before, with what they depend on."""
        self.nouns: dict[str, Noun] = {}
        self._numbers = count(100)
        for noun in _always():
            self.add(noun)
        self.sync()

    def new_id(self, prefix: str) -> str:
        """A moref that nothing had before."""
        return f"{prefix}-{next(self._numbers)}"

    # The inventory

    def add(self, noun: N) -> N:
        self.nouns[noun.id] = noun
        return noun

    def all(self, type_: type[N]) -> Iterator[N]:
        """Everything of a kind, in the order of its making."""
        return (noun for noun in list(self.nouns.values()) if isinstance(noun, type_))

    def get(self, type_: type[N], id_: str) -> N:
        """What has this moref; Fault where nothing has, or something else."""
        noun = self.nouns.get(id_)
        if not isinstance(noun, type_):
            raise not_found(type_.__name__, id_)
        return noun

    def sync(self) -> None:
        """Show every host that the World has, and no machine that it has not."""
        for place in self.world.places.values():
            if place.host not in self._hosts:
                self._new_host(place)
        for vm in [one for one in self.vms if one.id not in self.world.machines]:
            self.forget(vm)
        for task in [one for one in self.all(Task) if one.ended is not None]:
            if self.world.now - (task.ended or 0.0) > nouns.REMEMBERED:
                del self.nouns[task.id]

    @property
    def vms(self) -> list[Vm]:
        """The machines that are no templates."""
        return [vm for vm in self.all(Vm) if not vm.template]

    @property
    def hosts(self) -> list[Host]:
        return list(self.all(Host))

    @property
    def clusters(self) -> list[Cluster]:
        return list(self.all(Cluster))

    @property
    def _hosts(self) -> dict[str, Host]:
        return {host.name: host for host in self.hosts}

    def _new_host(self, place: Place) -> None:
        cluster = self._cluster(place)
        host = self.add(Host(self.new_id("host"), "HostSystem", place.host, cluster.id))
        if place.region and place.zone:
            _group(cluster, place.zone, host)

    def _cluster(self, place: Place) -> Cluster:
        """The cluster of the place's region, else of its zone; without both the host is alone."""
        name = place.region or place.zone
        there = next((one for one in self.clusters if name and one.name == name), None)
        return there or self._new_cluster(name, place.host)

    def _new_cluster(self, name: str, host: str) -> Cluster:
        kind = "ClusterComputeResource" if name else "ComputeResource"
        pool = self.new_id("resgroup")
        cluster = Cluster(self.new_id("domain"), kind, name or host, nouns.HOSTS, pool=pool)
        self.add(Noun(pool, "ResourcePool", "Resources", cluster.id))
        if name:
            cluster.drs, cluster.das = drs_config(self.settings.drs), das_config(self.settings.ha)
        return self.add(cluster)

    def hosts_of(self, cluster: Cluster) -> list[Host]:
        return [host for host in self.hosts if host.parent == cluster.id]

    def vms_of(self, cluster: Cluster) -> list[Vm]:
        names = {host.name for host in self.hosts_of(cluster)}
        return [vm for vm in self.vms if vm.host in names]

    def vms_on(self, host: Host) -> list[Vm]:
        return [vm for vm in self.vms if vm.host == host.name]

    def cluster_of(self, noun: Noun) -> Cluster:
        """The cluster of a host, of a pool, or of a machine."""
        return self.get(Cluster, self.host_of(noun).parent if isinstance(noun, Vm) else noun.parent)

    def host_of(self, vm: Vm) -> Host:
        """Where a machine is registered."""
        return self._hosts[vm.host] if vm.host in self._hosts else self.hosts[0]

    def place(self, host: Host) -> Place:
        return self.world.places[host.name]

    # Machines

    def new_vm(
        self, name: str, host: Host, pool: str, settings: dict[str, str], size: dict[str, float]
    ) -> Vm:
        """A machine that is registered on a host, powered off; its settings are its tags in the World."""
        id_, now = self.new_id("vm"), self.world.now
        machine = self.world.create(id_, settings, size)
        machine.place = self.place(host)
        vm = Vm(id_, "VirtualMachine", name, nouns.MACHINES, machine=machine, pool=pool, created=now)
        return self.add(vm)

    def register(self, vm: Vm, host: Host) -> None:
        """A machine is on this host from now on, running or not."""
        before = self.cluster_of(vm)
        vm.machine.place = self.place(host)
        if host.parent != before.id:
            _drop(before, vm)
            vm.pool = self.get(Cluster, host.parent).pool

    def forget(self, vm: Vm) -> None:
        """A machine is gone; rules forget it, or do not, and stay."""
        self.nouns.pop(vm.id, None)
        self.world.remove(vm.id)
        if self.settings.destroyed == "dropped":
            for cluster in self.clusters:
                _drop(cluster, vm)


def not_found(kind: str, id_: str) -> Fault:
    """There is no such object, or no longer."""
    return Fault(
        vmodl.fault.ManagedObjectNotFound(obj=vim.ManagedEntity(id_)),
        f"The object '{kind}:{id_}' has already been deleted or has not been completely created",
    )


def _drop(cluster: Cluster, vm: Vm) -> None:
    """In place: the SDK lets nobody set a list that must be there to an empty one."""
    cluster.changes += 1
    cluster.overrides.pop(vm.id, None)
    for one in (*cluster.rules, *cluster.groups):
        if members := getattr(one, "vm", None):
            members[:] = [each for each in members if each._moId != vm.id]


def _group(cluster: Cluster, name: str, host: Host) -> None:
    """Put a host into the DRS host group of its zone."""
    cluster.changes += 1
    there = next((one for one in cluster.groups if one.name == name), None)
    if there is None:
        there = vim.cluster.HostGroup(name=name)
        cluster.groups.append(there)
    there.host.append(vim.HostSystem(host.id))


def drs_config(level: nouns.Drs) -> Any:
    """https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.cluster.DrsConfigInfo.html"""
    behavior = "fullyAutomated" if level == "off" else level
    return vim.cluster.DrsConfigInfo(
        enabled=level != "off",
        enableVmBehaviorOverrides=True,
        defaultVmBehavior=behavior,
        vmotionRate=3,
    )


def das_config(on: bool) -> Any:
    """https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.cluster.DasConfigInfo.html"""
    return vim.cluster.DasConfigInfo(enabled=on)


def _always() -> Iterator[Noun]:
    """What every inventory here begins with: one datacenter, a network and a datastore."""
    yield Noun(nouns.ROOT, "Folder", "Datacenters")
    yield Noun(nouns.DATACENTER, "Datacenter", "dc1", nouns.ROOT)
    for id_, name in (
        (nouns.MACHINES, "vm"),
        (nouns.HOSTS, "host"),
        (nouns.DATASTORES, "datastore"),
        (nouns.NETWORKS, "network"),
    ):
        yield Noun(id_, "Folder", name, nouns.DATACENTER)
    yield Noun(nouns.SHARED, "Datastore", "shared", nouns.DATASTORES)
    yield Noun(nouns.NETWORK, "Network", "VM Network", nouns.NETWORKS)
    machine = Machine(nouns.TEMPLATE, size={"vcpus": 2.0, "memory_mb": 2048.0}, state="stopped")
    yield Vm(nouns.TEMPLATE, "VirtualMachine", "template", nouns.MACHINES, machine=machine, template=True)
