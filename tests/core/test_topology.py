"""The tree of domains: paths, matching, what is where, what is left."""

from __future__ import annotations

import pytest

from antiaffinity.model import LEVELS, Domain, Needs
from antiaffinity.ties import Numbers
from antiaffinity.topology import UNLIMITED, Topology

AZURE = Topology([Domain(zone=zone, rack=rack) for zone in ("1", "2") for rack in ("0", "1", "2")])
"""Fault domains have the same names in every zone."""


def matched(topology: Topology, *patterns: str) -> list[str]:
    nodes = topology.nodes[topology.leaf]
    return sorted(nodes.path(number) for number in nodes.matching(patterns))


# Levels and paths


def test_the_levels_are_those_that_some_place_states_outermost_first() -> None:
    topology = Topology([Domain(host="h1", region="eu"), Domain(host="h2", zone="z1")])
    assert topology.levels == ("region", "zone", "host")
    assert topology.leaf == "host"


def test_a_rack_of_one_zone_is_not_the_rack_of_that_name_in_another() -> None:
    assert len(AZURE.nodes["rack"].names) == 6
    assert [AZURE.nodes["rack"].path(n) for n in range(6)] == ["1/0", "1/1", "1/2", "2/0", "2/1", "2/2"]


def test_an_outer_domain_is_one_however_its_places_are_listed() -> None:
    topology = Topology([Domain(zone=zone, host=f"h{n}") for n, zone in enumerate(["z2", "z1", "z2"])])
    assert topology.nodes["zone"].names == ["z2", "z1"]
    assert list(topology.codes["zone"]) == [0, 1, 0]
    assert [sorted(part) for part in topology.parts("zone")] == [[0, 2], [1]]
    assert [sorted(part) for part in topology.parts(None)] == [[0, 1, 2]]


def test_a_place_without_a_zone_lies_in_none_of_them() -> None:
    topology = Topology([Domain(zone="z1", host="h1"), Domain(host="h2")])
    assert topology.nodes["host"].path(1) == "-/h2"
    assert topology.within("zone", ["*"]) == [True, False]


def test_no_places_yet_may_come_at_any_level() -> None:
    assert Topology([]).levels == LEVELS
    assert len(Topology([])) == 0


def test_a_cloud_says_what_it_calls_a_level() -> None:
    topology = Topology([], words={"rack": "fault domain"})
    assert (topology.word("rack"), topology.word("zone")) == ("fault domain", "zone")


# Lists


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("1/0", ["1/0"]),
        ("0", ["1/0", "2/0"]),
        ("2/*", ["2/0", "2/1", "2/2"]),
        ("[01]", ["1/0", "1/1", "2/0", "2/1"]),
        ("?/2", ["1/2", "2/2"]),
        ("1", ["1/1", "2/1"]),
        ("3", []),
        ("", []),
    ],
)
def test_a_pattern_matches_a_name_or_a_path(pattern: str, found: list[str]) -> None:
    assert matched(AZURE, pattern) == found


def test_several_patterns_match_what_any_of_them_matches() -> None:
    assert matched(AZURE, "1/0", "2/[12]") == ["1/0", "2/1", "2/2"]


def test_a_pattern_matches_the_id_of_a_domain() -> None:
    places = [Domain(zone="a", host="h1", ids={"zone": "use1-az4"}), Domain(zone="b", host="h2")]
    topology = Topology(places)
    assert topology.within("zone", ["use1-az4"]) == [True, False]
    assert topology.within("zone", ["use1-*"]) == [True, False]


def test_the_id_of_a_host_with_a_dot_is_no_regular_expression() -> None:
    topology = Topology([Domain(host="h.1"), Domain(host="hx1")])
    assert topology.within("host", ["h.*"]) == [True, False]


def test_never_is_only_turned_round() -> None:
    assert AZURE.within("zone", ["1"]) == [True] * 3 + [False] * 3
    assert AZURE.within("zone", ["1"], inside=False) == [False] * 3 + [True] * 3


def test_a_level_that_is_not_known_here_is_in_no_list() -> None:
    assert AZURE.within("host", ["h1"]) == [False] * 6
    assert AZURE.within("host", ["h1"], inside=False) == [True] * 6


def test_lists_narrow_one_another() -> None:
    assert AZURE.listed({"zone": ["1"]}, {"rack": ["0"]}, {}) == [False, True, True, False, False, False]
    assert AZURE.listed({}, {}, {"zone": "2"}) == [False] * 3 + [True] * 3
    assert AZURE.listed({}, {}, {}) is None


# Needs and room


def test_a_place_is_reachable_with_all_networks_and_any_datastore() -> None:
    places = [
        Domain(host="h1", networks=["prod", "lab"], datastores={"ssd-1": 10.0}),
        Domain(host="h2", networks=["prod"], datastores={"ssd-2": 10.0}),
        Domain(host="h3", networks=["prod", "lab"], datastores={"tape": 10.0}),
        Domain(host="h4"),
    ]
    topology = Topology(places)
    assert topology.reachable(Needs(networks=["prod", "lab"])) == [True, False, True, True]
    assert topology.reachable(Needs(datastores=["ssd-*"])) == [True, True, False, True]
    assert topology.reachable(Needs(["prod", "lab"], ["ssd-*"])) == [True, False, False, True]
    assert topology.reachable(Needs()) is None


def test_what_is_left_is_capacity_less_what_is_used_and_unlimited_where_unknown() -> None:
    topology = Topology([Domain(host="h1", capacity={"vcpus": 8}, used={"vcpus": 3}), Domain(host="h2")])
    assert list(topology.free("vcpus")) == [5, UNLIMITED]


# Where an instance is


def test_an_instance_is_located_at_every_level_that_is_known() -> None:
    where = AZURE.locate({"zone": "2", "rack": "1"})
    assert {level: AZURE.nodes[level].path(number) for level, number in where.items()} == {
        "zone": "2",
        "rack": "2/1",
    }


def test_an_instance_in_a_vanished_rack_is_located_in_its_zone_only() -> None:
    assert list(AZURE.locate({"zone": "2", "rack": "9"})) == ["zone"]
    assert AZURE.locate({"zone": "9", "rack": "1"}) == {}


def test_a_host_alone_tells_where_it_is_if_no_other_has_its_name() -> None:
    topology = Topology(
        [Domain(zone="z1", host="h1"), Domain(zone="z2", host="h2"), Domain(zone="z3", host="h2")]
    )
    assert topology.locate({"host": "h1"}) == {"zone": 0, "host": 0}
    assert topology.locate({"host": "h2"}) == {}
    assert topology.locate({"zone": "z3", "host": "h2"}) == {"zone": 2, "host": 2}


def test_a_rack_left_out_between_a_zone_and_a_host_is_found() -> None:
    topology = Topology([Domain(zone=z, rack="r1", host="h1") for z in ("z1", "z2")])
    assert topology.locate({"zone": "z2", "host": "h1"}) == {"zone": 1, "rack": 1, "host": 1}
    assert topology.locate({"zone": "z2", "host": "gone"}) == {"zone": 1}


# Order among equals


def test_equals_are_told_apart_by_name_or_by_path_where_names_repeat() -> None:
    hosts = Topology([Domain(zone="z1", host="h1"), Domain(zone="z1", host="h2")])
    assert list(hosts.signs("host")) == ["h1", "h2"]
    assert len(set(AZURE.signs(AZURE.leaf))) == len(set(AZURE.numbers[AZURE.leaf].each)) == 6


def test_hosts_whose_hashes_collide_keep_one_order_whatever_the_order_of_the_list() -> None:
    names = ["plumless", "buckeroo", "h1"]  # the first two have one CRC-32
    one, other = (dict(zip(order, Numbers(order).each, strict=True)) for order in (names, names[::-1]))
    assert one == other
    assert len(set(one.values())) == 3
