"""A hard rule is judged before the run as after it: plan and verify give one answer of one state."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from random import Random

import pytest

from antiaffinity.clock import lent
from antiaffinity.errors import AntiaffinityError, InvalidRequest
from antiaffinity.model import Domain, GroupKey, Member, Observed
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.plan import plan
from antiaffinity.policy import AntiAffinity, Rule, Spread
from antiaffinity.preflight import breaking
from antiaffinity.report import Report
from antiaffinity.spec import Spec
from antiaffinity.testing.turns import Turns
from antiaffinity.topology import Topology
from core.judged_twice import Moment, by_chance
from core.rolled_out import Settled

CASES = 60
"""In each test; 20 000 from other seeds were tried by hand."""


def states(start: int) -> list[tuple[Moment, Plan]]:
    found = []
    for seed in range(start, start + CASES):
        state = by_chance(Random(seed))
        try:
            found.append((state, state.plan()))
        except InvalidRequest:  # two rules of one kind at one level, say
            continue
    return found


@pytest.mark.parametrize("start", range(0, 600, CASES))
def test_what_fits_is_not_broken_once_it_is_carried_out_and_what_is_broken_is(start: int) -> None:
    for state, planned in states(start):
        then = state.rolled_out(planned)
        for outlook, verdict in zip(planned.rules, then.rules, strict=True):
            assert (outlook.verdict == "broken") == (outlook.hard and verdict.verdict == "broken"), state


@pytest.mark.parametrize("start", range(0, 300, CASES))
def test_the_planner_alone_says_the_same_as_a_connected_group(start: int) -> None:
    """``aa.plan`` of the same facts, for those that it can be given."""
    for state, planned in states(start):
        spec, levels = state.spec, {*state.topology.levels}
        told = (*(one.names() for one in state.topology.domains), *(one.domains for one in state.machines))
        if spec.saturated == "stack" or any(levels - {*one} for one in told):
            continue
        alone = plan(
            spec.members,
            state.machines,
            state.topology,
            spec.rules,
            only=spec.only,
            never=spec.never,
            group=str(spec.key),
        )
        for one, other in zip(alone.rules, planned.rules, strict=True):
            assert not one.hard or one.verdict == other.verdict, (one, other, state)


@pytest.mark.parametrize("start", range(0, 300, CASES))
def test_nothing_to_launch_means_that_both_judge_the_same_state(start: int) -> None:
    for state, planned in states(start):
        if not planned.new() and not planned.short:
            now = state.verify()
            broken = any(rule.hard and rule.verdict == "broken" for rule in now.rules)
            assert (planned.verdict == "broken") == broken
            assert not (planned.exit_code == 0 and any(r.verdict == "broken" for r in now.rules if r.hard))


@pytest.mark.parametrize("start", range(0, 600, CASES))
def test_no_launch_breaks_a_hard_rule_that_was_kept(start: int) -> None:
    """And what was broken already keeps nobody from being launched."""
    for state, planned in states(start):
        before, then = state.verify(), state.rolled_out(planned)
        both = zip(before.rules, then.rules, strict=True)
        breaks = any(b.hard and b.verdict != "broken" and t.verdict == "broken" for b, t in both)
        allowed = planned.new() and not planned.short and not breaking(planned, state.sight())
        assert bool(allowed) == bool(planned.new() and not planned.short and not breaks), state


@pytest.mark.parametrize("start", range(0, 300, CASES))
def test_a_roll_out_launches_nobody_or_breaks_no_hard_rule_that_was_kept(start: int) -> None:
    for seed in range(start, start + CASES):
        sky = Settled(by_chance(Random(seed)))
        with lent(Turns()):
            before = _hard(sky.group.verify)
            with suppress(AntiaffinityError):
                sky.group.roll_out(sky.launch, sky.discard)
            after = _hard(sky.group.verify)
        broken = [rule for rule in after if after[rule] == "broken" and before.get(rule) != "broken"]
        assert not (sky.begun and broken), (seed, broken, sky.begun)


def _hard(verify: Callable[[], Report]) -> dict[str, str]:
    try:
        return {rule.rule: rule.verdict for rule in verify().rules if rule.hard}
    except AntiaffinityError:  # two rules of one kind at one level, say
        return {}


# Spread, case by case

ZONES = [Domain(zone=f"z{n}", host=f"h{n}{m}") for n in (1, 2, 3) for m in range(4)]


def state(counts: tuple[int, ...], members: int, rule: Rule | None = None, **closed: str) -> Moment:
    """So many members in each of three zones, of as many as are wanted."""
    spots = [n for n, count in enumerate(counts, 1) for _ in range(count)]
    machines = tuple(
        Observed(f"m{n}", f"i{n}", "running", True, {"zone": f"z{spot}", "host": f"h{spot}{n % 4}"})
        for n, spot in enumerate(spots)
    )
    wanted = tuple(Member(f"m{n}") for n in range(members))
    places = [Domain(zone=d.zone, host=d.host, full=closed.get(str(d.zone), "")) for d in ZONES]
    return Moment(Spec(GroupKey("shop", "db"), wanted, (rule or Spread("zone"),)), Topology(places), machines)


def test_a_group_that_is_scaled_out_from_one_zone_is_broken_before_as_after() -> None:
    before = state((4, 0, 0), 6)
    planned = before.plan()
    assert (planned.verdict, planned.exit_code) == ("broken", 1)
    assert before.rolled_out(planned).rules[0].verdict == "broken"


def test_the_way_out_is_named_and_is_one() -> None:
    before = state((4, 0, 0), 6)
    [finding] = [one for one in before.plan().findings if one.kind == "uneven"]
    assert "--repair" in finding.message
    assert "max_skew 3" in finding.message
    mended = before.plan(repair=True)
    assert (mended.verdict, len(mended.moves)) == ("fits", 2)
    assert before.rolled_out(mended).rules[0].verdict == "promised"
    wider = state((4, 0, 0), 6, Spread("zone", 3)).plan()
    assert wider.verdict == "fits"


def test_members_in_one_of_three_zones_are_short_of_zones_and_not_broken_by_new_ones() -> None:
    before = state((4, 0, 0), 4)
    planned = before.plan()
    assert (planned.verdict, planned.exit_code) == ("short", 4)
    assert before.verify().rules[0].verdict == "unproven"
    assert before.verify().exit_code == 4
    assert [one.domain for one in planned.findings if one.kind == "new-domain"] == ["z2", "z3"]


def test_repair_brings_members_into_a_zone_that_came_later() -> None:
    mended = state((4, 0, 0), 4).plan(repair=True)
    assert mended.verdict == "fits"
    assert len(mended.moves) == mended.fewest == 2


def test_a_few_members_need_not_be_in_every_zone() -> None:
    before = state((1, 1, 0), 2)
    assert before.plan().exit_code == before.verify().exit_code == 0


def test_full_zones_count_before_as_after() -> None:
    before = state((2, 0, 0), 3, z2="no room", z3="no room")
    planned = before.plan()
    assert planned.short
    assert planned.exit_code == 1


def test_lists_of_some_members_leave_nobody_where_the_rule_then_breaks() -> None:
    """z1 alone is open to three, all zones to the others: the counts are those of all."""
    pinned = [Member(f"m{n}", only={"zone": ["z1"]}) for n in range(3)]
    for free, placed in ((1, 2), (2, 4), (3, 5), (4, 7), (5, 8)):
        members = (*pinned, *(Member(f"m{n + 3}") for n in range(free)))
        one = Moment(Spec(GroupKey("shop", "db"), members, (Spread("zone"),)), Topology(ZONES), ())
        planned = one.plan()
        assert len(planned.new()) == placed
        assert one.rolled_out(planned).rules[0].verdict == "promised"
        assert (planned.verdict == "fits") == (placed == len(members))


def test_a_machine_that_failed_breaks_no_rule_of_those_that_run() -> None:
    places = [Domain(host="h1"), Domain(host="h2")]
    there = [
        Observed("m0", "i0", "running", True, {"host": "h1"}),
        Observed("m1", "i1", "failed", True, {"host": "h1"}),
    ]
    answer = plan(["m0", "m1"], there, places, [AntiAffinity("host")])
    assert answer.verdict == "fits"
    assert [p.domains["host"] for p in answer.new()] == ["h2"]


def test_a_stack_that_is_as_even_as_can_be_is_not_broken_the_next_time() -> None:
    places = [Domain(host="h1"), Domain(host="h2")]
    there = [Observed(f"m{n}", f"i{n}", "running", True, {"host": f"h{n % 2 + 1}"}) for n in range(4)]
    answer = plan([f"m{n}" for n in range(4)], there, places, [AntiAffinity("host")], saturated="stack")
    assert answer.verdict == "fits"
