"""Whoever finds no place is told what the cloud said of the places, not only what was asked of them."""

from __future__ import annotations

import pytest

from antiaffinity.errors import NotOffered
from antiaffinity.model import Domain
from antiaffinity.planner.mechanism import carry
from antiaffinity.planner.plan import plan
from antiaffinity.policy import AntiAffinity
from antiaffinity.registry import kinds, record

APART = AntiAffinity("zone")


def short(*whys: str) -> str:
    """What is said of four members in these zones, out of service for these reasons ("" is in service)."""
    zones = [Domain(zone=f"z{n}", usable=not why, why=why) for n, why in enumerate(whys)]
    [left] = plan([f"m{n}" for n in range(4)], [], zones, [APART]).short
    return left.message


def test_why_a_place_is_out_of_service_is_said() -> None:
    assert "2 in service (z2 does not offer m6i.large)" in short("", "", "z2 does not offer m6i.large")


def test_places_out_of_service_for_one_reason_say_it_once() -> None:
    assert "0 in service (it is drained)" in short("it is drained", "it is drained")


def test_of_many_reasons_two_are_said() -> None:
    assert "0 in service (one; two; and 2 more)" in short("one", "two", "three", "four")


def test_a_place_that_gave_no_reason_is_only_counted() -> None:
    zones = [Domain(zone="z1"), Domain(zone="z2", usable=False)]
    [left] = plan(["m1", "m2"], [], zones, [APART]).short
    assert "1 in service" in left.message
    assert "service (" not in left.message


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_why_no_place_states_a_level_is_said_instead_of_what_was_asked(kind: str) -> None:
    why = "this size is sold in no zone"
    with pytest.raises(NotOffered, match=why):
        carry([AntiAffinity("zone")], record(kind), [], (), {"zone": why})
