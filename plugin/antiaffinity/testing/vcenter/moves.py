# mypy: untyped-calls-exclude=pyVmomi
"""Machines that go from host to host: relocated by hand, or sent away by a host in maintenance.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.vm.RelocateSpec.html
"""

from __future__ import annotations

from typing import Any

from pyVmomi import vim, vmodl

from antiaffinity.testing.vcenter import drs, rules, tasks
from antiaffinity.testing.vcenter.machines import wrong
from antiaffinity.testing.vcenter.nouns import Cluster, Fault, Host, Vm
from antiaffinity.testing.vcenter.request import Request
from antiaffinity.testing.vcenter.sessions import demand
from antiaffinity.testing.vcenter.soap import listed
from antiaffinity.testing.vcenter.state import State


def relocate(request: Request) -> Any:
    """To another host; into another cluster only with that one's pool, and out of all rules of this one."""
    state, spec = request.state, request.given("spec")
    vm = state.get(Vm, request.id)
    if spec.host is None:
        raise Fault(vmodl.fault.NotSupported(), "a relocation names its host here")
    host = state.get(Host, spec.host._moId)
    cluster = state.cluster_of(host)
    if (spec.pool is None and cluster is not state.cluster_of(vm)) or (
        spec.pool is not None and spec.pool._moId != cluster.pool
    ):
        raise wrong("spec.pool")
    demand(request, "Resource.HotMigrate" if vm.runs else "Resource.ColdMigrate")
    if spec.pool is not None:
        demand(request, "Resource.AssignVMToPool")
    return tasks.alone(request, vm, state.settings.relocating, lambda: _moved(state, vm, host))


def _moved(state: State, vm: Vm, host: Host) -> None:
    state.get(Vm, vm.id)
    if not drs.usable(state, host):
        raise drs.not_usable(host)
    if vm.runs:
        _check(state, vm, host)
    state.register(vm, host)


def _check(state: State, vm: Vm, host: Host) -> None:
    """A person may be let do what vCenter itself never does."""
    if state.settings.by_hand == "refused":
        drs.check(state, vm, host)
    elif not drs.has_room(state, vm, host):
        raise drs.no_room(state, vm, host)


# Maintenance: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.HostSystem.html


def enter_maintenance(request: Request) -> Any:
    """Every machine that runs there must go first: DRS sends it away where it may, or time runs out."""
    state, host = request.state, request.state.get(Host, request.id)

    def work() -> None:
        host.maintenance, host.entering = True, False
        staying = [vm for vm in state.vms_on(host) if vm.runs and not _evacuated(state, vm)]
        if staying:
            host.maintenance = False
            raise Fault(vim.fault.Timedout(), "Operation timed out.")
        if request.given("evacuatePoweredOffVms"):
            _evacuate_cold(state, host)

    host.entering = True
    return tasks.begin(request, host, state.settings.evacuating, work)


def _evacuated(state: State, vm: Vm) -> bool:
    """Mandatory rules keep it here rather than be broken."""
    cluster = state.cluster_of(vm)
    if not drs.automates(cluster, vm, "fullyAutomated"):
        return False
    try:
        state.register(vm, drs.placed(state, vm, cluster))
    except Fault:
        return False
    return True


def _evacuate_cold(state: State, host: Host) -> None:
    others = [one for one in state.hosts_of(state.cluster_of(host)) if drs.usable(state, one)]
    for vm in state.vms_on(host) if others else []:
        state.register(vm, others[0])


def exit_maintenance(request: Request) -> Any:
    host = request.state.get(Host, request.id)

    def work() -> None:
        host.maintenance = False

    return tasks.begin(request, host, 0.0, work)


def find_rules(request: Request) -> Any:
    """The rules between machines that name this one, in force or not."""
    cluster = request.state.get(Cluster, request.id)
    vm = request.given("vm")._moId
    return listed(
        "vim.cluster.RuleInfo", [one for one in cluster.rules if vm in rules.ids(getattr(one, "vm", ()))]
    )
