# mypy: untyped-calls-exclude=pyVmomi
"""A fake vCenter and an administrator of it, in a time that does not really go by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pyVmomi import vim, vmodl

from antiaffinity.testing import Place, Turns, Wire, World
from antiaffinity.testing.vcenter import FakeVCenter, Settings

Collector = vmodl.query.PropertyCollector
APART: Any = vim.cluster.AntiAffinityRuleSpec
TOGETHER: Any = vim.cluster.AffinityRuleSpec


def hosts(count: int = 3, cluster: str = "c1", **capacity: float) -> list[Place]:
    """So many hosts of one cluster: ``c1-h1``, and so on."""
    return [Place(f"{cluster}-h{n}", zone=cluster, capacity=capacity) for n in range(1, count + 1)]


class Stage:
    """One vCenter, and what its administrator does there; every task is waited for, and its fault raised."""

    def __init__(self, center: FakeVCenter) -> None:
        self.center, self.world, self.clock = center, center.world, center.world.clock
        self.wire = Wire()
        self.si = center.client(self.wire)
        self.content = self.si.RetrieveContent()

    # Objects

    def cluster(self, name: str = "c1") -> Any:
        there = next(one for one in self.center.state.clusters if one.name == name)
        return vim.ClusterComputeResource(there.id, self.si._stub)

    def host(self, name: str) -> Any:
        there = next(one for one in self.center.state.hosts if one.name == name)
        return vim.HostSystem(there.id, self.si._stub)

    def done(self, task: Any) -> Any:
        """What a task came to; its fault, raised."""
        while (info := task.info).state == "running":
            self.clock.sleep(0.5)
        if info.error:
            raise info.error
        return info.result

    # What the administrator does

    def clone(self, name: str, host: str = "", cluster: str = "c1", on: bool = False, **words: Any) -> Any:
        """A machine with 2 CPUs, powered off unless ``on``; where no host is named, vCenter chooses."""
        where = vim.vm.RelocateSpec(pool=self.cluster(cluster).resourcePool)
        where.host = self.host(host) if host else None
        spec = vim.vm.CloneSpec(location=where, powerOn=on, template=False, **words)
        template: Any = vim.VirtualMachine(self.center.template, self.si._stub)
        return self.done(template.CloneVM_Task(vim.Folder(self.center.folder), name, spec))

    def running(self, name: str, host: str) -> Any:
        """A machine that runs on this host, whatever DRS would have made of it."""
        vm = self.clone(name, host)
        with self.world.lock:
            self.world.start(vm._GetMoId())
        return vm

    def start(self, vm: Any) -> None:
        self.done(vm.PowerOnVM_Task())

    def stop(self, vm: Any) -> None:
        self.done(vm.PowerOffVM_Task())

    def destroy(self, vm: Any) -> None:
        self.done(vm.Destroy_Task())

    def relocate(self, vm: Any, host: str, **words: Any) -> None:
        self.done(vm.RelocateVM_Task(vim.vm.RelocateSpec(host=self.host(host), **words)))

    def change(self, cluster: str = "c1", modify: bool = True, **spec: Any) -> None:
        self.done(self.begin(cluster, modify, **spec))

    def begin(self, cluster: str = "c1", modify: bool = True, **spec: Any) -> Any:
        return self.cluster(cluster).ReconfigureComputeResource_Task(vim.cluster.ConfigSpecEx(**spec), modify)

    def add(self, name: str, vms: Sequence[Any], kind: Any = APART, **words: Any) -> Any:
        """A rule that is enabled and mandatory unless the words say otherwise; as vCenter has it then."""
        info = kind(name=name, vm=list(vms), **{"enabled": True, "mandatory": True, **words})
        self.change(rulesSpec=[vim.cluster.RuleSpec(operation="add", info=info)])
        return self.rule(name)

    def edit(self, kind: Any = APART, **words: Any) -> None:
        self.change(rulesSpec=[vim.cluster.RuleSpec(operation="edit", info=kind(**words))])

    def remove(self, key: int) -> None:
        self.change(rulesSpec=[vim.cluster.RuleSpec(operation="remove", removeKey=key)])

    def override(self, vm: Any, **words: Any) -> None:
        info = vim.cluster.DrsVmConfigInfo(key=vm, **words)
        self.change(drsVmConfigSpec=[vim.cluster.DrsVmConfigSpec(operation="add", info=info)])

    # What is to be seen

    def rules(self) -> list[Any]:
        return list(self.cluster().configurationEx.rule)

    def rule(self, name: str) -> Any:
        return next(rule for rule in self.rules() if rule.name == name)

    def wait(self, seconds: float) -> None:
        self.clock.sleep(seconds)
        with self.world.lock:
            self.world.catch_up()

    def where(self, *vms: Any) -> list[str]:
        """The hosts that machines really are on."""
        return [self.world.machines[vm._GetMoId()].domain("host") for vm in vms]

    def states(self, *vms: Any) -> list[str]:
        return [self.world.machines[vm._GetMoId()].state for vm in vms]

    def look(self, kind: Any, *paths: str, page: int | None = None) -> Any:
        """One request of the property collector, over a view of everything."""
        view = self.content.viewManager.CreateContainerView(self.content.rootFolder, [kind], True)
        step = Collector.TraversalSpec(name="in", type=type(view), path="view", skip=False)
        start = Collector.ObjectSpec(obj=view, skip=True, selectSet=[step])
        wanted = Collector.PropertySpec(type=kind, pathSet=list(paths))
        spec = Collector.FilterSpec(objectSet=[start], propSet=[wanted])
        options = Collector.RetrieveOptions(maxObjects=page)
        return self.content.propertyCollector.RetrievePropertiesEx([spec], options)


@contextmanager
def stage(places: Sequence[Place], **settings: Any) -> Iterator[Stage]:
    """A vCenter on these hosts; DRS looks at it only when told to, unless ``drs_every`` says otherwise."""
    world = World(places, Turns())
    with FakeVCenter(world, Settings(**{"drs_every": 0.0, **settings})) as center:
        yield Stage(center)
