"""The ledger's file: locked, full, unwritable, damaged, or not a ledger at all; all on real files."""

from __future__ import annotations

import os
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Engine, event

from antiaffinity.errors import AntiaffinityError, InvalidRequest, Unavailable
from antiaffinity.model import GroupKey, Placement
from antiaffinity_pool.ledger import Ledger

FORK = get_context("fork")
KEY, OTHER = GroupKey("shop", "db"), GroupKey("shop", "web")
NOBODY = 65534
PAGE = 4096


def places(number: int) -> list[Placement]:
    return [Placement(f"db-{n}", {"zone": "z1", "host": f"h{n}"}) for n in range(number)]


def claim(ledger: Ledger, number: int) -> None:
    """Claim so many places, each on a host of its own."""
    new = places(number)
    ledger.claim(KEY, new, {placement.domains["host"]: {} for placement in new}, frozenset())


def members(file: Path) -> list[str]:
    return sorted(claim.member for claim in Ledger(file, "reader").claims())


def fingerprint(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hosts.ledger.db"


@pytest.fixture
def kept(file: Path) -> Path:
    """A ledger with one machine."""
    return begun(file)


def begun(file: Path) -> Path:
    Ledger(file, "run a").bind(OTHER, "web-0", "vm-0", {"zone": "z1", "host": "h9"}, {})
    return file


# ---- locked


@contextmanager
def another(file: Path, *statements: str) -> Iterator[None]:
    """Another program on the same file, in the middle of something."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        for statement in statements:
            other.execute(statement).fetchone()
        yield


def test_a_reader_shut_out_too_long_is_told_to_repeat(kept: Path) -> None:
    with another(kept, "BEGIN EXCLUSIVE"), pytest.raises(Unavailable, match=r"locked .* 0.1 s; repeat"):
        Ledger(kept, "run b", patience=0.1).claims()
    assert members(kept) == ["web-0"]


def test_a_change_that_a_long_reader_blocks_is_given_up_as_a_whole(kept: Path) -> None:
    before = fingerprint(kept)
    with another(kept, "BEGIN", "SELECT * FROM claims"), pytest.raises(Unavailable, match="locked"):
        claim(Ledger(kept, "run b", patience=0.1), 3)
    assert (members(kept), fingerprint(kept)) == (["web-0"], before)


# ---- full


@contextmanager
def pages(most: int) -> Iterator[None]:
    """A database of so many pages at most (https://www.sqlite.org/pragma.html#pragma_max_page_count)."""

    def limit(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {most}")

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


def test_a_full_database_takes_nothing_of_a_plan(kept: Path) -> None:
    before = fingerprint(kept)
    with pages(kept.stat().st_size // PAGE), pytest.raises(Unavailable, match="full") as caught:
        claim(Ledger(kept, "run b"), 300)
    assert caught.value.path == "ledger"
    assert caught.value.__cause__
    assert (members(kept), fingerprint(kept)) == (["web-0"], before)
    claim(Ledger(kept, "run b"), 300)
    assert len(members(kept)) == 301


def _in_child(act: Callable[[Path], None], file: Path) -> str:
    """What a process with rights and limits of its own was told: the error's kind and its message."""
    mine, end = FORK.Pipe()
    child = FORK.Process(target=_tell, args=(act, file, end))
    child.start()
    end.close()
    told: str = mine.recv()
    child.join()
    return told


def _tell(act: Callable[[Path], None], file: Path, end: Connection) -> None:
    try:
        act(file)
        end.send("nothing")
    except AntiaffinityError as error:
        end.send(f"{error.kind} {error}")


def _outgrow(file: Path) -> None:
    """Claim more than files of this process may hold: beyond that the kernel writes nothing."""
    size = file.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    claim(Ledger(file, "run b"), 300)


def test_a_file_that_must_not_grow_takes_nothing_of_a_plan(kept: Path) -> None:
    assert _in_child(_outgrow, kept).startswith(f"Unavailable ledger: {kept} cannot be used")
    assert members(kept) == ["web-0"]
    claim(Ledger(kept, "run c"), 300)
    assert len(members(kept)) == 301


def _cannot_begin(file: Path) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    claim(Ledger(file, "run b"), 1)


def test_a_disk_without_any_room_is_unavailable_and_leaves_no_half_ledger(file: Path) -> None:
    assert _in_child(_cannot_begin, file).startswith("Unavailable ledger:")
    assert members(file) == []
    claim(Ledger(file, "run c"), 1)
    assert members(file) == ["db-0"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="full") as caught:
        Ledger(Path("/dev/full"), "run a").release(KEY, [])
    assert caught.value.__cause__


# ---- not to be written


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that every user may look into."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


def _as_nobody(act: Callable[[Ledger], object]) -> Callable[[Path], None]:
    """Root may write anywhere, so the child becomes somebody who may not."""

    def acting(file: Path) -> None:
        if os.geteuid() == 0:
            os.setuid(NOBODY)
        act(Ledger(file, "run b"))

    return acting


def _told_to_nobody(file: Path) -> list[str]:
    acts: list[Callable[[Ledger], object]] = [Ledger.claims, lambda ledger: claim(ledger, 1)]
    return [_in_child(_as_nobody(act), file) for act in acts]


def test_a_folder_that_must_not_be_written_takes_no_new_ledger(folder: Path) -> None:
    folder.chmod(0o555)
    _, told = _told_to_nobody(folder / "l.db")
    assert told.startswith("InvalidRequest ledger:")
    assert "cannot be opened: give a file in a folder that is there and writable" in told
    assert list(folder.iterdir()) == []


def test_a_ledger_in_a_folder_that_must_not_be_written_can_only_be_read(folder: Path) -> None:
    file = begun(folder / "l.db")
    file.chmod(0o666)  # the journal, beside it, could not be made
    folder.chmod(0o555)
    before = fingerprint(file)
    reading, writing = _told_to_nobody(file)
    assert (reading, writing.partition(":")[0]) == ("nothing", "InvalidRequest ledger")
    assert "writ" in writing
    assert (members(file), fingerprint(file)) == (["web-0"], before)


def test_a_ledger_of_somebody_else_can_only_be_read(folder: Path) -> None:
    file = begun(folder / "l.db")
    file.chmod(0o444)
    reading, writing = _told_to_nobody(file)
    assert reading == "nothing"
    assert writing.startswith("InvalidRequest ledger:")
    assert "must not be written: give its folder and itself write permission" in writing
    assert members(file) == ["web-0"]


def test_a_ledger_that_must_not_be_looked_at_is_refused(folder: Path) -> None:
    file = begun(folder / "l.db")
    file.chmod(0)
    assert all("InvalidRequest ledger: " in told for told in _told_to_nobody(file))


# ---- not a ledger, or not one any more


def _sql(script: str) -> Callable[[Path], None]:
    """A ledger, or a new database, after somebody else's SQL."""

    def make(file: Path) -> None:
        with closing(sqlite3.connect(file)) as other:
            other.executescript(script)

    return make


def _ledger_then(change: Callable[[Path], None]) -> Callable[[Path], None]:
    def make(file: Path) -> None:
        begun(file)
        claim(Ledger(file, "run a"), 200)
        change(file)

    return make


def _overwritten(start: int, length: int) -> Callable[[Path], None]:
    """Random bytes from there on."""

    def change(file: Path) -> None:
        with file.open("r+b") as raw:
            raw.seek(start)
            raw.write(Random(start).randbytes(length))

    return _ledger_then(change)


def _truncated(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2 // PAGE * PAGE)


UNFIT: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (Path.mkdir, "cannot be opened"),
    "a text file": (lambda file: file.write_bytes(b"hosts: [h1]\n" * 100), "is no ledger"),
    "another application's database": (_sql("CREATE TABLE photos (name)"), "somebody else's database"),
    "random bytes in the header": (_overwritten(0, 100), "is no ledger"),
    "a random page amid the claims": (_overwritten(5 * PAGE, PAGE), "is damaged"),
    "some random bytes amid the claims": (_overwritten(5 * PAGE, 16), "is damaged"),
    "a truncated file": (_ledger_then(_truncated), "is damaged"),
    "a newer schema": (
        _ledger_then(_sql("UPDATE antiaffinity_ledger SET schema = 2")),
        "has schema 2, this version knows 1: upgrade antiaffinity",
    ),
    "two schemas": (
        _ledger_then(_sql("INSERT INTO antiaffinity_ledger VALUES (2)")),
        "states 2 schemas, a ledger has one",
    ),
    "no schema": (_ledger_then(_sql("DELETE FROM antiaffinity_ledger")), "states 0 schemas"),
    "no claims table": (
        _sql("CREATE TABLE antiaffinity_ledger (schema); INSERT INTO antiaffinity_ledger VALUES (1)"),
        "other columns than a ledger",
    ),
}
CLAIM = {
    "domains that are no JSON": "domains = 'h1'",
    "a place without a host": "domains = '{}'",
    "a place at an unknown level": """domains = '{"host": "h1", "shelf": "s1"}'""",
    "a size of words": "size = 'large'",
    "a size below words": """size = '{"vcpus": null}'""",
    "a time in words": "claimed_at = 'noon'",
    "a name that is a number": "claimant = x'07'",
}
UNFIT |= {
    name: (_ledger_then(_sql(f"UPDATE claims SET {change} WHERE member = 'db-9'")), "a row that is no claim")
    for name, change in CLAIM.items()
}
UNFIT["a name that is no UTF-8"] = (
    _ledger_then(_sql("UPDATE claims SET claimant = CAST(x'ff' AS TEXT)")),
    "is damaged",
)


@pytest.mark.parametrize("name", UNFIT)
def test_a_file_that_is_no_sound_ledger_is_refused_and_left_as_it_was(file: Path, name: str) -> None:
    make, says = UNFIT[name]
    make(file)
    before = fingerprint(file)
    for use in (Ledger.claims, lambda ledger: claim(ledger, 1)):
        with pytest.raises(InvalidRequest, match=says) as caught:
            use(Ledger(file, "run b"))
        assert caught.value.path == "ledger"
        assert str(file) in str(caught.value)
    assert fingerprint(file) == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("name", ["a random page amid the claims", "a truncated file", "two schemas"])
def test_a_change_that_would_miss_the_damage_is_refused_as_well(file: Path, name: str) -> None:
    UNFIT[name][0](file)
    before = fingerprint(file)
    acts: list[Callable[[Ledger], object]] = [
        lambda ledger: ledger.bind(OTHER, "web-0", "vm-0", {"host": "h9"}, {}),
        lambda ledger: ledger.release(OTHER, ["web-0"]),
        lambda ledger: ledger.give_back(OTHER, ["web-0"]),
        lambda ledger: ledger.release_group(KEY),
    ]
    for act in acts:
        with pytest.raises(InvalidRequest, match="ledger"):
            act(Ledger(file, "run b"))
    assert fingerprint(file) == before


def test_random_damage_is_refused_or_harms_no_claim(file: Path, tmp_path: Path) -> None:
    """Bytes that hold nothing may change; a claim that is read is one that was written."""
    _ledger_then(lambda _: None)(file)
    sound, written = file.read_bytes(), Ledger(file, "reader").claims()
    chance, refused = Random(7), 0
    for n in range(60):
        start = chance.randrange(len(sound) - 64)
        other = tmp_path / f"{n}.db"
        other.write_bytes(sound[:start] + chance.randbytes(64) + sound[start + 64 :])
        before = fingerprint(other)
        try:
            assert Ledger(other, "run b").claims() == written
        except InvalidRequest:
            refused += 1
        assert fingerprint(other) == before
    assert 10 < refused < 60


def test_an_empty_file_is_a_ledger_that_lost_its_claims(file: Path) -> None:
    file.touch()
    for act in (Ledger.claims, lambda ledger: claim(ledger, 1)):
        with pytest.raises(InvalidRequest, match=r"is damaged: .* 0 bytes; where it never held a machine"):
            act(Ledger(file, "run a"))
    assert file.stat().st_size == 0


def test_names_of_any_script_and_sign_survive(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a b?#%20é.db", "run a")
    key, odd = GroupKey("o'; DROP TABLE claims; --", "gruppe ü"), "db 0/☃"
    ledger.bind(key, odd, "vm", {"zone": "z/1", "host": "h?"}, {})
    (claim,) = ledger.claims(key)
    assert (claim.key, claim.member, claim.domains) == (key, odd, {"zone": "z/1", "host": "h?"})
    assert [path.name for path in tmp_path.iterdir()] == ["a b?#%20é.db"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"nowhere/l.db cannot be opened") as caught:
        Ledger(tmp_path / "nowhere" / "l.db", "run a").release(KEY, [])
    assert caught.value.path == "ledger"
    assert isinstance(caught.value.__cause__, Exception)


def test_a_file_that_must_not_be_written_can_still_be_read(kept: Path) -> None:
    with kept.open("r+b") as header:  # a write version above 2 is read-only, for root too
        header.seek(18)  # https://www.sqlite.org/fileformat.html#file_format_version_numbers
        header.write(b"\x03")
    assert members(kept) == ["web-0"]
    with pytest.raises(InvalidRequest, match="must not be written") as caught:
        Ledger(kept, "run b").release(OTHER, ["web-0"])
    assert (caught.value.path, members(kept)) == ("ledger", ["web-0"])
