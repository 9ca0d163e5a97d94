"""A run that found no room may have met another run's double, which is gone by the time it looks.

Or the double has taken a race from a machine of this run, which the scheduler counts on that host until the
host reports again (scheduler_instance_sync_interval).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.steps import Step
from antiaffinity.testing import Place, Turns, Wire, World
from antiaffinity.testing.openstack import FakeOpenStack

SEEDS = range(8)
UNLUCKY = (4, 52, 222)
"""Of the first 400: in these the host that was lost is the only one left."""
LATEST = 4.0
"""Seconds after which the other run launches what this one could not."""


@pytest.fixture(params=SEEDS)
def turns(request: pytest.FixtureRequest) -> Turns:
    return Turns(request.param)


@pytest.fixture
def nova(turns: Turns) -> Iterator[FakeOpenStack]:
    """As many hosts as members."""
    places = [Place(f"h{number}") for number in (1, 2, 3)]
    with lent(turns), FakeOpenStack(World(places, turns)) as cloud:
        yield cloud


def roll_out(nova: FakeOpenStack, turns: Turns, progress: Callable[[Step], None] | None = None) -> aa.Report:
    connection = nova.connection(Wire(None, turns))

    def boot(placement: aa.Placement) -> str:
        return str(connection.compute.create_server(**placement.arguments(**nova.machine)).id)

    def kill(machine: aa.Machine) -> None:
        connection.compute.delete_server(machine.id or "")

    group = aa.connect("openstack", client=connection).group("db", members=3, rules="anti-affinity")
    return group.roll_out(boot, kill, progress=progress)


def test_whom_another_run_launches_after_a_refusal_is_there(nova: FakeOpenStack, turns: Turns) -> None:
    refused: list[str] = []
    nova.world.fill("h3")

    def first() -> aa.Report:
        return roll_out(nova, turns, lambda step: refused.extend([step.member] * (step.kind == "refused")))

    def second() -> aa.Report:
        while not refused or len(nova.world.machines) > 2:
            turns.sleep(0.1)
        nova.world.empty("h3")
        turns.sleep(turns.uniform(0, LATEST))
        return roll_out(nova, turns)

    for ended in turns.run(first, second):
        assert isinstance(ended, aa.Report), ended
        assert ended.verdict == "held"
    assert sorted(machine.place.host for machine in nova.world.running() if machine.place) == [
        "h1",
        "h2",
        "h3",
    ]


@pytest.mark.parametrize("turns", UNLUCKY, indirect=True)
def test_who_lost_a_race_waits_for_its_host_with_the_other_run(nova: FakeOpenStack, turns: Turns) -> None:
    nova.settings.scheduler_instance_sync_interval, nova.settings.spawning = 120, 0.5

    def begin(seconds: float) -> aa.Report:
        turns.sleep(seconds)
        return roll_out(nova, turns)

    for ended in turns.run(lambda: begin(0), lambda: begin(turns.uniform(0, 1))):
        assert isinstance(ended, aa.Report), ended
        assert ended.verdict == "held"


def test_alone_a_run_says_soon_that_there_is_no_room(nova: FakeOpenStack, turns: Turns) -> None:
    nova.world.fill("h3")
    began = turns.now()
    with pytest.raises(aa.NoCapacity, match="no room for db-2"):
        roll_out(nova, turns)
    assert turns.now() - began < 60
