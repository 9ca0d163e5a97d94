"""The machines of one resource group, and what they are doing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from azure.core import MatchConditions
from azure.mgmt.compute.models import VirtualMachine, VirtualMachineInstanceView, VirtualMachineUpdate

from antiaffinity.model import Observed
from antiaffinity_azure import reading
from antiaffinity_azure.asking import ONCE, asked, found, listed
from antiaffinity_azure.connecting import Connected
from antiaffinity_azure.reading import canonical, name_of, set_of

Views = dict[str, VirtualMachineInstanceView | None]
"""What machines are doing, by their names."""


class Machines:
    """Every machine here, of everybody."""

    def __init__(self, connected: Connected) -> None:
        self.group, self._patience = connected.group, connected.retry_timeout
        self._machines = connected.compute.virtual_machines

    def listed(self) -> list[VirtualMachine]:
        """All of them, by their models alone; none where there is no such resource group."""
        return listed(self._patience, lambda: self._machines.list(self.group, **ONCE))

    def one(self, id_: str) -> VirtualMachine | None:
        """The machine of an id or a name, with its instance view; None where it is not here."""
        if not self._is_here(id_):
            return None
        name = name_of(id_)
        return found(
            self._patience, lambda: self._machines.get(self.group, name, expand="instanceView", **ONCE)
        )

    def _is_here(self, id_: str) -> bool:
        group = id_.split("/")[4:5] if "/" in id_ else [self.group]
        return bool(name_of(id_)) and [part.casefold() for part in group] == [self.group.casefold()]

    def observed(self, members: Iterable[tuple[VirtualMachine, str]]) -> list[Observed]:
        """These machines as our nouns, each with the member that it is; who is gone by now is left out."""
        there = list(members)
        views = self._views([machine for machine, _ in there])
        return [
            reading.observed(machine, views[machine.name or ""], member, self.group)
            for machine, member in there
            if machine.name in views
        ]

    def _views(self, machines: Sequence[VirtualMachine]) -> Views:
        """Azure tells it for all of a scale set at once, for others one by one.

        Whom the one list has and the other lacks is asked for by name, which tells who is gone.
        """
        sets = {canonical(id_, self.group).casefold(): id_ for one in machines if (id_ := _scale_set(one))}
        views: Views = {}
        for id_ in sets.values():
            views |= {one.name or "": reading.view_of(one) for one in self._members(id_)}
        for machine in machines:
            if machine.name not in views and (there := self.one(machine.name or "")):
                views[machine.name or ""] = reading.view_of(there)
        return views

    def read(self, id_: str, member: str) -> Observed | None:
        """One machine as our noun, from no list; None where it is not here."""
        machine = self.one(id_)
        return reading.observed(machine, reading.view_of(machine), member, self.group) if machine else None

    def _members(self, id_: str) -> list[VirtualMachine]:
        only = f"'virtualMachineScaleSet/id' eq '{id_}'"
        return listed(
            self._patience,
            lambda: self._machines.list(self.group, filter=only, expand="instanceView", **ONCE),
        )

    def tag(self, machine: VirtualMachine, tags: Mapping[str, str]) -> VirtualMachine:
        """Write tags beside a machine's own, unless somebody else is changing them."""
        return self._tagged(machine, {**(machine.tags or {}), **tags})

    def untag(self, machine: VirtualMachine, names: Collection[str]) -> VirtualMachine:
        """Take these tags away; Azure does not regard the case of their names."""
        theirs = {name: value for name, value in (machine.tags or {}).items() if name.casefold() not in names}
        return self._tagged(machine, theirs)

    def _tagged(self, machine: VirtualMachine, tags: Mapping[str, str]) -> VirtualMachine:
        update = VirtualMachineUpdate(tags=dict(tags))
        same_still = MatchConditions.IfNotModified
        poller = asked(
            self._patience,
            lambda: self._machines.begin_update(
                self.group,
                machine.name or "",
                update,
                etag=machine.etag,
                match_condition=same_still,
                polling=False,
                **ONCE,
            ),
        )
        return poller.result()


def _scale_set(machine: VirtualMachine) -> str:
    known = machine.properties and machine.properties.virtual_machine_scale_set
    return set_of(machine) if known else ""
