"""Streams that are closed, full or without an end, as shells make them: never exit 1, never a traceback."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from resource import RLIMIT_AS, setrlimit

import pytest

from cli.shell import Answer, Lab, ask, command

MEMORY = 900 * 2**20
"""Of address space, of which the interpreter and its libraries take about 150 MB."""


def shell(line: str, *, within: float = 60) -> Answer:
    """A line of sh; ``$A`` is the command line."""
    done = subprocess.run(
        ["sh", "-c", line.replace("$A", shlex.join(command()))],
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: setrlimit(RLIMIT_AS, (MEMORY, MEMORY)),
    )
    assert "Traceback" not in done.stderr
    return Answer(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    "words", ["plan db.json", "plan db.json --json", "verify db.json", "--help", "clouds"]
)
def test_an_answer_that_finds_a_full_disk_is_told_and_is_2(lab: Lab, words: str) -> None:
    answer = shell(f"$A {words} > /dev/full")
    assert answer.code == 2
    assert "the answer cannot be written: No space left on device" in answer.err


@pytest.mark.parametrize("words", ["plan db.json", "plan db.json --json", "--version"])
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_who_closes_the_streams_still_reads_the_exit_code(lab: Lab, words: str, closed: str) -> None:
    assert shell(f"$A {words} {closed}").code == 0


def test_a_mistake_is_2_even_where_it_cannot_be_told(lab: Lab) -> None:
    assert shell("$A plan nowhere.yaml 2> /dev/full").code == 2
    assert shell("$A plan nowhere.yaml --json > /dev/full 2>&1").code == 2
    assert shell("$A plan nowhere.yaml 2>&-").code == 2


def test_a_closed_standard_input_is_an_empty_one(lab: Lab) -> None:
    answer = shell("$A plan - <&-")
    assert (answer.code, answer.err) == (2, "error: -: the file is empty\n")


@pytest.mark.parametrize("line", ["$A plan /dev/zero", "$A plan - < /dev/zero", "yes | $A plan -"])
def test_a_spec_without_end_is_2(lab: Lab, line: str) -> None:
    answer = shell(line)
    assert answer.code == 2
    assert "does not end within 256 MB" in answer.err


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("/dev/zero", "does not end"),
        ("/dev/null", "is empty"),
        ("/tmp", "is a directory"),
        ("pipe", "nobody"),
    ],
)
def test_an_inventory_that_is_no_file_of_hosts_is_2(lab: Lab, name: str, words: str) -> None:
    os.mkfifo("pipe")
    lab.spec(cloud={"kind": "pool", "inventory": name})
    answer = shell("$A plan db.json")
    assert answer.code == 2
    assert words in answer.err


def test_a_pipe_to_which_nobody_writes_is_not_waited_for(lab: Lab) -> None:
    os.mkfifo("pipe")
    answer = shell("$A plan pipe")
    assert answer.code == 2
    assert "start its writer" in answer.err


def test_pipes_that_are_written_to_are_read(lab: Lab) -> None:
    os.mkfifo("pipe")
    spec = Path("db.json").read_text()
    assert shell("(sleep 1; cat db.json) > pipe & $A plan pipe").code == 0
    lab.spec(cloud={"kind": "pool", "inventory": "pipe"})
    assert shell("(sleep 1; cat hosts.json) > pipe & $A plan db.json").code == 0
    assert spec != Path("db.json").read_text()


def test_a_mistake_in_a_spec_from_a_pipe_is_told_without_waiting_for_another(lab: Lab) -> None:
    os.mkfifo("pipe")
    answer = shell("""(sleep 1; echo '{"group": "db", "membres": 3}') > pipe & timeout 20 $A plan pipe""")
    assert answer.code == 2
    assert "membres" in answer.err


def laughs(start: str) -> str:
    """Nine aliases of nine of nine …: 3.5 billion values in 400 bytes."""
    rows = [f"{start} &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"{start} &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]" for n in range(9)]
    return "\n".join(rows)


def test_aliases_of_aliases_are_2(lab: Lab) -> None:
    Path("bomb.yaml").write_text(f"hosts:\n{laughs(' -')}\n")
    lab.spec(cloud={"kind": "pool", "inventory": "bomb.yaml"})
    answer = ask("plan", "db.json")
    assert answer.code == 2
    assert "stands for more than 10,000,000 values; use fewer aliases" in answer.err


def test_yaml_that_would_take_minutes_is_2(lab: Lab) -> None:
    Path("big.yaml").write_text("hosts: [" + "h, " * (41 * 2**20 // 3) + "]")
    lab.spec(cloud={"kind": "pool", "inventory": "big.yaml"})
    answer = ask("plan", "db.json")
    assert answer.code == 2
    assert "write it as JSON" in answer.err
