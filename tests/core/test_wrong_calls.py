"""Arguments of wrong types are InvalidRequest with the argument's name, whatever is called."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import antiaffinity as aa
from antiaffinity.group import Group
from core.wrong_calls import Calls


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    file = tmp_path / "hosts.json"
    file.write_text(json.dumps({"hosts": [{"name": f"h{n}", "zone": f"z{n}"} for n in range(4)]}))
    return file


def surprises(inventory: Path, seed: int, count: int) -> list[str]:
    """The calls that ended otherwise than with an answer or one of our errors."""
    found = []
    for number, (name, call) in enumerate(Calls(inventory, seed).some(count)):
        try:
            call()
        except aa.AntiaffinityError:
            pass
        except Exception as error:
            found.append(f"call {number}, {name}: {error!r}")
    return found


def test_no_call_ends_in_an_error_of_python(inventory: Path) -> None:
    assert surprises(inventory, 15, 400) == []


@pytest.mark.soak
def test_none_of_four_thousand_does(inventory: Path) -> None:
    assert surprises(inventory, 16, 4000) == []


HOST = [aa.Domain(host="h")]
APART = [aa.AntiAffinity("host")]

CALLS: dict[str, Callable[[Group], object]] = {
    "members[1]": lambda _: aa.plan(["a", 1], [], HOST, APART),  # type: ignore[list-item]
    "members": lambda _: aa.plan("db", [], HOST, APART),
    "current[0]": lambda _: aa.plan(["a"], ["vm"], HOST, APART),  # type: ignore[list-item]
    "domains": lambda _: aa.plan(["a"], [], HOST[0], APART),  # type: ignore[arg-type]
    "rules[0]": lambda _: aa.plan(["a"], [], HOST, ["apart"]),  # type: ignore[list-item]
    "only.zone": lambda _: aa.plan(["a"], [], HOST, APART, only={"zone": "z"}),  # type: ignore[dict-item]
    "saturated": lambda _: aa.plan(["a"], [], HOST, APART, saturated="full"),  # type: ignore[arg-type]
    "kind": lambda _: aa.connect(3),  # type: ignore[arg-type]
    "owner": lambda _: aa.connect("pool", owner=3),  # type: ignore[arg-type]
    "shrink": lambda group: group.plan(shrink="1"),  # type: ignore[arg-type]
    "member": lambda group: group.candidates(["db-0"]),  # type: ignore[arg-type]
    "at.host": lambda group: group.bind("db-0", "vm", {"host": 3}),  # type: ignore[dict-item]
    "instance": lambda group: group.unmark(None),  # type: ignore[arg-type]
    "launch": lambda group: group.roll_out("./boot.sh"),  # type: ignore[arg-type]
    "discard": lambda group: group.roll_out(str, "./kill.sh"),  # type: ignore[arg-type]
    "find": lambda group: group.resolve("./find.sh"),  # type: ignore[arg-type]
    "look": lambda group: group.verify(look=lambda: ["h1"]),  # type: ignore[arg-type,return-value]
}


@pytest.mark.parametrize("path", CALLS)
def test_the_error_names_the_argument(path: str, inventory: Path) -> None:
    group = aa.connect("pool", inventory=str(inventory)).group("db", members=2, rules="anti-affinity")
    with pytest.raises(aa.InvalidRequest) as refused:
        CALLS[path](group)
    assert refused.value.path == path


def test_rules_may_come_one_by_one() -> None:
    plan = aa.plan(("a",), (), tuple(HOST), (rule for rule in APART))
    assert plan.verdict == "fits"
