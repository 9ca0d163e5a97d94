"""The stacks on OpenStack, run by the real engine on a real Nova, and the program of the README."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from real.nova import Nova
from real.pulumi_rig import Workspace, python
from stacks.copies import copied, on_nova, on_own_hosts

pytestmark = pytest.mark.usefixtures("pulumi_engine")
README = Path(__file__).parents[2] / "README.md"
EAST, WEST = 3, 3


@pytest.fixture
def zones(nova: Nova) -> dict[str, str]:
    """The zone of each host: two zones."""
    nova.make_zones({"az1": nova.hosts[:EAST], "az2": nova.hosts[EAST : EAST + WEST]})
    return {host: f"az{1 + (number >= EAST)}" for number, host in enumerate(nova.hosts)}


@pytest.fixture
def web(nova: Nova, zones: dict[str, str]) -> Iterator[Workspace]:
    with copied("openstack-web", nova.env()) as space:
        yield space


@pytest.fixture
def ha(nova: Nova) -> Iterator[Workspace]:
    with copied("openstack-ha", nova.env()) as space:
        yield space


def server_groups(nova: Nova) -> list[str]:
    return [group.policy for group in nova.connect("demo").compute.server_groups()]


def test_web_servers_are_on_hosts_of_their_own_and_evenly_in_both_zones(
    nova: Nova, zones: dict[str, str], web: Workspace
) -> None:
    assert web.preview().ok().changes["create"] == 9
    assert on_nova(nova) == {}
    web.up().ok()
    first = on_nova(nova)
    assert len({*first.values()}) == 3
    assert web.up().ok().changes == {}
    web.config_set("servers", "4")
    web.up().ok()
    placed = on_nova(nova)
    assert placed.items() > first.items()
    assert Counter(zones[host] for host in placed.values()) == {"az1": 2, "az2": 2}
    assert web.outputs()["zones"] == {name: zones[host] for name, host in placed.items()}
    web.destroy().ok()
    assert on_nova(nova) == {}
    assert server_groups(nova) == []


def test_an_active_standby_pair_is_never_on_one_host(nova: Nova, ha: Workspace) -> None:
    ha.config_set("mode", "active-standby")
    ha.up().ok()
    assert len({*on_nova(nova).values()}) == len(on_nova(nova)) == 2
    assert ha.up().ok().changes == {}


def test_of_active_active_engines_enough_outlive_the_fullest_host(nova: Nova, ha: Workspace) -> None:
    for key, value in {"mode": "active-active", "engines": "4", "min-alive": "2"}.items():
        ha.config_set(key, value)
    for host in nova.hosts[2:]:
        nova.disable_host(host)
    ha.up().ok()
    assert sorted(Counter(on_nova(nova).values()).values()) == [2, 2], "two hosts are enough"
    assert ha.up().ok().changes == {}


def test_of_n_plus_m_no_host_holds_more_than_the_buffer(nova: Nova, ha: Workspace) -> None:
    for key, value in {"engines": "2", "buffer": "2"}.items():
        ha.config_set(key, value)
    for host in nova.hosts[2:]:
        nova.disable_host(host)
    ha.up().ok()
    assert sorted(Counter(on_nova(nova).values()).values()) == [2, 2]
    assert ha.up().ok().changes == {}
    ha.config_set("buffer", "1")
    told = ha.preview().ok().text
    assert "is made anew" in told, "another server group"
    ha.destroy().ok()
    assert (on_nova(nova), server_groups(nova)) == ({}, [])


def test_an_unknown_mode_is_refused_with_those_there_are(ha: Workspace) -> None:
    ha.config_set("mode", "n-plus-1")
    assert "active-standby | active-active | n-plus-m" in ha.preview().failed().text


def test_an_estate_has_half_of_its_servers_in_either_cloud(nova: Nova, zones: dict[str, str]) -> None:
    with copied("estate-two-clouds", nova.env()) as space:
        assert space.preview().ok().changes["create"] == 11
        assert on_own_hosts(space) | on_nova(nova) == {}
        space.up().ok()
        ours, theirs = on_own_hosts(space), on_nova(nova)
        assert len(ours) == len(theirs) == 2
        assert len({zones[host] for host in theirs.values()}) == len({*ours.values()}) == 2
        assert space.up().ok().changes == {}
        assert space.refresh().ok().changes == {}
        space.config_set("servers", "5")
        space.up().ok()
        assert len(on_own_hosts(space) | on_nova(nova)) == 5
        assert (on_own_hosts(space) | on_nova(nova)).items() > (ours | theirs).items()
        space.destroy().ok()
        assert on_own_hosts(space) | on_nova(nova) == {}


@pytest.fixture
def prod(nova: Nova, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The cloud that the README's program names: an entry `prod`, its network and its flavor."""
    entries = yaml.safe_load(nova.clouds_yaml.read_text())["clouds"]
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"prod": entries["novabox-demo"]}}))
    admin = nova.connect("admin")
    private = admin.network.find_network("private", ignore_missing=False)
    admin.network.create_network(name="prod", shared=True, subnet_ids=private.subnet_ids)
    flavor = admin.compute.create_flavor(name="m1.large", ram=1024, vcpus=1, disk=1)
    yield {"OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml"), "OS_CLOUD": "prod"}
    nova.delete_everything()
    admin.compute.delete_flavor(flavor)


def test_the_program_of_the_readme_runs_as_it_stands(nova: Nova, prod: dict[str, str]) -> None:
    found = re.search(r"```python\n(\"\"\"__main__\.py: .*?)```", README.read_text(), flags=re.S)
    assert found
    with Workspace(python(found[1]), env=prod) as space:
        space.preview().ok()
        space.up().ok()
        assert len({*on_nova(nova).values()}) == len(on_nova(nova)) == 3
        assert space.up().ok().changes == {}
        space.destroy().ok()
    assert (on_nova(nova), server_groups(nova)) == ({}, [])
