"""A user of an Azure resource group, as the conformance suite needs one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from azure.mgmt.compute import ComputeManagementClient

import antiaffinity as aa
from antiaffinity.model import Machine, Placement
from antiaffinity.testing.azure.nouns import GROUP, group_id
from antiaffinity.testing.conformance import Deployer

SETS = f"{group_id(GROUP)}/providers/Microsoft.Compute"
ELSEWHERE: tuple[dict[str, Any], ...] = (
    {"location": "elsewhere"},
    {"placement": {"zonePlacementPolicy": "Any"}},
    {"properties": {"virtualMachineScaleSet": {"id": f"{SETS}/virtualMachineScaleSets/other"}}},
    {"properties": {"availabilitySet": {"id": f"{SETS}/availabilitySets/other"}}},
)
IN_ZONES: tuple[dict[str, Any], ...] = ({"zones": ["9"]}, {"properties": {"platformFaultDomain": 0}})
IN_DOMAINS: tuple[dict[str, Any], ...] = ({"zones": ["1"]}, {"properties": {"platformFaultDomain": 9}})


class User:
    """One process of the user's, for one group."""

    def __init__(
        self,
        compute: ComputeManagementClient,
        key: aa.GroupKey,
        own: Mapping[str, Any],
        number: Callable[[], int],
        waits: bool = False,
    ) -> None:
        self.machines: Any = compute.virtual_machines
        self.key, self.own, self.number, self.waits = key, own, number, waits

    def deployer(self, cloud: aa.Estate) -> Deployer:
        there = IN_ZONES if "zone" in cloud.clouds[""].cloud.chosen else IN_DOMAINS
        return Deployer(cloud, self.boot, self.discard, self.find, self.own, (*ELSEWHERE, *there))

    def boot(self, placement: Placement, arguments: Mapping[str, Any]) -> str:
        """Begin to make a machine, and leave the rest to Azure: the backend waits for its place.

        Who ``waits`` is told why a machine failed even where no view of it tells.
        """
        name, body = f"vm-{self.number()}", dict(arguments)
        how = {} if self.waits else {"polling": False}
        poller = self.machines.begin_create_or_update(GROUP, name, body, **how)
        return str(poller.result().id)

    def discard(self, machine: Machine) -> None:
        if id_ := machine.id or self.find(machine.member):
            self.machines.begin_delete(GROUP, id_.rpartition("/")[2], polling=False)

    def find(self, member: str) -> str | None:
        mark = self.key.marks(member).items()
        machines = self.machines.list(GROUP)
        return next((str(one.id) for one in machines if mark <= (one.tags or {}).items()), None)
