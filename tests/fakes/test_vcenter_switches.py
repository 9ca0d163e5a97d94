# mypy: untyped-calls-exclude=pyVmomi
"""Every value of every switch of the fake vCenter does what it says; the backend keeps its word under each.

One at a time, and each two together.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from pyVmomi import vim, vmodl

from antiaffinity.clock import lent
from antiaffinity.errors import NoCapacity
from antiaffinity.policy import AntiAffinity
from antiaffinity.testing import Turns, Wire
from antiaffinity.testing.conformance.stage import Script
from antiaffinity.testing.conformance.trials import Wanted
from antiaffinity.testing.rates import Rate
from antiaffinity.testing.vcenter import Settings
from conformance.vcenter_harness import Clouds
from fakes.pairwise import Row, pairwise, said, singly
from fakes.vcenter_stage import APART, hosts, stage

SWITCHES: dict[str, tuple[Any, ...]] = {
    "rate": (None, Rate(100)),
    "drs": ("fullyAutomated", "partiallyAutomated", "manual", "off"),
    "drs_every": (60.0, 0.0),
    "ha": (True, False),
    "bare": (False, True),
    "one_member": ("refused", "accepted"),
    "over_soft": ("refused", "placed"),
    "by_hand": ("allowed", "refused"),
    "no_host": ("InsufficientResourcesFault", "RuleViolation"),
    "rules_without_drs": (False, True),
    "ha_heeds_rules": (False, True),
    "at_once": ("TaskInProgress", "in turn"),
    "batch": ("until the first error", "all or none"),
    "unset": ("default", "kept"),
    "destroyed": ("dropped", "kept"),
    "secondary_bears_settings": (True, False),
    "page": (100, 3),
    "tokens_lost": (0, 1),
    "tokens_lost_as": ("InvalidArgument", "ManagedObjectNotFound"),
    "editing": (1.0, 0.0),
    "cloning": (3.0, 0.0),
}
"""The first of each is the fake's own."""

TIMES = {"ha_after", "creating", "powering", "reconfiguring", "relocating", "deleting", "evacuating"}
"""How long things take."""


def test_every_switch_of_the_fake_is_turned() -> None:
    assert set(SWITCHES) == set(Settings.__struct_fields__) - TIMES
    assert all(values[0] == getattr(Settings(), name) for name, values in SWITCHES.items())


def test_each_two_values_meet() -> None:
    rows = pairwise(SWITCHES)
    for one, other in combinations(SWITCHES, 2):
        met = {(row[one], row[other]) for row in rows}
        assert met == {(a, b) for a in SWITCHES[one] for b in SWITCHES[other]}
    assert len(rows) < 30


# The backend


@pytest.mark.parametrize("row", [*singly(SWITCHES), *pairwise(SWITCHES)], ids=lambda row: said(SWITCHES, row))
def test_the_verbs_keep_their_word(row: Row) -> None:
    """Three apart, a fifth refused where four hosts are, all of it released, and nothing left."""
    clouds = Clouds("clusters", row)
    cloud, three, five = clouds.fresh(Turns(0)), _wanted(3), _wanted(5)
    with lent(cloud.clock):
        for _ in range(2):
            _script(cloud, three).roll_out()
            assert _apart(cloud) == ["db-0", "db-1", "db-2"]
        with pytest.raises(NoCapacity):
            _script(cloud, five).roll_out()
        assert _apart(cloud) == ["db-0", "db-1", "db-2"]
        for machine in cloud.machines():
            cloud.terminate(machine.id)
        _script(cloud, three).release()
        assert (cloud.machines(), cloud.natives()) == ([], [])
    clouds.close()


def _wanted(members: int) -> Wanted:
    return Wanted(members, (AntiAffinity("host"),))


def _script(cloud: Any, wanted: Wanted) -> Script:
    script = Script(cloud, wanted, Wire())
    script.start()
    return script


def _apart(cloud: Any) -> list[str]:
    """Who runs, each on a host of its own."""
    running = [machine for machine in cloud.machines() if machine.state == "running"]
    assert len({machine.domain("host") for machine in running}) == len(running)
    return sorted(machine.member for machine in running)


# The switches themselves


def test_a_clone_may_be_listed_before_its_settings_are() -> None:
    option = vim.option.OptionValue(key="antiaffinity-member", value="db-0")
    config = vim.vm.ConfigSpec(extraConfig=[option])
    for bare in (False, True):
        with stage(hosts(1), bare=bare) as there:
            template: Any = vim.VirtualMachine(there.center.template, there.si._stub)
            location = vim.vm.RelocateSpec(pool=there.cluster().resourcePool)
            spec = vim.vm.CloneSpec(location=location, powerOn=False, template=False, config=config)
            task = template.CloneVM_Task(vim.Folder(there.center.folder), "one", spec)
            seen = [
                one for one in there.look(vim.VirtualMachine, "name").objects if one.propSet[0].val == "one"
            ]
            assert (len(seen), [one.obj.config for one in seen]) == ((1, [None]) if bare else (0, []))
            assert there.done(task).config.extraConfig[0].value == "db-0"


def _object(told: Any) -> Any:
    return told.obj


@pytest.mark.parametrize("answer", ["accepted", "refused"])
def test_a_rule_with_one_machine(answer: str) -> None:
    with stage(hosts(2), one_member=answer) as there:
        vm = there.clone("one")
        if answer == "accepted":
            assert list(there.add("apart", [vm]).vm) == [vm]
        else:
            with pytest.raises(vmodl.fault.InvalidArgument):
                there.add("apart", [vm])


@pytest.mark.parametrize("answer", ["placed", "refused"])
def test_more_machines_than_hosts_in_a_rule_that_is_not_mandatory(answer: str) -> None:
    with stage(hosts(2), over_soft=answer) as there:
        vms = [there.clone(name) for name in ("one", "two", "three")]
        there.add("apart", vms, mandatory=False)
        for vm in vms[:2]:
            there.start(vm)
        if answer == "placed":
            there.start(vms[2])
        else:
            with pytest.raises(vim.fault.InsufficientResourcesFault):
                there.start(vms[2])
        assert len({*there.where(*vms[:2])}) == 2


def test_a_persons_hand_may_be_let_past_a_mandatory_rule() -> None:
    with stage(hosts(2), by_hand="allowed") as there:
        vms = [there.running("one", "c1-h1"), there.running("two", "c1-h2")]
        there.add("apart", vms)
        there.relocate(vms[0], "c1-h2")
        assert there.where(*vms) == ["c1-h2", "c1-h2"]


def test_where_no_host_takes_a_machine_the_fault_may_not_name_the_rule() -> None:
    with stage(hosts(1), no_host="InsufficientResourcesFault") as there:
        vms = [there.running("one", "c1-h1"), there.clone("two", "c1-h1")]
        there.add("apart", vms)
        with pytest.raises(vim.fault.InsufficientResourcesFault, match="DRS cannot find a host"):
            there.start(vms[1])


@pytest.mark.parametrize("holds", [True, False])
def test_rules_may_hold_without_drs(holds: bool) -> None:
    with stage(hosts(2), drs="off", rules_without_drs=holds) as there:
        vms = [there.running("one", "c1-h1"), there.clone("two", "c1-h1")]
        there.add("apart", vms)
        if holds:
            with pytest.raises(vim.fault.RuleViolation):
                there.start(vms[1])
        else:
            there.start(vms[1])


def test_ha_may_leave_a_machine_off_rather_than_break_a_rule() -> None:
    with stage(hosts(2), ha_heeds_rules=True) as there:
        vms = [there.running("one", "c1-h1"), there.running("two", "c1-h2")]
        there.add("apart", vms)
        there.world.fail_host("c1-h1")
        there.wait(31)
        assert there.states(*vms) == ["stopped", "running"]


def test_two_changes_of_a_cluster_at_once_may_be_refused() -> None:
    with stage(hosts(1), at_once="TaskInProgress") as there:
        task = there.begin(dasConfig=vim.cluster.DasConfigInfo(enabled=False))
        with pytest.raises(vim.fault.TaskInProgress):
            there.begin(dasConfig=vim.cluster.DasConfigInfo(enabled=True))
        there.done(task)
        there.change(dasConfig=vim.cluster.DasConfigInfo(enabled=True))


@pytest.mark.parametrize(("batch", "left"), [("until the first error", 1), ("all or none", 0)])
def test_of_several_operations_in_one_call_some_may_stay(batch: str, left: int) -> None:
    with stage(hosts(1), batch=batch) as there:
        vms = [there.clone("one"), there.clone("two")]
        add = vim.cluster.RuleSpec(operation="add", info=APART(name="apart", vm=vms))
        with pytest.raises(vmodl.fault.InvalidArgument):
            there.change(rulesSpec=[add, vim.cluster.RuleSpec(operation="remove", removeKey=99)])
        assert len(there.rules()) == left


def test_what_an_edit_leaves_out_may_fall_back_to_its_default() -> None:
    with stage(hosts(1), unset="default") as there:
        vms = [there.clone("one"), there.clone("two")]
        rule = there.add("apart", vms)
        there.edit(key=rule.key, name="apart", vm=vms)
        assert (there.rule("apart").enabled, there.rule("apart").mandatory) == (False, False)


def test_a_rule_may_go_on_naming_a_machine_that_is_gone() -> None:
    with stage(hosts(1), destroyed="kept") as there:
        vms = [there.clone("one"), there.clone("two")]
        there.add("apart", vms)
        there.destroy(vms[1])
        assert list(there.rule("apart").vm) == vms
