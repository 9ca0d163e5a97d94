"""A rule that a cloud keeps at another level than its own: said, or refused, on every cloud."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec import convert

from antiaffinity import other_levels
from antiaffinity.errors import InvalidRequest, NotOffered
from antiaffinity.model import Domain, Level, Observed, Verdict
from antiaffinity.planner.mechanism import carry
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive
from antiaffinity.registry import record
from antiaffinity.scene import Scene
from antiaffinity.sight import Sight
from antiaffinity.spec import make_spec
from antiaffinity.topology import Topology
from antiaffinity.verdict import judge

ZONAL: tuple[Level, ...] = ("region", "zone")


def sight(kind: str, rule: Rule, levels: Sequence[Level]) -> Sight:
    topology = Topology([convert(dict.fromkeys(levels, "x"), Domain)], words=dict(record(kind).words))
    spec = make_spec("db", "shop", members=2, rules=[rule])
    return Sight(spec, (), topology, {"": carry([rule], record(kind), levels)}, {"": topology})


def said(kind: str, rule: Rule, levels: Sequence[Level]) -> list[str]:
    return [f"{one.severity}: {one.message}" for one in other_levels.findings(sight(kind, rule, levels))]


@pytest.mark.parametrize("hard", [True, False])
@pytest.mark.parametrize(
    ("kind", "level", "levels", "kept"),
    [
        ("aws", "host", ZONAL, "rack (spread placement group)"),
        ("azure", "host", ZONAL, "zone (Flexible scale set)"),
        ("azure", "rack", ZONAL, "zone (Flexible scale set)"),
        ("azure", "host", ("region", "rack"), "rack (Flexible scale set)"),
        ("exoscale", "rack", ("zone",), "zone (zone)"),
    ],
)
def test_apart_further_out_is_a_note(
    kind: str, level: Level, levels: Sequence[Level], kept: str, hard: bool
) -> None:
    [one] = said(kind, AntiAffinity(level, hard=hard), levels)
    assert one.startswith(f"note: anti-affinity ({level}")
    assert f"no {level} is told here, so it is kept at {kept} instead" in one


@pytest.mark.parametrize("hard", [True, False])
@pytest.mark.parametrize(
    ("kind", "level", "levels", "kept"),
    [
        ("aws", "region", ZONAL, "zone (Availability Zone)"),
        ("azure", "region", ZONAL, "zone (Flexible scale set)"),
        ("exoscale", "region", ("zone",), "zone (zone)"),
        ("openstack", "region", ("zone",), "zone (availability zone)"),
        ("openstack", "rack", ZONAL, "host (server group"),
        ("vcenter", "rack", ("zone", "host"), "host (host)"),
        ("vcenter", "region", ("zone", "host"), "zone ("),
    ],
)
def test_together_further_in_is_a_warning(
    kind: str, level: Level, levels: Sequence[Level], kept: str, hard: bool
) -> None:
    [one] = said(kind, Affinity(level, hard=hard), levels)
    assert one.startswith(f"warning: affinity ({level}")
    assert f"kept at {kept}" in one


@pytest.mark.parametrize(
    ("kind", "rule", "levels"),
    [
        ("openstack", AntiAffinity("host"), ZONAL),
        ("openstack", AntiAffinity("zone"), ZONAL),
        ("vcenter", Affinity("host"), ("zone", "host")),
        ("exoscale", AntiAffinity("host"), ("zone",)),
        ("aws", AntiAffinity("rack"), ZONAL),
        ("pool", Spread("rack"), ("zone", "rack", "host")),
    ],
    ids=str,
)
def test_a_rule_at_its_own_level_needs_no_word(kind: str, rule: Rule, levels: Sequence[Level]) -> None:
    assert said(kind, rule, levels) == []


@pytest.mark.parametrize("hard", [True, False])
@pytest.mark.parametrize(
    ("kind", "level", "levels"),
    [
        ("vcenter", "zone", ("host",)),
        ("azure", "zone", ("region", "rack")),
        ("aws", "rack", ("region", "zone", "host")),
        ("pool", "rack", ("zone", "host")),
        ("pool", "zone", ("host",)),
        ("pool", "region", ("zone", "host")),
    ],
)
def test_together_at_a_level_that_no_place_states_is_refused(
    kind: str, level: Level, levels: Sequence[Level], hard: bool
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        carry([Affinity(level, hard=hard)], record(kind), levels)
    assert refused.value.path == "rules[0]"
    assert f"states its {level} now" in refused.value.message


@pytest.mark.parametrize("rule", [AntiAffinity("rack"), Survive("rack", 1, 1)], ids=str)
def test_a_rack_rule_is_never_one_over_clusters(rule: Rule) -> None:
    with pytest.raises(NotOffered, match="tells no rack, and two zones may share one") as refused:
        carry([rule], record("vcenter"), ("zone", "host"))
    assert "write level: zone" in refused.value.message


def test_a_soft_rack_rule_on_vcenter_is_verified_only() -> None:
    [one] = carry([AntiAffinity("rack", hard=False)], record("vcenter"), ("zone", "host"))
    assert one.promise is None


def test_racks_by_an_operators_zones_are_said_to_be_unproven() -> None:
    [one] = said("openstack", AntiAffinity("rack"), ZONAL)
    assert one.startswith("strict: ")
    assert "whether two of these share a rack is not told" in one


@pytest.mark.parametrize(("zones", "verdict"), [("ab", "unproven"), ("a", "held"), ("aa", "unproven")])
def test_zones_of_an_operator_prove_nothing_about_racks(zones: str, verdict: Verdict) -> None:
    rule = AntiAffinity("rack")
    there = [
        Observed(f"db-{n}", f"i-{n}", "running", True, domains={"zone": zone}) for n, zone in enumerate(zones)
    ]
    means = tuple(carry([rule], record("openstack"), ZONAL))
    assert judge(Scene(rule, tuple(there), means)).verdict == verdict


def test_apart_by_zones_that_enclose_racks_is_proven() -> None:
    rule = AntiAffinity("rack")
    there = tuple(
        Observed(f"db-{n}", f"i-{n}", "running", True, domains={"zone": zone}) for n, zone in enumerate("ab")
    )
    means = tuple(carry([rule], record("exoscale"), ("zone",)))
    assert judge(Scene(rule, there, means)).verdict == "held"
