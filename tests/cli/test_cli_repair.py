"""``plan --repair`` names the moves, ``roll-out --repair`` makes them."""

from __future__ import annotations

import pytest

from cli import shapes
from cli.shell import Lab, ask

KILL = ("--discard", "./kill.sh")


@pytest.fixture
def crowded(lab: Lab) -> Lab:
    """db-0 and db-1 on one host, as hands put them there."""
    for member in ("db-0", "db-1"):
        assert ask("bind", "db.json", member, f"hand-{member}", "--at", "host=h1").code == 0
    assert ask("bind", "db.json", "db-2", "hand-db-2", "--at", "host=h3").code == 0
    return lab


def test_a_plan_names_the_one_move_and_that_fewer_would_not_do(crowded: Lab) -> None:
    assert ask("plan", "db.json").code == 1
    answer = ask("plan", "db.json", "--repair")
    assert answer.code == 0
    assert "moves: 1, the fewest possible" in answer.out
    [line] = [line for line in answer.out.splitlines() if line.startswith("db-1") and "hand-db-1" in line][1:]
    assert line.split()[:3] == ["db-1", "hand-db-1", "z1/h1"]
    assert "anti-affinity (host) is broken in host z1/h1" in line


def test_the_move_as_json(crowded: Lab) -> None:
    found = ask("plan", "db.json", "--repair", "--json").json
    shapes.check(found, shapes.REPAIRED)
    [move] = found["moves"]
    assert (move["member"], move["instance"], move["from"]["host"]) == ("db-1", "hand-db-1", "h1")
    assert move["to"]["host"] in ("h2", "h4")
    assert (found["fewest"], found["verdict"]) == (True, "fits")


def test_without_a_break_there_are_no_moves(lab: Lab) -> None:
    lab.roll_out()
    found = ask("plan", "db.json", "--repair", "--json")
    shapes.check(found.json, shapes.PLAN)
    assert (found.code, found.json["moves"]) == (0, [])


def test_a_roll_out_makes_the_move_and_says_so(crowded: Lab) -> None:
    answer = crowded.roll_out(*KILL, "--repair")
    assert answer.code == 0
    assert crowded.machines().keys() == {"db-1"}
    assert '"id":"hand-db-1"' in crowded.lines("discarded")[0]
    assert f"moved: db-1 (hand-db-1) from z1/h1 to {_zone(crowded)}" in answer.out
    assert "replacing db-1 (hand-db-1) from z1/h1" in answer.err
    assert ask("verify", "db.json").code == 0


def _zone(lab: Lab) -> str:
    host = lab.machines()["db-1"]
    return {"h2": "z1/h2", "h4": "z3/h4"}[host]


def test_what_was_moved_as_json(crowded: Lab) -> None:
    found = crowded.roll_out(*KILL, "--repair", "--json").json
    shapes.check(found, shapes.REPORT)
    assert [move["member"] for move in found["moved"]] == ["db-1"]
    assert found["discarded"] == ["hand-db-1"]


def test_without_a_discard_it_says_which_option_is_missing(crowded: Lab) -> None:
    answer = crowded.roll_out("--repair")
    assert answer.code == 2
    assert "discard: db-1 (hand-db-1) has to leave z1/h1" in answer.err
    assert crowded.lines("machines") == []


def test_a_break_that_nothing_mends_ends_with_1(crowded: Lab) -> None:
    crowded.hosts({"h1": "z1", "h3": "z2"})
    answer = crowded.roll_out(*KILL, "--repair")
    assert answer.code == 1
    assert "no moves were found that mend what is broken" in answer.out
    assert ask("plan", "db.json", "--repair").code == 1


def test_shrinking_and_repairing_are_two_questions(crowded: Lab) -> None:
    answer = ask("plan", "db.json", "--repair", "--shrink", "1")
    assert answer.code == 2
    assert "ask for one of them" in answer.err


def test_a_start_that_finds_no_room_is_tried_elsewhere(lab: Lab) -> None:
    start = "if [ -f on ]; then exit 0; fi; : > on; echo no power >&2; exit 75"
    answer = ask("roll-out", "db.json", "--launch", "./boot.sh", *KILL, "--start", start, "--json")
    assert answer.code == 0
    assert len(answer.json["discarded"]) == 1
    assert len(answer.json["launched"]) == 3
