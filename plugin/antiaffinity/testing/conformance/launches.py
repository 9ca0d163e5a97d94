"""The one launch call, by the user's own hand: what travels in it, and what comes of a slip of that hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from antiaffinity.errors import AntiaffinityError, InvalidRequest
from antiaffinity.model import MARKS, Placement
from antiaffinity.report import Report
from antiaffinity.testing.conformance.harness import Deployer, Fresh
from antiaffinity.testing.conformance.stage import Script, Stage
from antiaffinity.testing.conformance.trials import Trial, Wanted, small, trials


def the_mark_travels_in_the_launch(fresh: Fresh) -> None:
    """A machine bears it from the moment it is made: before settle or bind."""
    stage = Stage(fresh)
    wanted = small(stage.trial, 2)
    with stage.script(wanted) as script:
        placement = script.group.prepare().placements[0]
        id_ = script.launch(placement)
    (machine,) = [one for one in stage.cloud.machines() if one.id == id_]
    marks = wanted.key.marks(placement.member)
    assert {name: machine.tags.get(name) for name in MARKS} == marks


def settling_waits_until_the_place_is_decided(fresh: Fresh) -> None:
    stage = Stage(fresh)
    with stage.script(small(stage.trial, 2)) as script:
        placement = script.group.prepare().placements[0]
        (backend,) = script.deployer.cloud.clouds.values()
        seen = backend.settle(placement, script.launch(placement))
        state = "stopped" if script.deployer.start else "running"
        assert (seen.member, seen.state, seen.holds) == (placement.member, state, True)
        (machine,) = stage.cloud.machines()
        assert (machine.id, machine.state) == (seen.instance, state)


def merging_twice_is_merging_once_and_changes_nothing_of_the_users(fresh: Fresh) -> None:
    stage = Stage(fresh)
    with stage.script(small(stage.trial, 2)) as script:
        placement = script.group.prepare().placements[0]
        plain, own = script.deployer.plain, dict(script.deployer.own)
        before, once = plain(own), placement.arguments(**own)
        assert plain(placement.arguments(**once)) == plain(once)
        assert plain(own) == before
        assert _holds(plain(once), before), f"{before} is not in {plain(once)}"
        requests = len(script.wire.requests)
        placement.arguments(**own)
        assert len(script.wire.requests) == requests, "arguments() asked the cloud"


def _holds(merged: object, own: object) -> bool:
    """Whether the user's own words are all there: ours may have joined inside mappings and lists."""
    if isinstance(own, Mapping) and isinstance(merged, Mapping):
        return all(key in merged and _holds(merged[key], value) for key, value in own.items())
    if isinstance(own, list) and isinstance(merged, list):
        return all(any(_holds(one, value) for one in merged) for value in own)
    return merged == own


def own_arguments_that_name_another_place_are_refused(fresh: Fresh) -> None:
    stage = Stage(fresh)
    wanted = small(stage.trial, 2)
    with stage.script(wanted) as script:
        elsewhere = script.deployer.elsewhere
    assert elsewhere, "the harness names no place elsewhere"
    for own in elsewhere:
        error = stage.refused(wanted, _launching(lambda script, own=own: {**script.deployer.own, **own}))
        assert isinstance(error, InvalidRequest), f"{own}: {error!r}"
        assert error.path.split(".")[0].split("[")[0] in own, f"{own}: the path is {error.path!r}"
        assert stage.cloud.machines() == [], f"{own}: launched all the same"
        stage.wait(stage.cloud.patience)


def an_existing_members_arguments_repeat_where_it_is(fresh: Fresh) -> None:
    stage = Stage(fresh)
    wanted = small(stage.trial)
    chosen = {}
    with stage.script(wanted) as script:

        def launch(placement: Placement) -> str:
            chosen[placement.member] = placement.arguments(**script.deployer.own)
            return script.launch(placement)

        script.group.roll_out(launch, script.discard, script.deployer.start)
    with stage.script(wanted) as script:
        again = {p.member: p.arguments(**script.deployer.own) for p in script.group.prepare().placements}
    assert _repeated(again, script.deployer) == _repeated(chosen, script.deployer)


def _repeated(arguments: Mapping[str, Mapping[str, Any]], deployer: Deployer) -> dict[str, dict[str, Any]]:
    """By member, without the words that belong to one call alone."""
    return {
        member: {word: deployer.plain(value) for word, value in words.items() if word not in deployer.once}
        for member, words in arguments.items()
    }


def a_launch_that_forgets_the_arguments_is_named_and_not_discarded(fresh: Fresh) -> None:
    stage = Stage(fresh)
    if stage.blind:
        return
    wanted = small(stage.trial, 2)
    script, error = failing(
        stage, lambda script, placement: script.deployer.boot(placement, script.deployer.own)
    )
    assert isinstance(error, InvalidRequest), f"{error!r}"
    (machine,) = stage.cloud.machines()
    assert machine.id in str(error), f"does not name {machine.id}: {error}"
    assert script.discarded == []
    assert stage.observed(wanted) == []


def a_launch_into_another_place_than_was_chosen_is_refused_at_once(fresh: Fresh) -> None:
    """It is named, and not discarded."""
    stage = Stage(fresh)
    for trial in trials(stage.record, stage.cloud.places(), hard=True):
        if trial.promise.how == "chosen" and trial.promise.evidence == "DOMAIN" and trial.wanted.members > 1:
            _misplaced(Stage(fresh), trial)


def _misplaced(stage: Stage, trial: Trial) -> None:
    wanted = replace(trial.wanted, members=2)

    def elsewhere(script: Script, placement: Placement) -> str:
        level, chosen = trial.rule.level, placement.domains
        places = script.group.look().topology.domains
        other = next(one for one in places if one.usable and one.names()[level] != chosen[level])
        domains = {level: other.names()[level] for level in chosen}
        return script.launch(replace(placement, domains=domains, ids=other.ids, labels=other.labels))

    script, error = failing(stage, elsewhere, wanted)
    assert isinstance(error, InvalidRequest), f"{trial}: {error!r}"
    (machine,) = stage.cloud.machines()
    assert machine.id in str(error), f"does not name {machine.id}: {error}"
    assert script.discarded == []


def a_launch_that_bears_another_members_mark_is_refused(fresh: Fresh) -> None:
    stage = Stage(fresh)
    if stage.blind:
        return

    with stage.script(small(stage.trial, 2)) as script:
        first, second = script.group.prepare().placements
        (backend,) = script.deployer.cloud.clouds.values()
        id_ = script.launch(first)
        error = _refusal(lambda: backend.settle(second, id_))
    assert isinstance(error, InvalidRequest), f"{error!r}"
    assert error.remains is None, "it is to be discarded, although it is another member's"


class Slip(Exception):
    """What a user's own code may raise, and no cloud knows."""


def an_error_of_the_users_own_comes_out_unchanged(fresh: Fresh) -> None:
    """The discard hand is asked once, without an id, for something may remain."""
    stage = Stage(fresh)
    slip = Slip("image not built")

    def launch(script: Script, placement: Placement) -> str:
        raise slip

    script, error = failing(stage, launch)
    assert error is slip
    assert script.discarded == [None]
    stage.roll_out(script.wanted)
    stage.assert_whole(script.wanted)


def failing(
    stage: Stage, launch: Callable[[Script, Placement], str], wanted: Wanted | None = None
) -> tuple[Script, BaseException | None]:
    """A roll-out of two with another launch hand: the script, and what came out."""
    with stage.script(wanted or small(stage.trial, 2)) as script:
        try:
            script.group.roll_out(lambda placement: launch(script, placement), script.discard)
        except (AntiaffinityError, Slip) as error:
            return script, error
    return script, None


def _refusal(act: Callable[[], object]) -> AntiaffinityError | None:
    try:
        act()
    except AntiaffinityError as error:
        return error
    return None


def _launching(arguments: Callable[..., dict[str, object]]) -> Callable[[Script], Report]:
    """A roll-out whose launches have own arguments of this kind."""

    def roll_out(script: Script) -> Report:
        own = arguments(script)
        return script.group.roll_out(
            lambda placement: script.deployer.boot(placement, placement.arguments(**own)),
            script.discard,
            script.deployer.start,
        )

    return roll_out
