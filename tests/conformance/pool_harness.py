"""A pool wired to the conformance suite: a file of hosts, a ledger, and a user who launches onto them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.pool import PoolProxiedConnection

import antiaffinity as aa
from antiaffinity import clock
from antiaffinity.guarantee import Guarantee
from antiaffinity.model import Machine, Placement, Size
from antiaffinity.testing import NoRoom, Place, Wire, World
from antiaffinity.testing.conformance import Deployer, OnWorld, places, spare
from antiaffinity.testing.wire import Lost
from antiaffinity_pool.backend import PoolBackend, Settings


class PoolHarness(OnWorld):
    """One pool, whose inventory lists what the World has."""

    def __init__(self, folder: Path, time: clock.Clock) -> None:
        super().__init__(World(places(), time))
        self.file = Path(mkdtemp(dir=folder), "hosts.json")
        self.settings = Settings(str(self.file), claim_timeout=600)
        self.patience = self.settings.claim_timeout
        self._launches = 0
        self.retired: set[str] = set()
        self._write()

    def deployer(self, key: aa.GroupKey, wire: Wire) -> Deployer:
        backend = PoolBackend(self.settings, self.clock.now)
        _carried(backend, wire)
        user = _User(self, key, wire)
        cloud = aa.Estate({"": backend}, key.owner)
        return Deployer(cloud, user.boot, user.discard, user.find, {"image": "debian"}, ({"host": "h99"},))

    def reads(self, request: str) -> bool:
        """BEGIN changes nothing without its COMMIT."""
        return request in ("find", "SELECT", "BEGIN")

    def natives(self) -> list[str]:
        return []

    def stop(self, id_: str) -> None:
        self.world.stop(id_, keeps_place=True)

    def terminate(self, id_: str) -> None:
        self.world.remove(id_)

    def retire(self, place: Place) -> Size | None:
        """Its row in the inventory says so."""
        self.retired.add(place.host)
        self._write()
        return {}

    def break_(self, id_: str) -> None:
        raise AssertionError("a pool asks no machine how it is")

    def slow(self, seconds: float) -> None:
        raise AssertionError("a pool waits for no machine")

    def add_host(self) -> None:
        self.world.add(spare())
        self._write()

    def foreign_native(self, promise: Guarantee) -> str:
        raise AssertionError("a pool delegates nothing")

    def occupant(self, native: str) -> str:
        raise AssertionError("a pool delegates nothing")

    def delete_native(self, id_: str) -> None:
        raise AssertionError("a pool has no native groups")

    def remark(self, id_: str, marks: Mapping[str, str]) -> None:
        raise AssertionError("a pool knows its machines by its ledger alone")

    def _write(self) -> None:
        rows = [{**_row(place), "usable": place.host not in self.retired} for place in self.places()]
        self.file.write_text(json.dumps({"hosts": rows}))

    def launch(self, host: str, labels: Mapping[str, str]) -> str:
        """The user's own tool: a machine on this host, or the host's refusal."""
        self._launches += 1
        id_ = f"vm-{self._launches}"
        self.world.create(id_, labels, {})
        try:
            self.world.put(id_, host)
        except NoRoom as full:
            self.world.remove(id_)
            raise aa.NoCapacity(str(full)) from full
        return id_


class _User:
    """One process of the user's, whose every step passes the wire."""

    def __init__(self, pool: PoolHarness, key: aa.GroupKey, wire: Wire) -> None:
        self.pool, self.key, self.wire = pool, key, wire

    def boot(self, placement: Placement, arguments: Mapping[str, Any]) -> str:
        host, labels = arguments["host"], arguments["labels"]
        return self.wire.carry("launch", lambda: self.pool.launch(host, labels))

    def discard(self, machine: Machine) -> None:
        self.wire.carry("discard", lambda: self._remove(machine))

    def _remove(self, machine: Machine) -> None:
        self.pool.world.remove(machine.id or self._named(machine.member) or "")

    def find(self, member: str) -> str | None:
        return self.wire.carry("find", lambda: self._named(member))

    def _named(self, member: str) -> str | None:
        mark = self.key.marks(member).items()
        return next((one.id for one in self.pool.machines() if mark <= one.tags.items()), None)


def _row(place: Place) -> dict[str, Any]:
    names = {"name": place.host, "rack": place.rack, "zone": place.zone, "region": place.region}
    return {**names, "capacity": place.capacity}


# The ledger's statements, between SQLAlchemy and SQLite


def _carried(backend: PoolBackend, wire: Wire) -> None:
    """Let each look into the ledger, and both ends of each transaction, pass the wire."""
    for one in vars(backend._ledger._store).values():
        if isinstance(one, Engine):
            _listen(one, wire)


def _listen(engine: Engine, wire: Wire) -> None:
    commit = engine.dialect.do_commit

    def execute(cursor: Any, statement: str, parameters: Any, context: object) -> bool:
        if cursor.connection.in_transaction or not _counts(statement):
            return False
        _sent(wire, statement.split()[0], lambda: cursor.execute(statement, parameters))
        return True

    def no_turns(connection: PoolProxiedConnection) -> None:
        """Nobody else can go on while this one holds the lock."""
        pace, wire.pace = wire.pace, None
        try:
            _sent(wire, "COMMIT", lambda: commit(connection))
        finally:
            wire.pace = pace

    def unsynced(connection: sqlite3.Connection, _: object) -> None:
        """Processes die here, machines do not: nothing need reach the disk."""
        connection.execute("PRAGMA synchronous=OFF")

    event.listen(engine, "connect", unsynced)
    event.listen(engine, "do_execute", execute)
    setattr(engine.dialect, "do_commit", no_turns)  # noqa: B010 (a method is not assigned to)


def _counts(statement: str) -> bool:
    """What is asked of every database before the claims are read is left aside."""
    return statement.startswith("BEGIN") or "FROM claims" in statement


def _sent(wire: Wire, what: str, send: Callable[[], object]) -> None:
    try:
        wire.carry(what, send)
    except Lost as lost:
        broken = sqlite3.OperationalError("disk I/O error")
        broken.sqlite_errorname = "SQLITE_IOERR"
        raise broken from lost
