# mypy: untyped-calls-exclude=pyVmomi
"""stacks/vcenter-web on the real engine, against a vCenter on a World: where its machines really are."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyVmomi import vim

from antiaffinity.clock import sleep
from antiaffinity.testing.vcenter import FakeVCenter, Settings
from antiaffinity.testing.vcenter.nouns import Drs
from antiaffinity.testing.world import Place, World
from real.pulumi_rig import Workspace
from stacks.copies import copied

pytestmark = pytest.mark.usefixtures("pulumi_engine")
SOON = 0.05
TASKS = ("cloning", "powering", "reconfiguring", "relocating", "deleting", "editing", "evacuating")
HOSTS = 6


@pytest.fixture
def drs() -> Drs:
    """It places machines when they start, and looks at them once a minute."""
    return "fullyAutomated"


@pytest.fixture
def center(drs: Drs) -> Iterator[FakeVCenter]:
    """A cluster of six hosts, and another one beside it."""
    places = [Place(f"{zone}-h{host}", zone=zone) for zone in ("c1", "c2") for host in range(HOSTS)]
    quick: dict[str, Any] = dict.fromkeys(TASKS, SOON)
    with FakeVCenter(World(places), Settings(**quick, drs=drs)) as cloud:
        yield cloud


@pytest.fixture
def web(center: FakeVCenter, pulumi_packages: Path) -> Iterator[Workspace]:
    with copied("vcenter-web", {**center.env, "PYTHONPATH": str(pulumi_packages)}) as space:
        yield space


def on_hosts(center: FakeVCenter) -> dict[str, str]:
    """The host of each machine that runs, by its name."""
    called = {vm.machine.id: vm.name for vm in center.state.vms}
    return {called[machine.id]: machine.domain("host") for machine in center.world.running()}


def rules(center: FakeVCenter) -> list[tuple[bool, bool, set[str]]]:
    """Each rule between machines: whether it is enabled, whether it is mandatory, and the machines' names."""
    return [
        (bool(rule.enabled), bool(rule.mandatory), names(center, rule.vm))
        for cluster in center.state.clusters
        for rule in cluster.rules
        if isinstance(rule, vim.cluster.AntiAffinityRuleSpec)
    ]


def kept_inside(center: FakeVCenter) -> list[tuple[set[str], set[str]]]:
    """Of each rule that keeps machines on hosts the names of both."""
    found = []
    for cluster in center.state.clusters:
        groups = {group.name: group for group in cluster.groups}
        for rule in cluster.rules:
            if isinstance(rule, vim.cluster.VmHostRuleInfo):
                vms, hosts = groups[rule.vmGroupName].vm, groups[rule.affineHostGroupName].host
                found.append((names(center, vms), names(center, hosts)))
    return found


def names(center: FakeVCenter, objects: Iterable[Any]) -> set[str]:
    return {center.state.nouns[one._GetMoId()].name for one in objects}


def machines(web: Workspace) -> dict[str, dict[str, Any]]:
    """The machines in Pulumi's state."""
    return web.resources("vsphere:index/virtualMachine:VirtualMachine")


def evacuate(center: FakeVCenter, name: str) -> None:
    """Put a host into maintenance mode: DRS moves away what runs there."""
    si = center.client()
    host = next(vim.HostSystem(one.id, si._stub) for one in center.state.hosts if one.name == name)
    task = host.EnterMaintenanceMode_Task(timeout=0)
    while task.info.state != "success":
        sleep(SOON)


def test_web_servers_are_on_hosts_of_their_own_and_a_drs_rule_keeps_them(
    center: FakeVCenter, web: Workspace
) -> None:
    previewed = web.preview().ok()
    assert previewed.changes["create"] == 9
    assert re.search(r"c\d-h\d", previewed.text), "the hosts are in the preview"
    assert (on_hosts(center), rules(center)) == ({}, [])
    web.up().ok()
    first = on_hosts(center)
    assert len({*first.values()}) == 3
    assert rules(center) == [(True, True, {*first})]
    assert web.up().ok().changes == {}
    assert web.refresh().ok().changes == {}
    assert web.up().ok().changes == {}
    web.config_set("servers", "5")
    web.up().ok()
    assert on_hosts(center).items() > first.items(), "nobody moved"
    assert len({*on_hosts(center).values()}) == 5
    assert {host[:2] for host in on_hosts(center).values()} == {"c1"}, "in the cluster of the configuration"
    assert rules(center) == [(True, True, {*on_hosts(center)})]
    web.destroy().ok()
    assert (on_hosts(center), center.state.vms, rules(center)) == ({}, [], [])


@pytest.mark.parametrize("drs", ["partiallyAutomated", "off"])
def test_servers_are_apart_whatever_drs_does_when_they_start(center: FakeVCenter, web: Workspace) -> None:
    """A partly automated one puts them together, too, and would never mend it."""
    web.up().ok()
    assert web.outputs()["hosts"] == on_hosts(center)
    assert len({*on_hosts(center).values()}) == 3
    assert rules(center) == [(True, True, {*on_hosts(center)})]


def test_a_server_that_is_made_anew_gets_its_host_and_its_rule_again(
    center: FakeVCenter, web: Workspace
) -> None:
    web.up().ok()
    first, before = on_hosts(center), machines(web)["web-1"]
    web.up("--replace", before["urn"]).ok()
    assert machines(web)["web-1"]["id"] != before["id"]
    assert on_hosts(center) == first
    assert rules(center) == [(True, True, {*first})]


@pytest.mark.parametrize("drs", ["off"])
def test_why_a_server_cannot_start_is_told_and_it_can_be_made_anew(
    center: FakeVCenter, web: Workspace
) -> None:
    """What is reserved on a host nobody shows before a machine is to start there."""
    center.world.fill("c1-h1")
    told = web.up().failed().text
    assert "web-1 has no place: c1-h1 does not take web-1" in told
    assert {*on_hosts(center)} == {"web-0"}
    center.world.empty("c1-h1")
    command = re.search(r"failed; once there is room: pulumi (up --replace '(\S+)')", told)
    assert command, told
    web.run(*shlex.split(command[1]), "--yes", "--skip-preview").ok()
    assert len({*on_hosts(center).values()}) == 3


def test_a_server_that_pulumi_has_forgotten_is_named_and_not_made_twice(
    center: FakeVCenter, web: Workspace
) -> None:
    """As a killed run leaves it; pulumi-vsphere imports by a path, so none by our id is offered."""
    web.up().ok()
    web.run("state", "delete", machines(web)["web-2"]["urn"], "--target-dependents", "--yes").ok()
    told = web.up().failed().text
    assert "bears the mark of web-2 already" in told
    assert "pulumi import" not in told
    assert len(center.state.vms) == 3


def test_a_list_of_hosts_binds_drs_too(center: FakeVCenter, web: Workspace) -> None:
    program = web.folder / "__main__.py"
    program.write_text(program.read_text().replace('only={"zone"', 'only={"host": ["c1-h[0-3]"], "zone"'))
    web.up().ok()
    assert kept_inside(center) == [({*on_hosts(center)}, {f"c1-h{number}" for number in range(4)})]
    assert web.refresh().ok().changes == {}
    assert web.up().ok().changes == {}
    web.destroy().ok()
    assert kept_inside(center) == []


def test_a_server_that_drs_has_moved_is_no_change(center: FakeVCenter, web: Workspace) -> None:
    web.up().ok()
    evacuate(center, on_hosts(center)["web-1"])
    now = on_hosts(center)
    assert web.up().ok().changes == {}
    refreshed = web.refresh().ok()
    assert refreshed.changes == {}
    assert "web-1" in refreshed.text
    assert f"to c1/{now['web-1']}" in refreshed.text
    assert web.up().ok().done == [("update", "web/web-1")], "its new place is written down"
    web.config_set("servers", "5")
    assert not {("update", name) for name in now} & {*web.up().ok().done}
    assert on_hosts(center).items() > now.items(), "nobody is moved back"
    assert web.outputs()["hosts"] == on_hosts(center)


def test_the_password_of_the_configuration_is_in_no_file_of_a_run(
    center: FakeVCenter, pulumi_packages: Path
) -> None:
    given = {
        "vsphereServer": center.env["VSPHERE_SERVER"],
        "user": center.env["VSPHERE_USER"],
        "allowUnverifiedSsl": "true",
    }
    secret = center.env["VSPHERE_PASSWORD"]
    with copied("vcenter-web", {"PYTHONPATH": str(pulumi_packages)}) as space:
        for key, value in given.items():
            space.config_set(f"vsphere:{key}", value)
        space.config_set("vsphere:password", secret, secret=True)
        shown = space.up().ok().text
        assert len({*on_hosts(center).values()}) == 3
        assert secret not in shown
        assert space.holding(secret) == []
