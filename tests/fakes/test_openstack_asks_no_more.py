"""A launch on OpenStack asks for no more than the rules say, and a group lives in one region that is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.errors import InvalidRequest
from antiaffinity.group import Group
from antiaffinity.testing import Place, Turns, World
from antiaffinity.testing.openstack import FakeOpenStack
from antiaffinity_openstack.backend import connect

HOST = "anti-affinity"
ZONE = [{"anti-affinity": {"level": "zone"}}]


@pytest.fixture
def nova() -> Iterator[FakeOpenStack]:
    """Two hosts in each of two zones."""
    places = [Place(f"h{n}", zone=f"az{n % 2}") for n in range(4)]
    clock = Turns()
    with lent(clock), FakeOpenStack(World(places, clock)) as cloud:
        yield cloud


def group(nova: FakeOpenStack, members: Any = 2, rules: Any = HOST, **keys: Any) -> Group:
    return aa.connect("openstack", client=nova.connection()).group("db", members=members, rules=rules, **keys)


def rolled_out(nova: FakeOpenStack, which: Group) -> tuple[aa.Report, list[dict[str, Any]]]:
    """The report, and the arguments of each launch."""
    compute, asked = nova.connection().compute, []

    def boot(placement: aa.Placement) -> str:
        asked.append(placement.arguments(**nova.machine))
        return str(compute.create_server(**asked[-1]).id)

    def kill(machine: aa.Machine) -> None:
        compute.delete_server(machine.id or "")

    return which.roll_out(boot, kill), asked


def zones_asked(which: Group) -> list[str | None]:
    return [one.arguments().get("availability_zone") for one in which.prepare().placements]


# No zone where nothing speaks of zones


@pytest.mark.parametrize(
    "rules",
    [
        HOST,
        "soft-anti-affinity",
        "affinity",
        "soft-affinity",
        [{"survive": {"level": "host", "failures": 1, "lose_at_most": 2}}],
        [],
    ],
    ids=str,
)
def test_a_rule_over_hosts_asks_for_no_zone(nova: FakeOpenStack, rules: Any) -> None:
    assert zones_asked(group(nova, rules=rules)) == [None, None]


@pytest.mark.parametrize(
    "keys",
    [
        {"rules": ZONE},
        {"rules": [*ZONE, HOST]},
        {"rules": [{"spread": {"level": "zone", "hard": False}}]},
        {"rules": [{"affinity": {"level": "zone"}}]},
        {"rules": [{"anti-affinity": {"level": "rack"}}]},
        {"only": {"zone": ["az*"]}},
        {"never": {"zone": ["az9"]}},
        {"members": [{"name": "db-0", "only": {"zone": ["az1"]}}, "db-1"]},
        {"members": [{"name": "db-0", "never": {"zone": ["az1"]}}, "db-1"]},
        {"members": ["db-0", {"name": "db-1", "stay": {"zone": "az1"}}]},
    ],
    ids=str,
)
def test_what_speaks_of_zones_has_one_asked_for(nova: FakeOpenStack, keys: dict[str, Any]) -> None:
    assert None not in zones_asked(group(nova, **keys))


def test_members_beyond_one_server_group_are_parted_by_zones_as_before(nova: FakeOpenStack) -> None:
    nova.settings.quota["server_group_members"] = 2
    assert sorted(map(str, zones_asked(group(nova, 4)))) == ["az0", "az0", "az1", "az1"]


def test_a_group_that_was_parted_by_zones_stays_so_when_it_shrinks(nova: FakeOpenStack) -> None:
    nova.settings.quota["server_group_members"] = 2
    rolled_out(nova, group(nova, 3))
    nova.settings.quota["server_group_members"] = 10
    assert None not in zones_asked(group(nova, 4))


def test_no_machine_is_pinned_and_all_are_apart(nova: FakeOpenStack) -> None:
    report, asked = rolled_out(nova, group(nova, 4))
    assert report.verdict == "held"
    assert len({machine.domain("host") for machine in nova.world.running()}) == 4
    assert [one.get("availability_zone") for one in asked] == [None] * 4
    assert {server.pinned_availability_zone for server in nova.connection().compute.servers()} == {None}


def test_those_that_are_there_ask_for_no_zone_either(nova: FakeOpenStack) -> None:
    which = group(nova, 2)
    rolled_out(nova, which)
    assert zones_asked(which) == [None, None]
    assert all(one.domains["zone"] for one in which.plan().placements), "told, but not asked for"


def test_an_own_zone_is_the_users_where_nothing_speaks_of_zones(nova: FakeOpenStack) -> None:
    [first, _] = group(nova).prepare().placements
    assert first.arguments(availability_zone="az1")["availability_zone"] == "az1"


def test_what_no_host_takes_is_refused_once_and_for_all(nova: FakeOpenStack) -> None:
    with pytest.raises(aa.NoCapacity) as refused:
        rolled_out(nova, group(nova, 5))
    assert refused.value.domain == {"region": "RegionOne"}
    assert len(nova.world.running()) == 4


def test_a_zone_out_of_service_closes_nothing_that_another_can_take(nova: FakeOpenStack) -> None:
    for name in ("h0", "h2"):
        nova.world.fail_host(name)
    assert group(nova, 2).plan().verdict == "fits"


def test_a_member_in_a_zone_out_of_service_is_told_by_the_plan(nova: FakeOpenStack) -> None:
    which = group(nova, 2)
    rolled_out(nova, which)
    [first, *_] = nova.world.running()
    nova.state.disabled |= {
        place.host for place in nova.world.places.values() if place.zone == first.domain("zone")
    }
    assert first.member in {one.member for one in which.plan().findings if one.kind == "out-of-service"}


# The region


def without_a_region(nova: FakeOpenStack) -> Connection:
    connection = nova.connection()
    connection.config.config["region_name"] = None
    return connection


def regions(client: Connection) -> set[str | None]:
    which = aa.connect("openstack", client=client).group("db", members=2, rules=ZONE)
    return {one.domains.get("region") for one in which.plan().placements}


def test_a_plan_tells_the_region_that_is_named(nova: FakeOpenStack) -> None:
    assert regions(nova.connection()) == {"RegionOne"}


def test_a_plan_tells_the_only_region_there_is(nova: FakeOpenStack) -> None:
    assert regions(without_a_region(nova)) == {"RegionOne"}


def test_an_endpoint_of_ones_own_is_told_by_its_address(nova: FakeOpenStack) -> None:
    client = without_a_region(nova)
    client.config.config["compute_endpoint_override"] = f"{nova.url}/compute/v2.1"
    assert regions(client) == {nova.url.removeprefix("http://")}


def test_several_regions_and_none_named_are_refused_by_name(nova: FakeOpenStack) -> None:
    nova.settings.regions = ("RegionOne", "RegionTwo")
    with pytest.raises(InvalidRequest, match="RegionOne, RegionTwo") as refused:
        regions(without_a_region(nova))
    assert refused.value.path == "region_name"
    assert regions(nova.connection()) == {"RegionOne"}


def test_regions_that_clouds_yaml_lists_are_not_chosen_from_in_silence(
    nova: FakeOpenStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = json.loads(nova.clouds_yaml.read_text())
    written["clouds"]["demo"] |= {"region_name": None, "regions": ["RegionOne", "RegionTwo"]}
    (tmp_path / "clouds.yaml").write_text(json.dumps(written))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    with pytest.raises(InvalidRequest, match="one of RegionOne, RegionTwo"):
        connect(None, {"cloud": "demo"})
    assert connect(None, {"cloud": "demo", "region_name": "RegionOne"}).cloud.kind == "openstack"
