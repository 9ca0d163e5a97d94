"""``rules: anti-affinity`` and three members: one SPEC for every cloud, and what each says to it."""

from __future__ import annotations

from pathlib import Path

import pytest

import antiaffinity as aa
from antiaffinity.estates import open_spec
from antiaffinity.guarantee import Cloud
from antiaffinity.model import Domain, Level
from antiaffinity.planner.mechanism import bounds, carry
from antiaffinity.planner.plan import solve
from antiaffinity.planner.problem import Problem
from antiaffinity.registry import kinds, records
from antiaffinity.sight import carried
from antiaffinity.spec import Spec, parse_spec
from antiaffinity.topology import Topology

SAME = {"group": "db", "members": 3, "rules": "anti-affinity"}

PLACES: dict[str, list[Domain]] = {
    "aws": [Domain(region="eu", zone=zone) for zone in ("eu-1a", "eu-1b", "eu-1c")],
    "azure": [Domain(region="westeurope", zone=zone) for zone in ("1", "2", "3")],
    "exoscale": [Domain(zone=zone) for zone in ("ch-gva-2", "de-fra-1", "at-vie-1")],
    "openstack": [Domain(zone="nova")],
    "pool": [Domain(host=host) for host in ("h1", "h2", "h3")],
    "vcenter": [Domain(zone="c1", host=host) for host in ("esx-1", "esx-2", "esx-3")],
}
"""The least that a user of each cloud has."""

APART: dict[str, tuple[Level, str]] = {
    "aws": ("rack", "REFUSES"),
    "azure": ("zone", "REFUSES"),
    "exoscale": ("host", "REFUSES"),
    "openstack": ("host", "REFUSES"),
    "pool": ("host", "REFUSES"),
    "vcenter": ("host", "REFUSES"),
}
"""At which level each parts three members, and what happens to a fourth that finds no place."""

every_cloud = pytest.mark.parametrize("cloud", records(), ids=[cloud.kind for cloud in records()])


def spec(**more: object) -> Spec:
    return parse_spec({**SAME, **more})


def problem(cloud: Cloud, asked: Spec) -> Problem:
    topology = Topology(PLACES[cloud.kind])
    [means] = carried(asked, {"": cloud}, {"": topology}).values()
    return Problem(asked.members, (), topology, bounds(means, topology))


def test_nobody_is_left_out() -> None:
    assert set(kinds()) == set(PLACES) == set(APART)


@every_cloud
def test_every_cloud_has_a_hard_promise_for_it(cloud: Cloud) -> None:
    topology = Topology(PLACES[cloud.kind])
    [means] = carry(spec().rules, cloud, topology.levels)
    assert means.promise is not None
    assert (means.promise.level, means.promise.at_launch) == APART[cloud.kind]
    assert means.promise.hard


@every_cloud
def test_every_cloud_has_a_place_for_three(cloud: Cloud) -> None:
    plan = solve(problem(cloud, spec()))
    assert (plan.verdict, len(plan.placements)) == ("fits", 3)
    chosen = APART[cloud.kind][0]
    if chosen in Topology(PLACES[cloud.kind]).levels:
        assert len({placement.domains[chosen] for placement in plan.placements}) == 3


@every_cloud
def test_a_fourth_is_refused_where_three_places_are_all_that_is_chosen(cloud: Cloud) -> None:
    plan = solve(problem(cloud, spec(members=4)))
    delegates = APART[cloud.kind][0] not in Topology(PLACES[cloud.kind]).levels
    assert plan.verdict == ("fits" if delegates else "short")


@every_cloud
def test_the_soft_word_is_carried_everywhere_too(cloud: Cloud) -> None:
    topology = Topology(PLACES[cloud.kind])
    [means] = carry(spec(rules="soft-anti-affinity").rules, cloud, topology.levels)
    assert means.promise is not None
    assert not means.promise.hard


def test_an_outer_level_can_never_hold_a_fourth_but_three_hosts_can_tomorrow() -> None:
    clouds = {cloud.kind: cloud for cloud in records()}
    short = {kind: solve(problem(clouds[kind], spec(members=4))).short[0] for kind in ("azure", "pool")}
    assert short["azure"].limit
    assert not short["pool"].limit


# Connected


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    file = tmp_path / "hosts.yaml"
    file.write_text("hosts: [{name: h1}, {name: h2}, {name: h3}]\n")
    return file


def test_the_spec_plans_and_rolls_out_on_a_pool(hosts: Path) -> None:
    group = open_spec(spec(cloud={"kind": "pool", "inventory": str(hosts)}))
    plan = group.plan()
    assert (plan.verdict, {p.domains["host"] for p in plan.placements}) == ("fits", {"h1", "h2", "h3"})
    report = group.roll_out(launch=lambda placement: f"vm-{placement.member}")
    assert (report.verdict, report.exit_code, report.missing) == ("promised", 0, ())


def test_the_words_of_python_are_the_words_of_the_file(hosts: Path) -> None:
    group = aa.connect("pool", inventory=hosts).group("db", members=3, rules="anti-affinity")
    assert group.plan().verdict == "fits"
    assert group.spec.rules == spec().rules
