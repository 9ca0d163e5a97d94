# mypy: untyped-calls-exclude=pyVmomi
"""What other tools say of vCenter's faults, as our errors."""

from __future__ import annotations

import pytest
from pyVmomi import vim

from antiaffinity.errors import NoCapacity
from antiaffinity_vcenter.faults import of_launch
from core.vcenter_placements import ON_HOST

SAID = (
    "error powering on virtual machine: The host does not have sufficient memory resources to satisfy the "
    "reservation.",
    "govc: InsufficientCpuResourcesFault",
    "error cloning virtual machine: The operation is not allowed in the current state of the host.",
    "The operation is not supported in the current connection state of the host",
    "This operation would violate a virtual machine affinity/anti-affinity rule.",
)
OF_THE_CLUSTER = (
    "Insufficient resources to satisfy configured failover level for vSphere HA.",
    "DRS cannot find a host to power on or migrate the virtual machine.",
)


@pytest.mark.parametrize("said", SAID)
def test_what_another_tool_says_of_a_full_host_is_no_capacity(said: str) -> None:
    error = of_launch(RuntimeError(f"1 error occurred:\n\t* {said}"), ON_HOST)
    assert isinstance(error, NoCapacity)
    assert error.message.startswith("esx-3 does not take db-0: 1 error occurred: * ")
    assert error.domain == ON_HOST.domains


@pytest.mark.parametrize("said", OF_THE_CLUSTER)
def test_what_another_tool_says_of_a_full_cluster_blames_no_host(said: str) -> None:
    error = of_launch(RuntimeError(f"1 error occurred:\n\t* {said}"), ON_HOST)
    assert isinstance(error, NoCapacity)
    assert error.message.startswith("no host of c1 takes db-0: 1 error occurred: * ")
    assert error.domain == {"zone": "c1"}


@pytest.mark.parametrize(
    "said", ["insufficient permissions on resource x", "name already exists", "Insufficient funds", "quota"]
)
def test_what_has_nothing_to_do_with_room_is_the_users_own(said: str) -> None:
    assert of_launch(RuntimeError(said), ON_HOST) is None


def test_a_fault_of_the_sdks_is_known_by_its_type_and_not_by_its_words() -> None:
    assert isinstance(of_launch(vim.fault.InsufficientCpuResourcesFault(), ON_HOST), NoCapacity)
    taken = vim.fault.DuplicateName(name="sufficient space")
    assert not isinstance(of_launch(taken, ON_HOST), NoCapacity)
