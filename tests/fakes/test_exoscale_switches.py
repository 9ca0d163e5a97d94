"""The backend under every value of what Exoscale does not publish: one at a time, and each two together."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest

import antiaffinity as aa
from antiaffinity.testing import Wire
from antiaffinity.testing.exoscale import Settings
from fakes.exoscale_stage import FRANKFURT, GENEVA, Stage, hypervisors, stage
from fakes.exoscale_switches import SWITCHES, pairwise, said, settings, singly

ROWS = [*singly(), *pairwise()]


@pytest.mark.parametrize("row", ROWS, ids=said)
def test_the_verbs_keep_their_word(row: dict[str, Any]) -> None:
    with stage(hypervisors(ch_gva_2=3, de_fra_1=2), settings(row)) as there:
        _placed_apart(there)
        _one_too_many_is_refused(there)
        _what_others_use_is_not_released(there)
        _released(there)


def _placed_apart(there: Stage) -> None:
    report = there.roll_out(3, zones=[GENEVA])
    assert (report.verdict, len(set(there.hosts))) == ("promised", 3)
    assert there.roll_out(3, zones=[GENEVA]).launched == ()
    assert list(there.groups.values()) == [3]


def _one_too_many_is_refused(there: Stage) -> None:
    with pytest.raises(aa.NoCapacity, match="db-3") as refused:
        there.roll_out(4, zones=[GENEVA])
    assert refused.value.report
    there.wait()
    assert sorted(machine.state for machine in there.world.machines.values()) == ["running"] * 3
    assert there.roll_out(4).exit_code == 0
    assert there.zones == {GENEVA: 3, FRANKFURT: 1}


def _what_others_use_is_not_released(there: Stage) -> None:
    (group,) = there.groups
    with pytest.raises(aa.StillOccupied, match="db-0"):
        there.group(4).release()
    occupant = there.occupant(group, zone=FRANKFURT)
    _delete_ours(there)
    with pytest.raises(aa.StillOccupied, match=occupant):
        there.group(4).release()
    assert there.groups == {group: 1}
    there.exo.client(FRANKFURT).delete_instance(id=occupant)
    there.wait()


def _delete_ours(there: Stage) -> None:
    for machine in there.group(4).machines():
        there.kill(aa.Machine(machine.instance, machine.member, ""))
    there.wait()


def _released(there: Stage) -> None:
    for _ in range(2):
        there.group(4).release()
    assert (there.groups, there.world.machines) == ({}, {})


def test_each_two_values_meet() -> None:
    rows = pairwise()
    for one, other in combinations(SWITCHES, 2):
        met = {(row[one], row[other]) for row in rows}
        assert met == {(a, b) for a in SWITCHES[one] for b in SWITCHES[other]}
    assert len(rows) < 30


def test_every_switch_of_the_fake_is_turned() -> None:
    assert set(SWITCHES) == set(Settings.__struct_fields__) - {"quota", "group_full"}
    for name, values in SWITCHES.items():
        assert values[0] == getattr(Settings(), name)


# What a user may return or raise


@pytest.mark.parametrize("refusal", ["operation", "http"])
@pytest.mark.parametrize("leaves", ["error", "nothing"])
@pytest.mark.parametrize("operating", [0.0, 1.0])
def test_a_launch_may_return_its_operation_which_tells_why_it_failed(
    refusal: Any, leaves: Any, operating: float
) -> None:
    row = Settings(refusal=refusal, leaves=leaves, operating=operating, no_room="zone is out of hosts")
    with stage(hypervisors(ch_gva_2=2), row) as there:
        there.returns = lambda operation: str(operation["id"])
        assert there.roll_out(2).exit_code == 0
        with pytest.raises(aa.NoCapacity, match="zone is out of hosts"):
            there.roll_out(3)
        there.wait()
        assert len(there.world.machines) == 2


def test_what_is_not_room_is_not_told_as_room() -> None:
    with stage(hypervisors(ch_gva_2=2), Settings(reason="fault", no_room="disk is broken")) as there:
        there.returns = lambda operation: str(operation["id"])
        there.roll_out(2)
        with pytest.raises(aa.Unavailable, match="disk is broken"):
            there.roll_out(3)
        there.wait()
        assert len(there.world.machines) == 2


@pytest.mark.parametrize("scope", ["organization", "zone"])
def test_into_a_group_that_others_filled_nobody_is_launched(scope: Any) -> None:
    """Whose they are is not known: any of them may be a member that lost its mark."""
    with stage(hypervisors(ch_gva_2=12), Settings(limit_scope=scope)) as there:
        there.roll_out(2)
        (group,) = there.groups
        for _ in range(6):
            there.occupant(group)
        there.requests.clear()
        with pytest.raises(aa.InvalidRequest, match="nothing is launched"):
            there.roll_out(3)
        assert not [asked for asked in there.requests if asked.startswith("POST")]
        assert there.groups == {group: 8}


@pytest.mark.parametrize("refusal", ["operation", "http"])
def test_a_group_that_is_filled_behind_our_back_is_no_room(refusal: Any) -> None:
    with stage(hypervisors(ch_gva_2=12), Settings(refusal=refusal)) as there:
        there.roll_out(2)
        (group,) = there.groups
        plan = there.group(3).prepare()
        for _ in range(6):
            there.occupant(group)
        (placement,) = plan.new()
        with pytest.raises(aa.NoCapacity, match=group):
            there.backend().settle(placement, _outcome(there, placement))
        assert len(there.hosts) == 2


def _outcome(there: Stage, placement: aa.Placement) -> str | Exception:
    try:
        return there.boot(placement)
    except Exception as error:
        return error


class Meddling(Wire):
    """Lets somebody in just before a group is deleted."""

    def __init__(self, meddle: Callable[[], object]) -> None:
        super().__init__()
        self.meddle = meddle

    def carry(self, what: str, send: Callable[[], Any]) -> Any:
        if what.startswith("DELETE "):
            self.meddle()
        return super().carry(what, send)


@pytest.mark.parametrize("answered", ["409", "400", "operation"])
def test_who_comes_in_while_a_group_is_released_keeps_it(answered: Any) -> None:
    with stage(hypervisors(ch_gva_2=3), Settings(delete_occupied=answered)) as there:
        there.group(2).prepare()
        (group,) = there.groups
        there.wire = Meddling(lambda: there.occupant(group))
        with pytest.raises(aa.StillOccupied, match=group):
            there.group(2).release()
        assert there.groups == {group: 1}
