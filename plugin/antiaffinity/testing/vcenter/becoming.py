# mypy: untyped-calls-exclude=pyVmomi
"""What a machine may become: a template and a machine again, or the primary of two (Fault Tolerance).

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.VirtualMachine.html
"""

from __future__ import annotations

from typing import Any

from pyVmomi import vim

from antiaffinity.testing.vcenter import drs, tasks
from antiaffinity.testing.vcenter.machines import check_power, wrong
from antiaffinity.testing.vcenter.nouns import Fault, Host, Vm, uid
from antiaffinity.testing.vcenter.request import Request
from antiaffinity.testing.vcenter.shown import to
from antiaffinity.testing.vcenter.state import State


def mark_as_template(request: Request) -> None:
    """It keeps its configuration and its host; a rule goes on naming it, nobody says what becomes of that."""
    vm = request.state.get(Vm, request.id)
    check_power(vm, running=False)
    vm.template = True


def mark_as_machine(request: Request) -> None:
    vm = request.state.get(Vm, request.id)
    if not vm.template:
        raise Fault(vim.fault.InvalidState(), "It is no template.")
    if request.given("host") is not None:
        vm.machine.place = request.state.place(request.state.get(Host, request.given("host")._moId))
    vm.template, vm.pool = False, request.given("pool")._moId


def create_secondary(request: Request) -> Any:
    """A second machine on another host, that runs in lockstep where the first runs."""
    state, vm = request.state, request.state.get(Vm, request.id)
    if vm.secondary_of or secondary(state, vm) is not None:
        raise Fault(vim.fault.InvalidState(), "Fault Tolerance is on already.")
    host = _beside(state, vm, request.given("host"))
    return tasks.begin(request, vm, state.settings.cloning, lambda: _second(state, vm, host))


def _beside(state: State, vm: Vm, wanted: Any) -> Host:
    others = [one for one in state.hosts_of(state.cluster_of(vm)) if one is not state.host_of(vm)]
    if wanted is None:
        return next(one for one in others if drs.usable(state, one))
    host = state.get(Host, wanted._moId)
    if host not in others:
        raise wrong("host")
    return host


def _second(state: State, vm: Vm, host: Host) -> Any:
    """It is no member of the first one's rules: https://pubs.vmware.com/vsphere-60, "Using Fault Tolerance
    with DRS", GUID-59EA59EB-C60F-4815-AE2E-7A38506C516C.
    """
    tags = vm.machine.tags if state.settings.secondary_bears_settings else {}
    second = state.new_vm(vm.name, host, vm.pool, dict(tags), dict(vm.machine.size))
    second.secondary_of = vm.id
    if vm.runs:
        state.world.start(second.id)
    return to(second)


def secondary(state: State, vm: Vm) -> Vm | None:
    return next((one for one in state.vms if one.secondary_of == vm.id), None)


def tolerance(state: State, vm: Vm) -> Any:
    """Its part in Fault Tolerance; None where that is off.

    https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.vm.FaultToleranceConfigInfo.html:
    ``role`` is 1 for the primary.
    """
    first = state.nouns.get(vm.secondary_of) if vm.secondary_of else vm
    second = vm if vm.secondary_of else secondary(state, vm)
    if second is None:
        return None
    both = [one for one in (first, second) if isinstance(one, Vm)]
    said: dict[str, Any] = {
        "instanceUuids": [uid(one.id) for one in both],
        "configPaths": [f"[shared] {one.name}/{one.id}.vmx" for one in both],
        "orphaned": len(both) < 2,
    }
    if vm is second:
        whose = vim.VirtualMachine(vm.secondary_of)
        return vim.vm.FaultToleranceSecondaryConfigInfo(role=2, primaryVM=whose, **said)
    return vim.vm.FaultTolerancePrimaryConfigInfo(role=1, secondaries=[vim.VirtualMachine(second.id)], **said)
