"""What others made is left alone: other owners, adopted native groups, machines without a mark."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from antiaffinity.clock import lent
from antiaffinity.errors import InvalidRequest, StillOccupied
from antiaffinity.guarantee import Guarantee
from antiaffinity.testing.conformance.harness import Fresh
from antiaffinity.testing.conformance.stage import Script, Stage
from antiaffinity.testing.conformance.trials import Trial, Wanted, small, trials


def a_group_of_the_same_name_belongs_to_its_owner(fresh: Fresh) -> None:
    stage = Stage(fresh)
    ours = small(stage.trial, 2)
    theirs = replace(ours, owner="shop/test")
    for wanted in (ours, theirs):
        stage.roll_out(wanted)
        stage.assert_whole(wanted)
    natives = set(stage.cloud.natives())
    stage.terminate(ours)
    assert stage.run(ours, Script.release).error is None
    stage.assert_whole(theirs, "after another owner's group was released")
    stage.assert_known(theirs)
    assert len(natives - set(stage.cloud.natives())) == len(natives) // 2, "released a group of theirs"
    stage.dismantle(theirs)


def a_group_whose_name_begins_alike_is_another_group(fresh: Fresh) -> None:
    stage = Stage(fresh)
    ours = small(stage.trial, 2)
    theirs = replace(ours, name=f"{ours.name}-1")
    for wanted in (theirs, ours):
        stage.roll_out(wanted)
    natives = len(stage.cloud.natives())
    stage.terminate(ours)
    assert stage.run(ours, Script.release).error is None
    stage.assert_known(theirs)
    assert len(stage.cloud.natives()) == natives // 2
    stage.dismantle(theirs)


def owners_and_names_that_look_alike_are_two(fresh: Fresh) -> None:
    """Native names are for people: what they cannot spell must not make two groups one."""
    stage = Stage(fresh)
    rules = stage.trial.wanted.rules
    first, second = Wanted(1, rules, "b-c", "a"), Wanted(1, rules, "c", "a-b")
    third, fourth = Wanted(1, rules, "b", "x/y"), Wanted(1, rules, "b", "x.y")
    every = (first, second, third, fourth)
    for wanted in every:
        stage.roll_out(wanted)
    for wanted in every:
        stage.assert_whole(wanted)
        stage.assert_known(wanted)
        stage.terminate(wanted)
        assert stage.run(wanted, Script.release).error is None
    assert stage.cloud.natives() == []


def an_adopted_native_group_is_used_and_never_deleted(fresh: Fresh) -> None:
    """Who is in it already counts: ours are apart from them too."""
    stage = Stage(fresh)
    for promise in _delegated(stage):
        native, occupant = _foreign(stage, promise)
        wanted = replace(small(stage.trial, 2), adopt={promise.level: native})
        stage.roll_out(wanted)
        stage.assert_whole(wanted)
        there = [one for one in stage.cloud.machines() if one.id == occupant]
        stage.assert_kept(wanted.rules[0], [*stage.machines(wanted), *there])
        assert [one.instance for one in stage.observed(wanted) if not one.member] == [occupant]
        assert stage.cloud.natives() == [native], "made a native group beside the adopted one"
        stage.terminate(wanted)
        assert stage.run(wanted, Script.release).error is None
        assert stage.cloud.natives() == [native]
        assert [one.id for one in stage.cloud.machines()] == [occupant]


def a_machine_in_an_adopted_native_group_can_become_a_member(fresh: Fresh) -> None:
    stage = Stage(fresh)
    for promise in _delegated(stage):
        native, occupant = _foreign(stage, promise)
        wanted = replace(small(stage.trial, 2), adopt={promise.level: native})
        with stage.script(wanted) as script:
            script.group.bind(wanted.names[0], occupant)
        report = stage.roll_out(wanted)
        assert len(report.launched) == 1
        stage.assert_whole(wanted)
        stage.assert_known(wanted)


def an_adopted_native_group_must_exist_and_promise_the_same(fresh: Fresh) -> None:
    stage = Stage(fresh)
    for promise in _delegated(stage):
        wanted = small(stage.trial, 2)
        others = [_foreign_of(stage, other) for other in _other_promises(stage, promise)]
        for native in ("not-there", *others):
            error = stage.refused(replace(wanted, adopt={promise.level: native}))
            assert isinstance(error, InvalidRequest), f"{native}: {error!r}"
            assert error.path.startswith("adopt"), f"{native}: {error!r}"
        assert sorted(stage.cloud.natives()) == sorted(others)
        assert stage.cloud.machines() == []


def a_native_group_with_a_strangers_machine_is_not_released(fresh: Fresh) -> None:
    stage = Stage(fresh)
    if stage.trial.promise.how != "delegated":
        return
    wanted = small(stage.trial, 2)
    stage.roll_out(wanted)
    natives = stage.cloud.natives()
    with lent(stage.cloud.clock):
        occupant = stage.cloud.occupant(natives[0])
    stage.terminate(wanted)
    error = stage.refused(wanted, lambda script: script.group.release())
    assert isinstance(error, StillOccupied), f"{error!r}"
    assert occupant in str(error), f"does not name {occupant}: {error}"
    assert stage.cloud.natives() == natives


def what_others_run_is_nobody_of_ours(fresh: Fresh) -> None:
    stage = Stage(fresh)
    theirs = replace(small(stage.trial, 2), name="web")
    ours = small(stage.trial, 2)
    stage.roll_out(theirs)
    before = stage.ids(theirs)
    assert stage.observed(ours) == []
    stage.roll_out(ours)
    stage.assert_known(ours)
    assert stage.ids(theirs) == before


def _delegated(stage: Stage) -> list[Guarantee]:
    """The promise that carries the usual group, if somebody else can make such a native group."""
    promise = stage.trial.promise
    return [promise] if promise.how == "delegated" else []


def _other_promises(stage: Stage, promise: Guarantee) -> list[Guarantee]:
    found = (trial.promise for hard in (True, False) for trial in _all(stage, hard))
    return [one for one in found if one.how == "delegated" and one.mechanism != promise.mechanism][:1]


def _all(stage: Stage, hard: bool) -> Iterator[Trial]:
    return trials(stage.record, stage.cloud.places(), hard)


def _foreign(stage: Stage, promise: Guarantee) -> tuple[str, str]:
    """A native group by another hand, with a machine in it."""
    native = _foreign_of(stage, promise)
    with lent(stage.cloud.clock):
        return native, stage.cloud.occupant(native)


def _foreign_of(stage: Stage, promise: Guarantee) -> str:
    with lent(stage.cloud.clock):
        return stage.cloud.foreign_native(promise)
