# mypy: untyped-calls-exclude=pyVmomi
"""What bears a member's mark and is no machine of its own: a template, and the secondary of Fault Tolerance.

A machine that was converted to a template keeps its extraConfig, and so does a template that was cloned from
one. A secondary is a machine object beside its primary; whether it bears the extraConfig of its primary is
not published: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/
vim.vm.FaultToleranceConfigInfo.html says that the ``role`` of a primary is 1.

Neither counts beside the member's own machine, is bound, or is written into a rule. Where the member has
none, they hold its place, so that nobody launches it a second time unasked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from pyVmomi import vim

from antiaffinity.errors import InvalidRequest
from antiaffinity_vcenter.center import Shown

if TYPE_CHECKING:
    from antiaffinity_vcenter.reading import Machine

Kind = Literal["", "template", "secondary"]

PATHS = ("config.template", "config.ftInfo")


def kind_of(shown: Shown) -> Kind:
    """What stands in for a machine; "" for a machine itself."""
    if shown.get("config.template"):
        return "template"
    fault_tolerance = shown.get("config.ftInfo")
    return "secondary" if fault_tolerance is not None and (fault_tolerance.role or 1) > 1 else ""


def counted(marked: Iterable[Machine]) -> list[Machine]:
    """The machines, and those that stand in for a member which has none."""
    found = list(marked)
    there = {(one.key, one.member) for one in found if not one.stands_in}
    return [one for one in found if not one.stands_in or (one.key, one.member) not in there]


def said(machine: Machine) -> str:
    """Why one that holds the place of its member does not run it, and what to do."""
    if machine.stands_in == "template":
        return (
            f"{machine.name} is a template now: convert it to a virtual machine and start it, or, where it "
            f"is to stay a template, convert it, take its keys away (antiaffinity unmark SPEC {machine.id}) "
            f"and convert it back"
        )
    return f"{machine.name} is a Fault Tolerance secondary, and no primary with its mark can be seen"


def check_machine(machine: Machine) -> None:
    """InvalidRequest where a launch gave a template."""
    if machine.stands_in:
        raise InvalidRequest(
            f"{machine.id} is a {machine.stands_in}, and runs no {machine.member}: return the machine that "
            f"CloneVM_Task made with template=False, and delete this one",
            path="launch",
        )


def secondaries(shown: Iterable[Shown]) -> Mapping[str, Sequence[str]]:
    """What is to be said of each machine that has a secondary, by its moref.

    DRS rules between machines hold for the primary alone, and what a failover breaks DRS tries to correct
    afterwards: https://pubs.vmware.com/vsphere-60, GUID-59EA59EB-C60F-4815-AE2E-7A38506C516C.
    """
    told = {one.id: one for one in shown if kind_of(one) == "secondary"}
    return {
        first.primaryVM._GetMoId(): (
            f"Fault Tolerance runs a second of it ({id_}), which its DRS rules do not keep apart: after a "
            f"failover verify again",
        )
        for id_, one in told.items()
        if isinstance(first := one.get("config.ftInfo"), vim.vm.FaultToleranceSecondaryConfigInfo)
    }
