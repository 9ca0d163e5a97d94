"""stacks/azure-web on the real engine, against an Azure on a World: where its machines really are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from antiaffinity.model import Level
from antiaffinity.testing.azure import FakeAzure, Settings
from antiaffinity.testing.azure.nouns import GROUP, SUBSCRIPTION
from antiaffinity.testing.world import Place, World
from real.pulumi_rig import Workspace
from stacks.copies import copied

pytestmark = pytest.mark.usefixtures("pulumi_engine")
SOON = 0.1
REGION = "westeurope"
ZONES = ("1", "2", "3")
PRIVATE = ("base_url", "authority", "disable_instance_discovery", "connection_verify")
"""Settings of an Azure at an address of its own, which readers of the stack do not have."""


@pytest.fixture
def azure() -> Iterator[FakeAzure]:
    """Three zones of three hosts."""
    places = [Place(f"z{zone}-h{host}", "", zone, REGION) for zone in ZONES for host in range(3)]
    with FakeAzure(World(places), quick()) as cloud:
        yield cloud


def quick() -> Settings:
    return Settings(creating=SOON, set_creating=SOON, deleting=SOON)


@contextmanager
def running(azure: FakeAzure, packages: Path) -> Iterator[Workspace]:
    with copied("azure-web", {**azure.env, "PYTHONPATH": str(packages)}) as space:
        point_at(azure, space.folder / "__main__.py")
        (space.folder / "key.pub").write_text("ssh-ed25519 AAAA somebody\n")
        space.config_set("ssh-key", "key.pub")
        space.config_set("resource-group", GROUP)
        space.config_set("azure-native:subscriptionId", SUBSCRIPTION)
        space.config_set("azure-native:location", REGION)
        yield space


def point_at(azure: FakeAzure, program: Path) -> None:
    """No variable of the environment leads Azure's SDK to another address: the settings do."""
    where = {key: value for key, value in azure.plain(REGION).items() if key in PRIVATE}
    text, kind = program.read_text(), '{"kind": "azure", '
    assert kind in text
    program.write_text(text.replace(kind, f"{{**{where!r}, {kind[1:]}"))


def on_azure(azure: FakeAzure, level: Level) -> dict[str, str]:
    """The zone, fault domain or host of each running machine, by its name."""
    return {machine.id.rpartition("/")[2]: machine.domain(level) for machine in azure.world.running()}


def test_web_servers_are_evenly_in_all_zones(azure: FakeAzure, pulumi_packages: Path) -> None:
    with running(azure, pulumi_packages) as web:
        azure.state.groups.clear()
        previewed = web.preview().ok()
        assert previewed.changes["create"] == 15, "before the resource group is there"
        assert (on_azure(azure, "zone"), azure.state.sets) == ({}, {})
        azure.state.groups.add(GROUP)
        web.up().ok()
        first = on_azure(azure, "host")
        assert {*on_azure(azure, "zone").values()} == {*ZONES}
        assert web.up().ok().changes == {}
        assert web.refresh().ok().changes == {}
        assert web.up().ok().changes == {}
        web.config_set("servers", "5")
        web.up().ok()
        assert on_azure(azure, "host").items() > first.items(), "nobody moved"
        assert sorted(Counter(on_azure(azure, "zone").values()).values()) == [1, 2, 2]
        assert {name: [zone] for name, zone in on_azure(azure, "zone").items()} == web.outputs()["zones"]
        assert len(azure.state.sets) == 1
        web.destroy().ok()
        assert (azure.world.machines, azure.state.sets) == ({}, {})


def test_in_a_region_without_zones_they_are_evenly_in_its_fault_domains(
    azure: FakeAzure, pulumi_packages: Path
) -> None:
    places = [Place(f"r{rack}-h{host}", f"r{rack}", "", REGION) for rack in range(3) for host in range(2)]
    azure.reset(World(places), quick())
    with running(azure, pulumi_packages) as web:
        web.config_set("level", "rack")
        web.up().ok()
        assert {*on_azure(azure, "rack").values()} == {"r0", "r1", "r2"}
        assert web.up().ok().changes == {}
        web.destroy().ok()
        assert (azure.world.machines, azure.state.sets) == ({}, {})
