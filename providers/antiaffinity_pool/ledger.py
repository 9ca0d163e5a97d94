"""The ledger of a pool: every claim in one SQLite file, shared by all runs on that file.

Each change is one transaction that takes the write lock first (``BEGIN IMMEDIATE``,
https://www.sqlite.org/lang_transaction.html), reads all claims, judges, and writes all or nothing.
Nothing stays open in between, so a killed run leaves its claims and no lock.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Float,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    and_,
    bindparam,
    create_engine,
    delete,
    insert,
    inspect,
    or_,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from antiaffinity.errors import AntiaffinityError, Conflict, InvalidRequest, StillOccupied, Unavailable
from antiaffinity.model import GroupKey, Level, Placement, Size
from antiaffinity_pool.claims import Amounts, Claim, View, refuse_changed, refuse_claimed, refuse_full

SCHEMA = 1
PATIENCE = 10.0
"""Seconds to wait for another run's transaction, which takes milliseconds."""

_tables = MetaData()
_schema = Table("antiaffinity_ledger", _tables, Column("schema", Integer, nullable=False))
_claims = Table(
    "claims",
    _tables,
    Column("owner", String, primary_key=True),
    Column("group", String, primary_key=True),
    Column("member", String, primary_key=True),
    Column("instance", String),
    Column("domains", Text, nullable=False),
    Column("size", Text, nullable=False),
    Column("claimed_at", Float, nullable=False),
    Column("bound_at", Float),
    Column("claimant", String, nullable=False),
)

Clock = Callable[[], float]


class Ledger:
    """The claims in one file, as one run (``claimant``) reads and writes them.

    Every method raises Unavailable where the file is locked, full or fails, and InvalidRequest with
    the path "ledger" where it is no ledger of ours or must not be written.
    """

    def __init__(
        self, file: Path, claimant: str, clock: Clock = time.time, patience: float = PATIENCE
    ) -> None:
        self.file, self.claimant, self.clock, self.patience = file, claimant, clock, patience
        # Read-only ("ro") would not do for reading: what a killed writer left could not be undone.
        self._reader, self._writer = self._engine("rw"), self._engine("rwc")

    def claims(self, key: GroupKey | None = None) -> list[Claim]:
        """The claims of a group, or of all, oldest first; none while the file is new."""
        return self._look() if key is None else self._look(_of(key))

    def held(self, key: GroupKey, member: str) -> Claim | None:
        """The claim of one member."""
        return next(iter(self._look(_of(key), _claims.c.member == member)), None)

    def claim(
        self, key: GroupKey, placements: Sequence[Placement], room: Mapping[str, Amounts], seen: View
    ) -> None:
        """Claim all of these places, or none.

        ``room`` is what the hosts have without any claim, ``seen`` what the plan knew of the group.
        Conflict where a member has a place, the group has changed, or a host has no room. This run's
        own unbound claims of the same members move.
        """
        members = {placement.member for placement in placements}
        with self._writing() as connection:
            claims = [c for c in self._read(connection) if not self._is_draft(c, key, members)]
            group = [claim for claim in claims if claim.key == key]
            refuse_claimed(members, group)
            refuse_changed(group, self.claimant, seen)
            refuse_full(placements, claims, room)
            self._delete(connection, key, members)
            self._insert(connection, [self._new(key, p.member, p.domains, p.size) for p in placements])

    def bind(self, key: GroupKey, member: str, instance: str, domains: dict[Level, str], size: Size) -> Claim:
        """Write the instance that holds a member's place; a member without a claim gets one.

        Conflict where another instance holds it, or the instance is another member's.
        """
        with self._writing() as connection:
            rivals = or_(_claims.c.member == member, _claims.c.instance == instance)
            found = self._read(connection, _of(key), rivals)
            _refuse_other(found, member, instance)
            claim = next((claim for claim in found if claim.member == member), None)
            claim = claim or self._new(key, member, domains, size)
            bound_at = claim.bound_at or self.clock()
            claim = msgspec.structs.replace(claim, instance=instance, domains=domains, bound_at=bound_at)
            self._delete(connection, key, [member])
            self._insert(connection, [claim])
            return claim

    def release(self, key: GroupKey, members: Iterable[str]) -> None:
        """Give up the places of these members; fine where there are none."""
        with self._writing() as connection:
            self._delete(connection, key, members)

    def release_group(self, key: GroupKey) -> None:
        """Forget a group; StillOccupied while a machine holds, or may hold, a place of it."""
        with self._writing() as connection:
            group = self._read(connection, _of(key))
            _refuse_occupied(key, [c for c in group if c.instance or c.claimant != self.claimant])
            self._delete(connection, key, [claim.member for claim in group])

    def drop(self, claim: Claim) -> None:
        """Give up a claim that was never bound, unless it has changed since it was read."""
        with self._writing() as connection:
            if self._read(connection, _of(claim.key), _claims.c.member == claim.member) == [claim]:
                self._delete(connection, claim.key, [claim.member])

    def _new(self, key: GroupKey, member: str, domains: dict[Level, str], size: Size) -> Claim:
        return Claim(key, member, domains, size, self.clock(), self.claimant)

    def _is_draft(self, claim: Claim, key: GroupKey, members: Iterable[str]) -> bool:
        """A claim that this run made and has not used yet."""
        mine = claim.claimant == self.claimant and not claim.instance
        return mine and claim.key == key and claim.member in members

    def _look(self, *where: ColumnElement[bool]) -> list[Claim]:
        with self._connected(self._reader) as connection:
            return self._read(connection, *where) if self._is_ours(connection) else []

    def _read(self, connection: Connection, *where: ColumnElement[bool]) -> list[Claim]:
        query = select(_claims).where(*where).order_by(_claims.c.claimed_at, _claims.c.member)
        rows = connection.execute(query)
        try:
            return [_claim(row) for row in rows]
        except msgspec.MsgspecError as error:
            raise self._refused("holds a row that is no claim: restore it") from error

    def _insert(self, connection: Connection, claims: Sequence[Claim]) -> None:
        if claims:
            connection.execute(insert(_claims), [_row(claim) for claim in claims])

    def _delete(self, connection: Connection, key: GroupKey, members: Iterable[str]) -> None:
        named = delete(_claims).where(_of(key), _claims.c.member == bindparam("named"))
        if rows := [{"named": member} for member in members]:
            connection.execute(named, rows)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """One transaction that no other run's can overlap; makes the file where there is none."""
        with self._connected(self._writer) as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            if not self._is_ours(connection):
                _tables.create_all(connection)
                connection.execute(insert(_schema), {"schema": SCHEMA})
            yield connection
            connection.commit()

    def _engine(self, mode: str) -> Engine:
        uri = f"{self.file.absolute().as_uri()}?mode={mode}"

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(uri, uri=True, timeout=self.patience, isolation_level=None)

        return create_engine("sqlite://", creator=connect, poolclass=NullPool)

    @contextmanager
    def _connected(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise self._fault(error) from error

    def _is_ours(self, connection: Connection) -> bool:
        """Whether it is a ledger (True) or empty (False); anything else is refused, never written."""
        tables = inspect(connection).get_table_names()
        if tables and _schema.name not in tables:
            raise self._refused("is somebody else's database: give another file")
        if tables and (schema := connection.scalar(select(_schema.c.schema))) != SCHEMA:
            raise self._refused(
                f"has schema {schema}, this version knows {SCHEMA}: upgrade antiaffinity, or use another file"
            )
        return bool(tables)

    def _refused(self, why: str) -> InvalidRequest:
        return InvalidRequest(f"{self.file} {why}", path="ledger")

    def _fault(self, error: DBAPIError) -> AntiaffinityError:
        name = str(getattr(error.orig, "sqlite_errorname", ""))
        for start, why in _REFUSED.items():
            if name.startswith(start):
                return self._refused(why)
        if name.startswith("SQLITE_BUSY"):
            why = f"was locked by another run for {self.patience:g} s; repeat"
            return Unavailable(f"{self.file} {why}", path="ledger")
        return Unavailable(f"{self.file} cannot be used: {error.orig}; mend that and repeat", path="ledger")


_REFUSED = {
    "SQLITE_NOTADB": "is no ledger: give another file",
    "SQLITE_CORRUPT": "is damaged: restore it from a copy",
    "SQLITE_READONLY": "must not be written: give its folder and itself write permission, or another file",
    "SQLITE_CANTOPEN": "cannot be opened: give a file in a folder that is there and writable",
    "SQLITE_ERROR": "has other columns than a ledger: give another file",
}
"""What the user must mend, by the start of SQLite's name for it (https://www.sqlite.org/rescode.html)."""


def _refuse_other(group: Iterable[Claim], member: str, instance: str) -> None:
    for claim in group:
        if claim.member == member and claim.instance not in ("", instance):
            raise Conflict(f"{claim}, not {instance}: remove one of the two machines, then release {member}")
        if claim.member != member and claim.instance == instance:
            raise Conflict(f"{instance} is {claim.member} already: each member needs a machine of its own")


def _refuse_occupied(key: GroupKey, claims: Sequence[Claim]) -> None:
    if claims:
        raise StillOccupied(
            f"{key}: {'; '.join(map(str, claims))}. A pool cannot see whether a machine runs: "
            f"remove them, then release each member by name",
            ways_out=[f"release {claim.member}" for claim in claims],
        )


def _of(key: GroupKey) -> ColumnElement[bool]:
    return and_(_claims.c.owner == key.owner, _claims.c.group == key.name)


def _row(claim: Claim) -> dict[str, object]:
    return {
        "owner": claim.key.owner,
        "group": claim.key.name,
        "member": claim.member,
        "instance": claim.instance or None,
        "domains": msgspec.json.encode(claim.domains).decode(),
        "size": msgspec.json.encode(claim.size).decode(),
        "claimed_at": claim.claimed_at,
        "bound_at": claim.bound_at,
        "claimant": claim.claimant,
    }


def _claim(row: Row[tuple[object, ...]]) -> Claim:
    found = row._mapping
    return Claim(
        key=GroupKey(found["owner"], found["group"]),
        member=found["member"],
        domains=msgspec.json.decode(found["domains"], type=dict[Level, str]),
        size=msgspec.json.decode(found["size"], type=Size),
        claimed_at=found["claimed_at"],
        claimant=found["claimant"],
        instance=found["instance"] or "",
        bound_at=found["bound_at"],
    )
