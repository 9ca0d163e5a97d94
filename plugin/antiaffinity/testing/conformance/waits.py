"""How long a machine takes is its cloud's affair: a run that cannot wait ends, and discards nothing."""

from __future__ import annotations

from antiaffinity.clock import lent
from antiaffinity.errors import Unavailable
from antiaffinity.report import Report
from antiaffinity.testing.conformance.harness import Fresh
from antiaffinity.testing.conformance.stage import Script, Stage
from antiaffinity.testing.conformance.trials import Wanted, small

LONG = 7200.0
"""Seconds that a launch takes: longer than any cloud's backend waits by itself."""

USUAL = 1.0


def a_launch_that_takes_long_ends_the_run_and_is_waited_for_by_the_next(fresh: Fresh) -> None:
    """So does one of another run; in the end it is the same machine, and the only one."""
    stage = Stage(fresh)
    if stage.blind:
        assert stage.record.reported, "where nobody asks machines nobody waits for them"
        return
    wanted = small(stage.trial, 1)
    _slow(stage, LONG)
    scripts: list[Script] = []
    ended = stage.run(wanted, lambda script: _noted(scripts, script))
    if ended.error:
        _assert_waiting(ended.error)
        _assert_waited_for(stage, wanted, scripts)
    assert [script.discarded for script in scripts] == [[] for _ in scripts]
    stage.wait(LONG)
    _slow(stage, USUAL)
    stage.roll_out(wanted)
    stage.assert_whole(wanted)
    assert scripts[0].launches == 1


def _assert_waited_for(stage: Stage, wanted: Wanted, scripts: list[Script]) -> None:
    """By another run, where it is seen while it is made."""
    before = stage.ids(wanted)
    if not before:
        return
    ended = stage.run(wanted, lambda script: _noted(scripts, script))
    assert ended.error, "said to be done while a machine has no place yet"
    _assert_waiting(ended.error)
    assert stage.ids(wanted) == before
    assert scripts[-1].launches == 0, "launched another beside it"


def _assert_waiting(error: BaseException) -> None:
    assert isinstance(error, Unavailable), f"{error!r}"
    assert "build_timeout" in str(error), f"does not say the setting: {error}"
    assert error.remains is None, f"names {error.remains} as what remains of a failed launch"


def _noted(scripts: list[Script], script: Script) -> Report:
    scripts.append(script)
    return script.roll_out()


def _slow(stage: Stage, seconds: float) -> None:
    with lent(stage.cloud.clock):
        stage.cloud.slow(seconds)
