"""An operator's hand moves machines past every rule: the next look finds it."""

from __future__ import annotations

from antiaffinity.clock import lent
from antiaffinity.errors import Unavailable
from antiaffinity.steps import Step
from antiaffinity.testing.conformance.harness import Fresh
from antiaffinity.testing.conformance.stage import Stage
from antiaffinity.testing.conformance.trials import Trial, Wanted, small, trials


def a_machine_that_was_moved_onto_another_is_found(fresh: Fresh) -> None:
    """Where domains are told: an operator's hand goes past every rule."""
    stage = Stage(fresh)
    for trial in list(trials(stage.record, stage.cloud.places(), hard=True)):
        if trial.rule.kind == "anti-affinity":
            stage.roll_out(trial.wanted)
            first, second = stage.machines(trial.wanted)[:2]
            assert second.place
            with lent(stage.cloud.clock):
                stage.cloud.move(first.id, second.place.host)
            _assert_found(stage, trial)
            stage.dismantle(trial.wanted)


def an_existing_break_is_told_and_made_no_worse(fresh: Fresh) -> None:
    stage = Stage(fresh)
    trial = stage.trial
    if trial.promise.evidence != "DOMAIN":
        return
    few = Wanted(2, trial.wanted.rules)
    stage.roll_out(few)
    first, second = stage.machines(few)
    assert second.place
    with lent(stage.cloud.clock):
        stage.cloud.move(first.id, second.place.host)
    more = Wanted(3, trial.wanted.rules)
    ended = stage.run(more)
    assert ended.exit_code == 1, f"{ended.error or ended.report}"
    third = [machine for machine in stage.machines(more) if machine.member == more.names[2]]
    stage.assert_kept(trial.rule, [second, *third], "the new member")


def machines_that_never_stay_end_a_run(fresh: Fresh) -> None:
    """Somebody deletes each of them once it is placed: the run says so, and does not launch for ever.

    The last one goes after the last look, so the next run would be the first to miss it if it were alone.
    """
    stage = Stage(fresh)
    if stage.blind:
        return
    wanted = small(stage.trial, 2)

    def delete(step: Step) -> None:
        if step.kind == "placed":
            for machine in stage.machines(wanted):
                stage.cloud.terminate(machine.id)

    error = stage.refused(
        wanted, lambda s: s.group.roll_out(s.launch, s.discard, s.deployer.start, progress=delete)
    )
    assert isinstance(error, Unavailable), f"{error!r}"
    assert wanted.names[0] in str(error), f"does not name who: {error}"


def _assert_found(stage: Stage, trial: Trial) -> None:
    with stage.script(trial.wanted) as script:
        report = script.group.verify()
    if trial.promise.evidence == "DOMAIN":
        assert (report.verdict, report.exit_code) == ("broken", 1), f"{trial}: {report}"
    else:
        assert report.verdict != "held", f"{trial}: {report}"
