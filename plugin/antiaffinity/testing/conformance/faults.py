"""Every request of every verb is lost, or the last of a process, once: the next run makes all whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from antiaffinity.clock import lent
from antiaffinity.errors import NoCapacity
from antiaffinity.testing.conformance.harness import Fresh
from antiaffinity.testing.conformance.stage import Act, Ended, Script, Stage
from antiaffinity.testing.conformance.trials import Trial, Wanted, small
from antiaffinity.testing.wire import Trouble


def _nothing(stage: Stage, trial: Trial) -> None:
    pass


def _two(trial: Trial) -> Wanted:
    return small(trial, 2)


class Scenario(Struct, frozen=True):
    """What a deploy script was doing when it happened.

    ``before`` sets the stage; ``act`` is disturbed, and repeated undisturbed once ``mended``.
    """

    wanted: Callable[[Trial], Wanted]
    before: Callable[[Stage, Trial], None] = _nothing
    act: Act = Script.roll_out
    mended: Callable[[Stage, Trial], None] = _nothing
    released: bool = False
    changes_only: bool = False
    """Only requests that change something are disturbed: how reading fails other scenarios tell."""


def a_roll_out_survives_any_lost_request(fresh: Fresh) -> None:
    _sweep(fresh, Scenario(_two))


def scaling_out_survives_any_lost_request(fresh: Fresh) -> None:
    _sweep(fresh, Scenario(_two, before=_one_member))


def a_replacement_survives_any_lost_request(fresh: Fresh) -> None:
    _sweep(fresh, Scenario(_two, before=_one_of_two))


def a_refused_launch_survives_any_lost_request(fresh: Fresh) -> None:
    _sweep(fresh, Scenario(_two, before=_one_host_open, mended=_hosts_open))


def binding_survives_any_lost_request(fresh: Fresh) -> None:
    _sweep(fresh, Scenario(_two, before=_two_members, act=_bind_first))


def releasing_survives_any_lost_request(fresh: Fresh) -> None:
    _sweep(fresh, Scenario(_two, before=_machines_gone, act=Script.release, released=True))


def a_repair_survives_any_lost_request(fresh: Fresh) -> None:
    stage = Stage(fresh)
    if stage.trial.promise.evidence == "DOMAIN" or stage.blind:
        _sweep(fresh, Scenario(_two, before=_two_on_one_host, act=Script.repair, changes_only=True))


# What was there before


def _two_members(stage: Stage, trial: Trial) -> None:
    stage.roll_out(small(trial, 2))


def _one_member(stage: Stage, trial: Trial) -> None:
    stage.roll_out(small(trial, 1))


def _one_of_two(stage: Stage, trial: Trial) -> None:
    _two_members(stage, trial)
    wanted = small(trial, 2)
    with lent(stage.cloud.clock):
        stage.cloud.terminate(stage.ids(wanted)[wanted.names[0]])
    with stage.script(wanted) as script:
        script.group.release(wanted.names[:1])


def _two_on_one_host(stage: Stage, trial: Trial) -> None:
    _two_members(stage, trial)
    first, second = stage.machines(small(trial, 2))
    assert second.place
    stage.crowd(small(trial, 2), first.member, second.place.host)


def _one_host_open(stage: Stage, trial: Trial) -> None:
    for place in stage.cloud.places()[1:]:
        stage.cloud.close(place.host)


def _hosts_open(stage: Stage, trial: Trial) -> None:
    for place in stage.cloud.places():
        stage.cloud.open(place.host)


def _machines_gone(stage: Stage, trial: Trial) -> None:
    _two_members(stage, trial)
    stage.terminate(small(trial, 2))


def _bind_first(script: Script) -> None:
    """As a tool that keeps state does, with the machine that it knows."""
    first = script.group.machines()[0]
    script.group.bind(first.member, first.instance)


# The sweep


class Outcome(Struct, frozen=True):
    """What a group comes to in the end."""

    verdict: str
    natives: int


def _sweep(fresh: Fresh, scenario: Scenario) -> None:
    """Count the requests of an undisturbed run; then disturb each of them, in every way."""
    stage = Stage(fresh)
    trial = stage.trial
    scenario.before(stage, trial)
    ended = stage.run(scenario.wanted(trial), scenario.act)
    refused = scenario.mended is not _nothing
    assert isinstance(ended.error, NoCapacity) if refused else ended.error is None, f"{ended.error!r}"
    assert ended.requests, "no request passed the wire"
    wanted = _repeated(stage, scenario, trial, "undisturbed")
    stage.dismantle(scenario.wanted(trial))
    for trouble in _troubles(ended.requests, stage.cloud.reads, scenario.changes_only):
        when = f"{trouble.kind} {'after' if trouble.late else 'before'} {ended.requests[trouble.at - 1]!r}"
        found = _disturbed(fresh, scenario, trial, trouble, when)
        assert found == wanted, f"request {trouble.at}, {when}: {found} instead of {wanted}"


def _disturbed(fresh: Fresh, scenario: Scenario, trial: Trial, trouble: Trouble, when: str) -> Outcome:
    stage = Stage(fresh)
    scenario.before(stage, trial)
    ended = stage.run(scenario.wanted(trial), scenario.act, trouble)
    if ended.exit_code == 0:
        _assert_done(stage, scenario, trial, f"said to be done at request {trouble.at}, {when}")
    return _repeated(stage, scenario, trial, f"request {trouble.at}, {when}")


def _troubles(requests: list[str], reads: Callable[[str], bool], changes_only: bool) -> Iterator[Trouble]:
    """Every way in which one request can go wrong that ends differently.

    Killed before a request is killed after the one before it; what only reads is the same lost before
    or after, and a process that dies there leaves what the last change has left. What is asked again
    before something changes is waiting, and only its first is disturbed.
    """
    yield Trouble(1, kind="killed")
    since: set[str] = set()
    for n, asked in enumerate(requests, 1):
        if asked not in since and not (changes_only and reads(asked)):
            yield Trouble(n)
        since = {*since, asked} if reads(asked) else {asked}
        if not reads(asked):
            yield Trouble(n, late=True)
            yield Trouble(n, late=True, kind="killed")


def _repeated(stage: Stage, scenario: Scenario, trial: Trial, when: str) -> Outcome:
    """The same again, undisturbed: everything is as if nothing had happened."""
    wanted = scenario.wanted(trial)
    stage.wait(stage.cloud.patience)
    scenario.mended(stage, trial)
    ended = stage.run(wanted, scenario.act)
    assert ended.error is None, f"{when}: the next run failed: {ended.error!r}"
    if lost := _lost(ended):
        ended = _without(stage, lost, scenario, when)
    _assert_done(stage, scenario, trial, when)
    return Outcome(ended.report.verdict if ended.report else "", stage.natives_of(wanted))


def _lost(ended: Ended) -> list[str]:
    """What a launch that failed left, on a cloud where nothing proves that it never ran."""
    return [seen.instance for seen in ended.report.machines if seen.state == "lost"] if ended.report else []


def _without(stage: Stage, lost: list[str], scenario: Scenario, when: str) -> Ended:
    """The user deletes it, as the run before has told, and runs again."""
    trial = stage.trial
    for id_ in lost:
        with lent(stage.cloud.clock):
            stage.cloud.terminate(id_)
    ended = stage.run(scenario.wanted(trial), scenario.act)
    assert ended.error is None, f"{when}: the run after {lost} was deleted failed: {ended.error!r}"
    return ended


def _assert_done(stage: Stage, scenario: Scenario, trial: Trial, when: str) -> None:
    wanted = scenario.wanted(trial)
    if scenario.released:
        left = (stage.cloud.natives(), stage.observed(wanted))
        assert left == ([], []), f"{when}: {left} is not released"
    else:
        stage.assert_whole(wanted, when)
        stage.assert_known(wanted, when)
