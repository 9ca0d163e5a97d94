"""Groups over long lives: nobody moves, nothing is broken for nothing, and the right ones go."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from random import Random

import pytest

from antiaffinity.model import Domain, Lists, Member, Observed
from antiaffinity.planner.problem import Problem, bind
from antiaffinity.planner.shrink import shrunk
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive
from antiaffinity.topology import Topology
from cli.shell import Lab, ask
from core.brute_force import Case, Oracle
from core.counting_bound import Ground, fits
from core.histories import History, problem
from core.living_group import LEVELS, a_rule, some_rules

SEEDS = range(100)
"""``python tests/core/histories.py --all`` lives through five times as many."""


@cache
def lived(seed: int) -> History:
    return History(seed).live()


# Long lives


@pytest.mark.parametrize("seed", SEEDS)
def test_over_a_long_life_nobody_moves_and_nothing_is_broken_for_nothing(seed: int) -> None:
    assert lived(seed).wrong == []


def test_the_same_life_is_lived_again() -> None:
    assert History(3).live(60).group.case() == History(3).live(60).group.case()


def test_lives_are_eventful() -> None:
    figures: Counter[str] = sum((lived(seed).figures for seed in SEEDS[:20]), start=Counter())
    assert figures["launched"] > 1000
    assert figures["shrinks compared with every way"] > 100
    assert figures["short (exact, alike): no place exists"] > 50


# The counting that judges them, against every way there is


@pytest.mark.parametrize("seed", range(150))
def test_counting_says_what_looking_at_every_way_says(seed: int) -> None:
    random = Random(f"counting {seed}")
    case = a_small_case(random)
    oracle = Oracle(case)
    every_way = any(not oracle.breaks(way) for way in oracle.ways())
    assert fits(Ground(case), oracle.new[0], len(oracle.new)) == every_way


def a_small_case(random: Random) -> Case:
    spots = random.sample(
        [(z, r, h) for z in range(3) for r in range(2) for h in range(2)], random.randint(2, 6)
    )
    domains = tuple(
        Domain(
            zone=f"z{zone}",
            rack=f"r{rack}",
            host=f"h{host}",
            capacity={"vcpus": random.choice([0.0, 1.0, 2.0, 9.0])},
            usable=random.random() < 0.9,
            full="refused" if random.random() < 0.1 else "",
        )
        for zone, rack, host in spots
    )
    there = random.randint(0, 4)
    current = tuple(
        Observed(f"db-{n}", f"i-{n}", "running", True, random.choice(domains).names()) for n in range(there)
    )
    members = tuple(Member(f"db-{n}", size={"vcpus": 1.0}) for n in range(there + random.randint(1, 3)))
    never: Lists = {"zone": ["z2"]} if random.random() < 0.2 else {}
    return Case(members, current, domains, rules_for_all(random), never=never)


def rules_for_all(random: Random) -> tuple[Rule, ...]:
    """One to three hard rules that concern everybody."""
    rules = [rule for rule in some_rules(random) if rule.hard and rule.among == ("*",)]
    return tuple(rules) or (a_rule(random, random.choice(LEVELS), True),)


# Who goes


def scene(rules: tuple[Rule, ...], places: dict[str, str]) -> Problem:
    """Members at zone/rack/host paths, on hosts that are all there is."""
    hosts = {path: a_host(*path.split("/")) for path in places.values()}
    domains = tuple(hosts.values())
    current = tuple(Observed(m, f"i-{m}", "running", True, hosts[path].names()) for m, path in places.items())
    members = tuple(Member(name) for name in places)
    return problem(Case(members, current, domains, rules))


def a_host(zone: str, rack: str, host: str) -> Domain:
    return Domain(zone=zone, rack=rack, host=host)


def test_one_of_the_fullest_zone_goes_whatever_its_number() -> None:
    """By number the first three would stay, and leave two in one zone and none in another."""
    group = scene((), {"db-0": "z1/r/a", "db-1": "z2/r/a", "db-2": "z1/r/b", "db-3": "z3/r/a"})
    assert shrunk(group, 1).victims == ("db-2",)


def test_inside_the_fullest_zone_one_of_the_fullest_rack_goes() -> None:
    places = {"db-0": "z1/r1/a", "db-1": "z1/r1/b", "db-2": "z1/r2/a", "db-3": "z2/r1/a", "db-4": "z2/r1/b"}
    assert shrunk(scene((), places), 1).victims == ("db-1",)


def test_who_breaks_a_hard_rule_goes_before_one_of_a_fuller_zone() -> None:
    places = {"db-0": "z1/r/a", "db-1": "z1/r/a", "db-2": "z2/r/a", "db-3": "z2/r/b", "db-4": "z2/r/c"}
    assert shrunk(scene((AntiAffinity("host"),), places), 1).victims == ("db-1",)
    assert shrunk(scene((), places), 1).victims == ("db-4",)


def test_who_leaves_a_rack_empty_does_not_go_though_its_zone_is_fullest() -> None:
    places = {"db-0": "z1/a/1", "db-1": "z1/b/1", "db-2": "z1/c/1", "db-3": "z2/d/1", "db-4": "z2/d/2"}
    plan = shrunk(scene((Spread("rack"),), places), 1)
    assert (plan.victims, plan.verdict) == (("db-4",), "fits")


def test_a_rule_for_some_is_relieved_by_those_it_counts() -> None:
    places = {"db-0": "z1/r/a", "db-1": "z1/r/b", "db-2": "z1/r/c", "web-0": "z2/r/a", "web-1": "z2/r/b"}
    webs = AntiAffinity("zone", among=("web-*",))
    assert shrunk(scene((webs,), places), 1).victims == ("web-1",)


def test_who_is_apart_from_most_of_the_others_goes_where_all_should_be_together() -> None:
    places = {"db-0": "z1/r/a", "db-1": "z1/r/b", "db-2": "z2/r/a", "db-3": "z1/r/c"}
    assert shrunk(scene((Affinity("zone"),), places), 1).victims == ("db-2",)


def test_too_much_at_risk_is_relieved_where_it_is() -> None:
    places = {"db-0": "z1/a/1", "db-1": "z1/a/2", "db-2": "z2/b/1", "db-3": "z2/c/1", "db-4": "z2/d/1"}
    assert shrunk(scene((Survive("rack", 2, 2),), places), 1).victims == ("db-1",)


def test_who_has_no_place_goes_before_who_could_be_launched_and_those_before_who_is_there() -> None:
    hosts = [Domain(host="h1"), Domain(host="h2")]
    here = (Observed("db-1", "i-1", "running", True, {"host": "h1"}),)
    members = tuple(Member(f"db-{n}", only={"host": ["h1"]} if n == 0 else {}) for n in range(3))
    topology = Topology(hosts)
    group = Problem(members, here, topology, bind([AntiAffinity("host")], topology.levels))
    assert shrunk(group, 1).victims == ("db-0",)
    assert shrunk(group, 2).victims == ("db-0", "db-2")


def test_a_victim_stays_if_another_relieves_more_once_the_others_are_gone() -> None:
    """One by one the best go, and yet three others together leave less to overstep."""
    assert History(377).live(175).wrong == []


def test_the_doubles_of_a_member_go_with_it() -> None:
    """With its double still counted, one of the other zone would go next."""
    z1, z2 = ["db-9", "db-2", "db-3", "db-4"], ["db-9", "db-7", "db-8"]
    here = [*((name, "z1") for name in z1), *((name, "z2") for name in z2)]
    current = tuple(
        Observed(name, f"i-{n}", "running", True, {"zone": zone}, since=str(n))
        for n, (name, zone) in enumerate(here)
    )
    topology = Topology([Domain(zone="z1"), Domain(zone="z2")])
    members = tuple(Member(name) for name in dict(here))
    plan = shrunk(Problem(members, current, topology, ()), 2)
    assert (plan.victims, plan.surplus) == (("db-9", "db-4"), ())


def test_a_stopped_machine_that_holds_no_place_relieves_nothing() -> None:
    stopped = Observed("db-2", "i-2", "stopped", False, {"host": "h2"})
    others = [Observed(f"db-{n}", f"i-{n}", "running", True, {"host": "h1"}) for n in (0, 1)]
    topology = Topology([Domain(host="h1"), Domain(host="h2")])
    rules = bind([AntiAffinity("host"), Spread("host")], topology.levels)
    members = tuple(Member(f"db-{n}") for n in range(3))
    assert shrunk(Problem(members, (stopped, *others), topology, rules), 1).victims == ("db-1",)


def test_the_command_line_names_the_one_of_the_fullest_zone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lab = Lab(tmp_path)
    lab.spec(members=4)
    for member, host in [("db-0", "h1"), ("db-1", "h3"), ("db-2", "h2"), ("db-3", "h4")]:
        ask("bind", "db.json", member, f"vm-{member}", "--at", f"host={host}")
    found = ask("plan", "db.json", "--shrink", "1", "--json").json
    assert (found["victims"], found["members"]) == (["db-2"], ["db-0", "db-1", "db-3"])
    assert {p["member"]: p["existing"] for p in found["placements"]} == {
        f"db-{n}": f"vm-db-{n}" for n in (0, 1, 3)
    }
