"""Where joining comes before power-on: launched off, bound, started, and seen where starting put it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

import antiaffinity as aa
from antiaffinity.backend import id_of
from antiaffinity.clock import lent
from antiaffinity.model import Level, Observed, Placement
from antiaffinity.testing.turns import Turns
from antiaffinity_pool import cloud as pool
from antiaffinity_pool.backend import PoolBackend, Settings

LATE = replace(pool, guarantees=tuple(replace(promise, joins="before start") for promise in pool.guarantees))


class Switchboard(PoolBackend):
    """A pool whose machines are launched off, and whose scheduler may place one anew as it is started."""

    cloud = LATE

    def __init__(self, folder: Path) -> None:
        (folder / "hosts.json").write_text('{"hosts": [{"name": "h1"}, {"name": "h2"}, {"name": "h3"}]}')
        super().__init__(Settings(str(folder / "hosts.json")))
        self.on: set[str] = set()
        self.moved: dict[str, str] = {}
        self.bound: list[str] = []
        self.off: set[str] = set()

    def observe(self, key: aa.GroupKey, adopt: Mapping[Level, str]) -> list[Observed]:
        return [self.shown(seen) for seen in super().observe(key, adopt)]

    def bind(self, placement: Placement, instance: str | Observed) -> Observed:
        self.bound.append(id_of(instance))
        return self.shown(super().bind(placement, instance))

    def shown(self, seen: Observed) -> Observed:
        if not seen.instance:
            return seen
        if seen.instance in self.off:
            return replace(seen, state="stopped")
        domains = {**seen.domains, "host": self.moved.get(seen.instance, seen.domains["host"])}
        running = seen.instance in self.on
        return replace(seen, domains=domains, state="running" if running else "stopped", started=running)


class User:
    """Launches and starts; ``trips`` is how many starts break before one succeeds."""

    def __init__(self, board: Switchboard, trips: int = 0, refusals: int = 0) -> None:
        self.board, self.trips, self.refusals = board, trips, refusals
        self.asked: list[str] = []
        self.gone: list[str | None] = []
        self.steps: list[str] = []

    def launch(self, placement: Placement) -> str:
        return f"vm-{placement.member}-{len(self.gone)}"

    def start(self, machine: aa.Machine) -> None:
        self.asked.append(machine.id or "")
        if self.trips:
            self.trips -= 1
            raise ConnectionError("the wire is cut")
        if self.refusals:
            self.refusals -= 1
            raise aa.NoCapacity("no host takes it now")
        self.board.on.add(machine.id or "")

    def discard(self, machine: aa.Machine) -> None:
        self.gone.append(machine.id)
        self.board.release(aa.GroupKey("default", "db"), [machine.member], {})

    def roll_out(self, members: int | Sequence[str] = 2) -> aa.Report:
        group = aa.Estate({"": self.board}, "default").group("db", members=members, rules="anti-affinity")
        return group.roll_out(
            self.launch, self.discard, self.start, progress=lambda step: self.steps.append(step.message)
        )


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Switchboard]:
    with lent(Turns()):
        yield Switchboard(tmp_path)


def test_each_machine_is_started_once_after_it_has_joined(board: Switchboard) -> None:
    user = User(board)
    report = user.roll_out()
    assert user.asked == list(report.launched) == sorted(board.on)
    assert {seen.state for seen in report.machines} == {"running"}
    assert user.roll_out().launched == ()
    assert len(user.asked) == 2, "started again"


def test_a_machine_that_starting_placed_anew_is_told_where_it_is(board: Switchboard) -> None:
    user = User(board)
    board.moved["vm-db-0-0"] = "h9"
    user.roll_out(1)
    assert "db-0 is vm-db-0-0 in h9" in user.steps
    assert board.bound == ["vm-db-0-0"] * 2, "not looked at again once it was started"


def test_a_run_that_broke_off_before_a_start_leaves_it_to_the_next(board: Switchboard) -> None:
    with pytest.raises(ConnectionError):
        User(board, trips=1).roll_out()
    assert board.on == set()
    user = User(board)
    report = user.roll_out()
    assert sorted(board.on) == ["vm-db-0-0", "vm-db-1-0"]
    assert report.launched == ("vm-db-1-0",)


def test_a_machine_that_was_stopped_after_its_start_stays_stopped(board: Switchboard) -> None:
    User(board).roll_out(["db-0"])
    board.off.add("vm-db-0-0")
    user = User(board)
    user.roll_out(["db-0"])
    assert user.asked == []


def test_a_start_that_finds_no_room_goes_on_elsewhere(board: Switchboard) -> None:
    user = User(board, refusals=1)
    report = user.roll_out(["db-0"])
    [first] = user.gone
    [seen] = report.machines
    assert first == "vm-db-0-0"
    assert (seen.instance, seen.state) == ("vm-db-0-1", "running")
    assert report.launched == ("vm-db-0-1",)
    assert report.discarded == ("vm-db-0-0",)
