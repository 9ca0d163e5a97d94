"""The ids that launches give: each is checked, and none costs a machine that this launch did not make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from msgspec.structs import replace

from antiaffinity.clock import sleep
from antiaffinity.errors import AntiaffinityError, InvalidRequest
from antiaffinity.model import Placement
from antiaffinity.testing.conformance.harness import Fresh
from antiaffinity.testing.conformance.launches import failing
from antiaffinity.testing.conformance.stage import Script, Stage
from antiaffinity.testing.conformance.trials import small

SHOWN = 30.0
"""Seconds after which every cloud knows the id of a machine that it has made."""


def an_id_that_nothing_has_is_a_typed_error(fresh: Fresh) -> None:
    stage = Stage(fresh)
    if not stage.blind:
        _, error = failing(stage, lambda script, placement: "7d3c2d05-1a0e-4b1e-9a5c-0123456789ab")
        assert isinstance(error, AntiaffinityError), f"{error!r}"
    _, error = failing(stage, lambda script, placement: "")
    assert isinstance(error, AntiaffinityError), f"{error!r}"
    assert stage.cloud.machines() == []


def an_id_of_another_member_from_launch_stops_the_run_at_once(fresh: Fresh) -> None:
    """Nothing is discarded, and the machine that was not named is found by its mark."""
    stage = Stage(fresh)
    ids: list[str] = []

    def first(script: Script, placement: Placement) -> str:
        ids.append(script.launch(placement))
        return ids[0]

    _stopped_after(stage, first, 2)
    assert ids[0] in {one.id for one in stage.cloud.machines()}, "another member's machine was discarded"


def an_id_of_another_group_from_launch_stops_the_run_at_once(fresh: Fresh) -> None:
    stage = Stage(fresh)
    other = replace(small(stage.trial, 1), name="other")
    stage.roll_out(other)
    (theirs,) = stage.ids(other).values()

    def strange(script: Script, placement: Placement) -> str:
        script.launch(placement)
        return theirs

    _stopped_after(stage, strange, 1)
    assert list(stage.ids(other).values()) == [theirs], "another group's machine was discarded"


def a_launch_that_gives_no_id_stops_at_once_and_its_machine_is_found(fresh: Fresh) -> None:
    for given in (None, "", object(), "vm-1\n"):
        _stopped_after(Stage(fresh), _giving(given), 1)


def a_launch_that_gives_the_same_words_every_time_is_stopped(fresh: Fresh) -> None:
    """Whatever the error: a cloud may take them for the id of a machine that has vanished."""
    stage = Stage(fresh)
    script, error = failing(stage, _giving("Done."))
    assert isinstance(error, AntiaffinityError), f"not stopped: {error!r}"
    assert script.launches <= 2, f"launched {script.launches} times"
    _is_whole(stage, script)


def a_launch_whose_machine_vanished_does_not_cost_another_runs_its_own(fresh: Fresh) -> None:
    """The launch gave an id: another new machine of the member is no leftover of it."""
    stage = Stage(fresh)
    if stage.blind:
        return
    theirs: list[str] = []

    def vanishing(script: Script, placement: Placement) -> str:
        ours = script.launch(placement)
        if not theirs:
            sleep(SHOWN)
            stage.cloud.terminate(ours)
            # As another run does that finds the token of the launch spent, where launches bear one.
            theirs.append(script.launch(replace(placement, attempt=placement.attempt + 1)))
        return ours

    script, _ = failing(stage, vanishing, small(stage.trial, 1))
    lost = {*theirs} - {one.id for one in stage.cloud.machines()}
    assert not lost, f"discarded {lost}, which this launch did not make"
    assert not {*theirs} & {*script.discarded}


def _giving(given: Any) -> Callable[[Script, Placement], str]:
    """A launch that makes its machine, and gives something else than its id."""

    def launch(script: Script, placement: Placement) -> str:
        script.launch(placement)
        return cast(str, given)

    return launch


def _stopped_after(stage: Stage, launch: Callable[[Script, Placement], str], launches: int) -> None:
    """It is InvalidRequest after so many launches, nothing is discarded, and the next run makes all whole."""
    script, error = failing(stage, launch)
    assert isinstance(error, InvalidRequest), f"not stopped: {error!r}"
    assert error.path == "launch", f"the path is {error.path!r}: {error}"
    assert (script.launches, script.discarded) == (launches, [])
    _is_whole(stage, script)


def _is_whole(stage: Stage, script: Script) -> None:
    """After another run; where machines are only reported, a wrong id may be taken for one."""
    if not stage.blind:
        stage.roll_out(script.wanted)
        stage.assert_whole(script.wanted)
