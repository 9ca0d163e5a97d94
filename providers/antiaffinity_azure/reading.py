"""What Azure shows, read as our nouns: a machine's model and its instance view.

States: https://learn.microsoft.com/azure/virtual-machines/states-billing.
"""

from __future__ import annotations

from azure.mgmt.compute.models import VirtualMachine, VirtualMachineInstanceView

from antiaffinity.model import MARKS, GroupKey, Level, Observed, State
from antiaffinity.telling import brief
from antiaffinity_azure.faults import is_placed

OVER = ("succeeded", "failed", "canceled")
"""Provisioning states in which nothing is in progress; every other is a step of something."""

UNKNOWN = "unknown"
"""The power state that Azure shows where it cannot tell."""

LOST = "its last operation failed, and Azure does not show whether it runs"

RUNS = ("running", "starting")
"""Power states of a machine that has hardware and uses it."""


def canonical(id_: str, group: str) -> str:
    """A resource id as we write it: lists may spell the resource group in other letters."""
    parts = id_.split("/")
    return "/".join((*parts[:3], "resourceGroups", group, *parts[5:]))


def same(id_: str, other: str) -> bool:
    """Azure reads resource ids without regard to case."""
    return id_.casefold() == other.casefold()


def name_of(id_: str) -> str:
    """The name at the end of a resource id."""
    return id_.rstrip("/").rpartition("/")[2]


def marked(machine: VirtualMachine) -> tuple[GroupKey, str] | None:
    """Whose machine it is: group and member; None where it does not bear our whole mark."""
    tags = {name.casefold(): value for name, value in (machine.tags or {}).items()}
    owner, group, member = (tags.get(mark) for mark in MARKS)
    if owner is None or group is None or member is None:
        return None
    return GroupKey(owner, group), member


def set_of(machine: VirtualMachine) -> str:
    """The id of the scale set or availability set that a machine is in, "" for none."""
    properties = machine.properties
    known = properties and (properties.virtual_machine_scale_set or properties.availability_set)
    return (known.id or "") if known else ""


def level_of(machine: VirtualMachine) -> Level:
    """The level whose rules a machine's set carries."""
    return "zone" if machine.zones else "rack"


def observed(
    machine: VirtualMachine, view: VirtualMachineInstanceView | None, member: str, group: str
) -> Observed:
    """What a machine shows; it holds its place until it is deleted, whatever its state.

    A deallocated machine has no hardware, but its zone or fault domain stays its own.
    """
    set_id = canonical(set_of(machine), group) if set_of(machine) else ""
    sets: dict[Level, tuple[str, ...]] = {level_of(machine): (set_id,)} if set_id else {}
    properties = machine.properties
    created = properties.time_created if properties else None
    return Observed(
        member=member,
        instance=canonical(machine.id or "", group),
        state=_state(machine, view),
        holds=True,
        domains=_domains(machine, view),
        memberships=sets,
        since=created.isoformat() if created else "",
        note=_note(machine, view),
    )


def _state(machine: VirtualMachine, view: VirtualMachineInstanceView | None) -> State:
    """What its power state says; where there is none, a machine in error may have run all the same.

    Nothing in a view proves that a machine never ran: "in some rare situations, the power state may not" be
    told (https://learn.microsoft.com/en-us/azure/virtual-machines/states-billing), as of one that runs
    (https://github.com/Azure/azure-powershell/issues/13178, azure-sdk-for-python/issues/3406), and a change
    or an extension can fail long after the launch (https://github.com/kubernetes/autoscaler/issues/5767).
    """
    step, power = provisioning(machine), power_of(view)
    if step == "deleting":
        return "leaving"
    if power not in ("", UNKNOWN):
        return "running" if power in RUNS else "stopped"
    if in_error(machine) or power == UNKNOWN:
        return "lost"
    return "running" if step == "succeeded" else "starting"


def in_error(machine: VirtualMachine) -> bool:
    """Whether its last operation failed: the launch, or any since."""
    return provisioning(machine) in ("failed", "canceled")


def provisioning(machine: VirtualMachine) -> str:
    """The provisioning state, in small letters."""
    return str((machine.properties and machine.properties.provisioning_state) or "").casefold()


def power_of(view: VirtualMachineInstanceView | None) -> str:
    """The power state, "" where the machine has none (yet)."""
    codes = [status.code or "" for status in (view.statuses or ())] if view else []
    return next((c.partition("/")[2].casefold() for c in codes if c.startswith("PowerState/")), "")


def is_decided(machine: VirtualMachine) -> bool:
    """Whether Azure is done with placing it: it has hardware, or it will not get any.

    One that has its place and did not report in time is read again until its power state is shown.
    """
    view = view_of(machine)
    if (power := power_of(view)) in RUNS:
        return True
    unseen = power in ("", UNKNOWN) and is_placed(reason(machine, view))
    return provisioning(machine) in OVER and not unseen


def view_of(machine: VirtualMachine) -> VirtualMachineInstanceView | None:
    return machine.properties.instance_view if machine.properties else None


def reason(machine: VirtualMachine, view: VirtualMachineInstanceView | None) -> str:
    """Why its last operation failed: code and words, as far as the instance view tells."""
    for status in (view.statuses or ()) if view else ():
        if (status.code or "").casefold().startswith("provisioningstate/failed/"):
            return f"{(status.code or '').rpartition('/')[2]}: {status.message or ''}"
    return ""


def _domains(machine: VirtualMachine, view: VirtualMachineInstanceView | None) -> dict[Level, str]:
    """Region and zone, or region and fault domain; the view of a zonal machine tells no domain of ours.

    What the instance view tells goes before the model: a machine may have come back elsewhere.
    """
    domains: dict[Level, str] = {"region": (machine.location or "").replace(" ", "").casefold()}
    if machine.zones:
        return domains | {"zone": machine.zones[0]}
    seen = view.platform_fault_domain if view else None
    asked = machine.properties.platform_fault_domain if machine.properties else None
    number = asked if seen is None else seen
    return domains if number is None else domains | {"rack": str(number)}


def _note(machine: VirtualMachine, view: VirtualMachineInstanceView | None) -> str:
    power, step = power_of(view), provisioning(machine)
    if power == "deallocated":
        lapse = "" if machine.zones else "; it may share a fault domain when it starts again"
        return f"deallocated{lapse}"
    if step != "deleting" and power in ("", UNKNOWN) and (in_error(machine) or power == UNKNOWN):
        return LOST + (f" ({brief(why)})" if (why := reason(machine, view)) else "")
    return "its last operation failed, and it runs" if step == "failed" and power in RUNS else ""
