"""More than there is room for, and what the cloud's record does not declare."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from antiaffinity.backend import Need
from antiaffinity.errors import LimitExceeded, NoCapacity, NotOffered, Unavailable
from antiaffinity.guarantee import Guarantee
from antiaffinity.planner.fitting import limit
from antiaffinity.policy import AntiAffinity, Rule
from antiaffinity.report import Report
from antiaffinity.testing.conformance.harness import Fresh
from antiaffinity.testing.conformance.stage import Ended, Script, Stage
from antiaffinity.testing.conformance.trials import (
    Trial,
    Wanted,
    count,
    small,
    too_many_each,
    trials,
    undeclared,
)
from antiaffinity.topology import Topology


def one_member_too_many_is_refused_until_there_is_a_place(fresh: Fresh) -> None:
    """Where we choose nothing is launched; where the cloud does, those who fit are there, and no more."""
    stage = Stage(fresh)
    trial = stage.trial
    wanted = _one_more(trial)
    error = stage.refused(wanted)
    assert isinstance(error, NoCapacity | LimitExceeded), f"{error!r}"
    assert any(name in str(error) for name in wanted.names), f"names nobody: {error}"
    _assert_only_who_fits(stage, trial)
    stage.cloud.add_host()
    stage.wait(stage.cloud.patience)
    stage.roll_out(wanted)
    stage.assert_whole(wanted)
    stage.assert_known(wanted)
    stage.dismantle(wanted)


def every_hard_rule_refuses_one_member_too_many(fresh: Fresh) -> None:
    stage = Stage(fresh)
    for trial in list(trials(stage.record, stage.cloud.places(), hard=True)):
        if trial.rule.kind not in ("anti-affinity", "survive"):
            continue
        wanted = _too_many(trial, stage)
        error = stage.refused(wanted)
        assert isinstance(error, NoCapacity | LimitExceeded), f"{trial}: {error!r}"
        _assert_no_rule_is_broken(stage, wanted)
        stage.terminate(wanted)
        stage.wait(stage.cloud.patience)
        assert stage.run(wanted, Script.release).error is None


def a_soft_rule_that_is_short_is_told_apart_from_a_hard_one(fresh: Fresh) -> None:
    """Everybody is launched, and the exit code is 4: never 0, never that of a broken hard rule."""
    stage = Stage(fresh)
    trial = stage.trial
    soft = replace(_one_more(trial), rules=(AntiAffinity(trial.promise.level, hard=False),))
    ended = stage.run(soft)
    assert ended.error is None, f"{ended.error!r}"
    assert ended.exit_code == 4, f"{ended.report}"
    assert sorted(stage.ids(soft)) == sorted(soft.names)
    assert not any(rule.hard for rule in _report(ended).rules)


def a_place_that_refuses_is_left_for_another(fresh: Fresh) -> None:
    stage = Stage(fresh)
    wanted = small(stage.trial)
    for place in _by_plan(stage, wanted):
        stage.cloud.close(place)
    stage.roll_out(wanted)
    stage.assert_whole(wanted)
    stage.assert_known(wanted)


def without_room_nothing_failed_is_left(fresh: Fresh) -> None:
    """And what could be launched is not launched again when there is room."""
    stage = Stage(fresh)
    wanted = small(stage.trial)
    for place in stage.cloud.places()[1:]:
        stage.cloud.close(place.host)
    error = stage.refused(wanted)
    assert isinstance(error, NoCapacity), f"{error!r}"
    assert error.report, "the error does not carry how far it came"
    _assert_no_rule_is_broken(stage, wanted)
    stage.assert_known(wanted, "after a refusal")
    before = stage.ids(wanted)
    for place in stage.cloud.places()[1:]:
        stage.cloud.open(place.host)
    stage.roll_out(wanted)
    stage.assert_whole(wanted)
    assert before.items() <= stage.ids(wanted).items()


def without_a_discard_a_failed_machine_is_named_and_seen_as_failed(fresh: Fresh) -> None:
    """Where a refused launch leaves a machine at all."""
    stage = Stage(fresh)
    wanted = small(stage.trial, 2)
    for place in stage.cloud.places()[1:]:
        stage.cloud.close(place.host)
    error = stage.refused(wanted, _without_discard)
    failed = [machine for machine in stage.machines(wanted) if machine.state != "running"]
    if not failed:
        assert isinstance(error, NoCapacity), f"{error!r}"
        return
    assert isinstance(error, Unavailable), f"{error!r}"
    assert error.remains, "what remains is not named"
    assert error.remains.id == failed[0].id
    stage.wait(stage.record.lists_lag)
    found = [one for one in stage.observed(wanted) if one.instance == failed[0].id]
    assert found, f"{failed[0].id} is not seen"
    # What was refused at its start is there as it was made, and told apart from what somebody has stopped.
    known = found[0].state in ("failed", "lost") or not found[0].started
    assert known, f"{failed[0].id} is said to be {found[0].state}"


def a_native_group_is_never_made_larger_than_it_can_be(fresh: Fresh) -> None:
    """LimitExceeded before any request that changes something."""
    stage = Stage(fresh)
    for trial in list(trials(stage.record, stage.cloud.places(), hard=True)):
        if most := _largest(stage, trial):
            error = stage.refused(Wanted(most + 1, trial.wanted.rules))
            assert isinstance(error, LimitExceeded), f"{trial}, with {most + 1} members: {error!r}"
            said = " ".join((str(error), *error.ways_out))
            assert str(most) in said, f"does not say how many it takes: {said}"
            _assert_untouched(stage, str(trial))


def the_accounts_quota_is_known_before_anything_is_launched(fresh: Fresh) -> None:
    stage = Stage(fresh)
    left = _topology(stage).limits.instances_left
    if left is not None:
        soft = (AntiAffinity(stage.trial.promise.level, hard=False),)
        error = stage.refused(Wanted(left + 1, soft))
        assert isinstance(error, LimitExceeded), f"{error!r}"
        assert str(left) in str(error), f"does not say how many are left: {error}"
        _assert_untouched(stage, "quota")


def what_the_record_does_not_declare_is_refused(fresh: Fresh) -> None:
    stage = Stage(fresh)
    for rule in (*undeclared(stage.record), *too_many_each(stage.record)):
        _assert_not_offered(stage, [rule])


def a_second_hard_rule_is_refused_where_a_machine_takes_one_group(fresh: Fresh) -> None:
    stage = Stage(fresh)
    promise = stage.trial.promise
    if promise.how == "delegated" and promise.groups_per_instance == 1:
        others = (AntiAffinity(promise.level, 1, among=(pattern,)) for pattern in ("*-0", "*-1"))
        _assert_not_offered(stage, others)


def _assert_not_offered(stage: Stage, rules: Iterable[Rule]) -> None:
    wanted = Wanted(2, tuple(rules))
    for act in (Script.roll_out, _prepare, _plan):
        error = stage.refused(wanted, act)
        assert isinstance(error, NotOffered), f"{wanted.rules}: {error!r}"
    _assert_untouched(stage, str(wanted.rules))


def _prepare(script: Script) -> None:
    script.group.prepare()


def _plan(script: Script) -> None:
    script.group.plan()


def _without_discard(script: Script) -> Report:
    return script.group.roll_out(script.launch, start=script.deployer.start)


def _one_more(trial: Trial) -> Wanted:
    return Wanted(trial.wanted.members + 1, trial.wanted.rules)


def _too_many(trial: Trial, stage: Stage) -> Wanted:
    """One more than all domains of the level hold by this rule."""
    each = getattr(trial.rule, "lose_at_most", 1)
    domains = count(stage.cloud.places(), trial.promise.level)
    return Wanted(domains * each + 1, trial.wanted.rules)


def _largest(stage: Stage, trial: Trial) -> int | None:
    """The members that native groups take together, by the record or as the cloud tells now."""
    promise = trial.promise
    if promise.how != "delegated" or _coverable(promise):
        return None
    topology = _topology(stage)
    most = limit(promise, topology)
    assert most or not promise.limit_read, f"{trial}: its limit is not told ({promise.limit_read})"
    apart = promise.rule != "affinity" and any(level in topology.levels for level in ("zone", "region"))
    return most and most * (len(topology.nodes["zone"].names) if apart else 1)


def _coverable(promise: Guarantee) -> bool:
    """Whether there can always be one more native group that keeps two members apart."""
    return promise.groups_per_instance is None and promise.rule == "anti-affinity"


def _topology(stage: Stage) -> Topology:
    with stage.script(Wanted(1, ())) as script:
        (backend,) = script.deployer.cloud.clouds.values()
        return backend.topology(Need(script.wanted.key))


def _by_plan(stage: Stage, wanted: Wanted) -> list[str]:
    """The host that the first member would go to, or any where the cloud chooses."""
    with stage.script(wanted) as script:
        first = script.group.plan().placements[0]
    hosts = [place.host for place in stage.cloud.places()]
    return [first.domains["host"] if first.domains.get("host") in hosts else hosts[0]]


def _assert_only_who_fits(stage: Stage, trial: Trial) -> None:
    machines = stage.machines(trial.wanted)
    if trial.promise.how == "chosen":
        assert machines == [], "launched although it could be known that not all fit"
        assert stage.observed(trial.wanted) == [], "claimed although not all fit"
    else:
        fitting = stage.ids(trial.wanted)
        assert len(machines) == len(fitting) == trial.wanted.members, f"{machines}"
        _assert_no_rule_is_broken(stage, trial.wanted)


def _assert_no_rule_is_broken(stage: Stage, wanted: Wanted) -> None:
    machines = stage.machines(wanted)
    assert {machine.state for machine in machines} <= {"running"}, f"a failed machine is left: {machines}"
    for rule in wanted.rules:
        stage.assert_kept(rule, machines)


def _assert_untouched(stage: Stage, when: str) -> None:
    assert stage.cloud.machines() == [], f"{when}: launched before it was refused"
    assert stage.cloud.natives() == [], f"{when}: made a native group before it was refused"


def _report(ended: Ended) -> Report:
    assert ended.report
    return ended.report
