"""The ledger's file: one SQLite database, opened for each use, waited for, told from other files.

Nothing stays open in between, so a killed run leaves no lock.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from antiaffinity.decode import show
from antiaffinity.errors import AntiaffinityError, InvalidRequest, Unavailable

SCHEMA = 1
LAST_SCHEMA = 99
"""No version will come to this."""

HEADER = 100
"""Bytes that every SQLite file begins with (https://www.sqlite.org/fileformat.html#the_database_header)."""

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
        self._reader, self._writer = self._engine(file), self._engine(file)

    def is_new(self) -> bool:
        """Whether there is no file yet; a link that leads nowhere is one."""
        try:
            self.file.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError as error:
            raise self.refused(f"cannot be looked at: {error.strerror}") from error
        return False

    def read(self, look: Callable[[Connection], list[T]]) -> list[T]:
        """What one look finds; nothing where there is no file yet."""
        if self.is_new():
            return []
        with self._connected(self._reader) as connection:
            return self._patiently(lambda: look(connection) if self._is_ours(connection) else [])

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that no other run's can overlap; makes the file where there is none."""
        if self.is_new():
            self._make()
        with self._connected(self._writer) as connection:
            self._patiently(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"))
            connection.exec_driver_sql(
                f"PRAGMA busy_timeout = {self.patience * 1000:.0f}"
            )  # for readers to end
            if not self._is_ours(connection):
                _begin(connection)
            self._add(connection)
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

    def _make(self) -> None:
        """A new ledger, for its user alone, which is there as a whole or not at all.

        So no file of ours is ever empty, whoever is killed when.
        """
        draft = self.file.with_name(f".{self.file.name}.{os.urandom(4).hex()}")
        try:
            os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            with self._connected(self._engine(draft)) as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                _begin(connection)
                connection.commit()
            _put(draft, self.file)
        except OSError as error:
            raise self._unmade(error) from error
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)

    def _unmade(self, error: OSError) -> AntiaffinityError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
            why = f"cannot be made: {error.strerror}; mend that and repeat"
            return Unavailable(f"{self.file} {why}", path="ledger")
        return self.refused(_REFUSED["SQLITE_CANTOPEN"])

    def _add(self, connection: Connection) -> None:
        """The tables that came after the first version of its schema, which is read without them."""
        for table in tables.sorted_tables:
            if table.info.get("added") and not inspect(connection).has_table(table.name):
                table.create(connection)

    def _engine(self, file: Path) -> Engine:
        uri = f"{file.absolute().as_uri()}?mode=rw"

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(uri, uri=True, timeout=0, isolation_level=None)

        return create_engine("sqlite://", creator=connect, poolclass=NullPool)

    @contextmanager
    def _connected(self, engine: Engine) -> Iterator[Connection]:
        self._check_file()
        try:
            with engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise self._fault(error) from error

    def _check_file(self) -> None:
        """A link may lead to somebody else's file, and a file without a header has lost its claims."""
        try:
            found = self.file.lstat()
        except OSError:
            return
        if stat.S_ISLNK(found.st_mode):
            raise self.refused(f"is a symbolic link: name the file itself ({os.readlink(self.file)})")
        if stat.S_ISREG(found.st_mode) and found.st_size < HEADER:
            raise self.refused(
                f"{DAMAGED}: it has {found.st_size} bytes; where it never held a machine, delete it"
            )

    @contextmanager
    def understood(self) -> Iterator[None]:
        """What no database of ours answers, such as a text that is no UTF-8, is damage."""
        try:
            yield
        except DBAPIError:
            raise
        except (SQLAlchemyError, ValueError, TypeError, OverflowError) as error:
            raise self.refused(DAMAGED) from error

    def _is_ours(self, connection: Connection) -> bool:
        """Whether it is a ledger (True), or a device that holds nothing (False); else it is refused."""
        with self.understood():
            return self._has_tables(connection)

    def _has_tables(self, connection: Connection) -> bool:
        names = inspect(connection).get_table_names()
        if not names and self.file.is_file():
            raise self.refused(f"{DAMAGED}: it has no tables")
        if names and _schema.name not in names:
            raise self.refused(f"is somebody else's database: give another file; or it {DAMAGED}")
        if names:
            self._check_schema(connection)
            self._check_pages(connection)
        return bool(names)

    def _check_schema(self, connection: Connection) -> None:
        found = list(connection.scalars(select(_schema.c.schema)))
        if len(found) != 1:
            raise self.refused(f"states {len(found)} schemas, a ledger has one: it {DAMAGED}")
        if type(found[0]) is not int or not SCHEMA <= found[0] <= LAST_SCHEMA:
            raise self.refused(f"{DAMAGED}: its schema is {show(found[0])}")
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


def _begin(connection: Connection) -> None:
    """The tables of a new ledger."""
    tables.create_all(connection)
    connection.execute(insert(_schema), {"schema": SCHEMA})


def _put(draft: Path, file: Path) -> None:
    """Give a draft its name, unless another run's ledger has it by now."""
    try:
        os.link(draft, file)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links; two runs at once: the second finds a file
        with suppress(FileExistsError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL, 0o600))
            draft.replace(file)


def _name(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlite_errorname", ""))


DAMAGED = "is damaged: restore it from a copy"

_REFUSED = {
    "SQLITE_NOTADB": f"is no ledger: give another file; or it {DAMAGED}",
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_READONLY": "must not be written: give its folder and itself write permission, or another file",
    "SQLITE_CANTOPEN": "cannot be opened: give a file in a folder that is there and writable",
    "SQLITE_ERROR": f"has other columns than a ledger: give another file; or it {DAMAGED}",
}
"""What the user must mend, by the start of SQLite's name for it (https://www.sqlite.org/rescode.html)."""
