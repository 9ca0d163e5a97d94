# mypy: untyped-calls-exclude=pyVmomi
"""Templates, and secondaries of Fault Tolerance, bear a member's mark and are no machine of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pyVmomi import vim

import antiaffinity as aa
from antiaffinity.backend import Need
from antiaffinity.clock import lent
from antiaffinity.testing.vcenter.nouns import Vm
from antiaffinity_vcenter.backend import connect
from fakes.test_vcenter_backend import User
from fakes.vcenter_stage import Stage, hosts, stage


@pytest.fixture
def there() -> Iterator[Stage]:
    with stage(hosts(5)) as one, lent(one.clock):
        yield one


@pytest.fixture
def user(there: Stage) -> User:
    """Of three members that run."""
    user = User(there)
    assert user.roll_out(3).verdict == "held"
    return user


def vm_of(user: User, member: str) -> Any:
    seen = next(one for one in user.group(3).machines() if one.member == member)
    return vim.VirtualMachine(seen.instance, user.there.si._stub)


# Templates


def to_template(user: User, member: str) -> Any:
    """An administrator makes a template of the member's own machine."""
    vm = vm_of(user, member)
    user.there.stop(vm)
    vm.MarkAsTemplate()
    return vm


def test_a_member_that_became_a_template_is_not_launched_a_second_time(user: User) -> None:
    template = to_template(user, "db-1")
    before = {*user.there.world.machines}
    report = user.roll_out(3)
    assert (report.launched, {*user.there.world.machines}) == ((), before)
    assert report.exit_code == 4
    assert template._GetMoId() in user.there.world.machines, "it was discarded"


def test_it_is_told_with_what_to_do(user: User) -> None:
    template = to_template(user, "db-1")._GetMoId()
    [said] = [one.message for one in user.group(3).verify().findings if one.kind == "lost"]
    assert said.startswith(f"db-1 ({template}): db-1 is a template now: convert it to a virtual machine")
    assert f"antiaffinity unmark SPEC {template}" in said


def test_converted_back_it_is_the_member_again(user: User) -> None:
    template = to_template(user, "db-1")
    user.roll_out(3)
    template.MarkAsVirtualMachine(user.there.cluster().resourcePool, None)
    user.there.start(template)
    report = user.roll_out(3)
    assert (report.verdict, report.exit_code, report.launched) == ("held", 0, ())
    [rule] = user.there.rules()
    assert template._GetMoId() in {vm._GetMoId() for vm in rule.vm}


def test_without_its_keys_a_template_is_nobodys_and_the_member_is_made_anew(user: User) -> None:
    template = to_template(user, "db-1")
    template.MarkAsVirtualMachine(user.there.cluster().resourcePool, None)
    user.group(3).unmark(template._GetMoId())
    template.MarkAsTemplate()
    user.there.center.state.get(Vm, template._GetMoId()).name = "golden"
    report = user.roll_out(3)
    assert (report.verdict, len(report.launched)) == ("held", 1)


def test_a_template_that_was_cloned_from_a_member_is_beside_it_and_counts_for_nothing(user: User) -> None:
    golden(user, "db-1")
    report = user.roll_out(4)
    assert (report.verdict, report.exit_code, report.surplus) == ("held", 0, ())
    assert len(report.launched) == 1


def golden(user: User, member: str) -> Any:
    """A template that was cloned from a member, marks and all."""
    where = vim.vm.RelocateSpec(pool=user.there.cluster().resourcePool)
    spec = vim.vm.CloneSpec(location=where, powerOn=False, template=False)
    task = vm_of(user, member).CloneVM_Task(vim.Folder(user.there.center.folder), "golden", spec)
    made = user.there.done(task)
    made.MarkAsTemplate()
    return made


def test_a_group_is_released_though_a_template_bears_its_mark(user: User) -> None:
    golden(user, "db-1")
    for seen in user.group(3).machines():
        vm = vim.VirtualMachine(seen.instance, user.there.si._stub)
        user.there.stop(vm)
        user.there.destroy(vm)
    user.group(3).release()
    assert list(user.there.rules()) == []


def test_a_launch_that_gives_a_template_is_refused_in_words(there: Stage) -> None:
    user = User(there)

    def boot(placement: aa.Placement) -> str:
        id_ = user.boot(placement)
        vim.VirtualMachine(id_, there.si._stub).MarkAsTemplate()
        return id_

    with pytest.raises(aa.InvalidRequest, match=r"vm-\d+ is a template, and runs no db-0"):
        user.group(1).roll_out(boot, user.kill, user.start)


# Fault Tolerance


def protect(user: User, member: str, host: str) -> str:
    """Turn Fault Tolerance on for a member: its secondary runs on this host."""
    made = user.there.done(vm_of(user, member).CreateSecondaryVM_Task(user.there.host(host)))
    return str(made._GetMoId())


def host_of(user: User, member: str) -> str:
    return next(one.domains["host"] for one in user.group(3).machines() if one.member == member)


@pytest.fixture(params=[True, False], ids=["bears the marks", "bears none"])
def protected(request: pytest.FixtureRequest) -> Iterator[tuple[User, str]]:
    """Three members, and the secondary of db-1 where db-0 runs."""
    with stage(hosts(5), secondary_bears_settings=request.param) as it, lent(it.clock):
        user = User(it)
        user.roll_out(3)
        yield user, protect(user, "db-1", host_of(user, "db-0"))


def test_a_secondary_is_no_second_machine_of_its_member(protected: tuple[User, str]) -> None:
    user, second = protected
    report = user.group(3).verify()
    assert (report.verdict, report.exit_code, report.surplus) == ("held", 0, ())
    assert second not in {one.instance for one in report.machines}


def test_a_secondary_is_told_of_the_machine_that_it_is_for(protected: tuple[User, str]) -> None:
    user, second = protected
    said = [one.message for one in user.group(3).verify().findings if one.member == "db-1"]
    assert said == [
        f"db-1: Fault Tolerance runs a second of it ({second}), which its DRS rules do not keep apart: after "
        f"a failover verify again"
    ]


def test_no_roll_out_discards_a_secondary_or_writes_it_into_a_rule(protected: tuple[User, str]) -> None:
    user, second = protected
    report = user.roll_out(4, repair=True)
    assert (report.verdict, len(report.launched)) == ("held", 1)
    assert second in user.there.world.machines
    [rule] = user.there.rules()
    assert second not in {vm._GetMoId() for vm in rule.vm}


def test_a_secondary_is_not_bound(there: Stage, user: User) -> None:
    second = protect(user, "db-1", host_of(user, "db-0"))
    with pytest.raises(aa.InvalidRequest):
        user.group(3).bind("db-1", second)


def test_where_only_the_secondary_bears_the_mark_the_member_is_not_launched_again(
    there: Stage, user: User
) -> None:
    first = vm_of(user, "db-1")
    spare = {"c1-h1", "c1-h2", "c1-h3", "c1-h4"} - {*user.hosts().values()}
    protect(user, "db-1", min(spare))
    there.world.machines[first._GetMoId()].tags.clear()
    there.remove(there.rules()[0].key)
    report = user.roll_out(3)
    assert (report.launched, report.exit_code) == ((), 4)


# Hosts on their way into maintenance


def test_a_host_that_is_entering_maintenance_takes_no_member() -> None:
    with stage(hosts(3), evacuating=3600.0) as there, lent(there.clock):
        first = User(there).group(1).plan().placements[0].domains["host"]
        task = there.host(first).EnterMaintenanceMode_Task(timeout=0)
        plan = User(there).group(3).plan()
        assert (task.info.state, plan.verdict) == ("running", "short")
        assert User(there).group(2).plan().verdict == "fits"
        assert User(there).roll_out(2).verdict == "held"
        assert first not in User(there).hosts().values()


def test_a_host_that_is_entering_maintenance_is_named_with_why() -> None:
    with stage(hosts(3), evacuating=3600.0) as there, lent(there.clock):
        there.host("c1-h1").EnterMaintenanceMode_Task(timeout=0)
        need = Need(aa.GroupKey("shop/prod", "db"), levels=("host",))
        topology = connect(User(there).si, {}).topology(need)
        domain = next(one for one in topology.domains if one.host == "c1-h1")
        assert (domain.usable, domain.why) == (False, "it is entering maintenance mode")


def test_one_that_came_back_from_maintenance_takes_members_again() -> None:
    with stage(hosts(3)) as there, lent(there.clock):
        host = there.host("c1-h1")
        there.done(host.EnterMaintenanceMode_Task(timeout=0))
        there.done(host.ExitMaintenanceMode_Task(timeout=0))
        assert User(there).roll_out(3).verdict == "held"
