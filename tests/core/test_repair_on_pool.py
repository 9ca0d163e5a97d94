"""Repairs as their users hold them: planned, made by discard and launch, interrupted, refused; on a pool."""

from __future__ import annotations

from pathlib import Path

import pytest

import antiaffinity as aa
from core.test_group_on_pool import Yard


class Crowded(Yard):
    """db-0 and db-1 were put on one host by hand, and the ledger was told."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.steps: list[str] = []
        self.hosts("h1 z1", "h2 z1", "h3 z2")
        for n in (0, 1):
            self.machines[f"by-hand-{n}"] = ":h1"
            self.group().bind(f"db-{n}", f"by-hand-{n}", at={"host": "h1"})

    def group(self, members: int = 2) -> aa.Group:
        return self.cloud().group("db", members=members, rules="anti-affinity")

    def repair(self, members: int = 2) -> aa.Report:
        return self.group(members).roll_out(
            self.boot, self.kill, repair=True, progress=lambda step: self.steps.append(step.message)
        )


@pytest.fixture
def yard(tmp_path: Path) -> Crowded:
    return Crowded(tmp_path)


def test_a_plan_without_repair_moves_nobody_and_with_it_names_the_one_move(yard: Crowded) -> None:
    assert (yard.group().plan().verdict, yard.group().plan().moves) == ("broken", ())
    plan = yard.group().plan(repair=True)
    assert [move.member for move in plan.moves] == ["db-1"]
    assert (plan.verdict, plan.exit_code, plan.fewest) == ("fits", 0, 1)
    assert "moves: 1, the fewest possible" in str(plan)
    assert yard.crowd() == 2


def test_a_roll_out_without_repair_leaves_it_broken(yard: Crowded) -> None:
    report = yard.group().roll_out(yard.boot, yard.kill)
    assert (report.verdict, report.exit_code, report.moved) == ("broken", 1, ())
    assert yard.crowd() == 2


def test_a_repair_replaces_the_machine_that_is_in_the_way(yard: Crowded) -> None:
    report = yard.repair()
    assert (report.verdict, report.exit_code) == ("promised", 0)
    assert yard.crowd() == 1
    assert sorted(yard.machines) == ["by-hand-0", "vm-1"]
    assert (report.discarded, report.launched) == (("by-hand-1",), ("vm-1",))
    [move] = report.moved
    assert (move.member, move.instance, move.domains["host"]) == ("db-1", "by-hand-1", "h1")
    assert "moved: db-1 (by-hand-1) from z1/h1 to z2/h3" in str(report)
    assert any(step.startswith("replacing db-1 (by-hand-1) from z1/h1") for step in yard.steps)


def test_a_second_repair_finds_nothing_to_do(yard: Crowded) -> None:
    yard.repair()
    again = yard.repair()
    assert (again.moved, again.launched, again.discarded) == ((), (), ())


def test_a_repair_launches_who_is_missing_too(yard: Crowded) -> None:
    report = yard.repair(members=3)
    assert report.exit_code == 0
    assert (len(yard.machines), yard.crowd()) == (3, 1)


def test_without_a_discard_nothing_is_done_and_the_error_says_what_is_missing(yard: Crowded) -> None:
    with pytest.raises(aa.InvalidRequest, match=r"db-1 \(by-hand-1\) has to leave z1/h1") as error:
        yard.group(3).roll_out(yard.boot, repair=True)
    assert error.value.path == "discard"
    assert sorted(yard.machines) == ["by-hand-0", "by-hand-1"]


def test_a_place_that_refuses_is_not_asked_again(yard: Crowded) -> None:
    yard.full = {yard.group().plan(repair=True).moves[0].placement.domains["host"]}
    report = yard.repair()
    assert (report.exit_code, yard.crowd()) == (0, 1)


@pytest.mark.parametrize("hand", ["discard", "launch"])
def test_a_repair_that_broke_off_is_finished_by_the_next(yard: Crowded, hand: str) -> None:
    """Before the machine is gone, after it is gone, and after the new one was made."""

    def broken(thing: object) -> str:
        if hand == "discard":
            yard.kill(thing)  # type: ignore[arg-type]
        raise ConnectionError("the wire is cut")

    hands = {"launch": yard.boot, "discard": yard.kill, hand: broken}
    with pytest.raises(ConnectionError):
        yard.group().roll_out(hands["launch"], hands["discard"], repair=True)  # type: ignore[arg-type]
    report = yard.repair()
    assert report.exit_code == 0
    assert (len(yard.machines), yard.crowd()) == (2, 1)
    assert {seen.instance for seen in report.machines} == {*yard.machines}


def test_what_no_move_mends_is_said(yard: Crowded) -> None:
    yard.hosts("h1 z1")
    report = yard.repair()
    assert (report.verdict, report.exit_code) == ("broken", 1)
    assert "no moves were found that mend what is broken: anti-affinity (host)" in str(report)


def test_shrinking_and_repairing_are_two_questions(yard: Crowded) -> None:
    with pytest.raises(aa.InvalidRequest, match="ask for one"):
        yard.group().plan(shrink=1, repair=True)
