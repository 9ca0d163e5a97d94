"""Programs that use the published pulumi-openstack package run unchanged, on a real Nova."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openstack.compute.v2.server import Server

from real.nova import Nova
from real.pulumi_rig import Workspace, python

pytestmark = pytest.mark.usefixtures("pulumi_engine")

SERVERS = """
import pulumi
import pulumi_openstack as openstack

config = pulumi.Config()
group = config.get("group")
for number in range(config.require_int("servers")):
    openstack.compute.Instance(
        f"web-{number}",
        image_name=config.get("image") or "cirros",
        flavor_name=config.get("flavor") or "m1.nano",
        networks=[{"name": "private"}],
        metadata={"role": config.require("role")},
        availability_zone=config.get("zone"),
        user_data=config.get("data"),
        scheduler_hints=[{"group": group}] if group else None,
    )
"""


@pytest.fixture
def servers(nova: Nova) -> Iterator[Workspace]:
    with Workspace(python(SERVERS), env=nova.env()) as space:
        space.config_set("servers", "2")
        space.config_set("role", "web")
        yield space


def seen(nova: Nova) -> dict[str, Server]:
    return {server.name: server for server in nova.connect("admin").compute.servers(all_projects=True)}


def apart(nova: Nova) -> str:
    """The id of a server group with a hard rule."""
    group = nova.connect("demo").compute.create_server_group(name="web", policy="anti-affinity")
    return str(group.id)


def test_the_published_openstack_package_boots_servers(nova: Nova, servers: Workspace) -> None:
    servers.config_set("group", group := apart(nova))
    assert servers.preview().ok().changes == {"create": 3}
    assert servers.up().ok().changes == {"create": 3}
    members = nova.connect("demo").compute.get_server_group(group).member_ids
    assert {*members} == {server.id for server in seen(nova).values()} == {*nova.hosts_of()}
    assert len({*nova.hosts_of().values()}) == 2
    assert servers.up().ok().changes == {}
    assert servers.refresh().ok().changes == {}
    assert servers.up().ok().changes == {}
    assert servers.destroy().ok().changes == {"delete": 3}
    assert nova.hosts_of() == {}


def test_metadata_changes_in_place_and_user_data_replaces(nova: Nova, servers: Workspace) -> None:
    servers.up().ok()
    before = {server.id for server in seen(nova).values()}
    servers.config_set("role", "db")
    assert servers.preview().ok().diff("web-0") == {"metadata": "update"}
    assert servers.up().ok().changes == {"update": 2}
    assert {server.metadata["role"] for server in seen(nova).values()} == {"db"}
    assert {server.id for server in seen(nova).values()} == before
    servers.config_set("data", "#!/bin/sh")
    assert servers.up().ok().changes == {"replace": 2}
    assert len(seen(nova)) == 2
    assert not before & {server.id for server in seen(nova).values()}


def test_another_image_rebuilds_and_another_flavor_resizes_as_the_published_package_says(
    nova: Nova, servers: Workspace
) -> None:
    servers.up().ok()
    before = nova.hosts_of()
    servers.config_set("image", "cirros-next")
    assert servers.up().ok().changes == {"update": 2}
    assert nova.hosts_of() == before, "the same machines where they were"
    image = nova.connect("demo").image.find_image("cirros-next", ignore_missing=False)
    assert {server.image.id for server in seen(nova).values()} == {image.id}
    servers.config_set("flavor", "m1.tiny")
    assert servers.up().ok().changes == {"update": 2}
    assert {server.flavor.original_name for server in seen(nova).values()} == {"m1.tiny"}
    assert nova.hosts_of().keys() == before.keys()
    assert servers.up().ok().changes == {}


def test_another_zone_replaces_and_the_server_is_in_it(nova: Nova, servers: Workspace) -> None:
    nova.make_zones({"az1": nova.hosts[:1], "az2": nova.hosts[1:]})
    servers.config_set("zone", "az1")
    servers.up().ok()
    servers.config_set("zone", "az2")
    assert servers.up().ok().changes == {"replace": 2}
    assert {server.availability_zone for server in seen(nova).values()} == {"az2"}


def test_a_server_without_a_host_stays_in_the_state_and_the_reason_is_not_told(
    nova: Nova, servers: Workspace
) -> None:
    servers.config_set("group", apart(nova))
    for host in nova.hosts[1:]:
        nova.disable_host(host)
    failed = servers.up("--parallel=1").failed()
    assert "unexpected state 'ERROR', wanted target 'ACTIVE'" in failed.text
    assert "No valid host" not in failed.text
    assert sorted(server.status for server in seen(nova).values()) == ["ACTIVE", "ERROR"]
    assert len(servers.resources("openstack:compute/instance:Instance")) == 2
    assert servers.destroy().ok().changes == {"delete": 3}
    assert not seen(nova)


def test_a_server_that_another_hand_deleted_is_gone_and_made_again(nova: Nova, servers: Workspace) -> None:
    servers.up().ok()
    conn = nova.connect("demo")
    server = seen(nova)["web-1"]
    conn.compute.delete_server(server.id)
    conn.compute.wait_for_delete(server, interval=0.2)
    assert servers.refresh().ok().changes == {"delete": 1}
    assert servers.up().ok().steps == [("create", "web-1")]


def test_a_server_is_imported(nova: Nova, servers: Workspace) -> None:
    server = nova.boot("web-0", metadata={"role": "web"})
    imported = ["openstack:compute/instance:Instance", "web-0", server.id]
    servers.run("import", "--yes", "--generate-code=false", "--protect=false", *imported).ok()
    servers.config_set("servers", "1")
    assert servers.up().ok().changes == {}, "the server is as the program says"
    assert {*nova.hosts_of()} == {server.id}


def test_a_missing_server_is_not_imported(servers: Workspace) -> None:
    missing = ["openstack:compute/instance:Instance", "web-0", "5a7e0f7c-0000-4000-8000-000000000000"]
    refused = servers.run("import", "--yes", "--generate-code=false", *missing).failed()
    assert "does not exist" in refused.text
