"""stacks/aws-web on the real engine, against an EC2 on a World: where its machines really are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from antiaffinity.testing.aws import FakeAws, Settings
from antiaffinity.testing.world import Place, World
from real.pulumi_rig import Workspace
from stacks.copies import copied

pytestmark = pytest.mark.usefixtures("pulumi_engine")
SOON = 0.1
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")


@pytest.fixture
def ec2() -> Iterator[FakeAws]:
    """Three zones of three racks, each of two hosts."""
    places = [
        Place(f"{zone}-r{rack}-h{host}", f"r{rack}", zone, "us-east-1")
        for zone in ZONES
        for rack in range(3)
        for host in range(2)
    ]
    with FakeAws(World(places), Settings(boot=SOON, end=SOON)) as cloud:
        yield cloud


@pytest.fixture
def web(ec2: FakeAws, pulumi_packages: Path) -> Iterator[Workspace]:
    with copied("aws-web", {**ec2.env, "PYTHONPATH": str(pulumi_packages)}) as space:
        yield space


def on_ec2(ec2: FakeAws, level: str) -> dict[str, str]:
    """The zone, rack, ... of each running instance, by its Name."""
    return {machine.tags["Name"]: machine.domain(level) for machine in ec2.world.running()}  # type: ignore[arg-type]


def groups(ec2: FakeAws) -> list[str]:
    return [group.strategy for group in ec2.state.groups.values()]


def test_web_servers_are_on_racks_of_their_own_and_evenly_in_all_zones(ec2: FakeAws, web: Workspace) -> None:
    previewed = web.preview().ok()
    assert previewed.changes["create"] == 9
    assert "spread placement group" in previewed.text
    assert (on_ec2(ec2, "zone"), groups(ec2)) == ({}, [])
    web.up().ok()
    first = on_ec2(ec2, "host")
    assert {*on_ec2(ec2, "zone").values()} == {*ZONES}
    assert web.up().ok().changes == {}
    assert web.refresh().ok().changes == {}
    assert web.up().ok().changes == {}
    web.config_set("servers", "5")
    web.up().ok()
    assert on_ec2(ec2, "host").items() > first.items()
    assert sorted(Counter(on_ec2(ec2, "zone").values()).values()) == [1, 2, 2]
    assert len({*on_ec2(ec2, "rack").values()}) == 5
    assert web.outputs()["zones"] == on_ec2(ec2, "zone")
    assert groups(ec2) == ["spread"]
    web.destroy().ok()
    assert (on_ec2(ec2, "zone"), groups(ec2)) == ({}, [])
