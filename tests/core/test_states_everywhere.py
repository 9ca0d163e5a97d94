# mypy: untyped-calls-exclude=pyVmomi
"""Every state that a machine can come into after it ran, on every cloud, as the library counts it.

A machine is ``failed`` only where its cloud proves that it never ran; OpenStack's are in
``test_reading_openstack``. What a vendor lists as states is held against the table: none is forgotten.
"""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from azure.mgmt.compute.models import InstanceViewStatus, VirtualMachine, VirtualMachineInstanceView
from pyVmomi import vim

from antiaffinity.model import Observed, State
from antiaffinity_aws import asg
from antiaffinity_aws import reading as aws
from antiaffinity_azure import reading as azure
from antiaffinity_exoscale import reading as exoscale
from antiaffinity_vcenter import lives as vcenter
from antiaffinity_vcenter.center import Shown

EC2: dict[str, State] = {
    "pending": "starting",  # also of one that was stopped and is started: never a failed launch
    "running": "running",
    "stopping": "stopped",
    "stopped": "stopped",
    "shutting-down": "leaving",
    "terminated": "gone",
}


@pytest.mark.parametrize(("shown", "state"), EC2.items())
def test_ec2(shown: str, state: State) -> None:
    told = {"InstanceId": "i-1", "State": {"Name": shown}}
    assert aws.observed(told, "db-0", {}, {}).state == state


AUTO_SCALING: dict[str, State] = {
    "Pending": "starting",
    "Pending:Wait": "starting",
    "Pending:Proceed": "starting",
    "Quarantined": "running",
    "InService": "running",
    "Terminating": "leaving",
    "Terminating:Wait": "leaving",
    "Terminating:Proceed": "leaving",
    "Terminating:Retained": "leaving",
    "Terminated": "gone",
    "Detaching": "leaving",
    "Detached": "gone",
    "EnteringStandby": "running",
    "Standby": "running",
    "ReplacingRootVolume": "running",
    "ReplacingRootVolume:Wait": "running",
    "ReplacingRootVolume:Proceed": "running",
    "RootVolumeReplaced": "running",
    "Warmed:Pending": "starting",
    "Warmed:Pending:Wait": "starting",
    "Warmed:Pending:Proceed": "starting",
    "Warmed:Pending:Retained": "starting",
    "Warmed:Terminating": "leaving",
    "Warmed:Terminating:Wait": "leaving",
    "Warmed:Terminating:Proceed": "leaving",
    "Warmed:Terminating:Retained": "leaving",
    "Warmed:Terminated": "gone",
    "Warmed:Stopped": "stopped",
    "Warmed:Running": "running",
    "Warmed:Hibernated": "stopped",
}


@pytest.mark.parametrize(("shown", "state"), AUTO_SCALING.items())
def test_auto_scaling(shown: str, state: State) -> None:
    assert asg._state(shown) == state


def test_no_state_of_aws_is_forgotten() -> None:
    session = boto3.Session(region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    ec2 = session.client("ec2").meta.service_model.shape_for("InstanceStateName").enum
    scaling = session.client("autoscaling").meta.service_model.shape_for("LifecycleState").enum
    assert set(ec2) == set(EC2)
    assert set(scaling) <= set(AUTO_SCALING)


# Azure: the provisioning state, and the power state that the view tells, or "" where it tells none

AZURE: list[tuple[str, str, State]] = [
    ("Failed", "", "lost"),
    ("Canceled", "", "lost"),
    ("Failed", "running", "running"),
    ("Failed", "starting", "running"),
    ("Failed", "stopped", "stopped"),
    ("Failed", "deallocated", "stopped"),
    ("Failed", "unknown", "lost"),
    ("Canceled", "running", "running"),
    ("Succeeded", "unknown", "lost"),
    ("Succeeded", "", "running"),
    ("Succeeded", "running", "running"),
    ("Succeeded", "stopping", "stopped"),
    ("Succeeded", "stopped", "stopped"),
    ("Succeeded", "deallocating", "stopped"),
    ("Succeeded", "deallocated", "stopped"),
    ("Creating", "", "starting"),
    ("Creating", "running", "running"),
    ("Updating", "", "starting"),
    ("Updating", "running", "running"),
    ("Updating", "deallocated", "stopped"),
    ("Migrating", "running", "running"),
    ("Deleting", "", "leaving"),
    ("Deleting", "running", "leaving"),
]


def on_azure(step: str, power: str) -> Observed:
    codes = [f"ProvisioningState/{step.lower()}", *([f"PowerState/{power}"] if power else [])]
    view = VirtualMachineInstanceView({"statuses": [InstanceViewStatus({"code": code}) for code in codes]})
    machine = VirtualMachine({"location": "westeurope", "properties": {"provisioningState": step}})
    return azure.observed(machine, view, "db-0", "group")


@pytest.mark.parametrize(("step", "power", "state"), AZURE)
def test_azure(step: str, power: str, state: State) -> None:
    seen = on_azure(step, power)
    assert (seen.state, seen.holds) == (state, True)


def test_why_azures_last_operation_failed_is_told() -> None:
    said = {"code": "ProvisioningState/failed/AllocationFailed", "message": "no room"}
    view = VirtualMachineInstanceView({"statuses": [said]})
    machine = VirtualMachine({"location": "westeurope", "properties": {"provisioningState": "Failed"}})
    note = azure.observed(machine, view, "db-0", "group").note
    assert "AllocationFailed: no room" in note
    assert "does not show whether it runs" in note


EXOSCALE: dict[str, State] = {
    "starting": "starting",
    "running": "running",
    "stopping": "running",
    "stopped": "stopped",
    "migrating": "running",
    "error": "lost",
    "destroying": "leaving",
    "expunging": "leaving",
    "destroyed": "gone",
}


@pytest.mark.parametrize(("shown", "state"), EXOSCALE.items())
def test_exoscale(shown: str, state: State) -> None:
    seen = exoscale.observed({"id": "1", "state": shown}, "db-0", "ch-gva-2")
    assert (seen.state, seen.holds) == (state, state != "gone")


# vCenter: the connection, and the power state that it knew last

CONNECTIONS: list[tuple[str, str, State]] = [
    ("connected", "poweredOn", "running"),
    ("connected", "poweredOff", "stopped"),
    ("connected", "suspended", "stopped"),
    ("disconnected", "poweredOn", "running"),
    ("disconnected", "poweredOff", "stopped"),
    ("inaccessible", "poweredOn", "lost"),
    ("inaccessible", "poweredOff", "lost"),
    ("orphaned", "poweredOff", "lost"),
    ("invalid", "poweredOn", "lost"),
]


@pytest.mark.parametrize(("connection", "power", "state"), CONNECTIONS)
def test_vcenter(connection: str, power: str, state: State) -> None:
    told: dict[str, Any] = {"runtime.connectionState": connection, "runtime.powerState": power}
    assert vcenter.state_of(Shown(vim.VirtualMachine("vm-1"), told)) == state


def test_no_connection_of_vcenter_is_forgotten() -> None:
    listed = vim.VirtualMachine.ConnectionState.values  # type: ignore[attr-defined]
    assert {*listed} == {one for one, _, _ in CONNECTIONS}
