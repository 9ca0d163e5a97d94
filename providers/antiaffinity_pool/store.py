"""The ledger's file: one SQLite database, opened for each use, waited for, told from other files.

Nothing stays open in between, so a killed run leaves no lock.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import uniform
from typing import TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    create_engine,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from antiaffinity.errors import AntiaffinityError, InvalidRequest, Unavailable

SCHEMA = 1
PATIENCE = 10.0
"""Seconds to wait for other runs' transactions, which take milliseconds each."""

PAUSE = 0.002, 0.012
"""Seconds between two attempts, at random."""

tables = MetaData()
_schema = Table("antiaffinity_ledger", tables, Column("schema", Integer, nullable=False))

T = TypeVar("T")


class Store:
    """One file. Raises Unavailable where it is locked, full or fails; InvalidRequest, its path "ledger",
    where it is no ledger of ours or must not be written.
    """

    def __init__(self, file: Path, patience: float = PATIENCE) -> None:
        self.file, self.patience = file, patience
        self._sound = False
        # Read-only ("ro") would not do for reading: what a killed writer left could not be undone.
        self._reader, self._writer = self._engine("rw"), self._engine("rwc")

    def read(self, look: Callable[[Connection], list[T]]) -> list[T]:
        """What one look finds; nothing where the file is still empty."""
        with self._connected(self._reader) as connection:
            return self._patiently(lambda: look(connection) if self._is_ours(connection) else [])

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that no other run's can overlap; makes the file where there is none."""
        with self._connected(self._writer) as connection:
            self._patiently(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"))
            connection.exec_driver_sql(
                f"PRAGMA busy_timeout = {self.patience * 1000:.0f}"
            )  # for readers to end
            if not self._is_ours(connection):
                tables.create_all(connection)
                connection.execute(insert(_schema), {"schema": SCHEMA})
            yield connection
            connection.commit()

    def _patiently(self, attempt: Callable[[], T]) -> T:
        """Repeat while another run's transaction is in the way.

        SQLite's own waiting asks ever more seldom, so that whoever comes last is served first.
        """
        end = time.monotonic() + self.patience
        while True:
            try:
                return attempt()
            except DBAPIError as error:
                if not _name(error).startswith("SQLITE_BUSY") or time.monotonic() > end:
                    raise
            time.sleep(uniform(*PAUSE))

    def _engine(self, mode: str) -> Engine:
        uri = f"{self.file.absolute().as_uri()}?mode={mode}"

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(uri, uri=True, timeout=0, isolation_level=None)

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
        names = inspect(connection).get_table_names()
        if names and _schema.name not in names:
            raise self.refused("is somebody else's database: give another file")
        if names:
            self._check_schema(connection)
            self._check_pages(connection)
        return bool(names)

    def _check_schema(self, connection: Connection) -> None:
        found = list(connection.scalars(select(_schema.c.schema)))
        if len(found) != 1:
            raise self.refused(f"states {len(found)} schemas, a ledger has one: restore it from a copy")
        if found != [SCHEMA]:
            known = f"has schema {found[0]}, this version knows {SCHEMA}"
            raise self.refused(f"{known}: upgrade antiaffinity, or use another file")

    def _check_pages(self, connection: Connection) -> None:
        """Once: a change may touch sound pages only, and would hide that others are damaged."""
        if not self._sound and connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar() != "ok":
            raise self.refused(DAMAGED)
        self._sound = True

    def refused(self, why: str) -> InvalidRequest:
        """The file is not what it should be."""
        return InvalidRequest(f"{self.file} {why}", path="ledger")

    def _fault(self, error: DBAPIError) -> AntiaffinityError:
        name = _name(error)
        if not name:  # Python's own: a text that is not UTF-8
            return self.refused(DAMAGED)
        for start, why in _REFUSED.items():
            if name.startswith(start):
                return self.refused(why)
        if name.startswith("SQLITE_BUSY"):
            why = f"was locked by another run for {self.patience:g} s; repeat"
            return Unavailable(f"{self.file} {why}", path="ledger")
        return Unavailable(f"{self.file} cannot be used: {error.orig}; mend that and repeat", path="ledger")


def _name(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlite_errorname", ""))


DAMAGED = "is damaged: restore it from a copy"

_REFUSED = {
    "SQLITE_NOTADB": "is no ledger: give another file",
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_READONLY": "must not be written: give its folder and itself write permission, or another file",
    "SQLITE_CANTOPEN": "cannot be opened: give a file in a folder that is there and writable",
    "SQLITE_ERROR": "has other columns than a ledger: give another file",
}
"""What the user must mend, by the start of SQLite's name for it (https://www.sqlite.org/rescode.html)."""
