"""No verdict says more than is so: checked against every way that the hidden places could be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from antiaffinity.evidence import path
from antiaffinity.model import Level
from antiaffinity.planner.mechanism import Means
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive
from antiaffinity.scene import Scene
from antiaffinity.verdict import judge
from core.hidden_worlds import Hidden, Place, hosts, keeps, refused, scattered, ways, worlds
from core.scenes import promise

FEW = st.integers(1, 3)
Strategy = Callable[[Level, bool], st.SearchStrategy[Rule]]


def apart(level: Level, hard: bool) -> st.SearchStrategy[Rule]:
    return FEW.map(lambda most: AntiAffinity(level, most, hard=hard))


def survive(level: Level, hard: bool) -> st.SearchStrategy[Rule]:
    return st.builds(Survive, st.just(level), FEW, FEW, hard=st.just(hard))


def spread(level: Level, hard: bool) -> st.SearchStrategy[Rule]:
    return st.builds(Spread, st.just(level), FEW, st.none() | FEW, hard=st.just(hard))


def together(level: Level, hard: bool) -> st.SearchStrategy[Rule]:
    return st.just(Affinity(level, hard=hard))


@st.composite
def cases(draw: st.DrawFn, *kinds: Strategy, gaps: bool = True) -> tuple[Hidden, Rule]:
    hidden = draw(worlds(gaps))
    level = draw(st.sampled_from(hidden.levels))
    return hidden, draw(draw(st.sampled_from(kinds))(level, draw(st.booleans())))


def said(hidden: Hidden, rule: Rule, *means: Means, **scene: Any) -> str:
    verdict = judge(Scene(rule, hidden.machines, means, **scene)).verdict
    event(f"{rule.kind}: {verdict}")
    return verdict


def outcomes(hidden: Hidden, rule: Rule) -> set[bool]:
    """Whether the rule is kept, in every way that the places could be."""
    return {keeps(rule, hidden.levels, way) for way in ways(hidden)}


@given(cases(apart, survive, together, spread))
@settings(max_examples=200, deadline=None)
def test_held_and_broken_are_so_wherever_the_hidden_places_are(case: tuple[Hidden, Rule]) -> None:
    hidden, rule = case
    verdict = said(hidden, rule)
    assert verdict in ("held", "broken", "unproven")
    if verdict != "unproven":
        assert outcomes(hidden, rule) == {verdict == "held"}
        assert keeps(rule, hidden.levels, hidden.truth) is (verdict == "held")


@given(cases(apart, survive, together, gaps=False))
@settings(max_examples=120, deadline=None)
def test_what_is_so_in_every_way_is_not_left_unproven(case: tuple[Hidden, Rule]) -> None:
    hidden, rule = case
    if outcomes(hidden, rule) == {True} and not isinstance(rule, Survive):
        assert said(hidden, rule) == "held"
    everything = tuple(_told(hidden, n, place) for n, place in enumerate(hidden.truth))
    kept = keeps(rule, hidden.levels, hidden.truth)
    assert said(replace(hidden, machines=everything), rule) == ("held" if kept else "broken")


def _told(hidden: Hidden, number: int, place: Place) -> Any:
    return replace(hidden.machines[number], domains=dict(zip(hidden.levels, place, strict=True)))


@given(cases(apart, survive), st.data())
@settings(max_examples=200, deadline=None)
def test_a_promise_is_kept_in_every_way_that_the_cloud_does_not_refuse(
    case: tuple[Hidden, Rule], data: st.DataObject
) -> None:
    hidden, rule = case
    level = data.draw(st.sampled_from(hidden.levels))
    native = promise(rule, level).native
    assert native
    hidden = replace(hidden, group_level=level, group_max=native.max_per_domain)
    if said(hidden, rule, promise(rule, level)) == "promised":
        assert all(keeps(rule, hidden.levels, way) for way in ways(hidden) if not refused(hidden, way))


@given(cases(together), st.data())
@settings(max_examples=100, deadline=None)
def test_a_promise_to_keep_together_is_kept_likewise(case: tuple[Hidden, Rule], data: st.DataObject) -> None:
    hidden, rule = case
    level = data.draw(st.sampled_from(hidden.levels))
    hidden = replace(hidden, group_level=level)
    if said(hidden, rule, promise(rule, level)) == "promised":
        assert all(keeps(rule, hidden.levels, way) for way in ways(hidden) if not scattered(hidden, way))


@given(cases(apart, survive, together, spread), st.data())
@settings(max_examples=80, deadline=None)
def test_only_one_refusing_group_for_all_who_could_meet_promises(
    case: tuple[Hidden, Rule], data: st.DataObject
) -> None:
    hidden, rule = case
    level = data.draw(st.sampled_from(hidden.levels))
    tries = promise(rule, level, at_launch="DEGRADES")
    ours = promise(rule, level, how="chosen", evidence="DOMAIN")
    alone = replace(hidden, machines=tuple(replace(m, memberships={}) for m in hidden.machines), group_max=1)
    for verdict in (
        said(hidden, rule, tries),
        said(hidden, rule, ours),
        said(alone, rule, promise(rule, level)),
    ):
        assert verdict != "promised"


@given(cases(apart, survive, together, spread), st.data())
@settings(max_examples=80, deadline=None)
def test_to_know_more_never_turns_held_or_broken_around(
    case: tuple[Hidden, Rule], data: st.DataObject
) -> None:
    hidden, rule = case
    before = said(hidden, rule)
    everything = tuple(_told(hidden, n, place) for n, place in enumerate(hidden.truth))
    after = said(replace(hidden, machines=everything), rule)
    assert before in (after, "unproven")
    assert after != "unproven"


@given(cases(spread), st.data())
@settings(max_examples=100, deadline=None)
def test_a_new_domain_breaks_no_spread(case: tuple[Hidden, Rule], data: st.DataObject) -> None:
    hidden, rule = case
    everything = tuple(_told(hidden, n, place) for n, place in enumerate(hidden.truth))
    known = replace(hidden, machines=everything)
    used = frozenset(path(seen.domains, rule.level) for seen in everything)
    upto = hidden.levels.index(rule.level) + 1
    names = data.draw(st.sampled_from(hosts(hidden.levels)))[:upto]
    new = frozenset([tuple(zip(hidden.levels[:upto], names, strict=True))])
    before, after = said(known, rule, eligible=used), said(known, rule, eligible=used | new)
    assert after == before or (before, after) == ("held", "unproven")


@given(cases(apart, gaps=False), st.data())
@settings(max_examples=100, deadline=None)
def test_a_stack_that_is_held_needs_its_layers(case: tuple[Hidden, Rule], data: st.DataObject) -> None:
    """No fewer layers would do for so many machines in the domains there are, or an open one has no less."""
    hidden, rule = case
    assert isinstance(rule, AntiAffinity)
    upto, each = hidden.levels.index(rule.level) + 1, rule.max_per_domain
    every = [tuple(zip(hidden.levels[:upto], place[:upto], strict=True)) for place in hosts(hidden.levels)]
    room = frozenset(data.draw(st.sets(st.sampled_from(every), min_size=1)))
    if said(hidden, rule, stacked=True, eligible=room) != "held":
        return
    for way in ways(hidden):
        held = Counter(place[:upto] for place in way)
        free = {tuple(name for _, name in where) for where in room}
        most, least = max(held.values()), min(held[where] for where in free)
        needed = len(way) > (most - each) * len(free | held.keys())
        assert most <= each or (rule.hard and (needed or most <= each * (-(-least // each) + 1)))
