"""Ctrl-C and SIGTERM in the middle of a launch: nothing is lost, and the next run converges."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pexpect
import pytest

from antiaffinity.cli.failures import Interrupted
from antiaffinity.cli.stopping import Stopping
from cli.shell import Lab, ask, command


def hanging(lab: Lab, *words: str) -> subprocess.Popen[str]:
    """A roll-out whose launch of db-1 does not come back."""
    lab.mark("hang-db-1")
    process = lab.rolling(*words)
    appears(lab.folder / "hanging")
    return process


def appears(file: Path) -> None:
    deadline = time.monotonic() + 20
    while not file.exists():
        assert time.monotonic() < deadline, f"{file.name} never came"
        time.sleep(0.02)


def ended(process: subprocess.Popen[str]) -> str:
    """What it said on stderr; it must end soon, and say nothing on stdout."""
    out, err = process.communicate(timeout=10)
    assert out == ""
    return err


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_the_run_with_its_code_and_says_to_repeat(
    lab: Lab, number: signal.Signals, code: int
) -> None:
    process = hanging(lab)
    process.send_signal(number)
    err = ended(process)
    assert process.returncode == code
    assert "run the same command again" in err
    assert list(lab.machines()) == ["db-0"]


def test_with_discard_the_next_run_converges_by_itself(lab: Lab) -> None:
    process = hanging(lab, "--discard", "./kill.sh")
    process.send_signal(signal.SIGINT)
    ended(process)
    assert lab.roll_out("--discard", "./kill.sh").code == 0
    assert len(set(lab.machines().values())) == 3


def test_the_discard_of_an_interrupted_launch_is_not_interrupted_itself(lab: Lab) -> None:
    process = hanging(lab, "--discard", "sleep 0.3; ./kill.sh")
    process.send_signal(signal.SIGINT)
    ended(process)
    assert len(lab.lines("discarded")) == 1


def test_without_discard_the_member_in_doubt_is_named_with_both_ways_out(lab: Lab) -> None:
    process = hanging(lab)
    process.send_signal(signal.SIGINT)
    err = ended(process)
    assert "antiaffinity bind db.json db-1 INSTANCE" in err
    assert "antiaffinity release db.json db-1" in err
    assert "db-2 may" not in err
    ask("release", "db.json", "db-1")
    assert lab.roll_out().code == 0
    assert len(set(lab.machines().values())) == 3


def test_a_launch_that_ends_well_all_the_same_is_kept(lab: Lab) -> None:
    slow = "trap '' INT; : > hanging; for i in 1 2 3 4 5; do sleep 0.2; done; exec ./boot.sh"
    process = subprocess.Popen(
        command("roll-out", "db.json", "--launch", slow),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=lab.folder,
    )
    appears(lab.folder / "hanging")
    process.send_signal(signal.SIGINT)
    err = ended(process)
    assert process.returncode == 130
    assert "no machine is lost" in err
    assert list(lab.machines()) == ["db-0"]
    assert "may have been launched" not in err
    assert lab.roll_out().code == 0
    assert lab.lines("tried") == ["db-0", "db-1", "db-2"]


def test_a_command_that_ignores_the_first_signal_is_forced_by_the_second(lab: Lab) -> None:
    process = subprocess.Popen(
        command("roll-out", "db.json", "--launch", "trap '' INT; : > hanging; exec sleep 30"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=lab.folder,
    )
    appears(lab.folder / "hanging")
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    ended(process)
    assert process.returncode == 130


def test_json_says_interrupted(lab: Lab) -> None:
    process = hanging(lab, "--json")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=10)
    assert process.returncode == 130
    assert '"kind": "Interrupted"' in out


def test_ctrl_c_in_a_terminal_reaches_the_command_once(lab: Lab) -> None:
    counting = "trap 'echo INT >> signals' INT; : > hanging; sleep 1; sleep 1; exit 9"
    program, *words = command("roll-out", "db.json", "--launch", counting)
    terminal = pexpect.spawn(program, words, cwd=str(lab.folder), timeout=20)
    appears(lab.folder / "hanging")
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130
    assert lab.lines("signals") == ["INT"]


def test_a_killed_run_leaves_a_ledger_that_can_be_read(lab: Lab) -> None:
    process = hanging(lab)
    process.kill()
    process.communicate(timeout=10)
    assert ask("verify", "db.json").code == 4
    ask("release", "db.json", "db-1", "db-2")
    assert lab.roll_out().code == 0
    assert len(set(lab.machines().values())) == 3


def test_a_signal_that_comes_while_a_command_starts_reaches_it(lab: Lab) -> None:
    sleeper = subprocess.Popen(["sleep", "30"], process_group=0)
    with Stopping() as stopping:
        stopping.starting()
        os.kill(os.getpid(), signal.SIGTERM)
        stopping.attend(sleeper.pid)
        assert sleeper.wait(timeout=10) == -signal.SIGTERM
        stopping.running = 0
        with pytest.raises(Interrupted):
            stopping.check()


def test_a_second_signal_does_not_wait_for_a_place_to_be_settled(lab: Lab) -> None:
    with Stopping() as stopping:
        stopping.starting()
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Interrupted):
            os.kill(os.getpid(), signal.SIGINT)


def test_between_commands_a_signal_stops_at_once(lab: Lab) -> None:
    with Stopping(), pytest.raises(Interrupted) as stop:
        os.kill(os.getpid(), signal.SIGTERM)
    assert stop.value.exit_code == 143
