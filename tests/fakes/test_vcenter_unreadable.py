# mypy: untyped-calls-exclude=pyVmomi
"""A machine whose files cannot be reached shows no configuration and no mark: it is there all the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.errors import Unavailable
from antiaffinity.steps import Step
from antiaffinity.testing.vcenter.nouns import Vm
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
    user.roll_out(3)
    return user


def lose(there: Stage, *members: str) -> None:
    """The datastore of these members' machines is away."""
    for vm in there.center.state.vms:
        vm.unreadable = there.world.machines[vm.id].member in members


def counted(there: Stage) -> Counter[str]:
    return Counter(machine.member for machine in there.world.machines.values())


VERBS: dict[str, Callable[[User], object]] = {
    "plan": lambda user: user.group(3).plan(),
    "verify": lambda user: user.group(3).verify(),
    "roll out": lambda user: user.roll_out(3),
    "scale out": lambda user: user.roll_out(4),
    "repair": lambda user: user.roll_out(3, repair=True),
    "bind": lambda user: user.group(3).bind("db-0", user.there.center.state.vms[0].id),
    "release": lambda user: user.group(3).release(),
    "release of another": lambda user: user.group(3).release(["db-2"]),
    "groups": lambda user: aa.connect("vcenter", client=user.si).groups("shop/prod"),
    "groups of all": lambda user: aa.connect("vcenter", client=user.si).groups(),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("lost", [["db-1"], ["db-0", "db-1", "db-2"]], ids=["one", "all"])
def test_every_verb_says_that_it_cannot_know(verb: str, lost: list[str], user: User) -> None:
    there = user.there
    lose(there, *lost)
    rules = [sorted(vm._GetMoId() for vm in rule.vm) for rule in there.rules()]
    with pytest.raises(
        Unavailable, match=r"shows no configuration of vm-\d+.*bring its datastore or host back"
    ):
        VERBS[verb](user)
    assert counted(there) == Counter(["db-0", "db-1", "db-2"])
    assert [sorted(vm._GetMoId() for vm in rule.vm) for rule in there.rules()] == rules, "a rule forgot it"


def test_once_it_can_be_read_again_nothing_has_changed(user: User) -> None:
    lose(user.there, "db-1")
    with pytest.raises(Unavailable):
        user.roll_out(3)
    lose(user.there)
    report = user.roll_out(3)
    assert (report.verdict, report.launched, report.missing) == ("held", (), ())


def test_removed_from_the_inventory_it_is_gone_and_made_anew(user: User) -> None:
    there = user.there
    lose(there, "db-1")
    (lost,) = (vm for vm in there.center.state.vms if vm.unreadable)
    there.center.state.forget(lost)
    report = user.roll_out(3)
    assert (report.verdict, len(report.launched)) == ("held", 1)


def test_somebody_elses_that_no_rule_of_ours_names_stops_nobody(user: User) -> None:
    """Old estates have some of these for years."""
    vm = user.there.clone("old")
    user.there.center.state.get(Vm, vm._GetMoId()).unreadable = True
    assert user.roll_out(4).verdict == "held"


def test_a_member_alone_is_in_no_rule_and_told_by_its_name(there: Stage) -> None:
    user = User(there)
    user.roll_out(1)
    lose(there, "db-0")
    with pytest.raises(Unavailable, match=r"cannot read vm-\d+ \(db-0\), which may be db-0.*rename it"):
        user.roll_out(1)
    assert counted(there) == Counter(["db-0"])


@pytest.mark.parametrize(
    ("name", "stops"),
    [("db-3", True), ("prod-db-3", True), ("[ds1] db-3/db-3.vmx", True), ("db-30", False), ("mydb-3", False)],
)
def test_a_name_tells_who_a_machine_may_be(name: str, stops: bool, user: User) -> None:
    vm = user.there.clone("old")
    one = user.there.center.state.get(Vm, vm._GetMoId())
    one.unreadable, one.name = True, name
    if stops:
        with pytest.raises(Unavailable, match="which may be db-3"):
            user.roll_out(4)
    else:
        assert user.roll_out(4).verdict == "held"


def test_whom_this_run_launched_is_not_launched_again_when_its_files_are_away(there: Stage) -> None:
    """Before a second member is there no rule names the first one."""
    user = User(there)

    def away(step: Step) -> None:
        if step.kind == "placed" and step.member == "db-0":
            lose(there, "db-0")

    group = user.group(1)
    report = group.roll_out(user.boot, user.kill, user.start, progress=away)
    assert counted(there) == Counter(["db-0"])
    assert [one.state for one in report.machines] == ["lost"]
