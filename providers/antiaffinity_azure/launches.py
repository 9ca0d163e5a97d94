"""What becomes of a launch: waited for, checked, told as one of our errors with what remains of it."""

from __future__ import annotations

from collections.abc import Collection

from azure.mgmt.compute.models import VirtualMachine

from antiaffinity import clock
from antiaffinity.backend import id_of, settled
from antiaffinity.errors import AntiaffinityError, InvalidRequest, Unavailable
from antiaffinity.marks import check_mark
from antiaffinity.model import Machine, Observed, Placement, State
from antiaffinity.waiting import StillBuilding, still_building
from antiaffinity_azure import faults, reading
from antiaffinity_azure.faults import answered
from antiaffinity_azure.machines import Machines
from antiaffinity_azure.natives import native_name
from antiaffinity_azure.reading import is_decided, marked, name_of

PATIENCE = 1800.0
"""Seconds for Azure to decide a machine's place, where ``build_timeout`` does not say."""

FIRST_POLL, LAST_POLL = 0.5, 5.0
"""Seconds between looks, growing; Azure lets one machine be read 12 times a minute.

https://learn.microsoft.com/azure/virtual-machines/compute-throttling-limits
"""


FAILED: tuple[State, ...] = ("lost",)
PLACED: tuple[State, ...] = ("running", "starting", "lost")
"""How a machine may show that has its place and did not report in time."""


class Launches:
    """The launches into one resource group."""

    def __init__(self, machines: Machines, patience: float = PATIENCE) -> None:
        self._machines, self._patience = machines, patience

    def settle(self, placement: Placement, outcome: str | Exception) -> Observed:
        """The machine that came of it, or the error that explains why none did."""
        if isinstance(outcome, str):
            return self._settled(placement, outcome)
        error = faults.of_launch(outcome, placement)
        if error is None:
            raise outcome
        if isinstance(error, StillBuilding) and (placed := self._newest(placement, PLACED)):
            return self._settled(placement, placed.instance)
        failed = self._newest(placement, FAILED)
        error.remains = _machine(placement, failed.instance) if failed else None
        raise error from outcome

    def _newest(self, placement: Placement, states: Collection[State]) -> Observed | None:
        """The machine of a launch that gave no id, in one of these states: it bears the member's mark."""
        whose = (placement.key, placement.member)
        try:
            with answered():
                ours = [(one, placement.member) for one in self._machines.listed() if marked(one) == whose]
                there = [seen for seen in self._machines.observed(ours) if seen.state in states]
        except AntiaffinityError:
            return None
        return max(there, key=lambda seen: seen.since, default=None)

    @answered()
    def _settled(self, placement: Placement, id_: str) -> Observed:
        machine = self._launched(placement, id_)
        check_mark(placement, marked(machine), f"machine {machine.id}")
        machine = self._wait(placement, machine)
        seen = self.seen(placement, machine)
        if seen.state == "running" or reading.provisioning(machine) == "succeeded":
            return seen
        why = reading.reason(machine, reading.view_of(machine))
        raise faults.of_machine(why, placement, _machine(placement, seen.instance))

    def seen(self, placement: Placement, machine: VirtualMachine) -> Observed:
        """The machine as the member that its placement is for."""
        return reading.observed(machine, reading.view_of(machine), placement.member, self._machines.group)

    def _launched(self, placement: Placement, id_: str) -> VirtualMachine:
        """The machine that a launch named, by its id or its name."""
        machine = self._machines.one(id_)
        if machine is None:
            raise Unavailable(
                f"there is no machine {id_!r} of {placement.member} in resource group "
                f"{self._machines.group}: it vanished, or the launch did not return its machine's id; look "
                f"at the launch, then repeat"
            )
        return machine

    def _wait(self, placement: Placement, machine: VirtualMachine) -> VirtualMachine:
        """Until Azure has decided whether the machine gets a place, and shows it."""
        started, pause = clock.now(), FIRST_POLL
        while not is_decided(machine):
            if clock.now() - started > self._patience:
                raise still_building(f"the machine {machine.name} of {placement.member}", self._patience)
            clock.sleep(pause)
            pause = min(pause * 2, LAST_POLL)
            machine = self._launched(placement, machine.name or "")
        return machine

    @answered()
    def bind(self, placement: Placement, instance: str | Observed) -> Observed:
        """Check mark and set; a machine in an adopted set gets the mark."""
        if known := settled(placement, instance):
            return known
        machine = self._machines.one(id_of(instance))
        if machine is None:
            raise InvalidRequest(
                f"resource group {self._machines.group} has no machine {id_of(instance)!r}", path="instance"
            )
        seen = self.seen(placement, machine)
        _check_set(placement, seen)
        if marked(machine) is None and (placement.native_ids or placement.natives) and placement.key:
            machine = self._machines.tag(machine, placement.key.marks(placement.member))
        check_mark(placement, marked(machine), f"machine {machine.id}")
        return seen


def _check_set(placement: Placement, seen: Observed) -> None:
    """Whether the machine is in every set that its placement names."""
    there = {name_of(id_).casefold() for ids in seen.memberships.values() for id_ in ids}
    named = [name_of(id_) for id_ in placement.native_ids]
    if placement.key and not named:
        named = [native_name(placement.key, native) for native in placement.natives]
    missing = [name for name in dict.fromkeys(named) if name.casefold() not in there]
    if missing:
        raise InvalidRequest(
            f"machine {name_of(seen.instance)} was not launched into {' and '.join(missing)}: delete it and "
            f"launch with placement.arguments",
            path="instance",
        )


def _machine(placement: Placement, id_: str) -> Machine:
    return Machine(id_, placement.member, placement.cloud, dict(placement.domains))
