"""What a launch gives: an id, or words, nothing, an object, or the id of somebody else's machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.testing import Turns


class Server:
    """What an SDK's own call answers."""

    id = "vm-1"


NO_IDS: dict[str, tuple[object, str]] = {
    "nothing": (None, "gave nothing for db-0"),
    "an SDK's object": (Server(), "gave a Server for db-0"),
    "a number": (17, "gave a int for db-0"),
    "bytes": (b"vm-1", "gave a bytes for db-0"),
    "an empty text": ("", "gave '' for db-0"),
    "a blank": (" ", "gave ' ' for db-0"),
    "a blank at the end": ("vm-1 ", "gave 'vm-1 ' for db-0"),
    "a tab": ("vm\t1", r"gave 'vm\\t1' for db-0"),
    "a line end": ("vm-1\n", "gave 'vm-1\\n' for db-0"),
    "two lines": ("vm-1\nvm-2", r"gave 'vm-1\\nvm-2' for db-0"),
    "a blank that is not ASCII": ("vm\u00a01", "gave 'vm"),
    "a control character": ("vm-1\x1b[2J", "gave 'vm-1"),
    "a NUL": ("vm\x00", "gave 'vm"),
    "an invisible direction": ("vm\u202e1", "gave 'vm"),
}


def group(folder: Path, name: str = "db", members: int = 2) -> aa.Group:
    (folder / "hosts.yaml").write_text("hosts: [{name: h1}, {name: h2}, {name: h3}]\n")
    cloud = aa.connect("pool", owner="shop", inventory=str(folder / "hosts.yaml"))
    return cloud.group(name, members=members, rules="anti-affinity")


def refused(one: aa.Group, *given: object) -> tuple[aa.InvalidRequest, int]:
    """How a run ends whose launches give these in turn, the last one again and again; and their number."""
    asked: list[str] = []

    def launch(placement: aa.Placement) -> str:
        asked.append(placement.member)
        return cast(str, given[min(len(asked), len(given)) - 1])

    def discard(machine: Any) -> None:
        raise AssertionError(f"{machine} was discarded")

    with lent(Turns()), pytest.raises(aa.InvalidRequest) as caught:
        one.roll_out(launch, discard)
    assert caught.value.path == "launch"
    return caught.value, len(asked)


@pytest.mark.parametrize("what", NO_IDS)
def test_what_is_no_id_ends_the_run_at_once(what: str, tmp_path: Path) -> None:
    given, words = NO_IDS[what]
    error, launches = refused(group(tmp_path), given)
    assert launches == 1
    assert words.replace("\\\\", "\\") in str(error)
    assert "return the machine's id" in str(error)
    assert "print the machine's id as the last line" in str(error)


def test_one_id_for_two_members_ends_the_run_at_the_second(tmp_path: Path) -> None:
    error, launches = refused(group(tmp_path), "Done.")
    assert launches == 2
    assert "launch gave 'Done.' for db-1, which is the id of db-0" in str(error)
    assert "release db-0, and bind its real machine" in error.ways_out[0]


def test_the_id_of_a_member_of_an_earlier_run_ends_the_run(tmp_path: Path) -> None:
    with lent(Turns()):
        group(tmp_path, members=1).roll_out(lambda placement: "vm-1")
    error, launches = refused(group(tmp_path), "vm-1")
    assert (launches, "for db-1, which is the id of db-0" in str(error)) == (1, True)


def test_the_id_of_a_machine_of_another_group_ends_the_run(tmp_path: Path) -> None:
    with lent(Turns()):
        group(tmp_path, "web", members=1).roll_out(lambda placement: "vm-1")
    error, launches = refused(group(tmp_path), "vm-1")
    assert (launches, "which is web-0 of shop/web" in str(error)) == (1, True)


def test_the_name_of_a_machine_that_was_discarded_may_be_given_again(tmp_path: Path) -> None:
    """As where a machine's id is its name, or its number is used again."""
    names = iter(["101", "101", "102"])
    db, refusals = group(tmp_path, members=2), ["h1"]

    def start(machine: Any) -> None:
        if refusals:
            refusals.pop()
            raise aa.NoCapacity("no room after all", domain={"host": machine.domains["host"]})

    with lent(Turns()):
        report = db.roll_out(lambda placement: next(names), lambda machine: None, start)
    assert report.missing == ()
    assert sorted(report.launched) == ["101", "102"]
