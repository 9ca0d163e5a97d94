"""Bodies of an Azure launch, checked by mypy against the SDK's own types; the tests compare them with ours.

The SDK's type of a whole VM asks for every key, even those a request may leave out, so ``Body`` has
the ones we set with the SDK's types below them.
"""

from __future__ import annotations

from typing import Required, TypedDict, cast

from azure.core.polling import LROPoller
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.compute.models import HardwareProfile, VirtualMachine
from azure.mgmt.compute.models import VirtualMachineProperties as Properties
from azure.mgmt.compute.types import VirtualMachine as WholeBody
from azure.mgmt.compute.types import VirtualMachineProperties

from antiaffinity.model import GroupKey, Placement

COMPUTE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute"
SCALE_SET = f"{COMPUTE}/virtualMachineScaleSets/aa-db"
AVAILABILITY_SET = f"{COMPUTE}/availabilitySets/old"

KEY = GroupKey("shop/prod", "db")
MARK = {"antiaffinity-owner": "shop/prod", "antiaffinity-group": "db", "antiaffinity-member": "db-0"}


class Body(TypedDict, total=False):
    """A VM as the request has it: the keys we set."""

    location: Required[str]
    zones: list[str]
    properties: VirtualMachineProperties
    tags: dict[str, str]


OWN: Body = {
    "location": "westeurope",
    "properties": {"hardwareProfile": {"vmSize": "Standard_D2s_v5"}},
    "tags": {"role": "db"},
}

IN_ZONE = Placement(member="db-0", key=KEY, domains={"zone": "2"})
IN_ZONE_BODY: Body = {
    "location": "westeurope",
    "zones": ["2"],
    "properties": {"hardwareProfile": {"vmSize": "Standard_D2s_v5"}},
    "tags": {"role": "db", **MARK},
}

IN_DOMAIN = Placement(member="db-0", key=KEY, domains={"rack": "1"}, native_ids=(SCALE_SET,))
IN_DOMAIN_BODY: Body = {
    "location": "westeurope",
    "properties": {
        "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
        "platformFaultDomain": 1,
        "virtualMachineScaleSet": {"id": SCALE_SET},
    },
    "tags": {"role": "db", **MARK},
}

IN_SET = Placement(
    member="db-0",
    key=KEY,
    domains={},
    delegated={"rack": "availability set"},
    native_ids=(AVAILABILITY_SET,),
)
IN_SET_BODY: Body = {
    "location": "westeurope",
    "properties": {
        "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
        "availabilitySet": {"id": AVAILABILITY_SET},
    },
    "tags": {"role": "db", **MARK},
}

EXAMPLES = {
    "zone": (IN_ZONE, IN_ZONE_BODY),
    "fault domain": (IN_DOMAIN, IN_DOMAIN_BODY),
    "availability set": (IN_SET, IN_SET_BODY),
}


def launch(compute: ComputeManagementClient, placement: Placement) -> LROPoller[VirtualMachine]:
    """As users write it: the arguments are the body."""
    body = cast(WholeBody, placement.arguments(**OWN))
    return compute.virtual_machines.begin_create_or_update("rg", placement.member, body)


def launch_model(compute: ComputeManagementClient, placement: Placement) -> LROPoller[VirtualMachine]:
    """The SDK's model on the way in and on the way out."""
    own = VirtualMachine(
        location="westeurope",
        properties=Properties(hardware_profile=HardwareProfile(vm_size="Standard_D2s_v5")),
        tags={"role": "db"},
    )
    body = VirtualMachine(**placement.arguments(**own))
    return compute.virtual_machines.begin_create_or_update("rg", placement.member, body)


# What the types refuse: mypy complains when one of these stops being an error.
STRING: VirtualMachineProperties = {"platformFaultDomain": "1"}  # type: ignore[typeddict-item]
BARE_ID: VirtualMachineProperties = {"virtualMachineScaleSet": SCALE_SET}  # type: ignore[typeddict-item]
SNAKE: VirtualMachineProperties = {"platform_fault_domain": 1}  # type: ignore[typeddict-unknown-key]
