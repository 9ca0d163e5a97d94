"""kill -9 of a roll-out on a pool, at each of its steps: the next run makes all whole."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from antiaffinity.clock import lent
from antiaffinity.testing import Turns
from cli.shell import Answer, Lab

FIND = 'sed -n "s/^$MEMBER .* //p" machines 2>/dev/null || true'
"""Prints the machine of a member, or nothing."""

KILL = """\
#!/bin/sh
# Takes away what bears a member's mark; without an id it looks for it.
read -r document
member=$(printf %s "$document" | sed -n 's/.*"member":"\\([^"]*\\)".*/\\1/p')
echo "$member" >> discarded
sed -i "/^$member /d" machines 2>/dev/null
true
"""


@pytest.fixture(autouse=True)
def time_of_its_own() -> Iterator[None]:
    """Nobody waits for real in this process; the run that is killed is another."""
    with lent(Turns()):
        yield


def killed(lab: Lab, lines: int) -> None:
    """Start a roll-out, and kill it once it has said so many lines."""
    child = lab.rolling()
    for _ in range(lines):
        child.stderr.readline()  # type: ignore[union-attr]
    child.kill()
    child.wait()
    time.sleep(0.2)  # its last command may go on


@pytest.mark.parametrize("lines", [2, 3, 4, 5, 6, 8, 9])
def test_after_a_kill_at_any_step_the_next_run_converges_by_find(lab: Lab, lines: int) -> None:
    killed(lab, lines)
    answer = lab.roll_out("--find", FIND)
    assert answer.code == 0, answer.err
    hosts = lab.machines()
    assert (len(hosts), len(set(hosts.values()))) == (3, 3)
    assert bound(lab) == {line.split()[2] for line in lab.lines("machines")}


def bound(lab: Lab) -> set[str]:
    """The machines that the ledger has."""
    return {one["instance"] for one in verified().json["machines"]}


def verified() -> Answer:
    from cli.shell import ask

    return ask("verify", "db.json", "--json")


@pytest.mark.parametrize("lines", [4, 5, 8])
def test_after_a_kill_the_next_run_converges_by_discard(lab: Lab, lines: int) -> None:
    (lab.folder / "kill.sh").write_text(KILL)
    killed(lab, lines)
    answer = lab.roll_out("--discard", "./kill.sh")
    assert answer.code == 0, answer.err
    assert len(lab.machines()) == 3
    assert len(lab.lines("discarded")) <= 1


def hung(lab: Lab, member: str) -> Any:
    """A roll-out whose launch of a member does not end."""
    lab.mark(f"hang-{member}")
    child = lab.rolling()
    while not (lab.folder / "hanging").exists():
        time.sleep(0.02)
    return child


def test_members_whose_launch_never_began_are_launched_and_the_other_is_named(lab: Lab) -> None:
    """The command that was started goes on: what will come of it nobody knows yet."""
    child = hung(lab, "db-0")
    child.kill()
    child.wait()
    answer = lab.roll_out()
    assert answer.code == 3
    assert sorted(lab.machines()) == ["db-1", "db-2"]
    assert "db-0 is claimed on" in answer.err
    assert f"process {child.pid} of " in answer.err
    assert "2 to launch, 0 there, 1 claimed" in answer.err


def test_a_second_run_at_once_says_who_is_first_and_since_when(lab: Lab) -> None:
    child = hung(lab, "db-0")
    answer = lab.roll_out("--json")
    child.kill()
    child.wait()
    error = answer.json["error"]
    assert (answer.code, error["kind"]) == (3, "Conflict")
    assert f"process {child.pid} of " in error["message"]
    assert " since 2" in error["message"]
    assert "0 to launch, 0 there, 3 claimed" in answer.err
    assert lab.lines("tried") == ["db-0"]


def test_a_command_that_never_started_gives_its_place_back(lab: Lab) -> None:
    from cli.shell import ask

    (lab.folder / "data.sh").write_text("echo vm-1\n")
    for launch in ("./no-such-command", "./data.sh"):
        assert ask("roll-out", "db.json", "--launch", launch).code == 3
        assert json.loads(verified().out)["machines"] == []
    assert lab.roll_out().code == 0


@pytest.mark.parametrize("launch", ["echo vm-1; no-such-command", "./half.sh", "true && ./no-such-command"])
def test_a_command_that_came_to_nothing_halfway_keeps_its_place(lab: Lab, launch: str) -> None:
    from cli.shell import ask

    (lab.folder / "half.sh").write_text("#!/bin/sh\necho db-0 h1 vm-1 >> machines\nno-such-command\n")
    (lab.folder / "half.sh").chmod(0o755)
    assert ask("roll-out", "db.json", "--launch", launch).code == 3
    assert [one["state"] for one in verified().json["machines"]] == ["claimed"]


def test_a_refused_run_that_is_alone_does_not_look_for_others(lab: Lab) -> None:
    from antiaffinity import clock
    from cli.shell import ask

    before = clock.now()
    assert ask("roll-out", "db.json", "--launch", "exit 75").code == 3
    assert clock.now() - before < 5


def test_a_new_ledger_is_announced_with_its_path(lab: Lab) -> None:
    path = "no ledger yet: making hosts.ledger.db"
    assert path in lab.roll_out().err
    assert path not in lab.roll_out().err
