"""A deploy script for Azure, as its user would write it: names machines by their members, and waits."""

from __future__ import annotations

from typing import Any

import antiaffinity as aa
from antiaffinity.testing.azure import FakeAzure
from antiaffinity.testing.azure.nouns import GROUP
from fakes.azure_stage import LOCATION, User


class Deploy:
    """One process with one group."""

    def __init__(
        self,
        azure: FakeAzure,
        members: int = 3,
        rules: Any = "anti-affinity",
        location: str = LOCATION,
        owner: str = "shop/prod",
        rights: list[str] | None = None,
        group: str = GROUP,
        **own: Any,
    ) -> None:
        self.azure, self.location = azure, location
        credential = azure.credential(rights) if rights is not None else None
        self.hands = User(azure, location)
        self.compute = azure.client(credential=credential)
        self.cloud = aa.connect(
            "azure", client=self.compute, resource_group_name=group, location=location, owner=owner
        )
        self.backend: Any = self.cloud.clouds[""]
        self.group = self.cloud.group("db", members=members, rules=rules, **own)

    def body(self, placement: aa.Placement) -> dict[str, Any]:
        """The machine's body, with its size where the member has one."""
        own = self.azure.machine(self.location)
        if "type" in placement.size:
            own["properties"]["hardwareProfile"] = {"vmSize": placement.size["type"]}
        return placement.arguments(**own)

    def boot(self, placement: aa.Placement) -> str:
        """Wait until Azure is through: only who waits is told why it failed."""
        machines = self.hands.compute.virtual_machines
        made = machines.begin_create_or_update(GROUP, placement.member, self.body(placement))
        return str(made.result().id)

    def kill(self, machine: aa.Machine) -> None:
        name = machine.id.rpartition("/")[2] if machine.id else machine.member
        self.hands.compute.virtual_machines.begin_delete(GROUP, name).result()

    def roll_out(self) -> aa.Report:
        return self.group.roll_out(self.boot, self.kill)

    def where(self, level: Any = "zone") -> dict[str, str]:
        """Where the members really are."""
        return {machine.member: machine.domain(level) for machine in self.azure.world.running()}

    def ids(self) -> dict[str, str]:
        """The machines of the members."""
        return {machine.member: machine.id for machine in self.azure.world.running()}

    def crowds(self, level: Any = "zone") -> list[int]:
        """How many members share each domain, the most first."""
        there = list(self.where(level).values())
        return sorted((there.count(name) for name in set(there)), reverse=True)
