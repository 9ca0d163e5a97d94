# mypy: untyped-calls-exclude=pyVmomi
"""What became of a launch: where its machine is registered is decided when the task has ended."""

from __future__ import annotations

from pyVmomi import vim

from antiaffinity.errors import Conflict, InvalidRequest, Unavailable
from antiaffinity.model import Machine as Remains
from antiaffinity.model import Placement
from antiaffinity.telling import causes
from antiaffinity.waiting import still_building
from antiaffinity_vcenter import stand_ins
from antiaffinity_vcenter.center import Center
from antiaffinity_vcenter.faults import of_launch
from antiaffinity_vcenter.joining import check_mark
from antiaffinity_vcenter.reading import MARK_PATHS, Inventory, Machine, look, marked

PATIENCE = 1800.0
"""Seconds for a clone to be made, where ``build_timeout`` does not say: all of its disks are copied first."""


def settled(
    center: Center, zone: str, placement: Placement, outcome: str, patience: float = PATIENCE
) -> tuple[Inventory, Machine]:
    """The machine of a launch; ``outcome`` is its moref, or that of the task that makes it."""
    id_ = _made(center, placement, outcome, patience) if outcome.startswith("task-") else outcome
    seen = look(center, zone)
    if id_ not in seen.alive:
        raise _gone(placement, id_)
    machine = check_mark(placement, seen.machines.get(id_), id_)
    stand_ins.check_machine(machine)
    _check_place(placement, seen, machine)
    if machine.state == "lost":
        raise Unavailable(
            f"the files of {placement.member} ({id_}) cannot be reached: delete it and launch again",
            remains=Remains(id_, placement.member, placement.cloud, dict(placement.domains)),
        )
    return seen, machine


def _made(center: Center, placement: Placement, task: str, patience: float) -> str:
    """The moref of the machine that a task makes; NoCapacity, and so on, where it failed."""
    ended = center.followed(vim.Task(task), patience)
    if ended is None:
        raise still_building(f"the machine that {task} makes for {placement.member}", patience)
    error, made = ended.get("info.error"), ended.get("info.result")
    if error is not None:
        raise of_launch(error, placement) or error from error
    if not isinstance(made, vim.VirtualMachine):
        raise InvalidRequest(f"task {task} made no machine: return the one of CloneVM_Task", path="launch")
    return str(made._GetMoId())


def name_taken(center: Center, placement: Placement, error: BaseException) -> InvalidRequest | None:
    """The error where a launch failed because something that is not this member has its name."""
    fault = next((one for one in causes(error) if isinstance(one, vim.fault.DuplicateName)), None)
    shown = center.one(fault.object, *MARK_PATHS) if fault else None
    if fault is None or (shown and marked(shown) == (placement.key, placement.member)):
        return None
    return InvalidRequest(
        f"{fault.object._GetMoId()} has the name {fault.name!r} in that folder already, and is not "
        f"{placement.member} of {placement.key}: rename or delete it, or launch under another name",
        path="launch",
    )


def _gone(placement: Placement, id_: str) -> Conflict:
    return Conflict(
        f"there is no machine {id_!r} of {placement.member}: it was deleted meanwhile, or launch did not "
        f"return the moref of the machine (task.info.result._GetMoId())"
    )


def _check_place(placement: Placement, seen: Inventory, machine: Machine) -> None:
    """In another zone it is not what was asked for; another host may be DRS's doing where it runs."""
    domains, _ = seen.place(machine.host)
    planned = {level: name for level, name in placement.domains.items() if level in ("zone", "host")}
    for level in ("zone", "host") if machine.off else ("zone",):
        if level in planned and level in domains and planned[level] != domains[level]:
            raise InvalidRequest(
                f"launch did not use placement.arguments: {placement.member} ({machine.id}) is in {level} "
                f"{domains[level]}, but goes to {planned[level]}",
                path="launch",
            )
