"""stacks/exoscale-web on the real engine, against an Exoscale on a World: where its machines really are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from antiaffinity.model import Level
from antiaffinity.testing.exoscale import FakeExoscale, Settings
from antiaffinity.testing.world import Place, World
from real.pulumi_rig import Workspace
from stacks.copies import copied

pytestmark = pytest.mark.usefixtures("pulumi_engine")
ZONES = ("ch-gva-2", "ch-dk-2", "at-vie-1", "de-fra-1")
USED = 3


@pytest.fixture
def exo() -> Iterator[FakeExoscale]:
    """Four zones of three hypervisors."""
    places = [Place(f"{zone}-h{host}", zone=zone) for zone in ZONES for host in range(3)]
    with FakeExoscale(World(places), Settings(operating=0.1)) as cloud:
        yield cloud


@pytest.fixture
def web(exo: FakeExoscale, pulumi_packages: Path) -> Iterator[Workspace]:
    with copied("exoscale-web", {**exo.env, "PYTHONPATH": str(pulumi_packages)}) as space:
        space.config_set("template", "Linux Debian 12")
        yield space


def on_exoscale(exo: FakeExoscale, level: Level) -> dict[str, str]:
    """The zone or hypervisor of each running instance, by its name."""
    names = {one.id: one.name for one in exo.state.instances.values()}
    return {names[machine.id]: machine.domain(level) for machine in exo.world.running()}


def test_web_servers_are_on_hypervisors_of_their_own_and_evenly_in_the_zones(
    exo: FakeExoscale, web: Workspace
) -> None:
    previewed = web.preview().ok()
    assert previewed.changes["create"] == 9
    assert "anti-affinity group" in previewed.text
    assert (on_exoscale(exo, "zone"), exo.state.groups) == ({}, {})
    web.up().ok()
    first = on_exoscale(exo, "host")
    assert {*on_exoscale(exo, "zone").values()} == {*ZONES[:USED]}, "those of the configuration alone"
    assert web.up().ok().changes == {}
    assert web.refresh().ok().changes == {}
    assert web.up().ok().changes == {}
    web.config_set("servers", "5")
    web.up().ok()
    assert on_exoscale(exo, "host").items() > first.items(), "nobody moved"
    assert sorted(Counter(on_exoscale(exo, "zone").values()).values()) == [1, 2, 2]
    assert len({*on_exoscale(exo, "host").values()}) == 5
    assert web.outputs()["zones"] == on_exoscale(exo, "zone")
    web.destroy().ok()
    assert (exo.world.machines, exo.state.groups) == ({}, {})
