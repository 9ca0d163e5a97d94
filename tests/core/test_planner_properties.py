"""What holds of every plan, whatever is asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from antiaffinity.model import Domain, Level, Lists, Member, Observed, Placement, Size, State
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.plan import plan
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive
from core.brute_force import Case, Oracle

settings.register_profile(
    "planner", max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
quick = settings.get_profile("planner")

LEVELS: list[Level] = ["zone", "rack", "host"]


# Cases


@st.composite
def lists(draw: st.DrawFn) -> Lists:
    found: Lists = {}
    if draw(st.booleans()):
        patterns = ["h0", "h1", "h[12]", "z0/r0/*", "z1/*", "*"]
        found["host"] = draw(st.lists(st.sampled_from(patterns), min_size=1, max_size=3, unique=True))
    if draw(st.integers(0, 3)) == 0:
        found["zone"] = draw(
            st.lists(st.sampled_from(["z0", "z1", "z2"]), min_size=1, max_size=2, unique=True)
        )
    return found


@st.composite
def domains(draw: st.DrawFn) -> tuple[Domain, ...]:
    """Hosts whose names repeat from rack to rack; only their paths are unique."""
    path = st.tuples(st.sampled_from(["z0", "z1", "z2"]), st.sampled_from(["r0", "r1"]), st.integers(0, 2))
    return tuple(
        Domain(
            zone=zone,
            rack=rack,
            host=f"h{n}",
            capacity=draw(st.sampled_from([{}, {"vcpus": 0.0}, {"vcpus": 2.0}, {"vcpus": 4.0}])),
            used=draw(st.sampled_from([{}, {}, {"vcpus": 1.0}])),
            usable=draw(st.integers(0, 9)) > 0,
            full=draw(st.sampled_from(["", "", "", "refused"])),
        )
        for zone, rack, n in draw(st.lists(path, min_size=1, max_size=8, unique=True))
    )


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    level, hard = draw(st.sampled_from(LEVELS)), draw(st.booleans())
    among = draw(st.sampled_from([("*",), ("*",), ("m[0-3]",), ("m[2-9]",)]))
    few = draw(st.integers(1, 3))
    choice: list[Rule] = [
        AntiAffinity(level, few, hard=hard, among=among),
        Spread(level, few, draw(st.sampled_from([None, 2])), hard=hard, among=among),
        Affinity(level, hard=hard, among=among),
        Survive(level, 1, few, hard=hard, among=among),
        Survive(level, 2, few + 1, hard=hard, among=among),
    ]
    return draw(st.sampled_from(choice))


@st.composite
def members(draw: st.DrawFn) -> tuple[Member, ...]:
    sizes: list[Size] = [{}, {"vcpus": 1.0}, {"vcpus": 2.0}]
    nobody_has_lists = draw(st.booleans())
    return tuple(
        Member(f"m{n}", size=draw(st.sampled_from(sizes)), only={} if nobody_has_lists else draw(lists()))
        for n in range(draw(st.integers(1, 7)))
    )


@st.composite
def observed(draw: st.DrawFn, places: Sequence[Domain]) -> tuple[Observed, ...]:
    """Instances of members, of strangers, several of one, in places that may have vanished."""
    found = []
    for n in range(draw(st.integers(0, 4))):
        names = draw(st.sampled_from(places)).names()
        if draw(st.integers(0, 5)) == 0:
            names["host"] = "vanished"
        state: State = draw(st.sampled_from(["running", "running", "stopped", "failed", "leaving"]))
        name = draw(st.sampled_from(["m0", "m1", "m2", "m3", "gone"]))
        found.append(Observed(name, f"i{n}", state, draw(st.integers(0, 4)) > 0, names, since=f"day {n}"))
    return tuple(found)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    places = draw(domains())
    return Case(
        members=draw(members()),
        current=draw(observed(places)),
        domains=places,
        rules=tuple(draw(st.lists(rules(), max_size=3))),
        only=draw(lists()) if draw(st.booleans()) else {},
        never={"host": ["h2"]} if draw(st.integers(0, 4)) == 0 else {},
    )


def planned(case: Case) -> Plan:
    return plan(case.members, case.current, case.domains, case.rules, only=case.only, never=case.never)


def where(answer: Plan) -> dict[str, dict[Level, str]]:
    return {placement.member: placement.domains for placement in answer.placements}


def launched(placement: Placement) -> Observed:
    """What is observed once a placement was launched."""
    instance = placement.existing or f"new-{placement.member}"
    return Observed(placement.member, instance, "running", True, placement.domains, since="later")


def carried_out(answer: Plan) -> tuple[Observed, ...]:
    return tuple(launched(placement) for placement in answer.placements)


def stay(before: Plan, after: Plan) -> bool:
    """Whether everybody who had a place has it still."""
    places = where(after)
    return all(places.get(name) == place for name, place in where(before).items())


# One answer


@given(cases())
@quick
def test_the_same_input_in_another_order_has_the_same_plan(case: Case) -> None:
    turned = Case(
        members=case.members[::-1],
        current=case.current[::-1],
        domains=case.domains[::-1],
        rules=case.rules,
        only={level: patterns[::-1] for level, patterns in case.only.items()},
        never=case.never,
    )
    one, other = planned(case), planned(turned)
    assert where(one) == where(other)
    assert one.rules == other.rules
    assert [(s.member, s.ways_out) for s in one.short] == [(s.member, s.ways_out) for s in other.short]
    assert one.survives == other.survives


@given(cases())
@quick
def test_a_plan_changes_nothing_it_was_given(case: Case) -> None:
    before = deepcopy(case)
    first = planned(case)
    assert case == before
    assert planned(case) == first


# Nobody moves


@given(cases())
@quick
def test_members_who_are_there_stay(case: Case) -> None:
    there = {seen.instance: seen.domains for seen in case.current}
    for placement in planned(case).placements:
        if placement.existing:
            assert placement.domains == there[placement.existing]


@given(cases())
@quick
def test_a_plan_that_was_carried_out_moves_nobody_when_planned_again(case: Case) -> None:
    first = planned(case)
    assert stay(first, planned(replace(case, current=carried_out(first))))


@given(cases())
@quick
def test_one_member_more_moves_nobody(case: Case) -> None:
    first = planned(case)
    more = (*case.members, Member("m9"))
    assert stay(first, planned(replace(case, members=more, current=carried_out(first))))


@given(cases())
@quick
def test_an_empty_new_domain_moves_nobody(case: Case) -> None:
    first = planned(case)
    wider = (*case.domains, Domain(zone="z9", rack="r9", host="h9"))
    assert stay(first, planned(replace(case, domains=wider, current=carried_out(first))))


# Where members may be


@given(cases())
@quick
def test_new_members_are_only_where_lists_state_and_room_admit_them(case: Case) -> None:
    answer = planned(case)
    placed = {placement.member for placement in answer.placements}
    oracle = Oracle(replace(case, members=tuple(m for m in case.members if m.name in placed)))
    paths = [tuple(domain.names().values()) for domain in case.domains]
    at = where(answer)
    way = tuple(paths.index(tuple(at[member.name].values())) for member in oracle.new)
    assert all(place in oracle.open(n) for n, place in enumerate(way))
    assert oracle.has_room(way)


@given(domains(), st.integers(1, 7), st.integers(1, 2))
@quick
def test_apart_by_zone_is_apart_by_host(places: tuple[Domain, ...], count: int, most: int) -> None:
    names = [f"m{n}" for n in range(count)]
    answer = plan(names, (), places, [AntiAffinity("zone", most)])
    for level in LEVELS:
        depth = LEVELS.index(level) + 1
        crowd = Counter(tuple(p.domains.values())[:depth] for p in answer.placements)
        assert all(held <= most for held in crowd.values())


@given(st.integers(1, 9), st.integers(1, 3), st.integers(1, 6), st.booleans())
@quick
def test_apart_by_host_means_apart_by_zone_where_only_zones_are_known(
    count: int, most: int, zones: int, hard: bool
) -> None:
    places = [Domain(zone=f"z{n}") for n in range(zones)]
    answer = plan([f"m{n}" for n in range(count)], (), places, [AntiAffinity("host", most, hard=hard)])
    crowd = Counter(p.domains["zone"] for p in answer.placements)
    fits = count <= most * zones
    assert bool(answer.short) == (hard and not fits)
    assert max(crowd.values()) <= (most if hard or fits else -(-count // zones))


# More members than domains


@given(st.integers(1, 14), st.integers(1, 6), st.integers(1, 3), st.booleans())
@quick
def test_stacked_layers_are_even_and_are_told(count: int, hosts: int, zones: int, in_zones: bool) -> None:
    places = [Domain(zone=f"z{n % zones}" if in_zones else None, host=f"h{n}") for n in range(hosts)]
    names = [f"m{n}" for n in range(count)]
    answer = plan(names, (), places, [AntiAffinity("host")], saturated="stack")
    crowd = Counter(p.domains["host"] for p in answer.placements)
    held = [crowd[place.host or ""] for place in places]
    assert sum(held) == count
    assert max(held) - min(held) <= 1
    assert any(finding.kind == "stacked" for finding in answer.findings) == (count > hosts)


# What a plan says of itself


@given(cases())
@quick
def test_a_plan_is_short_if_and_only_if_somebody_has_no_place(case: Case) -> None:
    answer = planned(case)
    unplaced = {member.name for member in case.members} - set(where(answer))
    assert bool(unplaced) == bool(answer.short)
    assert (answer.verdict == "short") == bool(unplaced)
    assert unplaced >= {shortage.member for shortage in answer.short}


@given(cases())
@quick
def test_a_hard_rule_fits_only_if_it_is_not_overstepped(case: Case) -> None:
    answer = planned(case)
    outlooks = {n: outlook.verdict for n, outlook in enumerate(answer.rules) if outlook.hard}
    oracle = Oracle(replace(case, members=(), current=everybody(case, answer)))
    for n, verdict in outlooks.items():
        rule = case.rules[n]
        if verdict == "fits" and not isinstance(rule, Spread):
            assert oracle.overstep(n, ()) == 0


@given(cases())
@quick
def test_a_soft_rule_is_short_if_it_is_overstepped_or_somebody_waits(case: Case) -> None:
    answer = planned(case)
    oracle = Oracle(replace(case, members=(), current=everybody(case, answer)))
    waiting = {member.name for member in case.members} - set(where(answer))
    for n, rule in enumerate(case.rules):
        if not rule.hard and not isinstance(rule, Spread):
            misses = oracle.overstep(n, ()) > 0 or any(map(rule.concerns, waiting))
            assert (answer.rules[n].verdict != "fits") == misses


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=4), st.integers(0, 3), st.integers(1, 2), st.booleans()
)
@quick
def test_a_spread_says_whether_the_counts_differ_too_much(
    there: list[int], new: int, skew: int, hard: bool
) -> None:
    places = [Domain(zone=f"z{n}") for n in range(len(there))]
    spots = [n for n, held in enumerate(there) for _ in range(held)]
    current = [
        Observed(f"m{n}", f"i{n}", "running", True, {"zone": f"z{spot}"}) for n, spot in enumerate(spots)
    ]
    names = [f"m{n}" for n in range(len(spots) + new)]
    assume(names)
    answer = plan(names, current, places, [Spread("zone", skew, hard=hard)])
    counts = Counter(p.domains["zone"] for p in answer.placements)
    held = [counts[f"z{n}"] for n in range(len(there))]
    uneven = max(held) - min(held) > skew
    assert answer.rules[0].verdict == (("broken" if hard else "short") if uneven else "fits")


def everybody(case: Case, answer: Plan) -> tuple[Observed, ...]:
    return (*case.current, *(launched(placement) for placement in answer.new()))


# Ways out


@given(cases())
@quick
def test_every_way_out_that_is_listed_helps(case: Case) -> None:
    answer = planned(case)
    for shortage in answer.short:
        for words in shortage.ways_out:
            eased = taken(case, words)
            if eased is not None:
                assert not planned(eased).short, words


def taken(case: Case, words: str) -> Case | None:
    """The case after a way out that concerns a rule, or the group's lists; None for another one."""
    if words == "without the group's only and never":
        return replace(case, only={}, never={})
    if soft := re.fullmatch(r"rules\[(\d+)\] soft \(hard: false\)", words):
        return with_rule(case, int(soft[1]), "hard", False)
    if more := re.fullmatch(r"(\w+) (\d+) in rules\[(\d+)\]", words):
        return with_rule(case, int(more[3]), more[1], int(more[2]))
    assert "rules[" not in words
    return None


def with_rule(case: Case, number: int, field: str, value: int) -> Case:
    eased = list(case.rules)
    eased[number] = replace(eased[number], **{field: value})
    return replace(case, rules=tuple(eased))


@given(st.integers(2, 9), st.integers(1, 4), st.integers(1, 2))
@quick
def test_too_many_members_for_the_hosts_always_have_a_way_out(count: int, hosts: int, most: int) -> None:
    assume(count > hosts * most)
    places = [Domain(host=f"h{n}") for n in range(hosts)]
    answer = plan([f"m{n}" for n in range(count)], (), places, [AntiAffinity("host", most)])
    ways = answer.short[0].ways_out
    assert "rules[0] soft (hard: false)" in ways
    assert (f"max_per_domain {most + 1} in rules[0]" in ways) == (count <= hosts * (most + 1))
    placed = {one.member for one in answer.placements}
    others = ", ".join(name for name in answer.wanted if name not in placed)
    assert f"{hosts * most} members instead of {count} (without {others})" in ways
