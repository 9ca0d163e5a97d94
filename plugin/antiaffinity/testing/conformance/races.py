"""Several deploy scripts at once, in one order for each of many seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from antiaffinity.errors import Conflict, NoCapacity, Unavailable
from antiaffinity.report import Report
from antiaffinity.testing.conformance.harness import Fresh
from antiaffinity.testing.conformance.stage import Act, Ended, Script, Stage
from antiaffinity.testing.conformance.trials import Wanted, has_native, small
from antiaffinity.testing.wire import Wire

MANY, SOME = range(32), range(8)
"""Seeds: for what takes few requests, and for whole roll-outs."""

LATEST = 2.0
"""Seconds between the first to begin and the last."""


def deployers_that_prepare_at_once_share_one_native_group(fresh: Fresh) -> None:
    """The others may find the places taken, where preparing claims them."""
    for seed in MANY:
        stage = Stage(fresh, seed)
        wanted = small(stage.trial, 2)
        used: set[tuple[str, ...]] = set()
        ended = _at_once(stage, [wanted] * (2 + seed % 2), _preparing(used))
        assert any(one.error is None for one in ended), f"seed {seed}: {ended[0].error!r}"
        for one in ended:
            assert isinstance(one.error, Conflict | None), f"seed {seed}: {one.error!r}"
        natives = has_native(stage.trial.promise)
        assert len(used) == 1, f"seed {seed}: {used}"
        assert len(stage.cloud.natives()) == natives, f"seed {seed}: {stage.cloud.natives()}"


def two_deployers_of_one_group_end_with_one_group(fresh: Fresh) -> None:
    for seed in SOME:
        stage = Stage(fresh, seed)
        wanted = small(stage.trial)
        _one_group_of(stage, [wanted, wanted], f"seed {seed}")


def three_deployers_of_one_group_end_with_one_group(fresh: Fresh) -> None:
    for seed in SOME:
        stage = Stage(fresh, seed)
        wanted = small(stage.trial)
        _one_group_of(stage, [wanted] * 3, f"seed {seed}")


def a_larger_and_a_smaller_run_end_with_the_larger_group(fresh: Fresh) -> None:
    for seed in SOME:
        stage = Stage(fresh, seed)
        few, many = small(stage.trial, 2), small(stage.trial)
        _one_group_of(stage, [few, many], f"seed {seed}")


def two_deployers_who_repair_one_group_end_with_it_mended(fresh: Fresh) -> None:
    for seed in SOME:
        stage = Stage(fresh, seed)
        wanted = small(stage.trial, 2)
        if stage.trial.promise.evidence != "DOMAIN" and not stage.blind:
            return
        stage.roll_out(wanted)
        first, second = stage.machines(wanted)
        assert second.place
        stage.crowd(wanted, first.member, second.place.host)
        for ended in _at_once(stage, [wanted] * 2, Script.repair):
            _assert_honest(ended, f"seed {seed}")
        stage.wait(stage.cloud.patience)
        ended = stage.run(wanted, Script.repair)
        assert ended.exit_code == 0, f"seed {seed}: {ended.error or ended.report}"
        stage.assert_whole(wanted, f"seed {seed}")
        stage.assert_known(wanted, f"seed {seed}")


def deployers_of_two_groups_do_not_disturb_each_other(fresh: Fresh) -> None:
    for seed in SOME:
        stage = Stage(fresh, seed)
        rules = stage.trial.wanted.rules
        both = [Wanted(2, rules, name=name) for name in ("db", "web")]
        for wanted, ended in zip(both, _at_once(stage, both), strict=True):
            assert ended.exit_code == 0, f"seed {seed}: {wanted.names} ended with {ended.error!r}"
            stage.assert_whole(wanted, f"seed {seed}")
            stage.assert_known(wanted, f"seed {seed}")


def _one_group_of(stage: Stage, all_wanted: Sequence[Wanted], when: str) -> None:
    """All end well, or with an error whose repetition does; in the World there is one group."""
    largest = all_wanted[-1]
    for ended in _at_once(stage, all_wanted):
        _assert_honest(ended, when)
    stage.wait(stage.cloud.patience)
    report = stage.roll_out(largest)
    assert report.exit_code == 0, f"{when}: {report}"
    stage.assert_whole(largest, when)
    stage.assert_known(largest, when)
    natives = stage.cloud.natives()
    assert len(natives) == (has_native(stage.trial.promise) or stage.keeps), f"{when}: {natives}"
    stage.dismantle(largest)


def _preparing(used: set[tuple[str, ...]]) -> Act:
    """Adds the native groups that its launches would go into."""

    def prepare(script: Script) -> None:
        used.update(placement.native_ids for placement in script.group.prepare().placements)

    return prepare


def _assert_honest(ended: Ended, when: str) -> None:
    """Whoever is not done says so, in words that mean: repeat."""
    if ended.error:
        assert isinstance(ended.error, Conflict | NoCapacity | Unavailable), f"{when}: {ended.error!r}"
    else:
        assert ended.report, f"{when}: it died"
        moving = any(seen.state != "running" for seen in ended.report.machines)
        assert ended.exit_code == 0 or moving, f"{when}: {ended.report}"


def _at_once(stage: Stage, all_wanted: Sequence[Wanted], act: Act = Script.roll_out) -> list[Ended]:
    """All at work together; they begin within a second or two of each other, or at the same moment."""
    apart = stage.turns.uniform(0, 1) * LATEST
    scripts = [Script(stage.cloud, wanted, Wire(None, stage.turns)) for wanted in all_wanted]
    works = [
        partial(_after, stage, stage.turns.uniform(0, apart), partial(stage.attempt, script, act))
        for script in scripts
    ]
    return [_ended(outcome) for outcome in stage.turns.run(*works)]


def _after(stage: Stage, seconds: float, work: Callable[[], Ended]) -> Ended:
    stage.turns.sleep(seconds)
    return work()


def _ended(outcome: Ended | BaseException | Report) -> Ended:
    if isinstance(outcome, Ended):
        return outcome
    assert isinstance(outcome, BaseException)
    raise outcome
