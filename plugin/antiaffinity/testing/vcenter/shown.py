# mypy: untyped-calls-exclude=pyVmomi
"""What managed objects show of themselves, in the SDK's words: hosts, clusters, and all that lies around.

Every table is: property -> how it is told. Machines and tasks are in ``shown_work``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pyVmomi import vim

from antiaffinity.testing.vcenter import nouns, rules
from antiaffinity.testing.vcenter.nouns import Cluster, Host, Noun, Task
from antiaffinity.testing.vcenter.soap import listed, names_of, reference, type_of
from antiaffinity.testing.vcenter.state import State

Told = Mapping[str, Callable[[State, Any], Any]]

CORES, MEMORY_MB = 256, 4 * 1024 * 1024
"""Of a host whose place does not state them: more than anybody asks for."""

TERABYTE = 1024**4
PURPOSES = {
    nouns.MACHINES: ("VirtualMachine",),
    nouns.HOSTS: ("ClusterComputeResource", "ComputeResource"),
    nouns.DATASTORES: ("Datastore",),
    nouns.NETWORKS: ("Network",),
}
"""What the folders of a datacenter hold; the root has datacenters."""


def to(noun: Noun) -> Any:
    """The object as others refer to it."""
    return reference(noun.kind, noun.id)


def _parent(state: State, noun: Noun) -> Any:
    return to(state.nouns[noun.parent]) if noun.parent else None


def _children(state: State, noun: Noun) -> Any:
    return listed("vim.ManagedEntity", [to(one) for one in state.all(Noun) if one.parent == noun.id])


def _values(state: State, noun: Noun) -> Any:
    """What custom attributes say of it."""
    told = [
        vim.CustomFieldsManager.StringValue(key=key, value=value)
        for (entity, key), value in state.values.items()
        if entity == noun.id
    ]
    return listed("vim.CustomFieldsManager.Value", told)


ENTITY: Told = {
    "name": lambda state, noun: noun.name,
    "parent": _parent,
    "customValue": _values,
    "value": _values,
    "overallStatus": lambda state, noun: "green",
    "configStatus": lambda state, noun: "green",
    "tag": lambda state, noun: listed("vim.Tag", []),
    "recentTask": lambda state, noun: listed("vim.Task", []),
}


def _of(noun: str) -> Callable[[State, Noun], Any]:
    return lambda state, _: to(state.nouns[noun])


def _networks(state: State, noun: Noun) -> Any:
    return listed("vim.Network", [to(state.nouns[nouns.NETWORK])])


def _datastores(state: State, noun: Noun) -> Any:
    return listed("vim.Datastore", [to(state.nouns[nouns.SHARED])])


FOLDER: Told = {
    **ENTITY,
    "childEntity": _children,
    "childType": lambda state, noun: names_of(map(type_of, PURPOSES.get(noun.id, ("Datacenter",)))),
}
DATACENTER: Told = {
    **ENTITY,
    "vmFolder": _of(nouns.MACHINES),
    "hostFolder": _of(nouns.HOSTS),
    "datastoreFolder": _of(nouns.DATASTORES),
    "networkFolder": _of(nouns.NETWORKS),
    "network": _networks,
    "datastore": _datastores,
}
POOL: Told = {
    **ENTITY,
    "owner": _parent,
    "resourcePool": lambda state, noun: listed("vim.ResourcePool", []),
    "vm": lambda state, noun: listed(
        "vim.VirtualMachine", [to(vm) for vm in state.vms if vm.pool == noun.id]
    ),
}


def _store(state: State, noun: Noun) -> Any:
    return vim.Datastore.Summary(
        datastore=to(noun),
        name=noun.name,
        url=f"ds:///vmfs/volumes/{noun.name}/",
        capacity=4 * TERABYTE,
        freeSpace=TERABYTE,
        accessible=True,
        multipleHostAccess=True,
        type="VMFS",
        maintenanceMode="normal",
    )


def _mounts(state: State, noun: Noun) -> Any:
    info = vim.host.MountInfo(path=f"/vmfs/volumes/{noun.name}", accessMode="readWrite", accessible=True)
    mounts = [vim.Datastore.HostMount(key=to(host), mountInfo=info) for host in state.hosts]
    return listed("vim.Datastore.HostMount", mounts)


def _hosts(state: State, noun: Noun) -> Any:
    return listed("vim.HostSystem", [to(host) for host in state.hosts])


DATASTORE: Told = {**ENTITY, "summary": _store, "host": _mounts}
NETWORK: Told = {
    **ENTITY,
    "host": _hosts,
    "summary": lambda state, noun: vim.Network.Summary(network=to(noun), name=noun.name, accessible=True),
}


# Hosts


def cores(state: State, host: Host) -> int:
    return int(state.place(host).capacity.get("vcpus", CORES))


def memory_mb(state: State, host: Host) -> int:
    return int(state.place(host).capacity.get("memory_mb", MEMORY_MB))


def host_runtime(state: State, host: Host) -> Any:
    up = state.place(host).up
    return vim.host.RuntimeInfo(
        connectionState="connected" if up else "notResponding",
        powerState="poweredOn" if up else "unknown",
        inMaintenanceMode=host.maintenance,
        inQuarantineMode=host.quarantine,
        standbyMode="none",
        bootTime=nouns.EPOCH,
    )


def _hardware(state: State, host: Host) -> Any:
    system = vim.host.SystemInfo(vendor="fake", model="fake", uuid=nouns.uid(host.name))
    cpu = vim.host.CpuInfo(
        numCpuPackages=1, numCpuCores=cores(state, host), numCpuThreads=cores(state, host), hz=2_000_000_000
    )
    return vim.host.HardwareInfo(systemInfo=system, cpuInfo=cpu, memorySize=memory_mb(state, host) * 1024**2)


def _host_summary(state: State, host: Host) -> Any:
    config = vim.host.Summary.ConfigSummary(
        name=host.name, port=902, vmotionEnabled=True, faultToleranceEnabled=False
    )
    return vim.host.Summary(
        host=to(host),
        hardware=_hardware_summary(state, host),
        runtime=host_runtime(state, host),
        config=config,
        quickStats=_usage(state, host),
        overallStatus="green",
        rebootRequired=False,
    )


def _hardware_summary(state: State, host: Host) -> Any:
    return vim.host.Summary.HardwareSummary(
        vendor="fake",
        model="fake",
        uuid=nouns.uid(host.name),
        memorySize=memory_mb(state, host) * 1024**2,
        cpuModel="fake",
        cpuMhz=2000,
        numCpuPkgs=1,
        numCpuCores=cores(state, host),
        numCpuThreads=cores(state, host),
        numNics=1,
        numHBAs=1,
    )


def _usage(state: State, host: Host) -> Any:
    """What runs there uses all that it was given."""
    running = [vm.machine.size for vm in state.vms_on(host) if vm.runs]
    return vim.host.Summary.QuickStats(
        overallMemoryUsage=int(sum(size.get("memory_mb", 0) for size in running)),
        overallCpuUsage=int(sum(size.get("vcpus", 0) for size in running) * 2000),
        uptime=1,
    )


def _tasks(state: State, host: Host) -> Any:
    return listed("vim.Task", [to(task) for task in state.all(Task) if task.of == host.id])


HOST: Told = {
    **ENTITY,
    "recentTask": _tasks,
    "runtime": host_runtime,
    "hardware": _hardware,
    "summary": _host_summary,
    "network": _networks,
    "datastore": _datastores,
    "vm": lambda state, host: listed("vim.VirtualMachine", [to(vm) for vm in state.vms_on(host)]),
}


# Clusters


def _configuration(state: State, cluster: Cluster) -> Any:
    """``status`` says whether a rule is kept now; ``inCompliance`` is there and says nothing."""
    if cluster.drs is None:
        return vim.ComputeResource.ConfigInfo(vmSwapPlacement="vmDirectory")
    for rule in cluster.rules:
        rule.inCompliance, rule.status = True, "green" if _kept(state, cluster, rule) else "red"
    return vim.cluster.ConfigInfoEx(
        vmSwapPlacement="vmDirectory",
        drsConfig=cluster.drs,
        dasConfig=cluster.das,
        rule=cluster.rules,
        group=cluster.groups,
        drsVmConfig=list(cluster.overrides.values()),
    )


def _kept(state: State, cluster: Cluster, rule: Any) -> bool:
    return not any(
        rule in rules.broken(state, vm, state.host_of(vm)) for vm in state.vms_of(cluster) if vm.runs
    )


def _compute_summary(state: State, cluster: Cluster) -> Any:
    hosts = state.hosts_of(cluster)
    memory = sum(memory_mb(state, host) for host in hosts)
    cpus = sum(cores(state, host) for host in hosts)
    kind: Any = vim.ComputeResource.Summary if cluster.drs is None else vim.ClusterComputeResource.Summary
    return kind(
        totalCpu=cpus * 2000,
        totalMemory=memory * 1024**2,
        numCpuCores=cpus,
        numCpuThreads=cpus,
        effectiveCpu=cpus * 2000,
        effectiveMemory=memory,
        numHosts=len(hosts),
        numEffectiveHosts=len(hosts),
        overallStatus="green",
        **({} if cluster.drs is None else {"currentFailoverLevel": 1, "numVmotions": 0}),
    )


CLUSTER: Told = {
    **ENTITY,
    "host": lambda state, cluster: listed("vim.HostSystem", [to(one) for one in state.hosts_of(cluster)]),
    "resourcePool": lambda state, cluster: reference("ResourcePool", cluster.pool),
    "network": _networks,
    "datastore": _datastores,
    "configurationEx": _configuration,
    "summary": _compute_summary,
}
