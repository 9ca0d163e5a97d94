"""What a plan says is left when the fullest zone, rack or host fails: members that run, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiaffinity.model import Domain, Level, Observed, State
from antiaffinity.planner.answer import Plan, Survival
from antiaffinity.planner.plan import plan

PLACES = [Domain(zone=f"z{n // 3}", host=f"h{n}") for n in range(6)]
"""Two zones of three hosts."""

SERVING = ("starting", "running", "claimed")


def seen(member: str, state: State = "running", name: str = "", **domains: str) -> Observed:
    return Observed(member, name or f"i-{member}", state, True, dict(domains))  # type: ignore[arg-type]


def lines(answer: Plan) -> dict[Level, tuple[int, int, int]]:
    return {one.level: (one.domains, one.lost, one.left) for one in answer.survives}


def of(members: Sequence[str], there: Sequence[Observed]) -> dict[Level, tuple[int, int, int]]:
    return lines(plan(list(members), there, PLACES, []))


def test_a_machine_whose_host_is_not_told_counts_in_its_zone() -> None:
    there = [seen("a", zone="z0", host="h0"), seen("b", zone="z0"), seen("c", zone="z1")]
    assert of("abc", there) == {"zone": (2, 2, 1), "host": (1, 1, 0)}


def test_where_no_host_is_told_no_line_says_anything_of_hosts() -> None:
    assert of("ab", [seen("a", zone="z0"), seen("b", zone="z1")]) == {"zone": (2, 1, 1)}


def test_a_member_with_two_machines_counts_once() -> None:
    there = [
        seen("a", zone="z0", host="h0"),
        seen("a", name="twin", zone="z0", host="h1"),
        seen("b", zone="z1", host="h3"),
    ]
    assert of("ab", there) == {"zone": (2, 1, 1), "host": (2, 1, 1)}


def test_machines_that_nobody_asks_for_do_not_survive_for_the_group() -> None:
    there = [seen("a", zone="z0", host="h0"), seen("old", zone="z1", host="h3")]
    assert of("a", there) == {"zone": (1, 1, 0), "host": (1, 1, 0)}


@pytest.mark.parametrize("state", ["stopped", "lost"])
def test_a_member_that_does_not_run_does_not_survive(state: State) -> None:
    there = [seen("a", zone="z0", host="h0"), seen("b", state, zone="z1", host="h3")]
    assert of("ab", there) == {"zone": (1, 1, 0), "host": (1, 1, 0)}


def test_what_failed_gives_way_to_the_machine_that_is_to_come() -> None:
    there = [seen("a", zone="z0", host="h0"), seen("b", "failed", zone="z0", host="h1")]
    assert of("ab", there) == {"zone": (2, 1, 1), "host": (2, 1, 1)}


def test_a_machine_in_a_zone_that_is_gone_from_the_list_still_counts() -> None:
    there = [seen("a", zone="z9", host="h9"), seen("b", zone="z0", host="h0")]
    assert of("ab", there)["zone"] == (2, 1, 1)


def test_places_without_a_rack_are_no_rack() -> None:
    racks = [Domain(zone="z", rack="r0", host="h0"), *(Domain(zone="z", host=f"h{n}") for n in (1, 2))]
    assert lines(plan(["a", "b", "c"], [], racks, []))["rack"] == (1, 1, 0)


STATES: tuple[State, ...] = ("starting", "running", "stopped", "failed", "lost", "leaving", "claimed")


@st.composite
def machines(draw: st.DrawFn) -> list[Observed]:
    found = []
    for n in range(draw(st.integers(0, 8))):
        place = draw(st.sampled_from(PLACES)).names()
        told = draw(st.sets(st.sampled_from(["zone", "host"])))
        domains = {level: name for level, name in place.items() if level in told}
        member, state = draw(st.sampled_from("abcdefxy")), draw(st.sampled_from(STATES))
        found.append(Observed(member, f"i{n}", state, draw(st.booleans()), domains, since=f"{n:03}"))
    return found


@given(st.integers(1, 6), machines())
def test_never_more_members_than_run_and_never_fewer_than_none(count: int, there: list[Observed]) -> None:
    wanted = "abcdef"[:count]
    answer = plan([*wanted], there, PLACES, [])
    serving = _serving(answer, there)
    for one in answer.survives:
        assert one.lost > 0
        assert one.left >= 0
        assert one.lost + one.left <= len(serving) <= count
        assert one == _counted(one.level, serving)


def _serving(answer: Plan, there: Sequence[Observed]) -> dict[str, Mapping[Level, str]]:
    """Where each member is that serves, or is launched."""
    states = {seen.instance: seen.state for seen in there}
    return {
        placement.member: placement.domains
        for placement in answer.placements
        if states.get(placement.existing, "starting") in SERVING
    }


def _counted(level: Level, serving: Mapping[str, Mapping[Level, str]]) -> Survival:
    """By the names alone: a host that is told without its zone is one of the list."""
    zone_of = {domain.host: domain.zone for domain in PLACES}
    at = [{"zone": zone_of.get(one.get("host")), **one} for one in serving.values()]
    names = [one.get(level) for one in at]
    held = [names.count(name) for name in set(names) if name is not None]
    return Survival(level, len(held), max(held), sum(held) - max(held))
