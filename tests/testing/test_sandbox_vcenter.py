# mypy: untyped-calls-exclude="pyVmomi,pyVim"
"""The hands that a test has in a vCenter: hosts fail and HA acts, machines are moved."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from pyVim.connect import SmartConnect
from pyVim.task import WaitForTask
from pyVmomi import vim

from antiaffinity.testing import Machine, Sandbox
from antiaffinity.testing.ground import Shape
from antiaffinity.testing.park import Park
from antiaffinity.testing.picture import sections


@pytest.fixture
def park() -> Iterator[Park]:
    park = Park(Shape(zones=1, racks=1, hosts=3))
    yield park
    park.close()


@pytest.fixture
def cloud(park: Park) -> Iterator[Sandbox]:
    with park.standing_in("vcenter") as sandbox:
        yield sandbox


@pytest.fixture
def si(cloud: Sandbox) -> Any:
    env = os.environ
    return SmartConnect(host=env["VSPHERE_SERVER"], user=env["VSPHERE_USER"], pwd=env["VSPHERE_PASSWORD"])


def launch(si: Any, name: str, host: str) -> Any:
    """A machine that runs, and starts where it was put."""
    index = si.RetrieveContent().searchIndex
    template = index.FindByInventoryPath("dc1/vm/template")
    where = next(one for one in index.FindByInventoryPath("dc1/host/cluster1").host if one.name == host)
    location = vim.vm.RelocateSpec(host=where, pool=where.parent.resourcePool)
    spec = vim.vm.CloneSpec(location=location, powerOn=True, template=False)
    task = template.CloneVM_Task(template.parent, name, spec)
    WaitForTask(task)
    return task.info.result


def hosts(machines: list[Machine]) -> list[str]:
    return [machine.domain("host") for machine in machines]


def test_ha_starts_the_machines_of_a_failed_host_on_another(cloud: Sandbox, si: Any) -> None:
    vm = launch(si, "db", "cluster1-r1-h1")
    (before,) = hosts(cloud.running())
    cloud.fail_host(before)
    (after,) = hosts(cloud.running())
    assert after != before
    assert (vm.runtime.powerState, vm.runtime.host.name) == ("poweredOn", after)


def test_without_ha_they_wait_for_their_host(cloud: Sandbox, si: Any) -> None:
    cluster = si.RetrieveContent().searchIndex.FindByInventoryPath("dc1/host/cluster1")
    off = vim.cluster.ConfigSpecEx(dasConfig=vim.cluster.DasConfigInfo(enabled=False))
    WaitForTask(cluster.ReconfigureComputeResource_Task(off, True))
    launch(si, "db", "cluster1-r1-h1")
    (host,) = hosts(cloud.running())
    cloud.fail_host(host)
    assert cloud.running() == []
    cloud.repair_host(host)
    assert hosts(cloud.running()) == [host]


def test_a_machine_that_was_moved_by_hand_is_seen_where_it_is(cloud: Sandbox, si: Any) -> None:
    vm = launch(si, "db", "cluster1-r1-h1")
    cloud.move(vm._GetMoId(), "cluster1-r1-h2")
    assert vm.runtime.host.name == "cluster1-r1-h2"


def test_a_full_cluster_lets_nothing_run(cloud: Sandbox, si: Any) -> None:
    cloud.fill("cluster1")
    with pytest.raises(vim.fault.InsufficientResourcesFault):
        launch(si, "db", "cluster1-r1-h1")
    assert cloud.running() == []
    cloud.empty("cluster1-r1-h3")
    launch(si, "db-2", "cluster1-r1-h1")
    assert hosts(cloud.running()) == ["cluster1-r1-h3"]


def test_requests_are_named_by_their_methods(cloud: Sandbox, si: Any) -> None:
    si.CurrentTime()
    assert cloud.requests[-1] == "CurrentTime"
    assert "Login" in cloud.requests


def test_the_picture_names_machines_as_vcenter_does(park: Park, cloud: Sandbox, si: Any) -> None:
    launch(si, "a-name", "cluster1-r1-h1")
    assert "a-name" in "\n".join(text for _, text in sections(park))
