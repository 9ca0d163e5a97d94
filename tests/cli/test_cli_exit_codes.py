"""What a script sees: the exit code says what to do next."""

from __future__ import annotations

import os
import shlex
import subprocess

import pytest

from cli.shell import Lab, ask, call, command


def test_a_plan_that_fits_is_0(lab: Lab) -> None:
    assert ask("plan", "db.json").code == 0


def test_a_member_without_a_place_is_1(lab: Lab) -> None:
    lab.spec(members=5)
    assert ask("plan", "db.json").code == 1


def test_a_soft_rule_that_is_short_is_4(lab: Lab) -> None:
    lab.spec(members=5, rules="soft-anti-affinity")
    assert ask("plan", "db.json").code == 4


def test_what_is_not_offered_is_1(lab: Lab) -> None:
    lab.spec(cloud={"kind": "pool", "inventory": "hosts.json", "ledger": "postgresql://db/ledger"})
    assert ask("plan", "db.json").code == 1


@pytest.mark.parametrize(
    "words",
    [
        ["plan", "nowhere.yaml"],
        ["plan", "odd.json"],
        ["plan", "unknown.json"],
        ["plan"],
        ["plan", "db.json", "--shrink", "0"],
        ["plan", "db.json", "--shrink", "3"],
        ["plan", "db.json", "--shrink", "1", "--advise"],
        ["plan", "db.json", "--repiar"],
        ["plan", "db.json", "--shrink", "1", "--repair"],
        ["paln", "db.json"],
        ["candidates", "db.json", "nobody"],
        ["bind", "db.json", "db-0", "vm", "--at", "h3"],
        ["bind", "db.json", "db-0", "vm", "--at", "floor=2"],
        ["bind", "db.json", "db-0", "vm", "--at", "host=nowhere"],
        ["roll-out", "db.json"],
        ["groups", "--cloud", "pool"],
        ["groups", "--cloud", "pool", "--set", "inventory"],
        ["groups", "--cloud", "pool", "--set", "inventory=[hosts.json"],
        ["clouds", "openstak"],
        ["clouds", "--for", "ruleless.json"],
        ["audit"],
        ["audit", "nowhere.yaml"],
    ],
    ids=" ".join,
)
def test_a_wrong_input_is_2_and_no_traceback(lab: Lab, words: list[str]) -> None:
    lab.spec("odd.json", membres=3)
    lab.spec("unknown.json", cloud={"kind": "puddle"})
    lab.spec("ruleless.json", rules=[])
    answer = ask(*words)
    assert answer.code == 2
    assert "Traceback" not in answer.out + answer.err


def test_verify_is_0_when_all_are_there_and_4_under_strict(lab: Lab) -> None:
    lab.roll_out()
    assert ask("verify", "db.json").code == 0
    assert ask("verify", "db.json", "--strict").code == 4


def test_verify_is_4_while_somebody_is_missing(lab: Lab) -> None:
    assert ask("verify", "db.json").code == 4


def test_verify_is_1_when_two_share_a_host(lab: Lab) -> None:
    for member in ("db-0", "db-1", "db-2"):
        assert ask("bind", "db.json", member, f"vm-{member}", "--at", "host=h3").code == 0
    assert ask("verify", "db.json").code == 1


def test_a_place_that_is_still_used_is_3(lab: Lab) -> None:
    lab.roll_out()
    assert ask("release", "db.json").code == 3


def test_no_room_anywhere_is_3(lab: Lab) -> None:
    assert ask("roll-out", "db.json", "--launch", "exit 75").code == 3


def test_a_failed_launch_is_3(lab: Lab) -> None:
    assert ask("roll-out", "db.json", "--launch", "exit 9").code == 3


def test_a_roll_out_without_a_place_is_3_before_any_launch(lab: Lab) -> None:
    lab.spec(members=5)
    answer = lab.roll_out()
    assert (answer.code, lab.lines("tried")) == (3, [])


def test_no_candidate_at_all_is_1(lab: Lab) -> None:
    lab.spec(only={"host": ["h9"]})
    assert ask("candidates", "db.json", "db-0").code == 1
    lab.spec(only={"host": ["h3"]})
    assert ask("candidates", "db.json", "db-0").code == 0


def test_the_process_ends_with_the_code(lab: Lab) -> None:
    lab.spec("five.json", members=5)
    assert call("plan", "db.json").code == 0
    assert call("plan", "five.json").code == 1
    assert call("plan", "nowhere.yaml").code == 2


def test_a_fault_of_ours_is_no_verdict(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "antiaffinity.registry.kinds", lambda: {"pool": "msgspec"}
    )  # a package without a record
    answer = ask("plan", "db.json", "--json")
    assert answer.code == 70
    assert answer.json["error"]["kind"] == "AttributeError"
    assert "Traceback" in answer.err


@pytest.mark.parametrize("words", ["--version", "clouds"])
def test_output_that_nobody_reads_any_more_is_no_verdict(lab: Lab, words: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command(words), stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_reader_that_goes_away_is_no_verdict(lab: Lab) -> None:
    script = f'{shlex.join(command("clouds"))} | true; exit "${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) in ((141, ""), (0, ""))
