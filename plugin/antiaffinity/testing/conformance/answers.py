"""An answer that lacks somebody is no answer: whom a list does not show is not launched a second time."""

from __future__ import annotations

from collections import Counter

from antiaffinity.clock import lent
from antiaffinity.errors import Unavailable
from antiaffinity.report import Report
from antiaffinity.steps import Step
from antiaffinity.testing.conformance.harness import Fresh
from antiaffinity.testing.conformance.stage import Ended, Script, Stage
from antiaffinity.testing.conformance.trials import Wanted, small


def a_list_that_lacks_a_new_machine_launches_nobody_again(fresh: Fresh) -> None:
    """Each machine of a run leaves the lists once it has its place; only a read of it tells of its end."""
    stage = Stage(fresh)
    wanted = small(stage.trial)

    def hide(step: Step) -> None:
        if step.kind == "placed":
            stage.cloud.hide(stage.ids(wanted)[step.member])

    def roll_out(script: Script) -> Report:
        hands = (script.launch, script.discard, script.deployer.start)
        return script.group.roll_out(*hands, progress=hide)

    _assert_whole_or_unavailable(stage, wanted, stage.run(wanted, roll_out))
    _assert_whole_again(stage, wanted)


def a_list_that_lacks_a_member_launches_nobody(fresh: Fresh) -> None:
    """Where its native group names it all the same, a later run knows of it, too."""
    stage = Stage(fresh)
    if not stage.cloud.names_hidden:
        return
    wanted = small(stage.trial)
    stage.roll_out(wanted)
    lacking = stage.ids(wanted)[wanted.names[1]]
    with lent(stage.cloud.clock):
        stage.cloud.hide(lacking)
    _assert_whole_or_unavailable(stage, wanted, stage.run(wanted))
    ended = stage.run(wanted, lambda script: script.group.verify())
    assert isinstance(ended.error, Unavailable) or (ended.report and not ended.report.missing), f"{ended}"
    assert stage.run(wanted, Script.release).error, "a group was released whose list lacks a member"
    assert not stage.run(wanted, lambda script: script.group.verify()).died
    _assert_whole_again(stage, wanted)


def _assert_whole_or_unavailable(stage: Stage, wanted: Wanted, ended: Ended) -> None:
    there = Counter(machine.member for machine in stage.machines(wanted))
    assert not there or max(there.values()) == 1, f"a list lacks machines, and there are {there}"
    if ended.report:
        assert not ended.report.missing, f"said to be done, and {ended.report.missing} are missing"
    else:
        assert isinstance(ended.error, Unavailable), f"{ended.error!r}"


def _assert_whole_again(stage: Stage, wanted: Wanted) -> None:
    with lent(stage.cloud.clock):
        stage.cloud.unhide()
    stage.wait(stage.cloud.patience)
    stage.roll_out(wanted)
    stage.assert_whole(wanted, "after lists are whole again")
    stage.assert_known(wanted, "after lists are whole again")
