# mypy: untyped-calls-exclude=pyVmomi
"""What machines, tasks and the services show of themselves, in the SDK's words."""

from __future__ import annotations

from typing import Any

from pyVmomi import vim

from antiaffinity.testing.vcenter import nouns, shown
from antiaffinity.testing.vcenter.becoming import tolerance
from antiaffinity.testing.vcenter.nouns import Noun, Task, View, Vm, stamp, uid
from antiaffinity.testing.vcenter.shown import ENTITY, Told, to
from antiaffinity.testing.vcenter.soap import listed, names_of, reference, type_of
from antiaffinity.testing.vcenter.state import SERVICES, State

ABOUT = {
    "name": "VMware vCenter Server",
    "fullName": "VMware vCenter Server 8.0.3 build-1",
    "vendor": "VMware, Inc.",
    "version": "8.0.3",
    "build": "1",
    "osType": "linux-x64",
    "productLineId": "vpx",
    "apiType": "VirtualCenter",
    "apiVersion": "8.0.3.0",
}


# Machines


def _runtime(state: State, vm: Vm) -> Any:
    """Of a host that does not answer vCenter tells what it knew last."""
    up = vm.template or state.place(state.host_of(vm)).up
    return vim.vm.RuntimeInfo(
        host=to(state.host_of(vm)),
        connectionState=vm.connection or _connection(vm, up),
        powerState="poweredOn" if vm.runs or vm.lost else "poweredOff",
        toolsInstallerMounted=False,
        numMksConnections=0,
        consolidationNeeded=False,
        faultToleranceState="notConfigured",
        recordReplayState="inactive",
    )


def _connection(vm: Vm, up: bool) -> str:
    return "inaccessible" if vm.unreadable else "connected" if up else "disconnected"


def _config(state: State, vm: Vm) -> Any:
    if vm.bare or vm.unreadable:
        return None
    options = [vim.option.OptionValue(key=key, value=value) for key, value in vm.machine.tags.items()]
    return vim.vm.ConfigInfo(
        changeVersion=str(vm.changes),
        modified=stamp(vm.created),
        createDate=stamp(vm.created),
        name=vm.name,
        guestFullName="Other Linux (64-bit)",
        guestId="otherLinux64Guest",
        version="vmx-21",
        uuid=uid(f"bios.{vm.id}"),
        instanceUuid=uid(vm.id),
        template=vm.template,
        files=vim.vm.FileInfo(vmPathName=f"[shared] {vm.name}/{vm.name}.vmx"),
        flags=vim.vm.FlagInfo(),
        defaultPowerOps=vim.vm.DefaultPowerOpInfo(),
        hardware=vim.vm.VirtualHardware(numCPU=_cpus(vm), memoryMB=_memory(vm)),
        extraConfig=options,
        ftInfo=tolerance(state, vm),
    )


def _cpus(vm: Vm) -> int:
    return int(vm.machine.size.get("vcpus", 1))


def _memory(vm: Vm) -> int:
    return int(vm.machine.size.get("memory_mb", 0))


def _summary(state: State, vm: Vm) -> Any:
    config = vim.vm.Summary.ConfigSummary(
        name=vm.name,
        template=vm.template,
        vmPathName=f"[shared] {vm.name}/{vm.name}.vmx",
        memorySizeMB=_memory(vm),
        numCpu=_cpus(vm),
        uuid=uid(f"bios.{vm.id}"),
        instanceUuid=uid(vm.id),
    )
    return vim.vm.Summary(
        vm=to(vm),
        runtime=_runtime(state, vm),
        config=config,
        quickStats=vim.vm.Summary.QuickStats(guestHeartbeatStatus="gray"),
        overallStatus="green",
    )


VM: Told = {
    **ENTITY,
    "runtime": _runtime,
    "config": _config,
    "summary": _summary,
    "guest": lambda state, vm: vim.vm.GuestInfo(toolsStatus="toolsNotInstalled", guestState="notRunning"),
    "resourcePool": lambda state, vm: None if vm.template else reference("ResourcePool", vm.pool),
    "network": shown.HOST["network"],
    "datastore": shown.HOST["datastore"],
}


# Tasks


def _info(state: State, task: Task) -> Any:
    of = state.nouns.get(task.of)
    return vim.TaskInfo(
        key=task.id,
        task=to(task),
        descriptionId=task.name,
        entity=to(of) if of else None,
        entityName=of.name if of else None,
        state=task.state,
        cancelled=False,
        cancelable=False,
        error=task.error,
        result=task.result,
        reason=vim.TaskReasonUser(userName=nouns.USER),
        queueTime=stamp(task.queued),
        startTime=stamp(task.queued),
        completeTime=None if task.ended is None else stamp(task.ended),
        eventChainId=1,
    )


TASK: Told = {"info": _info}


# Services and views


def content(state: State) -> Any:
    """What every client asks first."""
    return vim.ServiceInstanceContent(
        rootFolder=reference("Folder", nouns.ROOT),
        propertyCollector=_service("PropertyCollector"),
        viewManager=_service("ViewManager"),
        about=vim.AboutInfo(**ABOUT, instanceUuid=state.uuid),
        sessionManager=_service("SessionManager"),
        authorizationManager=_service("AuthorizationManager"),
        customFieldsManager=_service("CustomFieldsManager"),
        searchIndex=_service("SearchIndex"),
        taskManager=_service("TaskManager"),
    )


def _service(kind: str) -> Any:
    return reference(kind, next(id_ for id_, one in SERVICES.items() if one == kind))


def fields(state: State) -> Any:
    """The custom attributes that there are."""
    return listed("vim.CustomFieldsManager.FieldDef", [field(one) for one in state.fields.values()])


def field(one: nouns.Field) -> Any:
    return vim.CustomFieldsManager.FieldDef(key=one.key, name=one.name, type=str, managedObjectType=one.type)


def _seen(state: State, view: View) -> Any:
    types = tuple(type_of(one) for one in view.types)
    seen = [one for one in state.all(Noun) if one.parent and _lies_in(state, one, view)]
    return listed(
        "vim.ManagedEntity", [to(one) for one in seen if not types or issubclass(type_of(one.kind), types)]
    )


def _lies_in(state: State, noun: Noun, view: View) -> bool:
    """Machines lie in their folder, and in the pool and so the cluster where they run."""
    if isinstance(noun, Vm) and not noun.template and _under(state, state.host_of(noun), view):
        return True
    return _under(state, noun, view)


def _under(state: State, noun: Noun, view: View) -> bool:
    return noun.parent == view.container or (
        view.recursive and bool(noun.parent) and _under(state, state.nouns[noun.parent], view)
    )


VIEW: Told = {
    "container": lambda state, view: to(state.nouns[view.container]),
    "type": lambda state, view: names_of(type_of(one) for one in view.types),
    "recursive": lambda state, view: view.recursive,
    "view": _seen,
}

BY_KIND: dict[str, Told] = {
    "Folder": shown.FOLDER,
    "Datacenter": shown.DATACENTER,
    "ResourcePool": shown.POOL,
    "Datastore": shown.DATASTORE,
    "Network": shown.NETWORK,
    "HostSystem": shown.HOST,
    "ClusterComputeResource": shown.CLUSTER,
    "ComputeResource": shown.CLUSTER,
    "VirtualMachine": VM,
    "Task": TASK,
    "ContainerView": VIEW,
    "ServiceInstance": {"content": lambda state, noun: content(state)},
    "CustomFieldsManager": {"field": lambda state, noun: fields(state)},
    "TaskManager": {"recentTask": lambda state, noun: listed("vim.Task", [])},
}
"""The properties that are played, by the kind of their object."""
