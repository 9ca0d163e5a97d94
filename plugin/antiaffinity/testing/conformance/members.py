"""The life of a group's members: launched, launched anew, more of them, fewer, stopped."""

from __future__ import annotations

from collections.abc import Iterable

from antiaffinity.clock import lent
from antiaffinity.errors import Conflict, StillOccupied
from antiaffinity.model import Machine, Placement
from antiaffinity.testing.conformance.harness import Fresh
from antiaffinity.testing.conformance.stage import Script, Stage
from antiaffinity.testing.conformance.trials import FEW, VERDICTS, Wanted, kept, small, trials

LATER = 5.0
"""Seconds after which a machine is younger than another, by any cloud's clock."""


def a_group_for_every_hard_promise_is_kept_in_the_world(fresh: Fresh) -> None:
    stage = Stage(fresh)
    for trial in list(trials(stage.record, stage.cloud.places(), hard=True)):
        report = stage.roll_out(trial.wanted)
        stage.assert_whole(trial.wanted, str(trial))
        assert report.verdict in VERDICTS[trial.promise.evidence], f"{trial}: said to be {report.verdict}"
        stage.dismantle(trial.wanted)


def a_group_for_every_soft_promise_is_kept_where_there_is_room(fresh: Fresh) -> None:
    stage = Stage(fresh)
    for trial in list(trials(stage.record, stage.cloud.places(), hard=False)):
        report = stage.roll_out(trial.wanted)
        if trial.promise.how == "chosen":
            stage.assert_whole(trial.wanted, str(trial))
        broken = not kept(trial.rule, stage.machines(trial.wanted), stage.cloud.places())
        assert not (broken and report.verdict == "held"), f"{trial}: broken, but said to be held"
        stage.dismantle(trial.wanted)


def a_second_run_launches_nobody(fresh: Fresh) -> None:
    stage, wanted = _rolled_out(fresh)
    before = stage.ids(wanted)
    report = stage.roll_out(wanted)
    assert (report.launched, report.discarded) == ((), ())
    assert stage.ids(wanted) == before
    stage.assert_known(wanted)


def preparing_twice_is_preparing_once(fresh: Fresh) -> None:
    stage = Stage(fresh)
    wanted = small(stage.trial)
    with stage.script(wanted) as script:
        first, second = (script.group.prepare() for _ in range(2))
        assert _native_ids(first.placements) == _native_ids(second.placements)
    natives = stage.launched_into()
    stage.wait(stage.cloud.patience)
    stage.roll_out(wanted)
    assert stage.launched_into() == natives, "the run after prepare made native groups of its own"
    stage.assert_whole(wanted)


def binding_twice_is_binding_once(fresh: Fresh) -> None:
    stage, wanted = _rolled_out(fresh)
    before = stage.observed(wanted)
    for _ in range(2):
        assert stage.run(wanted, _bind_all).error is None
    assert stage.observed(wanted) == before


def releasing_twice_is_releasing_once(fresh: Fresh) -> None:
    stage, wanted = _rolled_out(fresh)
    stage.terminate(wanted)
    for _ in range(2):
        assert stage.run(wanted, Script.release).error is None
    assert (stage.cloud.natives(), stage.observed(wanted)) == ([], [])


def scaling_out_moves_nobody(fresh: Fresh) -> None:
    stage = Stage(fresh)
    trial = stage.trial
    few = small(trial, 2)
    stage.roll_out(few)
    before, natives = stage.ids(few), stage.launched_into()
    stage.roll_out(trial.wanted)
    stage.assert_whole(trial.wanted)
    assert before.items() <= stage.ids(trial.wanted).items()
    assert stage.launched_into() == natives, "the larger group did not go into the native group it has"


def a_deleted_member_is_launched_again(fresh: Fresh) -> None:
    stage, wanted = _rolled_out(fresh)
    gone = wanted.names[1]
    _terminate(stage, stage.ids(wanted)[gone])
    before = stage.ids(wanted)
    assert stage.run(wanted, lambda script: script.group.release([gone])).error is None
    stage.roll_out(wanted)
    stage.assert_whole(wanted)
    stage.assert_known(wanted)
    assert before.items() <= stage.ids(wanted).items()


def a_replacement_may_come_before_its_predecessor_goes(fresh: Fresh) -> None:
    """Both hold a place for a while; the older one is the member, and neither is deleted by us."""
    stage, wanted = _rolled_out(fresh, 2)
    first = stage.ids(wanted)[wanted.names[0]]
    stage.wait(LATER)
    if stage.blind:
        _a_second_machine_is_a_conflict(stage, wanted)
        return
    second = launch_again(stage, wanted)
    stage.wait(LATER)
    with stage.script(wanted) as script:
        report = script.group.verify()
    assert [one.instance for one in report.surplus] == [second], "the younger of two is the surplus one"
    assert (report.missing, stage.roll_out(wanted).launched) == ((), ())
    assert {first, second} <= {machine.id for machine in stage.machines(wanted)}
    _terminate(stage, first)
    assert stage.roll_out(wanted).launched == ()
    stage.assert_whole(wanted)


def surplus_members_are_named_and_never_deleted(fresh: Fresh) -> None:
    stage, wanted = _rolled_out(fresh)
    before = stage.ids(wanted)
    fewer = Wanted(2, wanted.rules)
    report = stage.roll_out(fewer)
    assert [one.member for one in report.surplus] == [wanted.names[2]]
    with stage.script(fewer) as script:
        assert [one.member for one in script.group.verify().surplus] == [wanted.names[2]]
    assert stage.ids(wanted) == before


def a_group_with_machines_is_not_released(fresh: Fresh) -> None:
    stage, wanted = _rolled_out(fresh)
    natives, before = stage.cloud.natives(), stage.observed(wanted)
    error = stage.refused(wanted, lambda script: script.group.release())
    assert isinstance(error, StillOccupied), f"{error!r}"
    assert any(name in str(error) for name in wanted.names), f"names nobody: {error}"
    assert (stage.cloud.natives(), stage.observed(wanted)) == (natives, before)


def a_member_with_a_machine_is_not_released(fresh: Fresh) -> None:
    """Where nobody asks machines, releasing a member by name is the user's word that it is gone."""
    stage, wanted = _rolled_out(fresh)
    if stage.blind:
        return
    error = stage.refused(wanted, lambda script: script.group.release(wanted.names[:1]))
    assert isinstance(error, StillOccupied), f"{error!r}"
    stage.assert_known(wanted)


def releasing_one_member_leaves_the_others_in_their_group(fresh: Fresh) -> None:
    stage, wanted = _rolled_out(fresh)
    natives = stage.launched_into()
    _terminate(stage, stage.ids(wanted)[wanted.names[2]])
    assert stage.run(wanted, lambda script: script.group.release(wanted.names[2:])).error is None
    assert stage.launched_into() == natives
    stage.assert_known(Wanted(2, wanted.rules))


def a_stopped_member_is_still_the_member(fresh: Fresh) -> None:
    """It holds its place or gives it up, as the record says; it is not launched a second time."""
    stage, wanted = _rolled_out(fresh)
    stopped = stage.ids(wanted)[wanted.names[0]]
    with lent(stage.cloud.clock):
        stage.cloud.stop(stopped)
    if not stage.blind:
        (seen,) = [one for one in stage.observed(wanted) if one.instance == stopped]
        assert (seen.state, seen.holds) == ("stopped", not stage.trial.promise.running_only)
    assert stage.run(wanted).exit_code is not None
    assert stopped in stage.ids(wanted).values()
    assert len(stage.machines(wanted)) == len(wanted.names)


def what_is_there_is_listed_under_its_owner(fresh: Fresh) -> None:
    stage, wanted = _rolled_out(fresh)
    with stage.script(wanted) as script:
        (found,) = [group for _, group in script.deployer.cloud.groups(wanted.owner)]
        assert script.deployer.cloud.groups("nobody") == []
    assert found.key == wanted.key
    assert {one.member: one.instance for one in found.instances} == stage.ids(wanted)
    assert sorted(found.natives) == sorted(stage.cloud.natives())


def _rolled_out(fresh: Fresh, members: int = FEW) -> tuple[Stage, Wanted]:
    stage = Stage(fresh)
    wanted = small(stage.trial, members)
    stage.roll_out(wanted)
    stage.assert_whole(wanted)
    stage.assert_known(wanted)
    return stage, wanted


def _bind_all(script: Script) -> None:
    """Bind every member to the machine that it has, as a tool that keeps state would."""
    for seen in script.group.machines():
        script.group.bind(seen.member, seen.instance)


def _native_ids(placements: Iterable[Placement]) -> set[tuple[str, ...]]:
    return {placement.native_ids for placement in placements}


def _terminate(stage: Stage, id_: str) -> None:
    with lent(stage.cloud.clock):
        stage.cloud.terminate(id_)


def launch_again(stage: Stage, wanted: Wanted) -> str:
    """Another machine of the first member, with the arguments that its placement gives."""
    with stage.script(wanted) as script:
        placement = script.group.prepare().placements[0]
        id_ = script.launch(placement)
        script.group.bind(placement.member, id_)
        if script.deployer.start:
            script.deployer.start(Machine(id_, placement.member, placement.cloud, placement.domains))
    return id_


def _a_second_machine_is_a_conflict(stage: Stage, wanted: Wanted) -> None:
    error = stage.refused(wanted, _bind_another)
    assert isinstance(error, Conflict), f"{error!r}"
    stage.assert_known(wanted)


def _bind_another(script: Script) -> None:
    script.group.bind(script.wanted.names[0], "another")
