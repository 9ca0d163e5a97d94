"""What ran is never a leftover: a machine that comes into error later is kept, and told."""

from __future__ import annotations

from antiaffinity.clock import lent
from antiaffinity.report import Report
from antiaffinity.testing.conformance.harness import Fresh
from antiaffinity.testing.conformance.members import launch_again
from antiaffinity.testing.conformance.stage import Ended, Script, Stage
from antiaffinity.testing.conformance.trials import Wanted, small

LATER = 5.0
"""Seconds after which a machine is younger than another, by any cloud's clock."""


def a_machine_that_ran_and_is_in_error_now_is_kept_and_told(fresh: Fresh) -> None:
    """By plan and verify, too; where its cloud shows no more than that it starts, the run waits for it."""
    stage = Stage(fresh)
    if stage.blind:
        _nobody_is_asked(stage)
        return
    wanted = small(stage.trial)
    stage.roll_out(wanted)
    before = stage.ids(wanted)
    broken = _break(stage, before[wanted.names[1]])
    (seen,) = [one for one in stage.observed(wanted) if one.instance == broken]
    assert (seen.member, seen.holds) == (wanted.names[1], True)
    assert seen.state in ("lost", "starting"), f"a machine that ran is said to be {seen.state}"
    if seen.state == "lost":
        _assert_told(stage, wanted, broken)
    _assert_kept(stage, wanted, before, broken)


def a_twin_in_error_beside_a_healthy_member_is_named_and_never_deleted(fresh: Fresh) -> None:
    """Its mark may be copied: by an image, a clone or somebody's hand."""
    stage = Stage(fresh)
    if stage.blind:
        _nobody_is_asked(stage)
        return
    wanted = small(stage.trial, 2)
    stage.roll_out(wanted)
    stage.wait(LATER)
    twin = launch_again(stage, wanted)
    stage.wait(LATER)
    _break(stage, twin)
    before = {machine.id for machine in stage.machines(wanted)}
    script, ended = _rolled_out(stage, wanted)
    _assert_nothing_done(script, ended)
    assert {machine.id for machine in stage.machines(wanted)} == before
    assert twin in str(ended.error or ended.report), f"does not name {twin}: {ended.error or ended.report}"
    if ended.report:
        assert [one.instance for one in ended.report.surplus] == [twin]


def _nobody_is_asked(stage: Stage) -> None:
    """Where machines are only reported no error of theirs is ever seen, so none is discarded for it."""
    assert stage.record.reported


def _break(stage: Stage, id_: str) -> str:
    with lent(stage.cloud.clock):
        stage.cloud.break_(id_)
    return id_


def _rolled_out(stage: Stage, wanted: Wanted) -> tuple[Script, Ended]:
    """A plain roll-out, with a discard at hand; and its script."""
    scripts: list[Script] = []

    def act(script: Script) -> Report:
        scripts.append(script)
        return script.roll_out()

    ended = stage.run(wanted, act)
    return scripts[0], ended


def _assert_told(stage: Stage, wanted: Wanted, broken: str) -> None:
    with stage.script(wanted) as script:
        for told in (script.group.plan(), script.group.verify()):
            assert told.exit_code == 4, f"{told.exit_code}: {told}"
            assert broken in str(told), f"does not name {broken}: {told}"
            assert "delete it yourself" in str(told), f"does not say what to do: {told}"


def _assert_kept(stage: Stage, wanted: Wanted, before: dict[str, str], broken: str) -> None:
    script, ended = _rolled_out(stage, wanted)
    assert stage.ids(wanted) == before, "a machine that ran was replaced"
    assert len(stage.machines(wanted)) == len(before)
    _assert_nothing_done(script, ended)
    assert ended.exit_code in (3, 4), f"{ended.exit_code}: {ended.error or ended.report}"
    assert broken in str(ended.error or ended.report), f"does not name {broken}"


def _assert_nothing_done(script: Script, ended: Ended) -> None:
    assert script.discarded == [], f"discarded {script.discarded}"
    assert script.launches == 0, f"launched {script.launches} machines"
    if ended.report:
        assert (ended.report.launched, ended.report.discarded) == ((), ())
