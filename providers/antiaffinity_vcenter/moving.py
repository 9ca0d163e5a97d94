# mypy: untyped-calls-exclude=pyVmomi
"""Moving a machine to another host, while it runs if it does.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.VirtualMachine.html (relocate)
"""

from __future__ import annotations

from typing import Any

from pyVmomi import vim

from antiaffinity.model import Placement
from antiaffinity_vcenter.center import Center
from antiaffinity_vcenter.faults import answered, of_launch
from antiaffinity_vcenter.reading import Inventory, Machine


def relocate(center: Center, seen: Inventory, placement: Placement, machine: Machine) -> None:
    """Have vCenter move it; NoCapacity where the host does not take it, which leaves it where it is."""
    operation, obj = f"moving {machine.member}", seen.object(machine.id)
    with answered(operation):
        task = obj.RelocateVM_Task(spec=_spec(seen, placement, machine))
    fault = center.ended(task, operation).get("info.error")
    if fault is not None:
        raise of_launch(fault, placement) or fault from fault


def _spec(seen: Inventory, placement: Placement, machine: Machine) -> Any:
    """Another cluster has another resource pool."""
    host = placement.ids["host"]
    spec = vim.vm.RelocateSpec(host=vim.HostSystem(host))
    here, there = seen.cluster_of(machine.host), seen.cluster_of(host)
    if here and there and here.id != there.id and "pool" in placement.labels:
        spec.pool = vim.ResourcePool(placement.labels["pool"])
    return spec
