"""The box is a real Nova: it places, refuses and hides what a cloud's Nova does."""

import hashlib

import pytest
from openstack.compute.v2.server import Server
from openstack.compute.v2.server_group import ServerGroup
from openstack.connection import Connection
from openstack.exceptions import ResourceFailure

from real.nova import Nova, State, ask_nova


def make_group(conn: Connection, policy: str = "anti-affinity") -> ServerGroup:
    return conn.compute.create_server_group(name="db", policy=policy)


def boot(conn: Connection, nova: Nova, group: ServerGroup, name: str) -> Server:
    """Boot a member as a user of the project does."""
    hint = {"group": group.id}
    server = conn.compute.create_server(name=name, scheduler_hints=hint, **nova.machine)
    return conn.compute.wait_for_server(server, interval=0.1, wait=60)


def disable_all_but(nova: Nova, hosts: int) -> None:
    for host in nova.hosts[hosts:]:
        nova.disable_host(host)


def fault_of(conn: Connection, name: str) -> str:
    server = conn.compute.find_server(name, ignore_missing=False)
    failed = conn.compute.get_server(server)
    assert failed.status == "ERROR"
    return str(failed.fault["message"])


def test_a_hard_group_takes_as_many_servers_as_hosts_and_not_one_more(nova: Nova) -> None:
    disable_all_but(nova, 3)
    conn = nova.connect("demo")
    group = make_group(conn)
    for number in range(3):
        boot(conn, nova, group, f"db-{number}")
    with pytest.raises(ResourceFailure):
        boot(conn, nova, group, "db-extra")
    assert fault_of(conn, "db-extra") == "No valid host was found. There are not enough hosts available."
    assert sorted(nova.hosts_of().values()) == ["host1", "host2", "host3"]


def test_a_host_that_is_added_takes_the_next_server(nova: Nova) -> None:
    disable_all_but(nova, 1)
    conn = nova.connect("demo")
    group = make_group(conn)
    boot(conn, nova, group, "db-0")
    nova.enable_host("host4")
    second = boot(conn, nova, group, "db-1")
    assert nova.hosts_of()[second.id] == "host4"


def test_host_id_is_the_hash_of_project_and_host(nova: Nova) -> None:
    server = nova.boot("web-0", host="host3")
    conn = nova.connect("demo")
    seen = conn.compute.get_server(server.id)
    assert seen.host_id == hashlib.sha224(f"{conn.current_project_id}host3".encode()).hexdigest()
    assert seen.compute_host is None, "only an admin is told the host's name"


def test_an_admin_can_break_a_hard_group(nova: Nova) -> None:
    group = make_group(nova.connect("demo"))
    hint = {"group": group.id}
    nova.boot("db-0", host="host2", scheduler_hints=hint)
    with pytest.raises(ResourceFailure):
        nova.boot("db-1", host="host2", scheduler_hints=hint)
    nova.allow_breaks()
    third = nova.boot("db-2", host="host2", scheduler_hints=hint)
    assert nova.hosts_of()[third.id] == "host2"


def test_zones_are_what_the_project_sees(nova: Nova) -> None:
    nova.make_zones({"az1": ["host1", "host2"], "az2": ["host3"]})
    server = nova.boot("web-0", host="host3")
    seen = nova.connect("demo").compute
    assert {zone.name for zone in seen.availability_zones()} == {"az1", "az2", "nova"}
    assert seen.get_server(server.id).availability_zone == "az2"


def test_nothing_is_left_after_delete_everything(nova: Nova) -> None:
    nova.make_zones({"az1": ["host1"]})
    nova.disable_host("host2")
    for project in ("demo", "other"):
        make_group(nova.connect(project))
        nova.boot("web-0", project=project)
    nova.delete_everything()
    admin = nova.connect("admin").compute
    assert not list(admin.server_groups(all_projects=True))
    assert not list(admin.aggregates())
    assert {service.status for service in admin.services(binary="nova-compute")} == {"enabled"}
    assert nova.hosts_of() == {}


def state(policy: str, limit: int | None = None) -> State:
    return {
        "hosts": ["h1", "h2", "h3"],
        "group": {"policy": policy, "max_server_per_host": limit, "members": ["a", "b", "c"]},
        "instances": {"h1": ["a", "b", "stranger"], "h2": ["c"]},
    }


@pytest.mark.usefixtures("nova_python")
def test_the_oracle_answers_by_the_policy_of_the_group() -> None:
    asked = [
        state("anti-affinity"),
        state("anti-affinity", 2),
        state("affinity"),
        state("soft-anti-affinity"),
    ]
    one, two, together, soft = ask_nova([*asked])
    assert [one["hosts"], two["hosts"], together["hosts"]] == [["h3"], ["h2", "h3"], ["h1", "h2"]]
    assert soft["hosts"] == ["h1", "h2", "h3"]
    assert soft["soft_anti_affinity"] == {"h1": -2, "h2": -1, "h3": 0}
