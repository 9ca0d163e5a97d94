"""Nova's default zone beside real ones: no rule over zones counts on it, for it binds nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.testing import Place, Turns, World
from antiaffinity.testing.openstack import FakeOpenStack, Settings


@pytest.fixture
def nova() -> Iterator[FakeOpenStack]:
    """Two zones of one host each, and two hosts that are in none."""
    places = [Place("h1", zone="az1"), Place("h2", zone="az2"), Place("h3"), Place("h4")]
    clock = Turns()
    with lent(clock), FakeOpenStack(World(places, clock)) as cloud:
        yield cloud


def rolled_out(nova: FakeOpenStack, members: int, rules: str | aa.AntiAffinity, **settings: Any) -> aa.Report:
    connection = nova.connection()

    def boot(placement: aa.Placement) -> str:
        return str(connection.compute.create_server(**placement.arguments(**nova.machine)).id)

    def kill(machine: aa.Machine) -> None:
        connection.compute.delete_server(machine.id or "")

    group = aa.connect("openstack", client=connection, **settings).group("db", members=members, rules=rules)
    return group.roll_out(boot, kill)


def test_members_apart_by_zone_are_in_real_zones(nova: FakeOpenStack) -> None:
    assert rolled_out(nova, 2, aa.AntiAffinity("zone")).verdict == "held"
    assert sorted(machine.domain("zone") for machine in nova.world.running()) == ["az1", "az2"]


def test_more_of_them_than_real_zones_are_refused_and_told_why(nova: FakeOpenStack) -> None:
    with pytest.raises(aa.NoCapacity) as error:
        rolled_out(nova, 3, aa.AntiAffinity("zone"))
    assert nova.world.running() == []
    assert "service" in str(error.value.conflict)


def test_without_a_rule_over_zones_its_hosts_are_used(nova: FakeOpenStack) -> None:
    rolled_out(nova, 4, "anti-affinity")
    assert {machine.domain("host") for machine in nova.world.running()} == {"h1", "h2", "h3", "h4"}


def renamed(nova: FakeOpenStack) -> FakeOpenStack:
    nova.reset(nova.world, Settings(default_availability_zone="dc1"))
    return nova


def test_a_default_zone_under_another_name_is_none_either_where_it_is_said(nova: FakeOpenStack) -> None:
    assert rolled_out(renamed(nova), 2, aa.AntiAffinity("zone"), default_zone="dc1").verdict == "held"
    assert sorted(machine.domain("zone") for machine in nova.world.running()) == ["az1", "az2"]
    with pytest.raises(aa.NoCapacity):
        rolled_out(nova, 3, aa.AntiAffinity("zone"), default_zone="dc1")


@pytest.mark.parametrize("wrong", ["", 3, None])
def test_a_default_zone_that_is_no_name_is_refused(nova: FakeOpenStack, wrong: object) -> None:
    with pytest.raises(aa.InvalidRequest, match="must be the name of a zone") as error:
        rolled_out(nova, 2, aa.AntiAffinity("zone"), default_zone=wrong)
    assert error.value.path == "default_zone"
