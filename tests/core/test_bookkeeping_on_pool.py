"""What a roll-out on a pool does when its own bookkeeping meets somebody else's, or fails."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.testing import Turns


def group(folder: Path) -> aa.Group:
    (folder / "hosts.yaml").write_text("hosts: [{name: h1}, {name: h2}, {name: h3}]\n")
    cloud = aa.connect("pool", owner="shop", inventory=str(folder / "hosts.yaml"))
    return cloud.group("db", members=1, rules="anti-affinity")


def instances(one: aa.Group) -> list[tuple[str, str]]:
    return [(seen.member, seen.instance) for seen in one.machines()]


def test_a_machine_that_somebody_bound_amid_a_failing_launch_stays(tmp_path: Path) -> None:
    db, asked = group(tmp_path), []

    def boot(placement: aa.Placement) -> str:
        group(tmp_path).bind("db-0", "by-hand", at={"host": "h2"})
        raise aa.Unavailable("the image is not there")

    def kill(machine: aa.Machine) -> None:
        asked.append(machine.id)

    with lent(Turns()):
        report = db.roll_out(boot, kill)
    assert (asked, report.launched) == ([None], ())
    assert instances(db) == [("db-0", "by-hand")]


def test_a_machine_whose_ledger_is_locked_is_named_and_not_discarded(tmp_path: Path) -> None:
    db, gone = group(tmp_path), []
    locks: list[sqlite3.Connection] = []

    def boot(placement: aa.Placement) -> str:
        locks.append(sqlite3.connect(tmp_path / "hosts.ledger.db", isolation_level=None))
        locks[0].execute("BEGIN EXCLUSIVE")
        return "vm-1"

    with lent(Turns()), pytest.raises(aa.Unavailable, match="bind db-0 vm-1"):
        impatient(db).roll_out(boot, lambda machine: gone.append(machine.id))
    locks[0].close()
    assert gone == []
    db.bind("db-0", "vm-1")
    assert instances(db) == [("db-0", "vm-1")]


def impatient(one: aa.Group) -> aa.Group:
    """Waits a moment for the ledger, instead of its ten seconds."""
    (backend,) = one.clouds.values()
    backend._ledger._store.patience = 0.05  # type: ignore[attr-defined]
    return one
