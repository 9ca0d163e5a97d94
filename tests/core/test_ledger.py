"""The ledger of a pool: real SQLite files, and real processes that race for places and are killed."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from antiaffinity.errors import Conflict, StillOccupied, Unavailable
from antiaffinity.model import GroupKey, Placement, Size
from antiaffinity_pool.claims import View, view
from antiaffinity_pool.ledger import Ledger

SPAWN = get_context("spawn")
KEY, OTHER = GroupKey("shop", "db"), GroupKey("shop", "web")
NOBODY: View = frozenset()
VCPUS = 20
HOSTS = [f"h{n}" for n in range(4)]
ROOM = {host: {"vcpus": VCPUS} for host in HOSTS}


def at(host: str, member: str, vcpus: float = 1) -> Placement:
    return Placement(member, {"zone": "z1", "host": host}, size={"vcpus": vcpus})


def where(ledger: Ledger) -> dict[str, str]:
    return {claim.member: claim.host for claim in ledger.claims()}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hosts.ledger.db"


@pytest.fixture
def ledger(file: Path) -> Ledger:
    return Ledger(file, "run a")


@pytest.fixture
def rival(file: Path) -> Ledger:
    return Ledger(file, "run b")


@pytest.fixture
def children() -> Iterator[list[BaseProcess]]:
    """Processes that a test started; none outlives it."""
    started: list[BaseProcess] = []
    yield started
    for child in started:
        child.kill()
        child.join()


# ---- several processes


def _raced(children: list[BaseProcess], target: Callable[..., None], file: Path, number: int) -> list[Any]:
    """What so many processes, let go at one moment, reported."""
    start, ends = SPAWN.Barrier(number, timeout=20), []
    for n in range(number):
        mine, theirs = SPAWN.Pipe()
        children.append(SPAWN.Process(target=target, args=(file, n, start, theirs)))
        children[-1].start()
        theirs.close()  # so that a process that dies is an EOFError here
        ends.append(mine)
    return [mine.recv() for mine in ends]


def _grab(file: Path, number: int, start: Barrier, results: Connection) -> None:
    """Claim 25 places, one by one, wherever there is room; report them."""
    ledger, key, got = Ledger(file, f"run {number}"), GroupKey("shop", f"group {number}"), {}
    start.wait()
    for n in range(25):
        for host in HOSTS[n % 4 :] + HOSTS[: n % 4]:
            try:
                ledger.claim(key, [at(host, f"m{n}")], ROOM, NOBODY)
            except Conflict:
                continue
            got[f"m{n}"] = host
            break
    results.send(got)


def test_four_processes_never_get_one_place_twice_and_none_is_lost(
    file: Path, children: list[BaseProcess]
) -> None:
    told = enumerate(_raced(children, _grab, file, 4))
    reported = {(f"group {n}", member, host) for n, got in told for member, host in got.items()}
    claims = Ledger(file, "after").claims()
    assert Counter(claim.host for claim in claims) == dict.fromkeys(HOSTS, VCPUS)
    assert {(claim.key.name, claim.member, claim.host) for claim in claims} == reported
    assert len(claims) == len(reported) == 80


def _deploy(file: Path, number: int, start: Barrier, results: Connection) -> None:
    """Claim the same three members of five groups, as the other deployer does."""
    ledger, won, refused = Ledger(file, f"run {number}"), [], []
    for name in range(5):
        new = [at(f"h{number}{n}", f"db-{n}") for n in range(3)]
        start.wait()
        try:
            ledger.claim(GroupKey("shop", str(name)), new, {p.domains["host"]: {} for p in new}, NOBODY)
            won.append(str(name))
        except Conflict as conflict:
            refused.append(str(conflict))
    results.send((won, refused))


def test_of_two_deployers_of_the_same_members_one_gets_all_and_one_a_conflict(
    file: Path, children: list[BaseProcess]
) -> None:
    told = {f"run {number}": result for number, result in enumerate(_raced(children, _deploy, file, 2))}
    won = {run: names for run, (names, _) in told.items()}
    assert sorted([*won["run 0"], *won["run 1"]]) == list("01234")
    assert all("db-0 is claimed on h" in refusal for _, refused in told.values() for refusal in refused)
    held = Counter((claim.key.name, claim.claimant) for claim in Ledger(file, "after").claims())
    assert held == {(name, run): 3 for run, names in won.items() for name in names}


def _claim_and_hang(file: Path, ready: Connection) -> None:
    Ledger(file, "run a").claim(KEY, [at("h1", "db-0", 17)], ROOM, NOBODY)
    ready.send("claimed")
    time.sleep(60)


def _hang_inside(file: Path, ready: Connection) -> None:
    """Stop in the middle of a claim: the clock is read while the lock is held."""

    def clock() -> float:
        ready.send("inside")
        time.sleep(60)
        return 0

    Ledger(file, "run a", clock).claim(KEY, [at("h1", "db-0")], ROOM, NOBODY)


def _started(
    children: list[BaseProcess], target: Callable[[Path, Connection], None], file: Path
) -> BaseProcess:
    """A process that has come as far as it goes."""
    mine, end = SPAWN.Pipe()
    child = SPAWN.Process(target=target, args=(file, end))
    children.append(child)
    child.start()
    end.close()
    mine.recv()
    return child


def _kill(child: BaseProcess) -> None:
    assert child.pid
    os.kill(child.pid, signal.SIGKILL)
    child.join()


def test_the_claim_of_a_killed_run_keeps_its_place(
    file: Path, rival: Ledger, children: list[BaseProcess]
) -> None:
    _kill(_started(children, _claim_and_hang, file))
    with pytest.raises(Conflict, match="h1 has 3 vcpus left, db-9 need 4"):
        rival.claim(OTHER, [at("h1", "db-9", 4)], ROOM, NOBODY)
    with pytest.raises(Conflict, match=r"db-0 is claimed on h1 since .* by run a, not bound yet"):
        rival.claim(KEY, [at("h2", "db-0")], ROOM, view(rival.claims(), "run b"))
    assert where(rival) == {"db-0": "h1"}


def test_a_run_killed_inside_a_claim_leaves_neither_claim_nor_lock(
    file: Path, rival: Ledger, children: list[BaseProcess]
) -> None:
    _kill(_started(children, _hang_inside, file))
    rival.claim(KEY, [at("h2", "db-0")], ROOM, NOBODY)
    assert where(rival) == {"db-0": "h2"}


def test_a_lock_that_is_held_too_long_is_unavailable_and_names_the_file(
    file: Path, children: list[BaseProcess]
) -> None:
    _started(children, _hang_inside, file)
    started = time.monotonic()
    with pytest.raises(Unavailable, match=r"hosts.ledger.db was locked .* 0.3 s; repeat") as caught:
        Ledger(file, "run b", patience=0.3).claim(KEY, [at("h2", "db-0")], ROOM, NOBODY)
    assert 0.2 < time.monotonic() - started < 3
    assert isinstance(caught.value.__cause__, Exception)


def test_what_a_killed_writer_left_half_written_is_undone_by_the_next_reader(
    tmp_path: Path, file: Path, ledger: Ledger
) -> None:
    ledger.claim(KEY, [at("h1", "db-0")], ROOM, NOBODY)
    writer = sqlite3.connect(file, isolation_level=None)
    writer.execute("PRAGMA cache_size = 1")
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM claims")
    for n in range(200):
        row = ("o", "g", f"m{n}", "{}" * 500, "{}", 0, "run c")
        names = 'owner, "group", member, domains, size, claimed_at, claimant'
        writer.execute(f"INSERT INTO claims ({names}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    left = tmp_path / "left.db"
    for suffix in ("", "-journal"):  # as a power cut would leave them
        shutil.copy(f"{file}{suffix}", f"{left}{suffix}")
    writer.close()
    assert where(Ledger(left, "run b")) == {"db-0": "h1"}


# ---- claims


def test_a_plan_is_claimed_as_a_whole_or_not_at_all(ledger: Ledger) -> None:
    with pytest.raises(Conflict, match="h2 has 20 vcpus left, db-1 need 21") as caught:
        ledger.claim(KEY, [at("h1", "db-0"), at("h2", "db-1", 21)], ROOM, NOBODY)
    assert caught.value.domain == {"host": "h2"}
    assert where(ledger) == {}


def test_members_of_one_plan_share_the_room_of_a_host(ledger: Ledger) -> None:
    with pytest.raises(Conflict, match="h1 has 20 vcpus left, db-0, db-1 need 22"):
        ledger.claim(KEY, [at("h1", "db-0", 17), at("h1", "db-1", 5)], ROOM, NOBODY)
    ledger.claim(KEY, [at("h1", "db-0", 17), at("h1", "db-1", 3)], ROOM, NOBODY)
    assert where(ledger) == {"db-0": "h1", "db-1": "h1"}


def test_a_host_is_filled_to_the_last_fraction(ledger: Ledger) -> None:
    room = {"h1": {"vcpus": 0.3}}  # 0.3 - 0.2 is less than 0.1 for a computer
    for n in range(3):
        ledger.claim(GroupKey("shop", f"g{n}"), [at("h1", "db-0", 0.1)], room, NOBODY)
    with pytest.raises(Conflict, match="h1 has 0 vcpus left"):
        ledger.claim(OTHER, [at("h1", "db-0", 0.1)], room, NOBODY)


@pytest.mark.parametrize("size", [{}, {"type": "m6i.large"}, {"gpus": 99}, {"vcpus": 0}])
def test_what_has_no_stated_bound_is_unlimited(ledger: Ledger, size: Size) -> None:
    full = {"h1": {"vcpus": 0.0}}
    ledger.claim(KEY, [Placement("db-0", {"host": "h1"}, size=size)], full, NOBODY)
    assert where(ledger) == {"db-0": "h1"}


def test_a_group_that_grew_since_it_was_seen_is_a_conflict(ledger: Ledger, rival: Ledger) -> None:
    rival.claim(KEY, [at("h2", "db-1")], ROOM, NOBODY)
    with pytest.raises(Conflict, match=r"db-1 is claimed on h2 .* which the plan did not know: plan again"):
        ledger.claim(KEY, [at("h1", "db-0")], ROOM, NOBODY)
    ledger.claim(KEY, [at("h1", "db-0")], ROOM, view(ledger.claims(), "run a"))
    assert where(ledger) == {"db-0": "h1", "db-1": "h2"}


def test_a_group_that_shrank_or_moved_since_it_was_seen_is_a_conflict(ledger: Ledger, rival: Ledger) -> None:
    rival.claim(KEY, [at("h2", "db-1")], ROOM, NOBODY)
    seen = view(ledger.claims(), "run a")
    rival.claim(KEY, [at("h3", "db-1")], ROOM, NOBODY)
    with pytest.raises(Conflict, match="db-1 is claimed on h3"):
        ledger.claim(KEY, [at("h1", "db-0")], ROOM, seen)
    rival.release(KEY, ["db-1"])
    with pytest.raises(Conflict, match="db-1 was released after the plan was made"):
        ledger.claim(KEY, [at("h1", "db-0")], ROOM, seen)


def test_other_groups_do_not_make_a_plan_stale(ledger: Ledger, rival: Ledger) -> None:
    rival.claim(OTHER, [at("h2", "db-0")], ROOM, NOBODY)
    rival.claim(GroupKey("other", "db"), [at("h2", "db-0")], ROOM, NOBODY)
    ledger.claim(KEY, [at("h1", "db-0")], ROOM, NOBODY)
    assert len(ledger.claims()) == 3


def test_a_run_moves_its_own_unbound_claims_but_no_bound_one(ledger: Ledger) -> None:
    ledger.claim(KEY, [at("h1", "db-0", 20), at("h2", "db-1")], ROOM, NOBODY)
    ledger.claim(KEY, [at("h1", "db-1", 20), at("h3", "db-0")], ROOM, NOBODY)
    assert where(ledger) == {"db-0": "h3", "db-1": "h1"}
    ledger.bind(KEY, "db-0", "vm-0", {"host": "h3"}, {})
    with pytest.raises(Conflict, match="db-0 is vm-0 on h3"):
        ledger.claim(KEY, [at("h2", "db-0")], ROOM, NOBODY)


# ---- binding and releasing


def test_binding_is_idempotent_and_keeps_who_claimed_when(ledger: Ledger, rival: Ledger) -> None:
    ledger.claim(KEY, [at("h1", "db-0", 2)], ROOM, NOBODY)
    (claimed,) = ledger.claims()
    first = rival.bind(KEY, "db-0", "vm-0", claimed.domains, {})
    assert rival.bind(KEY, "db-0", "vm-0", claimed.domains, {}) == first
    assert ledger.claims() == [first]
    assert (first.claimed_at, first.claimant, first.size) == (claimed.claimed_at, "run a", {"vcpus": 2})
    assert first.bound_at is not None
    assert first.bound_at >= claimed.claimed_at


def test_a_place_has_one_machine_and_a_machine_one_place(ledger: Ledger) -> None:
    ledger.bind(KEY, "db-0", "vm-0", {"host": "h1"}, {"vcpus": 2})
    with pytest.raises(Conflict, match=r"db-0 is vm-0 on h1 since .*, not vm-9"):
        ledger.bind(KEY, "db-0", "vm-9", {"host": "h1"}, {})
    with pytest.raises(Conflict, match="vm-0 is db-0 already"):
        ledger.bind(KEY, "db-1", "vm-0", {"host": "h2"}, {})
    ledger.bind(OTHER, "web-0", "vm-0", {"host": "h2"}, {})  # another hypervisor may use the same names
    assert where(ledger) == {"db-0": "h1", "web-0": "h2"}


def test_releasing_is_fine_when_it_is_gone(ledger: Ledger) -> None:
    ledger.bind(KEY, "db-0", "vm-0", {"host": "h1"}, {})
    ledger.bind(OTHER, "db-0", "vm-0", {"host": "h1"}, {})
    for _ in range(2):
        ledger.release(KEY, ["db-0", "db-7"])
    assert [claim.key for claim in ledger.claims()] == [OTHER]


def test_giving_back_frees_only_what_this_run_claimed_and_nobody_bound(ledger: Ledger, rival: Ledger) -> None:
    ledger.claim(KEY, [at("h1", "db-0"), at("h2", "db-1"), at("h3", "db-2")], ROOM, NOBODY)
    rival.bind(KEY, "db-1", "vm-1", {"host": "h2"}, {})
    rival.claim(OTHER, [at("h1", "db-0")], ROOM, NOBODY)
    for _ in range(2):
        ledger.give_back(KEY, ["db-0", "db-1", "db-9"])
    assert [(claim.key, claim.member) for claim in ledger.claims()] == [
        (KEY, "db-1"),
        (KEY, "db-2"),
        (OTHER, "db-0"),
    ]


def test_giving_back_twice_spares_who_claimed_the_place_in_between(ledger: Ledger, rival: Ledger) -> None:
    ledger.claim(KEY, [at("h1", "db-0")], ROOM, NOBODY)
    ledger.give_back(KEY, ["db-0"])
    rival.claim(KEY, [at("h2", "db-0")], ROOM, NOBODY)
    ledger.give_back(KEY, ["db-0"])
    assert where(ledger) == {"db-0": "h2"}


def test_a_group_is_released_only_when_no_machine_can_be_left(ledger: Ledger, rival: Ledger) -> None:
    ledger.claim(KEY, [at("h1", "db-0"), at("h2", "db-1")], ROOM, NOBODY)
    with pytest.raises(StillOccupied, match="db-0 is claimed on h1") as caught:
        rival.release_group(KEY)
    assert caught.value.ways_out == ("release db-0", "release db-1")
    ledger.bind(KEY, "db-0", "vm-0", {"host": "h1"}, {})
    with pytest.raises(StillOccupied, match="db-0 is vm-0 on h1"):
        ledger.release_group(KEY)
    assert where(ledger) == {"db-0": "h1", "db-1": "h2"}
    ledger.release(KEY, ["db-0"])
    ledger.release_group(KEY)
    assert where(ledger) == {}
    ledger.release_group(KEY)


def test_a_claim_that_changed_meanwhile_is_not_dropped(ledger: Ledger, rival: Ledger) -> None:
    ledger.claim(KEY, [at("h1", "db-0")], ROOM, NOBODY)
    (old,) = ledger.claims()
    ledger.claim(KEY, [at("h2", "db-0")], ROOM, NOBODY)
    rival.drop(old)
    assert where(ledger) == {"db-0": "h2"}
    (young,) = ledger.claims()
    ledger.bind(KEY, "db-0", "vm-0", young.domains, {})
    rival.drop(young)
    assert [claim.instance for claim in ledger.claims()] == ["vm-0"]
    ledger.claim(KEY, [at("h1", "db-1")], ROOM, NOBODY)
    rival.drop(ledger.claims()[-1])
    assert where(ledger) == {"db-0": "h2"}
