"""Groups larger than a native group, in Worlds that have room for them.

What a small World never shows: native groups for single outer domains, for sets of members, lists that come
in pages, and the member that is one too many for the group that it would go to.
"""

from __future__ import annotations

from collections.abc import Iterator

from antiaffinity.errors import LimitExceeded
from antiaffinity.model import Lists
from antiaffinity.planner.fitting import limit
from antiaffinity.policy import AntiAffinity
from antiaffinity.testing.conformance.harness import Fresh
from antiaffinity.testing.conformance.limits import _coverable, _topology
from antiaffinity.testing.conformance.stage import Script, Stage
from antiaffinity.testing.conformance.trials import VERDICTS, Wanted, count
from antiaffinity.testing.world import Machine

SETS = 3
"""Of members, where each two sets share a native group."""

CHOSEN_EACH = 3
"""Members in one domain where we choose it: twelve machines and more do not fit onto one page."""


def a_group_larger_than_a_native_group_is_kept_apart(fresh: Fresh) -> None:
    """By the World, by the verdict, and by what is seen; who is deleted comes back into the same groups."""
    for stage, wanted in _large(fresh):
        report = stage.roll_out(wanted)
        assert report.exit_code == 0, f"{wanted.names}: {report}"
        assert report.verdict in VERDICTS[stage.trial.promise.evidence], f"{report}"
        _assert_whole(stage, wanted, "after a roll-out")
        made = stage.cloud.natives()
        _delete(stage, wanted, stage.machines(wanted)[-1])
        stage.roll_out(wanted)
        _assert_whole(stage, wanted, "after one was launched again")
        assert stage.cloud.natives() == made, "native groups were made anew"


def a_group_larger_than_a_native_group_grows_into_several(fresh: Fresh) -> None:
    """Nobody moves, where SPEC said at first how many they will be."""
    for stage, wanted in _large(fresh):
        some = wanted.members * 2 // SETS
        fewer = Wanted(some, wanted.rules, planned=wanted.members, only=wanted.only)
        stage.roll_out(fewer)
        before = stage.ids(fewer)
        stage.roll_out(wanted)
        _assert_whole(stage, wanted, "after scaling out")
        assert before.items() <= stage.ids(wanted).items(), "scaling out launched somebody anew"


def a_group_that_outgrows_its_native_group_is_refused_first(fresh: Fresh) -> None:
    """Who was launched into one group cannot join another: LimitExceeded, and nobody is launched."""
    for stage, wanted in _large(fresh):
        most = _limit(stage)
        if most and wanted.members > most and stage.trial.promise.limit_per == "group":
            stage.roll_out(Wanted(most, wanted.rules, only=wanted.only))
            before, made = stage.ids(wanted), stage.cloud.natives()
            error = stage.refused(wanted)
            assert isinstance(error, LimitExceeded), f"{error!r}"
            assert (stage.ids(wanted), stage.cloud.natives()) == (before, made), "something was made"


def a_large_group_is_found_and_leaves_nothing(fresh: Fresh) -> None:
    """Audits list every native group of it; a release waits for the last machine, and then takes them all."""
    for stage, wanted in _large(fresh):
        stage.roll_out(wanted)
        _assert_listed(stage, wanted)
        *others, last = stage.machines(wanted)
        for machine in others:
            _delete(stage, wanted, machine)
        assert stage.run(wanted, _release).error, "released while a machine was left"
        _delete(stage, wanted, last)
        stage.dismantle(wanted)


def _large(fresh: Fresh) -> Iterator[tuple[Stage, Wanted]]:
    """A cloud with room, and a group that is as large as makes it need more than one native group."""
    first = Stage(fresh)
    left = _topology(first).limits.instances_left
    for wanted in [one for one in _sizes(first) if left is None or one.members <= left]:
        stage = Stage(fresh)
        if stage.trial.promise.how == "delegated":
            stage.cloud.enlarge(wanted.members)
        yield stage, wanted


def _sizes(stage: Stage) -> Iterator[Wanted]:
    promise, rules = stage.trial.promise, stage.trial.wanted.rules
    if promise.how != "delegated" and promise.limit is None:
        return  # there is no group that could be too small
    if promise.how != "delegated":
        domains = count(stage.cloud.places(), promise.level)
        yield Wanted(CHOSEN_EACH * domains, (AntiAffinity(promise.level, CHOSEN_EACH),))
        return
    topology = _topology(stage)
    most, zones = limit(promise, topology), topology.nodes["zone"].names
    assert most, f"{promise.mechanism}: its limit is not told"
    full = most * len(zones) if promise.limit_per == "zone" else most + 1
    yield Wanted(full, rules)
    if _coverable(promise):
        inside: Lists = {"zone": [str(zones[0])]}
        yield Wanted(most, rules, only=inside)  # one native group, and it is full
        yield Wanted(SETS * (most // 2), rules, only=inside)  # every two sets fill one


def _limit(stage: Stage) -> int | None:
    """How many members one native group takes, where the cloud chooses inside it."""
    promise = stage.trial.promise
    return limit(promise, _topology(stage)) if promise.how == "delegated" else None


def _assert_whole(stage: Stage, wanted: Wanted, when: str) -> None:
    stage.assert_whole(wanted, when)
    stage.assert_known(wanted, when)
    if stage.trial.promise.how == "delegated":
        level = stage.trial.promise.level
        told = {id_ for one in stage.observed(wanted) for id_ in one.memberships.get(level, ())}
        assert told == {*stage.cloud.natives()}, f"{when}: {told} is told of {stage.cloud.natives()}"


def _assert_listed(stage: Stage, wanted: Wanted) -> None:
    with stage.script(wanted) as script:
        found = [group for _, group in script.deployer.cloud.groups(wanted.owner) if group.key == wanted.key]
    (group,) = found
    members = sorted(one.member for one in group.instances)
    assert members == sorted(wanted.names), f"audits list {members}"
    made = stage.launched_into()
    assert {*made} <= {*group.natives}, f"audits list {group.natives} of {made}"


def _delete(stage: Stage, wanted: Wanted, machine: Machine) -> None:
    """Its user deletes it, and says so where nobody could see it."""
    stage.terminate_one(machine.id)
    if stage.blind:
        with stage.script(wanted) as script:
            script.group.release([machine.member])


def _release(script: Script) -> None:
    script.group.release()
