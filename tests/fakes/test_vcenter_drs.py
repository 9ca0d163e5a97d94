# mypy: untyped-calls-exclude=pyVmomi
"""DRS and HA of the fake vCenter: where machines start, when they move, and what that does to rules."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyVmomi import vim

from antiaffinity.testing.world import Place
from fakes.vcenter_stage import TOGETHER, Stage, hosts, stage


@pytest.fixture
def there() -> Iterator[Stage]:
    with stage(hosts(3)) as there:
        yield there


# Power-on


def test_drs_places_at_power_on_on_whatever_host_it_likes(there: Stage) -> None:
    there.running("crowd", "c1-h3")
    vm = there.clone("vm", "c1-h1")
    assert there.where(vm) == ["c1-h1"]
    there.start(vm)
    assert there.where(vm) == ["c1-h3"]


@pytest.mark.parametrize(
    "words", [{"enabled": False, "behavior": "manual"}, {"behavior": "manual"}], ids=["excluded", "manual"]
)
def test_a_machine_with_an_override_starts_where_it_is(there: Stage, words: dict[str, object]) -> None:
    there.running("crowd", "c1-h3")
    vm = there.clone("vm", "c1-h1")
    there.override(vm, **words)
    there.start(vm)
    assert there.where(vm) == ["c1-h1"]


@pytest.mark.parametrize("drs", ["manual", "off"])
def test_without_automation_machines_start_where_they_are(drs: str) -> None:
    with stage(hosts(3), drs=drs) as there:
        there.running("crowd", "c1-h3")
        vm = there.clone("vm", "c1-h1")
        there.start(vm)
        assert there.where(vm) == ["c1-h1"]


def test_with_a_rule_drs_places_apart(there: Stage) -> None:
    vms = [there.clone(name, "c1-h1") for name in ("one", "two", "three")]
    there.add("apart", vms)
    for vm in vms:
        there.start(vm)
    assert sorted(there.where(*vms)) == ["c1-h1", "c1-h2", "c1-h3"]


def test_one_machine_too_many_for_a_mandatory_rule_stays_off(there: Stage) -> None:
    vms = [there.clone(f"vm-{number}") for number in range(4)]
    there.add("apart", vms)
    for vm in vms[:3]:
        there.start(vm)
    with pytest.raises(vim.fault.InsufficientResourcesFault):
        there.start(vms[3])
    assert there.states(vms[3]) == ["stopped"]


def test_a_full_host_takes_a_machine_that_is_off_and_does_not_let_it_run() -> None:
    with stage(hosts(1, vcpus=3)) as there:
        one, two = there.clone("one"), there.clone("two")
        there.start(one)
        with pytest.raises(vim.fault.InsufficientCpuResourcesFault):
            there.start(two)
        there.stop(one)
        there.start(two)
        assert there.states(one, two) == ["stopped", "running"]


def test_drs_goes_where_there_is_room() -> None:
    with stage(hosts(2, memory_mb=3000)) as there:
        vms = [there.clone(name, "c1-h1", on=True) for name in ("one", "two")]
        assert sorted(there.where(*vms)) == ["c1-h1", "c1-h2"]


# Later


def test_drs_brings_machines_together_that_nothing_keeps_apart(there: Stage) -> None:
    vms = [there.running("one", "c1-h1"), there.running("two", "c1-h2")]
    assert there.center.drs() != []
    assert len({*there.where(*vms)}) == 1


@pytest.mark.parametrize("mandatory", [True, False])
def test_drs_leaves_machines_apart_that_a_rule_keeps_so(there: Stage, mandatory: bool) -> None:
    vms = [there.running("one", "c1-h1"), there.running("two", "c1-h2")]
    there.add("apart", vms, mandatory=mandatory)
    there.center.drs()
    assert len({*there.where(*vms)}) == 2


def test_drs_mends_what_is_broken_by_hand(there: Stage) -> None:
    vms = [there.running("one", "c1-h1"), there.running("two", "c1-h2")]
    there.add("apart", vms)
    there.world.move(vms[1]._GetMoId(), "c1-h1")
    assert there.rule("apart").status == "red"
    there.center.drs()
    assert len({*there.where(*vms)}) == 2
    assert there.rule("apart").status == "green"


def test_drs_brings_those_together_that_belong_together(there: Stage) -> None:
    vms = [there.running("one", "c1-h1"), there.running("two", "c1-h2")]
    there.add("together", vms, TOGETHER)
    there.center.drs()
    assert len({*there.where(*vms)}) == 1


@pytest.mark.parametrize("drs", ["partiallyAutomated", "manual", "off"])
def test_drs_that_is_not_fully_automated_moves_nobody(drs: str) -> None:
    with stage(hosts(3), drs=drs) as there:
        vms = [there.running("one", "c1-h1"), there.running("two", "c1-h1")]
        there.add("apart", vms)
        assert there.center.drs() == []
        assert there.where(*vms) == ["c1-h1", "c1-h1"]


def test_drs_looks_by_itself_once_a_minute() -> None:
    with stage(hosts(3), drs_every=60.0) as there:
        vms = [there.running("one", "c1-h1"), there.running("two", "c1-h2")]
        there.wait(61)
        assert len({*there.where(*vms)}) == 1


# A host fails, or is to be mended


def test_ha_starts_the_machines_of_a_failed_host_together_whatever_the_rule_says(there: Stage) -> None:
    vms = [there.running("one", "c1-h1"), there.running("two", "c1-h2")]
    there.add("apart", vms)
    there.world.fail_host("c1-h1")
    assert vms[0].runtime.connectionState == "disconnected"
    assert there.host("c1-h1").runtime.connectionState == "notResponding"
    there.wait(31)
    assert there.states(*vms) == ["running", "running"]
    assert there.where(*vms) == ["c1-h2", "c1-h2"]


def test_ha_leaves_a_machine_off_that_was_off(there: Stage) -> None:
    vm = there.clone("one", "c1-h1")
    there.world.fail_host("c1-h1")
    there.wait(31)
    assert (there.states(vm), there.where(vm)) == (["stopped"], ["c1-h1"])


def test_without_ha_machines_wait_for_their_host() -> None:
    with stage(hosts(2), ha=False) as there:
        vm = there.running("one", "c1-h1")
        there.world.fail_host("c1-h1")
        there.wait(100)
        assert there.states(vm) == ["stopped"]
        there.world.repair_host("c1-h1")
        assert (there.states(vm), there.where(vm)) == (["running"], ["c1-h1"])


def test_a_host_in_maintenance_sends_its_machines_away_and_takes_none(there: Stage) -> None:
    vm, host = there.running("one", "c1-h1"), there.host("c1-h1")
    there.done(host.EnterMaintenanceMode_Task(timeout=0))
    assert host.runtime.inMaintenanceMode
    assert there.where(vm) != ["c1-h1"]
    with pytest.raises(vim.fault.InvalidHostState):
        there.clone("two", "c1-h1")
    there.done(host.ExitMaintenanceMode_Task(timeout=0))
    there.clone("two", "c1-h1")


def test_a_mandatory_rule_keeps_a_machine_from_leaving_and_the_host_from_maintenance() -> None:
    with stage(hosts(2)) as there:
        vms = [there.running("one", "c1-h1"), there.running("two", "c1-h2")]
        there.add("apart", vms)
        host = there.host("c1-h1")
        with pytest.raises(vim.fault.Timedout):
            there.done(host.EnterMaintenanceMode_Task(timeout=60))
        assert not host.runtime.inMaintenanceMode
        assert there.where(*vms) == ["c1-h1", "c1-h2"]


def test_a_host_by_itself_has_neither_drs_nor_rules() -> None:
    with stage([Place("alone"), *hosts(2)]) as there:
        parent = there.host("alone").parent
        assert type(parent) is vim.ComputeResource
        assert type(parent.configurationEx) is vim.ComputeResource.ConfigInfo
