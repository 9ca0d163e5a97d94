"""The contract of --launch, --discard and --start: JSON in, an id out, exit statuses that mean something."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from cli import shapes
from cli.shell import Lab, ask, call


def test_every_member_is_launched_once_on_a_host_of_its_own(lab: Lab) -> None:
    assert lab.roll_out().code == 0
    assert list(lab.machines()) == ["db-0", "db-1", "db-2"]
    assert len(set(lab.machines().values())) == 3


def test_a_second_run_launches_nobody(lab: Lab) -> None:
    lab.roll_out()
    assert lab.roll_out().code == 0
    assert len(lab.lines("tried")) == 3


def test_the_placement_is_json_on_stdin(lab: Lab) -> None:
    ask("roll-out", "db.json", "--launch", "tee -a placements >/dev/null; echo vm-$$")
    documents = [json.loads(line) for line in lab.lines("placements")]
    assert [one["member"] for one in documents] == ["db-0", "db-1", "db-2"]
    for one in documents:
        shapes.check(one, shapes.PLACEMENT_DOCUMENT)
        assert one["launch"]["host"] == one["domains"]["host"]
        assert one["launch"]["labels"] == {
            "antiaffinity-owner": "shop",
            "antiaffinity-group": "db",
            "antiaffinity-member": one["member"],
        }


def test_the_id_is_the_last_line_that_is_not_empty(lab: Lab) -> None:
    lab.spec(members=1)
    launch = r"printf 'Creating...\nvm-old\n  vm-new  \n\n\n'"
    report = ask("roll-out", "db.json", "--launch", launch, "--json").json
    assert report["launched"] == ["vm-new"]


def test_a_command_need_not_read_its_stdin(lab: Lab) -> None:
    assert ask("roll-out", "db.json", "--launch", "exec 0<&-; echo vm-$$").code == 0


def test_a_command_is_run_by_the_shell(lab: Lab) -> None:
    lab.spec(members=1)
    report = ask("roll-out", "db.json", "--launch", "HOST=a; echo vm-$HOST | tr a-z A-Z", "--json").json
    assert report["launched"] == ["VM-A"]


def test_a_launch_without_an_id_is_a_failed_launch(lab: Lab) -> None:
    answer = ask("roll-out", "db.json", "--launch", "echo; echo ' '")
    assert answer.code == 3
    assert "gave no id for db-0: the last line it prints on stdout must be the machine's id" in answer.err


def test_exit_75_means_try_the_next_place(lab: Lab) -> None:
    for host in ("h1", "h3"):
        lab.mark(f"full-{host}")
    lab.hosts({"h1": "z1", "h2": "z1", "h3": "z2", "h4": "z3", "h5": "z2"})
    assert lab.roll_out("--discard", "./kill.sh").code == 0
    assert set(lab.machines().values()) == {"h2", "h4", "h5"}


def test_exit_75_needs_no_discard(lab: Lab) -> None:
    lab.mark("full-h3")
    assert lab.roll_out().code == 0
    assert set(lab.machines().values()) == {"h1", "h2", "h4"}


def test_no_room_anywhere_carries_the_command_s_own_words(lab: Lab) -> None:
    answer = ask("roll-out", "db.json", "--launch", "echo quota used up >&2; exit 75")
    assert "quota used up" in answer.err
    assert lab.machines() == {}


def test_any_other_failure_ends_the_run_with_its_stderr(lab: Lab) -> None:
    lab.mark("bad-db-1")
    answer = lab.roll_out("--json")
    error = answer.json["error"]
    assert (answer.code, error["kind"]) == (3, "LaunchFailed")
    assert error["message"] == "--launch for db-1 ended with exit status 9: boot of db-1 went wrong"
    assert list(lab.machines()) == ["db-0"]


def test_a_command_that_is_not_there_is_said_to_be_so(lab: Lab) -> None:
    answer = ask("roll-out", "db.json", "--launch", "./no-such-command")
    assert answer.code == 3
    assert "the shell did not find or could not run it" in answer.err


def test_what_a_command_says_on_stderr_is_passed_through(lab: Lab) -> None:
    assert "booting db-0\nboot" not in lab.roll_out().err
    assert call("verify", "db.json", cwd=lab.folder).code == 0
    ask("release", "db.json", *lab.machines())
    assert "booting db-2\n" in lab.roll_out("--quiet").err


def test_after_a_failed_launch_without_discard_the_doubt_is_named_and_settled_by_hand(lab: Lab) -> None:
    lab.mark("bad-db-1")
    answer = lab.roll_out()
    assert "antiaffinity release db.json db-1" in answer.err
    assert "db-2 may" not in answer.err
    assert ask("release", "db.json", "db-1").code == 0
    assert lab.roll_out().code == 0
    assert len(set(lab.machines().values())) == 3


def test_discard_gets_what_a_failed_launch_left_and_the_next_run_converges(lab: Lab) -> None:
    lab.mark("bad-db-1")
    assert lab.roll_out("--discard", "./kill.sh").code == 3
    [document] = [json.loads(line) for line in lab.lines("discarded")]
    shapes.check(document, shapes.MACHINE_DOCUMENT)
    assert (document["id"], document["member"]) == (None, "db-1")
    assert lab.roll_out("--discard", "./kill.sh").code == 0
    assert len(set(lab.machines().values())) == 3


def test_a_discard_that_fails_is_told_with_its_stderr(lab: Lab) -> None:
    lab.mark("bad-db-1")
    answer = lab.roll_out("--discard", "echo no such server >&2; exit 4", "--json")
    error = answer.json["error"]
    assert (answer.code, error["kind"]) == (3, "Unavailable")
    assert "--discard for db-1 ended with exit status 4: no such server" in error["message"]
    assert error["remains"]["member"] == "db-1"


def test_start_gets_every_machine_that_joined(lab: Lab) -> None:
    assert lab.roll_out("--start", "cat >> started").code == 0
    documents = [json.loads(line) for line in lab.lines("started")]
    for one in documents:
        shapes.check(one, shapes.MACHINE_DOCUMENT)
    assert {one["member"]: one["domains"]["host"] for one in documents} == lab.machines()


def test_what_a_command_leaves_in_the_background_does_not_hold_us(lab: Lab) -> None:
    lab.spec(members=1)
    started = time.monotonic()
    answer = ask("roll-out", "db.json", "--launch", "sleep 30 & echo $! > sleeper; echo vm-1")
    os.kill(int(lab.lines("sleeper")[0]), signal.SIGTERM)
    assert answer.code == 0
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("status", [1, 2, 64, 77, 255])
def test_no_other_status_means_no_room(lab: Lab, status: int) -> None:
    answer = ask("roll-out", "db.json", "--launch", f"echo vm-1; exit {status}", "--json")
    assert answer.json["error"]["kind"] == "LaunchFailed"


def test_prepare_then_bind_is_the_same_as_a_roll_out(lab: Lab) -> None:
    for placement in ask("prepare", "db.json", "--json").json["placements"]:
        ask("bind", "db.json", placement["member"], f"vm-{placement['member']}")
    report = ask("verify", "db.json", "--json").json
    assert (report["verdict"], report["missing"]) == ("promised", [])
    assert len({m["domains"]["host"] for m in report["machines"]}) == 3


def test_prepare_can_be_repeated(lab: Lab) -> None:
    first = ask("prepare", "db.json", "--json").json["placements"]
    again = ask("prepare", "db.json", "--json").json["placements"]
    assert [p["launch"] for p in again] == [p["launch"] for p in first]


def test_prepare_in_words_shows_the_launch_arguments(lab: Lab) -> None:
    text = ask("prepare", "db.json").out
    assert '"antiaffinity-member":"db-2"' in text
