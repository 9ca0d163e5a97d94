"""verify --look and audit --look: a command that says where the machines of a pool are."""

from __future__ import annotations

import pytest

from cli.shell import Lab, ask

LOOK = "cut -d' ' -f1,2 machines"


@pytest.mark.parametrize("words", [["verify", "db.json"], ["audit", "db.json"]])
def test_a_look_makes_a_promise_a_fact(lab: Lab, words: list[str]) -> None:
    lab.roll_out()
    assert "promised" in ask(*words).out
    answer = ask(*words, "--look", LOOK)
    assert (answer.code, "group db of shop: held" in answer.out) == (0, True)
    lone = ask(*words, "--look", "echo db-0 h1; echo db-1 h1; echo db-2 h2")
    assert (lone.code, "db-0, db-1 share host" in lone.out) == (1, True)


def test_a_look_knows_which_group_is_asked_for(lab: Lab) -> None:
    lab.roll_out()
    ask("verify", "db.json", "--look", 'echo "$OWNER/$GROUP" > asked')
    assert lab.lines("asked") == ["shop/db"]


@pytest.mark.parametrize(("look", "code", "words"), [
    ("exit 7", 3, "--look ended with exit status 7"),
    ("echo db-0", 2, "line 1 is 'db-0': print lines of a member and a host"),
    ("true", 4, "look does not tell db-0"),
])  # fmt: skip
def test_a_look_that_fails_is_told(lab: Lab, look: str, code: int, words: str) -> None:
    lab.roll_out()
    answer = ask("verify", "db.json", "--look", look)
    assert (answer.code, words in answer.out + answer.err) == (code, True)
