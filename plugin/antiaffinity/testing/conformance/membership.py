"""Somebody edits native groups and marks under machines that run: it is told, and no run goes on blindly."""

from __future__ import annotations

from antiaffinity.clock import lent
from antiaffinity.errors import Conflict, InvalidRequest, NoCapacity
from antiaffinity.model import Finding
from antiaffinity.testing.conformance.harness import Fresh
from antiaffinity.testing.conformance.stage import Script, Stage
from antiaffinity.testing.conformance.trials import Wanted, has_native, small


def members_whose_native_group_is_gone_are_told(fresh: Fresh) -> None:
    """Verify and plan say who is in none, and strictly it is amiss: the next move may put two together."""
    stage = Stage(fresh)
    if not (stage.keeps or has_native(stage.trial.promise)):
        return
    wanted = stage.trial.wanted
    stage.roll_out(wanted)
    _delete_natives(stage)
    with stage.script(wanted) as script:
        report, plan = script.group.verify(), script.group.plan()
    for findings in (report.findings, plan.findings):
        told = [
            one for one in findings if one.severity == "strict" and _names(one, wanted) == len(wanted.names)
        ]
        assert told, f"nobody is told to be in no native group: {findings}"
    assert report.strict_exit_code in (1, 4), report


def a_launch_beside_members_without_their_group_is_told_before(fresh: Fresh) -> None:
    """The new native group has none of them: what is not told afterwards is vouched for by nobody."""
    stage = Stage(fresh)
    if stage.trial.promise.how != "delegated":
        return
    few, more = _without_their_group(stage)
    with stage.script(more) as script:
        plan = script.group.plan()
    assert plan.exit_code == 4, f"nothing is said before the launch: {plan}"
    assert any(one.severity == "warning" and _names(one, few) for one in plan.findings), plan.findings
    ended = stage.run(more)
    if stage.trial.promise.evidence != "DOMAIN":
        said = ended.report.verdict if ended.report else ended.error
        assert said == "unproven", f"{said!r}"


def nobody_stays_beside_a_member_that_its_native_group_does_not_have(fresh: Fresh) -> None:
    """Where places are told: the one host that is left has such a member, and the cloud refuses nothing."""
    stage = Stage(fresh)
    if (stage.trial.promise.how, stage.trial.promise.evidence) != ("delegated", "DOMAIN"):
        return
    few, more = _without_their_group(stage)
    first = stage.machines(few)[0].place
    for place in stage.cloud.places():
        if first and place.host != first.host:
            stage.cloud.close(place.host)
    ended = stage.run(more)
    assert isinstance(ended.error, NoCapacity), f"{ended.error or ended.report}"
    assert stage.ids(more).keys() == {*few.names}, "a machine is left that stands beside another"


def _without_their_group(stage: Stage) -> tuple[Wanted, Wanted]:
    """Two members whose native group is gone, and the same group with more of them."""
    few, more = Wanted(2, stage.trial.wanted.rules), small(stage.trial, 4)
    stage.roll_out(few)
    _delete_natives(stage)
    return few, more


def a_machine_in_our_group_without_our_mark_stops_the_run(fresh: Fresh) -> None:
    """Its keys were deleted: it may be the member that is missing, so nobody is launched before a bind."""
    stage = Stage(fresh)
    if not _in_natives(stage):
        return
    wanted = stage.trial.wanted
    stage.roll_out(wanted)
    lost = wanted.names[1]
    id_ = stage.ids(wanted)[lost]
    _remark(stage, id_, {})
    _assert_told(stage, wanted, id_)
    error = stage.refused(wanted)
    assert isinstance(error, InvalidRequest), f"{error!r}"
    assert id_ in str(error), f"does not name {id_}: {error}"
    assert len(stage.cloud.machines()) == len(wanted.names), "a machine was launched all the same"
    other = stage.refused(wanted, lambda script: _bind(script, wanted.names[0], id_))
    assert isinstance(other, Conflict), f"bound to a member that is there: {other!r}"
    with stage.script(wanted) as script:
        script.group.bind(lost, id_)
    assert stage.roll_out(wanted).launched == ()
    stage.assert_whole(wanted, "after it was bound")
    assert stage.ids(wanted)[lost] == id_


def a_mark_that_was_edited_to_another_members_is_told(fresh: Fresh) -> None:
    """One member has two machines then, and one has none; unmarked and bound again all is as it was."""
    stage = Stage(fresh)
    if not _in_natives(stage):
        return
    wanted = small(stage.trial)
    stage.roll_out(wanted)
    first, second = wanted.names[:2]
    id_ = stage.ids(wanted)[second]
    _remark(stage, id_, wanted.key.marks(first))
    _assert_told(stage, wanted, id_)
    with stage.script(wanted) as script:
        script.group.unmark(id_)
        if stage.keeps:  # its rule has let it go: it is nobody's now
            assert id_ not in {one.instance for one in script.group.machines()}
            return
        script.group.bind(second, id_)
    assert stage.roll_out(wanted).launched == ()
    stage.assert_whole(wanted, "after it was bound again")


def a_marked_machine_outside_its_native_group_is_not_bound(fresh: Fresh) -> None:
    """Where it cannot be added later: it would be a member that nothing keeps apart."""
    stage = Stage(fresh)
    promise = stage.trial.promise
    if not has_native(promise) or promise.joins != "creation":
        return
    wanted = small(stage.trial)
    stage.roll_out(wanted)
    _delete_natives(stage)
    more = small(stage.trial, 4)
    stage.run(more)
    if stage.cloud.natives():
        error = stage.refused(wanted, _bind_first)
        assert isinstance(error, InvalidRequest), f"{error!r}"


def _bind(script: Script, member: str, id_: str) -> None:
    script.group.bind(member, id_)


def _bind_first(script: Script) -> None:
    there = {one.member: one.instance for one in script.group.machines()}
    script.group.bind(script.wanted.names[0], there[script.wanted.names[0]])


def _in_natives(stage: Stage) -> bool:
    return stage.keeps or has_native(stage.trial.promise)


def _remark(stage: Stage, id_: str, marks: dict[str, str]) -> None:
    with lent(stage.cloud.clock):
        stage.cloud.remark(id_, marks)


def _assert_told(stage: Stage, wanted: Wanted, id_: str) -> None:
    """Verify and plan name the machine, and are not content."""
    with stage.script(wanted) as script:
        report, plan = script.group.verify(), script.group.plan()
    for answer in (report, plan):
        told = [one for one in answer.findings if one.severity == "warning" and id_ in one.message]
        assert told, f"{id_} is not told: {answer.findings}"
        assert answer.exit_code in (1, 4), f"{answer}"


def _names(finding: Finding, wanted: Wanted) -> int:
    """How many members a finding names."""
    return sum(name in finding.message for name in wanted.names)


def _delete_natives(stage: Stage) -> None:
    with lent(stage.cloud.clock):
        for native in stage.cloud.natives():
            stage.cloud.delete_native(native)
