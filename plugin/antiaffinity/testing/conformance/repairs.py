"""What broke is mended with few moves: by the cloud where it moves machines, else by discard and launch."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from antiaffinity.errors import InvalidRequest, NotOffered
from antiaffinity.planner.answer import Plan
from antiaffinity.report import Report
from antiaffinity.steps import Step
from antiaffinity.testing.conformance.harness import Fresh
from antiaffinity.testing.conformance.stage import Script, Stage
from antiaffinity.testing.conformance.trials import VERDICTS, Trial, Wanted, small, trials


def a_broken_rule_is_mended_by_the_one_move_it_needs(fresh: Fresh) -> None:
    stage = Stage(fresh)
    for trial in _visible(stage):
        wanted = small(trial, 2)
        before = _crowded(stage, wanted)
        ended = stage.run(wanted, Script.repair)
        assert ended.report, f"{trial}: {ended.error!r}"
        assert ended.report.verdict in VERDICTS[trial.promise.evidence], f"{trial}: {ended.report}"
        assert len(ended.report.moved) == 1, f"{trial}: {ended.report.moved}"
        stage.assert_whole(wanted, f"{trial}, after a repair")
        stage.assert_known(wanted, f"{trial}, after a repair")
        _assert_replaced(stage, wanted, before, 0 if stage.record.moves else 1)
        stage.dismantle(wanted)


def several_moves_are_made_one_after_the_other(fresh: Fresh) -> None:
    stage = Stage(fresh)
    if stage.trial.promise.evidence != "DOMAIN" and not stage.blind:
        return
    wanted = small(stage.trial, 3)
    before = _crowded(stage, wanted)
    ended = stage.run(wanted, Script.repair)
    assert ended.report, f"{ended.error!r}"
    assert len(ended.report.moved) == 2, f"{ended.report.moved}"
    stage.assert_whole(wanted, "after a repair")
    stage.assert_known(wanted, "after a repair")
    _assert_replaced(stage, wanted, before, 0 if stage.record.moves else 2)


def a_plan_names_the_move_and_changes_nothing(fresh: Fresh) -> None:
    stage = Stage(fresh)
    for trial in _visible(stage):
        wanted = small(trial, 2)
        before = _crowded(stage, wanted)
        plan = _plan(stage, wanted)
        assert [move.instance in before.values() for move in plan.moves] == [True], f"{trial}: {plan.moves}"
        assert (plan.verdict, plan.exit_code) == ("fits", 0), f"{trial}: {plan}"
        _assert_replaced(stage, wanted, before, 0)
        stage.dismantle(wanted)


def a_repair_that_does_not_help_ends_after_one_move(fresh: Fresh) -> None:
    """Whatever is moved comes back: one healthy machine at most is replaced in vain, and the run says so."""
    stage = Stage(fresh)
    for trial in _visible(stage):
        wanted = small(trial, 2)
        before = _crowded(stage, wanted)
        ended = stage.run(wanted, partial(_repaired_in_vain, stage, wanted))
        assert ended.report, f"{trial}: {ended.error!r}"
        assert ended.exit_code == 1, f"{trial}: {ended.report}"
        said = [one.member for one in ended.report.findings if one.kind == "in-vain"]
        assert len(said) == 1, f"{trial}: does not say whose move was in vain: {ended.report}"
        assert len(ended.report.discarded) == (0 if stage.record.moves else 1), f"{trial}: {ended.report}"
        _assert_replaced(stage, wanted, before, 0 if stage.record.moves else 1)
        stage.dismantle(wanted)


def where_nothing_is_broken_a_repair_leaves_everybody_alone(fresh: Fresh) -> None:
    stage = Stage(fresh)
    wanted = small(stage.trial, 3)
    stage.roll_out(wanted)
    before = stage.ids(wanted)
    ended = stage.run(wanted, Script.repair)
    assert ended.report, f"{ended.error!r}"
    assert ended.report.moved == ()
    assert stage.ids(wanted) == before


def without_a_discard_nothing_is_replaced(fresh: Fresh) -> None:
    stage = Stage(fresh)
    if stage.record.moves:
        return
    for trial in _visible(stage):
        wanted = small(trial, 2)
        before = _crowded(stage, wanted)
        error = stage.refused(wanted, _without_discard)
        assert isinstance(error, InvalidRequest), f"{trial}: {error!r}"
        assert error.path == "discard", f"{trial}: {error!r}"
        _assert_replaced(stage, wanted, before, 0)
        stage.dismantle(wanted)


def a_machine_is_moved_by_the_cloud_or_not_at_all(fresh: Fresh) -> None:
    """Moving it again to where it is does nothing."""
    stage = Stage(fresh)
    wanted = small(stage.trial, 2)
    _crowded(stage, wanted)
    with stage.script(wanted) as script:
        plan = script.group.plan(repair=True)
        (backend,) = script.deployer.cloud.clouds.values()
        requests = len(script.wire.requests)
        placement, seen = plan.placements[0], script.group.machines()[0]
        if not stage.record.moves:
            requests = len(script.wire.requests)
            try:
                backend.move(placement, seen.instance)
            except NotOffered:
                assert len(script.wire.requests) == requests, "asked the cloud before it refused"
                return
            raise AssertionError("the record says that nothing moves, but move did not refuse")
        [move] = plan.moves
        there = [backend.move(move.placement, move.instance) for _ in range(2)]
    assert there[0].domains == there[1].domains, f"{there}"
    stage.assert_whole(wanted, "after a move")


# What there is to mend


def _visible(stage: Stage) -> Iterator[Trial]:
    """Hard anti-affinity whose break can be seen: in the places told, or in those that were reported."""
    for trial in list(trials(stage.record, stage.cloud.places(), hard=True)):
        seen = trial.promise.evidence == "DOMAIN" or stage.blind
        if trial.rule.kind == "anti-affinity" and seen:
            yield trial


def _crowded(stage: Stage, wanted: Wanted) -> dict[str, str]:
    """All members are there, and an operator moved all but the last onto the host of that one."""
    stage.roll_out(wanted)
    *others, last = stage.machines(wanted)
    assert last.place
    for machine in others:
        stage.crowd(wanted, machine.member, last.place.host)
    return stage.ids(wanted)


def _repaired_in_vain(stage: Stage, wanted: Wanted, script: Script) -> Report:
    """A repair, while somebody moves whatever comes back onto the host where the others are."""
    host = _host_of(stage, wanted)

    def back(step: Step) -> None:
        if step.kind in ("placed", "moved"):
            stage.crowd(wanted, step.member, host)

    hands = script.launch, script.discard, script.deployer.start
    return script.group.roll_out(*hands, repair=True, progress=back)


def _host_of(stage: Stage, wanted: Wanted) -> str:
    place = stage.machines(wanted)[0].place
    assert place
    return place.host


def _plan(stage: Stage, wanted: Wanted) -> Plan:
    with stage.script(wanted) as script:
        return script.group.plan(repair=True)


def _assert_replaced(stage: Stage, wanted: Wanted, before: dict[str, str], many: int) -> None:
    now = stage.ids(wanted)
    other = [member for member in before if now.get(member) != before[member]]
    assert len(other) == many, f"{other} have other machines than before, not {many} of them"


def _without_discard(script: Script) -> None:
    script.group.roll_out(script.launch, start=script.deployer.start, repair=True)
