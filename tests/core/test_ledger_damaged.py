"""A ledger whose bytes changed by chance reads as it was, or is refused as damaged; so is what is none."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from random import Random

import pytest

import antiaffinity as aa
from antiaffinity.errors import InvalidRequest
from antiaffinity.model import GroupKey
from antiaffinity_pool.claims import Claim
from antiaffinity_pool.ledger import Ledger
from antiaffinity_pool.runs import me

KEY = GroupKey("shop", "db")
CORRUPTIONS = 600
LENGTHS = (1, 2, 8, 64, 512, 4096)


def ledger(file: Path, members: int = 40) -> Ledger:
    """With machines, claims of a run, and claims that were handed out."""
    found = Ledger(file, "run a")
    for n in range(members):
        found.bind(KEY, f"db-{n}", f"vm-{n}", {"zone": "z1", "host": f"h{n}"}, {"vcpus": 2.0})
    web = [aa.Placement(f"web-{n}", {"zone": "z1", "host": f"h{n}"}) for n in range(20)]
    room: dict[str, dict[str, float]] = {f"h{n}": {} for n in range(20)}
    found.claim(GroupKey("shop", "web"), web[:10], room, frozenset(), me())
    found.claim(GroupKey("shop", "app"), web[10:], room, frozenset())
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hosts.ledger.db"


def corrupted(sound: bytes, chance: Random) -> bytes:
    """A run of bytes that became others, zeros, or that are missing from there on."""
    start, length = chance.randrange(len(sound)), chance.choice(LENGTHS)
    how = chance.randrange(8)
    if how == 0:
        return sound[:start]
    middle = bytes(length) if how == 1 else chance.randbytes(length)
    return (sound[:start] + middle + sound[start + length :])[: len(sound)]


def answered(file: Path) -> list[Claim] | str:
    """What a look at it gives: its claims, or the message that refuses it; anything else is a fault."""
    try:
        return Ledger(file, "run b").claims()
    except InvalidRequest as refused:  # exit 2
        return str(refused)


def test_600_corruptions_are_told_as_damage_or_did_no_harm(file: Path, tmp_path: Path) -> None:
    written = ledger(file).claims()
    sound, chance, refused = file.read_bytes(), Random(600), 0
    other = tmp_path / "other.db"
    for n in range(CORRUPTIONS):
        other.write_bytes(corrupted(sound, chance))
        answer = answered(other)
        if isinstance(answer, str):
            refused += 1
            assert answer.startswith("ledger: ")
            assert "damaged: restore it from a copy" in answer, f"corruption {n}: {answer}"
        else:
            assert len(answer) == len(written), f"corruption {n}: {len(answer)} claims"
    assert CORRUPTIONS // 4 < refused < CORRUPTIONS


@pytest.mark.parametrize("content", [b"", b"\n", b"S", b"SQLite format 3\x00", b"\x00" * 99])
def test_a_file_of_a_few_bytes_is_no_new_ledger(content: bytes, file: Path) -> None:
    file.write_bytes(content)
    for act in (Ledger.claims, lambda one: one.bind(KEY, "db-0", "vm-0", {"host": "h1"}, {})):
        with pytest.raises(InvalidRequest, match="damaged"):
            act(Ledger(file, "run b"))
    assert file.read_bytes() == content


def test_a_database_without_tables_is_no_new_ledger(file: Path) -> None:
    import sqlite3

    connection = sqlite3.connect(file)
    connection.execute("VACUUM")
    connection.execute("CREATE TABLE one (x)")
    connection.execute("DROP TABLE one")
    connection.close()
    with pytest.raises(InvalidRequest, match="damaged"):
        Ledger(file, "run b").release(KEY, ["db-0"])


@pytest.mark.parametrize("there", [True, False], ids=["to a ledger", "to nothing"])
def test_a_link_is_not_followed(there: bool, file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    if there:
        ledger(file, 1)
    link.symlink_to(file)
    for act in (Ledger.claims, lambda one: one.release(KEY, ["db-0"])):
        with pytest.raises(InvalidRequest, match="symbolic link"):
            act(Ledger(link, "run b"))
    assert file.exists() is there


def test_a_new_ledger_is_for_its_user_alone_and_leaves_nothing_beside_it(file: Path) -> None:
    before = os.umask(0)
    try:
        ledger(file, 1)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == [file.name]
