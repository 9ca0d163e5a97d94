"""The cheapest chains end with the fewest moves of all: against every way in small worlds."""

from __future__ import annotations

from collections import Counter
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from antiaffinity.planner.chains import Chains


class World(Struct, frozen=True):
    """Who is where, who could be where, and how many a domain takes."""

    most: int
    home: dict[str, str]
    goals: dict[str, list[str]]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    domains = [f"h{n}" for n in range(draw(st.integers(3, 6)))]
    names = [f"m{n}" for n in range(draw(st.integers(2, 6)))]
    home = {name: draw(st.sampled_from(domains[:3])) for name in names}
    some = st.lists(st.sampled_from(domains), min_size=1, max_size=2, unique=True)
    return World(draw(st.sampled_from([1, 1, 2])), home, {name: draw(some) for name in names})


def fewest(world: World) -> int | None:
    """The fewest moves after which no domain has too many; None if there is no way."""
    names = list(world.home)
    ways = product(*([world.home[name], *world.goals[name]] for name in names))
    fitting = (way for way in ways if max(Counter(way).values()) <= world.most)
    moves = (sum(at != world.home[n] for n, at in zip(names, way, strict=True)) for way in fitting)
    return min(moves, default=None)


def chained(world: World) -> dict[str, str]:
    return Chains(world.most, Counter(world.home.values()), world.home, world.goals).moved()


@given(worlds())
@settings(max_examples=400, deadline=None, derandomize=True)
def test_chains_end_with_the_fewest_moves(world: World) -> None:
    least, moved = fewest(world), chained(world)
    crowd = Counter((world.home | moved).values())
    assert all(to in world.goals[name] for name, to in moved.items())
    assert (max(crowd.values()) <= world.most) == (least is not None)
    assert least is None or len(moved) == least


def test_who_was_moved_goes_back_where_another_needs_the_place_more() -> None:
    home = {"a": "h1", "b": "h1", "c": "h2", "d": "h2"}
    goals = {"a": ["h0"], "b": ["h3"], "c": ["h0"], "d": ["h0"]}
    assert chained(World(1, home, goals)) == {"b": "h3", "c": "h0"}
