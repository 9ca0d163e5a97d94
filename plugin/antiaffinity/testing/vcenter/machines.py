# mypy: untyped-calls-exclude=pyVmomi
"""Machines, from their making to their end.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.VirtualMachine.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct
from pyVmomi import vim, vmodl

from antiaffinity.testing.vcenter import drs, nouns, tasks
from antiaffinity.testing.vcenter.nouns import Cluster, Fault, Host, Noun, Vm
from antiaffinity.testing.vcenter.request import Request
from antiaffinity.testing.vcenter.sessions import demand
from antiaffinity.testing.vcenter.shown import to
from antiaffinity.testing.vcenter.state import State


class Wanted(Struct):
    """A machine as a launch describes it: its own arguments, and what a template adds."""

    name: str
    host: Any
    pool: Any
    settings: dict[str, str]
    size: dict[str, float]
    power_on: bool = False
    template: bool = False


def wrong(path: str) -> Fault:
    """An argument that makes no sense here."""
    return Fault(
        vmodl.fault.InvalidArgument(invalidProperty=path), f"A specified parameter was not correct: {path}"
    )


# Making


def create(request: Request) -> Any:
    """A machine that is powered off; where no host is named, DRS chooses."""
    config = request.given("config")
    _may_configure(request, config)
    folder = _folder(request.state, request.id)
    for path, value in (("configSpec.name", config.name), ("configSpec.files", config.files)):
        if not value:
            raise wrong(path)
    _check_store(config.files.vmPathName)
    size = _size(config, {"vcpus": 1.0, "memory_mb": 32.0})
    wanted = Wanted(
        config.name, request.given("host"), request.given("pool"), _settings(config.extraConfig), size
    )
    return tasks.begin(request, folder, request.state.settings.creating, lambda: _make(request.state, wanted))


def clone(request: Request) -> Any:
    """A copy of a machine or of a template, whose pool must be named then."""
    state, spec = request.state, request.given("spec")
    source = state.get(Vm, request.id)
    _may_configure(request, spec.config)
    _folder(state, request.given("folder")._moId)
    if spec.location.pool is None and source.template:
        raise wrong("spec.location.pool")
    wanted = _copied(source, request.given("name"), spec)
    if state.settings.bare:
        return _cloned_in_the_open(request, source, wanted)
    return tasks.begin(request, source, state.settings.cloning, lambda: _make(state, wanted))


def _may_configure(request: Request, config: Any) -> None:
    if config is not None and config.extraConfig:
        demand(request, "VirtualMachine.Config.AdvancedConfig")


def _copied(source: Vm, name: str, spec: Any) -> Wanted:
    config = spec.config or vim.vm.ConfigSpec()
    return Wanted(
        name,
        spec.location.host,
        spec.location.pool,
        {**source.machine.tags, **_settings(config.extraConfig)},
        _size(config, source.machine.size),
        spec.powerOn,
        spec.template,
    )


def _cloned_in_the_open(request: Request, source: Vm, wanted: Wanted) -> Any:
    """It is listed from the start, and nobody can tell yet what it is to be."""
    state = request.state
    vm = _registered(state, wanted)
    vm.bare, tags = True, vm.machine.tags
    vm.machine.tags = {}

    def finish() -> Any:
        vm.bare, vm.machine.tags = False, tags
        return _finished(state, vm, wanted)

    return tasks.begin(request, source, state.settings.cloning, finish)


def _make(state: State, wanted: Wanted) -> Any:
    return _finished(state, _registered(state, wanted), wanted)


def _registered(state: State, wanted: Wanted) -> Vm:
    for one in state.all(Vm):
        if one.name == wanted.name:
            raise Fault(
                vim.fault.DuplicateName(name=wanted.name, object=to(one)),
                f"The name '{wanted.name}' already exists.",
            )
    host = _host(state, wanted)
    if not drs.usable(state, host):
        raise drs.not_usable(host)
    return state.new_vm(wanted.name, host, state.cluster_of(host).pool, wanted.settings, wanted.size)


def _finished(state: State, vm: Vm, wanted: Wanted) -> Any:
    """A machine that is to run at once, and may not, is there all the same."""
    if wanted.power_on:
        run(state, vm)
    return to(vm)


def _host(state: State, wanted: Wanted) -> Host:
    cluster = state.cluster_of(_of_pool(state, wanted))
    hosts = state.hosts_of(cluster)
    if wanted.host is not None:
        host = state.get(Host, wanted.host._moId)
        if host not in hosts:
            raise wrong("host")
        return host
    if len(hosts) > 1 and not (cluster.drs and cluster.drs.enabled):
        raise wrong("host")
    open_ = [host for host in hosts if drs.usable(state, host)] or hosts
    return min(open_, key=lambda host: (-len(state.vms_on(host)), host.name))


def _of_pool(state: State, wanted: Wanted) -> Noun:
    """What names the cluster: the pool, or else the host."""
    if wanted.pool is not None:
        return state.get(Noun, wanted.pool._moId)
    if wanted.host is None:
        raise wrong("pool")
    return state.get(Host, wanted.host._moId)


def _folder(state: State, id_: str) -> Noun:
    if id_ != nouns.MACHINES:
        raise Fault(vmodl.fault.NotSupported(), "machines lie in the datacenter's own folder here")
    return state.nouns[id_]


def _check_store(path: str | None) -> None:
    name = (path or "").partition("]")[0].removeprefix("[")
    if name != "shared":
        raise Fault(
            vim.fault.InvalidDatastorePath(datastorePath=path or ""), f"Invalid datastore path '{path}'."
        )


def _settings(options: Iterable[Any]) -> dict[str, str]:
    return {one.key: str(one.value) for one in options}


def _size(config: Any, before: dict[str, float]) -> dict[str, float]:
    """What it takes from its host, in the World's words."""
    cpus, memory = config.numCPUs, config.memoryMB
    return {
        "vcpus": before["vcpus"] if cpus is None else float(cpus),
        "memory_mb": before["memory_mb"] if memory is None else float(memory),
    }


# Power


def run(state: State, vm: Vm) -> None:
    """Let a machine run where it may; Fault where that is nowhere."""
    state.register(vm, drs.power_on_host(state, vm))
    state.world.start(vm.id)


def power_on(request: Request) -> Any:
    vm = _real(request)
    check_power(vm, running=False)

    def work() -> None:
        _there(request, vm)
        run(request.state, vm)

    return tasks.alone(request, vm, request.state.settings.powering, work)


def power_off(request: Request) -> Any:
    """It stays registered on its host."""
    vm = _real(request)
    check_power(vm, running=True)

    def work() -> None:
        _there(request, vm)
        request.state.world.stop(vm.id, keeps_place=True)

    return tasks.alone(request, vm, request.state.settings.powering, work)


def power_on_many(request: Request) -> Any:
    """A task for each machine that could be tried; the others with what stands against it."""
    state = request.state
    vms = [state.get(Vm, one._moId) for one in request.given("vm")]

    def work() -> Any:
        result = vim.cluster.PowerOnVmResult()
        for vm in vms:
            try:
                check_power(vm, running=False)
                run(state, vm)
            except Fault as fault:
                result.notAttempted.append(vim.cluster.NotAttemptedVmInfo(vm=to(vm), fault=fault.fault))
            else:
                result.attempted.append(vim.cluster.AttemptedVmInfo(vm=to(vm)))
        return result

    return tasks.begin(request, state.nouns[request.id], state.settings.powering, work)


def check_power(vm: Vm, running: bool) -> None:
    if vm.runs != running:
        now = "poweredOn" if vm.runs else "poweredOff"
        raise Fault(
            vim.fault.InvalidPowerState(
                requestedState="poweredOn" if running else "poweredOff", existingState=now
            ),
            f"The attempted operation cannot be performed in the current state ({now}).",
        )


def _real(request: Request) -> Vm:
    vm = request.state.get(Vm, request.id)
    if vm.template:
        raise Fault(vmodl.fault.NotSupported(), "The operation is not supported on a template.")
    return vm


def _there(request: Request, vm: Vm) -> None:
    request.state.get(Vm, vm.id)


# Changing, and the end


def reconfigure(request: Request) -> Any:
    """Its settings, its size and its name; whoever names a version that is past is told so."""
    vm, spec = _real(request), request.given("spec")
    if spec.changeVersion and spec.changeVersion != str(vm.changes):
        raise Fault(vim.fault.ConcurrentAccess(), "The object has been modified by another operation.")

    def work() -> None:
        _there(request, vm)
        vm.changes += 1
        vm.name = spec.name or vm.name
        vm.machine.size = _size(spec, vm.machine.size)
        vm.machine.tags = {
            key: value
            for key, value in {**vm.machine.tags, **_settings(spec.extraConfig)}.items()
            if value  # an empty value takes a setting away
        }

    return tasks.alone(request, vm, request.state.settings.reconfiguring, work)


def destroy(request: Request) -> Any:
    """Only what is powered off is destroyed."""
    vm = _real(request)
    check_power(vm, running=False)
    return tasks.alone(request, vm, request.state.settings.deleting, lambda: request.state.forget(vm))


def in_cluster(state: State, cluster: Cluster, vm: Any) -> bool:
    """Whether a machine is registered in the cluster."""
    return vm._moId in {one.id for one in state.vms_of(cluster)}
