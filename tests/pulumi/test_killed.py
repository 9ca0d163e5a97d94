"""Engine or plugin are killed in the middle: cancel, refresh, up make the group whole, nothing is doubled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from killed import ON_A_POOL, Death, Play, on_nova, on_pool, seeded

from real.nova import Nova

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("pulumi_engine")]

SEED = 5
GROUP_MADE = Death("create", "plugin", "request", 9)
"""The server group is made, and nobody is left who was told so."""
SERVER_MADE = Death("create", "engine", "launch", 2)
"""The second server is made, and nobody is left who was told its id."""


def on_one_nova(nova: Nova, *plays: Play) -> list[list[str]]:
    """What was left over in each play; side by side, as a run waits more than it works."""

    def played(play: Play) -> list[str]:
        with on_nova(nova, play.project) as stage:
            return stage.play(play)

    with ThreadPoolExecutor(2) as side_by_side:
        return [*side_by_side.map(played, plays)]


def test_a_server_that_a_killed_engine_left_is_named_and_taken_over(nova: Nova) -> None:
    """Pulumi itself would make a second one. The command that our message shows is typed."""
    making, deleting = Play("making", SERVER_MADE, takes_over=True), seeded(SEED, "delete", "engine")
    assert on_one_nova(nova, making, Play("deleting", deleting)) == [["db-1"], []]
    assert nova.hosts_of() == {}


def test_a_server_group_that_a_killed_plugin_left_is_found_again(nova: Nova) -> None:
    making, updating = Play("making", GROUP_MADE), Play("updating", seeded(SEED, "update", "plugin"))
    assert on_one_nova(nova, making, updating) == [[], []]
    assert nova.hosts_of() == {}


def test_a_pool_is_whole_after_the_engine_was_killed() -> None:
    with on_pool("shop") as stage:
        assert stage.play(Play("shop", seeded(SEED, "update", "engine", ON_A_POOL))) == []


def test_a_pool_is_whole_after_the_plugin_was_killed() -> None:
    with on_pool("shop") as stage:
        assert stage.play(Play("shop", seeded(SEED, "delete", "plugin", ON_A_POOL))) == []


def test_a_state_whose_notes_a_kill_cut_off_is_read_again_without_them() -> None:
    """Pulumi writes them in place, its state itself not: the words of stacks/README.md are tried here."""
    with on_pool("shop") as stage:
        stage.life.up().ok()
        (notes,) = (stage.space.root / "state").rglob(f"{stage.space.stack}.json.attrs")
        notes.write_text("")
        assert "failed to load checkpoint: EOF" in stage.life.up().text
        assert stage.mend(takes_over=False) == []
        assert stage.is_whole()
