"""Lists that show a new server late: no run launches a member twice, and no double of two runs stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.testing import Place, Turns, Wire, World
from antiaffinity.testing.openstack import FakeOpenStack

ZONES = [{"anti-affinity": {"level": "zone"}}]
"""A rule that needs no server group, which would name its members whatever the list shows."""

LAG = 3.0
SEEDS = range(3)


@pytest.fixture(params=SEEDS)
def turns(request: pytest.FixtureRequest) -> Turns:
    return Turns(request.param)


@pytest.fixture
def nova(turns: Turns) -> Iterator[FakeOpenStack]:
    places = [Place(f"h{number}", zone=f"z{number % 3}") for number in range(9)]
    with lent(turns), FakeOpenStack(World(places, turns)) as cloud:
        cloud.settings.list_lag = LAG
        yield cloud


def roll_out(nova: FakeOpenStack, turns: Turns, members: int = 3) -> aa.Report:
    connection = nova.connection(Wire(None, turns))

    def boot(placement: aa.Placement) -> str:
        return str(connection.compute.create_server(**placement.arguments(**nova.machine)).id)

    def kill(machine: aa.Machine) -> None:
        connection.compute.delete_server(machine.id or "")

    group = aa.connect("openstack", client=connection).group("db", members=members, rules=ZONES)
    return group.roll_out(boot, kill)


def there(nova: FakeOpenStack) -> dict[str, int]:
    return Counter(machine.member for machine in nova.world.running())


ONCE = {"db-0": 1, "db-1": 1, "db-2": 1}


@pytest.mark.parametrize("lag", [0.5, 3.0, 60.0])
def test_a_run_alone_launches_each_member_once(nova: FakeOpenStack, turns: Turns, lag: float) -> None:
    nova.settings.list_lag = lag
    report = roll_out(nova, turns)
    assert (report.verdict, report.missing, len(report.launched)) == ("held", (), 3)
    assert there(nova) == ONCE


@pytest.mark.parametrize("later", [0.0, 0.7, 2.0])
@pytest.mark.parametrize("members", [1, 3])
def test_of_two_runs_at_once_no_double_stays(
    nova: FakeOpenStack, turns: Turns, later: float, members: int
) -> None:
    def second() -> aa.Report:
        turns.sleep(later)
        return roll_out(nova, turns, members)

    for ended in turns.run(lambda: roll_out(nova, turns, members), second):
        assert isinstance(ended, aa.Report), ended
    turns.sleep(10)
    nova.world.catch_up()
    assert there(nova) == {f"db-{number}": 1 for number in range(members)}
