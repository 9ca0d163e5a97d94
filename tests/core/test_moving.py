"""Repairs on a cloud that moves machines itself: the same machines, elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.model import Level, Observed, Placement
from antiaffinity.testing.turns import Turns
from antiaffinity_pool import cloud as pool
from antiaffinity_pool.backend import PoolBackend, Settings


class Movers(PoolBackend):
    """A pool that moves machines; ``moving`` happens at every move, before it is made."""

    cloud = replace(pool, moves=True)

    def __init__(self, folder: Path) -> None:
        (folder / "hosts.json").write_text(
            '{"hosts": [{"name": "h1"}, {"name": "h2"}, {"name": "h3"}, {"name": "h4"}]}'
        )
        super().__init__(Settings(str(folder / "hosts.json")))
        self.at: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        self.moving: Callable[[str], None] = lambda host: None

    def observe(self, key: aa.GroupKey, adopt: Mapping[Level, str]) -> list[Observed]:
        return [self._where(seen) for seen in super().observe(key, adopt)]

    def move(self, placement: Placement, instance: str) -> Observed:
        host = placement.domains["host"]
        self.asked.append((instance, host))
        self.moving(host)
        self.at[instance] = host
        return self._where(Observed(placement.member, instance, "running", True, placement.domains))

    def _where(self, seen: Observed) -> Observed:
        return replace(
            seen, domains={**seen.domains, "host": self.at.get(seen.instance, seen.domains["host"])}
        )


@pytest.fixture
def movers(tmp_path: Path) -> Iterator[Movers]:
    """Three members, whom an operator put on one host."""
    with lent(Turns()):
        movers = Movers(tmp_path)
        group(movers).roll_out(lambda placement: f"vm-{placement.member}")
        movers.at = {f"vm-db-{n}": "h1" for n in range(3)}
        yield movers


def group(movers: Movers, members: int = 3) -> aa.Group:
    return aa.Estate({"": movers}, "default").group("db", members=members, rules="anti-affinity")


def repair(movers: Movers, members: int = 3) -> aa.Report:
    return group(movers, members).roll_out(lambda placement: f"vm-{placement.member}", repair=True)


def test_the_cloud_moves_machines_and_nothing_is_launched_or_discarded(movers: Movers) -> None:
    report = repair(movers)
    assert report.exit_code == 0
    assert (report.launched, report.discarded) == ((), ())
    assert sorted(move.instance for move in report.moved) == ["vm-db-1", "vm-db-2"]
    assert len(set(movers.at.values())) == 3
    assert len(movers.asked) == 2


def test_a_host_that_takes_nobody_now_is_not_asked_twice(movers: Movers) -> None:
    first = group(movers).plan(repair=True).moves[0].placement.domains["host"]

    def refuse(host: str) -> None:
        if host == first:
            raise aa.NoCapacity(f"{host} is full", domain={"host": host})

    movers.moving = refuse
    report = repair(movers)
    assert report.exit_code == 0
    assert [host for _, host in movers.asked].count(first) == 1
    assert first not in movers.at.values()


def test_a_run_that_broke_off_is_finished_by_the_next(movers: Movers) -> None:
    def fail(host: str) -> None:
        if len(movers.asked) == 2:
            raise aa.Unavailable("no answer")

    movers.moving = fail
    with pytest.raises(aa.Unavailable) as error:
        repair(movers)
    assert error.value.report
    assert len(error.value.report.moved) == 1
    report = repair(movers)
    assert (report.exit_code, len(report.moved)) == (0, 1)


def test_a_machine_that_somebody_else_moves_back_ends_the_moves_at_once(movers: Movers) -> None:
    back = Movers.move

    def never_stays(placement: Placement, instance: str) -> Observed:
        seen = back(movers, placement, instance)
        movers.at[instance] = "h1"
        return seen

    movers.move = never_stays  # type: ignore[method-assign]
    report = repair(movers)
    [said] = [one.message for one in report.findings if one.kind == "in-vain"]
    assert said.startswith("db-1 was moved and is in the same place as before (h1)")
    assert "no further machine is touched" in said
    assert (report.exit_code, report.moved, len(movers.asked)) == (1, (), 1)


def test_who_is_missing_is_launched_although_a_move_was_in_vain(movers: Movers) -> None:
    movers.move = lambda placement, instance: movers._where(  # type: ignore[method-assign]
        Observed(placement.member, instance, "running", True, {"host": "h1"})
    )
    report = repair(movers, members=4)
    assert (report.exit_code, report.launched) == (1, ("vm-db-3",))


def test_who_is_missing_is_launched_after_the_moves(movers: Movers) -> None:
    report = repair(movers, members=4)
    assert (report.exit_code, report.launched) == (0, ("vm-db-3",))
    assert len({seen.domains["host"] for seen in report.machines}) == 4
