# mypy: untyped-calls-exclude=pyVmomi
"""Copies of members' machines: clones, restored backups and replicas bear the marks of their original."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pyVmomi import vim

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.group import Group
from antiaffinity.model import Machine
from fakes.vcenter_stage import Stage, hosts, stage


class Site:
    """Four hosts, and a group of three that runs on three of them."""

    def __init__(self, it: Stage) -> None:
        self.it, self.cloud = it, aa.connect("vcenter", client=it.si, owner="shop")
        self.roll_out(3)

    def group(self, members: int = 3) -> Group:
        return self.cloud.group("db", members=members, rules="anti-affinity")

    def roll_out(self, members: int) -> Any:
        return self.group(members).roll_out(self._boot, start=self._start)

    def _boot(self, placement: aa.Placement) -> str:
        where = vim.vm.RelocateSpec(pool=self.it.cluster().resourcePool)
        spec = placement.arguments(spec=vim.vm.CloneSpec(location=where, powerOn=False, template=False))[
            "spec"
        ]
        template: Any = vim.VirtualMachine(self.it.center.template, self.it.si._stub)
        task = template.CloneVM_Task(vim.Folder(self.it.center.folder), placement.member, spec)
        return str(self.it.done(task)._GetMoId())

    def _start(self, machine: Machine) -> None:
        self.it.start(self.vm(machine.id))

    def vm(self, id_: str | None) -> Any:
        return vim.VirtualMachine(id_, self.it.si._stub)

    def copy(self, member: str, host: str, on: bool = False) -> str:
        """Somebody clones a member's machine, marks and all."""
        original = next(one for one in self.group().machines() if one.member == member)
        where = vim.vm.RelocateSpec(pool=self.it.cluster().resourcePool, host=self.it.host(host))
        spec = vim.vm.CloneSpec(location=where, powerOn=False, template=False)
        name = f"{member}-copy-{host}"
        made = self.it.done(
            self.vm(original.instance).CloneVM_Task(vim.Folder(self.it.center.folder), name, spec)
        )
        if on:
            self.it.start(made)
        return str(made._GetMoId())

    def born(self, id_: str, moment: float) -> None:
        """Say when its configuration was made."""
        next(one for one in self.it.center.state.vms if one.id == id_).created = moment

    def host_of(self, member: str) -> str:
        return next(one.domains["host"] for one in self.group().machines() if one.member == member)

    def spare(self) -> str:
        used = {one.domains["host"] for one in self.group().machines()}
        return next(name for name in ("c1-h1", "c1-h2", "c1-h3", "c1-h4") if name not in used)


@pytest.fixture
def site() -> Iterator[Site]:
    with stage(hosts(4)) as it, lent(it.clock):
        yield Site(it)


def test_a_copy_that_is_off_breaks_no_verdict(site: Site) -> None:
    copy = site.copy("db-1", site.host_of("db-0"))
    report = site.group().verify()
    assert (report.verdict, report.exit_code) == ("held", 0), report
    assert [one.instance for one in report.surplus] == [copy]


def test_a_copy_is_named_as_one_with_the_way_out(site: Site) -> None:
    original = site.group().verify().machines[1].instance
    copy = site.copy("db-1", site.host_of("db-0"))
    [finding] = site.group().verify().findings
    assert f"{copy} (db-1-copy-" in finding.message
    assert f"is off and bears the mark of db-1, which is {original}: a copy, never bound" in finding.message
    assert f"antiaffinity unmark SPEC {copy}" in finding.message


def test_a_copy_takes_no_host_from_the_plan(site: Site) -> None:
    site.copy("db-1", site.spare())
    assert site.group(4).plan().verdict == "fits"
    report = site.roll_out(4)
    assert (report.verdict, len(report.launched)) == ("held", 1)


def test_a_copy_is_not_written_into_the_groups_rule(site: Site) -> None:
    copy = site.copy("db-1", site.spare())
    site.roll_out(4)
    [rule] = site.it.rules()
    assert copy not in {vm._GetMoId() for vm in rule.vm}
    assert len(rule.vm) == 4


def test_the_original_is_the_one_that_was_bound_though_it_was_registered_anew(site: Site) -> None:
    """It has a younger moref then, and its old configuration."""
    original = next(one for one in site.group().machines() if one.member == "db-1").instance
    copy = site.copy("db-1", site.spare())
    site.born(original, 1000.0)
    holder = next(one for one in site.group().verify().machines if one.member == "db-1" and one.holds)
    assert holder.instance == original != copy


def test_of_two_that_no_rule_names_the_older_configuration_is_the_original(site: Site) -> None:
    original = next(one for one in site.group().machines() if one.member == "db-1").instance
    site.it.stop(site.vm(original))
    copy = site.copy("db-1", site.host_of("db-0"))
    site.born(copy, -1000.0)  # as if the other had been registered before it
    for rule in site.it.rules():
        site.it.remove(rule.key)
    holder = next(one for one in site.group().verify().machines if one.member == "db-1" and one.holds)
    assert holder.instance == copy


def test_where_no_rule_tells_the_original_nobody_is_told_to_delete_the_other(site: Site) -> None:
    """Registered again, a machine is in no rule, and whether it keeps its date nobody publishes."""
    original = next(one for one in site.group().machines() if one.member == "db-1").instance
    site.it.stop(site.vm(original))
    copy = site.copy("db-1", site.host_of("db-0"))
    for rule in site.it.rules():
        site.it.remove(rule.key)
    site.born(original, site.it.world.now)
    [said] = [one.message for one in site.group().verify().findings if f"{original} (db-1)" in one.message]
    assert f"as {copy} does, which is older: one is a copy, and no DRS rule tells which" in said
    assert "delete it" not in said


def test_a_copy_that_runs_counts(site: Site) -> None:
    site.copy("db-1", site.host_of("db-0"), on=True)
    assert site.group().verify().verdict == "broken"


def test_a_copy_without_its_keys_is_nobodys(site: Site) -> None:
    copy = site.copy("db-1", site.spare())
    site.group().unmark(copy)
    report = site.group().verify()
    assert (report.surplus, report.findings) == ((), ())
    assert copy in site.it.world.machines


def test_a_machine_of_nobodys_keeps_what_it_bears(site: Site) -> None:
    other = str(site.it.clone("other")._GetMoId())
    with pytest.raises(aa.InvalidRequest, match=f"machine {other} bears no mark, and none of shop/db"):
        site.group().unmark(other)
