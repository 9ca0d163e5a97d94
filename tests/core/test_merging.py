"""What every cloud does alike when it merges a placement into launch arguments."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiaffinity.errors import InvalidRequest
from antiaffinity.merging import agree, filled, listing, mapping, mark_of, with_mark
from antiaffinity.model import GroupKey, Placement
from antiaffinity.registry import kinds, record
from core.outputs import Output

MARK = {"antiaffinity-owner": "shop/prod", "antiaffinity-group": "db", "antiaffinity-member": "db-0"}
PLACED = Placement("db-0", {"zone": "z1"}, key=GroupKey("shop/prod", "db"))


def refused(call: Callable[..., object], *given: object) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as error:
        call(*given)
    return error.value


@pytest.mark.parametrize("dialect", ["sdk", "pulumi"])
@pytest.mark.parametrize("kind", sorted(kinds()))
def test_no_cloud_launches_a_machine_that_would_bear_no_mark(kind: str, dialect: Any) -> None:
    bare = Placement("db-0", {"zone": "1", "host": "h1"}, ids={"host": "h-1"})
    assert "bare plan" in refused(record(kind).merges[dialect], bare, {}).message


def test_the_mark_says_owner_group_and_member() -> None:
    assert mark_of(PLACED) == MARK


ENTRIES = st.dictionaries(st.text() | st.sampled_from(sorted(MARK)), st.text() | st.none(), max_size=4)


@given(ENTRIES)
def test_the_mark_is_joined_or_the_entry_in_its_place_is_named(own: dict[str, Any]) -> None:
    before = deepcopy(own)
    others = [key for key in MARK if key in own and own[key] != MARK[key]]
    if others:
        assert refused(with_mark, own, MARK, "tags").path == f"tags.{others[0]}"
    else:
        assert with_mark(own, MARK, "tags") == {**own, **MARK}
    assert own == before


def test_a_mark_that_is_not_known_yet_is_refused_and_other_entries_pass() -> None:
    role = Output()
    assert with_mark({"role": role}, MARK, "tags")["role"] is role
    assert refused(with_mark, {"antiaffinity-group": role}, MARK, "tags").path == "tags.antiaffinity-group"


@pytest.mark.parametrize(("given", "ours"), [(None, "z1"), ("z1", "z1"), (3, 3), (["z1"], ["z1"])])
def test_the_same_place_or_none_agrees(given: object, ours: object) -> None:
    agree("db-0", given, ours, "zone")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("z2", "'z2', but db-0 goes to 'z1'"),
        ("", "''"),
        (["z1"], "['z1']"),
        (Output(), "a value that cannot be compared"),
        ([Output()], "a value that cannot be compared"),
    ],
)
def test_another_place_is_told_with_ours_and_the_ways_out(given: object, said: str) -> None:
    error = refused(agree, "db-0", given, "z1", "zone")
    assert error.path == "zone"
    assert error.message.startswith(said)
    assert "`only`" in error.message
    assert "`adopt`" in error.message


@pytest.mark.parametrize("shape", [mapping, listing])
@pytest.mark.parametrize("given", ["text", "", 0, False, Output()], ids=repr)
def test_what_ours_cannot_join_is_named(shape: Callable[..., object], given: object) -> None:
    error = refused(shape, given, "labels")
    assert error.path == "labels"
    assert type(given).__name__ in error.message


def test_nothing_is_empty_and_a_list_is_copied() -> None:
    own = [1]
    assert (mapping(None, "labels"), listing(None, "groups")) == ({}, [])
    assert listing(own, "groups") is not own
    assert listing(own, "groups") == own == listing((1,), "groups")


def test_an_argument_is_filled_where_there_is_something_to_say_or_the_user_said_it() -> None:
    assert filled("groups", {}, ["g1"]) == {"groups": ["g1"]}
    assert filled("groups", {"groups": None}, []) == {"groups": []}
    assert filled("groups", {}, []) == {}


def test_a_place_that_a_program_does_not_know_yet_is_not_shown_as_an_object() -> None:
    message = refused(agree, "db-0", "z1", object(), "zone").message
    assert "the plan says where db-0 goes" in message
    assert "object" not in message
