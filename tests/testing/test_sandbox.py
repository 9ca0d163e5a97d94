"""The hands that a test has in its cloud: what they do is seen in the World, and by any client."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openstack
import pytest
from keystoneauth1.exceptions import ConnectFailure
from openstack.connection import Connection

from antiaffinity import clock
from antiaffinity.errors import InvalidRequest
from antiaffinity.testing import NoRoom, Sandbox
from antiaffinity.testing.ground import Shape
from antiaffinity.testing.park import Park


@pytest.fixture
def cloud() -> Iterator[Sandbox]:
    park = Park(Shape(hosts=1))
    with park.standing_in("openstack") as sandbox:
        yield sandbox
    park.close()


@pytest.fixture
def conn(cloud: Sandbox) -> Iterator[Connection]:
    with openstack.connect() as connection:
        connection.authorize()
        yield connection


def boot(conn: Connection, cloud: Sandbox, name: str = "db", **own: Any) -> Any:
    fake: Any = cloud.cloud
    return conn.compute.create_server(name=name, **fake.machine, **own)


def hosts(cloud: Sandbox) -> list[str]:
    return sorted(machine.domain("host") for machine in cloud.running())


# Places


def test_who_asks_for_nothing_lands_beside_the_others(cloud: Sandbox, conn: Connection) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: boot(conn, cloud), range(4)))
    assert hosts(cloud) == ["z1-r1-h1"] * 4


def test_a_soft_policy_weighs_more_than_the_operators_wish_to_pack(cloud: Sandbox, conn: Connection) -> None:
    group = conn.compute.create_server_group(name="db", policy="soft-anti-affinity")
    for _ in range(4):
        boot(conn, cloud, scheduler_hints={"group": group.id})
        cloud.running()
    assert len(set(hosts(cloud))) == 4


@pytest.mark.parametrize(
    ("place", "left"),
    [
        ("z1-r1-h1", ["z1-r2-h1", "z2-r1-h1", "z2-r2-h1", "z3-r1-h1", "z3-r2-h1"]),
        ("z1/r1", ["z1-r2-h1", "z2-r1-h1", "z2-r2-h1", "z3-r1-h1", "z3-r2-h1"]),
        ("z1", ["z2-r1-h1", "z2-r2-h1", "z3-r1-h1", "z3-r2-h1"]),
    ],
)
def test_a_full_place_takes_nobody(cloud: Sandbox, conn: Connection, place: str, left: list[str]) -> None:
    cloud.fill(place)
    group = conn.compute.create_server_group(name="db", policy="anti-affinity")
    for _ in range(6):
        boot(conn, cloud, scheduler_hints={"group": group.id})
        cloud.running()
    assert hosts(cloud) == left


def test_an_emptied_place_takes_machines_again(cloud: Sandbox, conn: Connection) -> None:
    cloud.fill("z1")
    cloud.empty("z1/r2")
    boot(conn, cloud)
    assert hosts(cloud) == ["z1-r2-h1"]


def test_a_zone_that_refuses_fails_a_launch_there(cloud: Sandbox, conn: Connection) -> None:
    cloud.refuse(zone="z2")
    server = boot(conn, cloud, availability_zone="z2")
    assert cloud.running() == []
    assert "No valid host was found" in conn.compute.get_server(server.id).fault["message"]


def test_a_failed_host_runs_nothing_until_it_is_repaired(cloud: Sandbox, conn: Connection) -> None:
    boot(conn, cloud)
    cloud.running()
    cloud.fail_host("z1-r1-h1")
    assert cloud.running() == []
    assert [machine.state for machine in cloud.machines()] == ["stopped"]
    boot(conn, cloud)
    assert hosts(cloud) == ["z1-r2-h1"]
    cloud.repair_host("z1-r1-h1")
    assert hosts(cloud) == ["z1-r1-h1", "z1-r2-h1"]


def test_a_machine_is_moved_past_every_rule(cloud: Sandbox, conn: Connection) -> None:
    group = conn.compute.create_server_group(name="db", policy="anti-affinity")
    for _ in range(2):
        boot(conn, cloud, scheduler_hints={"group": group.id})
        cloud.running()
    cloud.move(cloud.running()[0], "z3-r1-h1")
    cloud.move(cloud.running()[1].id, "z3-r1-h1")
    assert hosts(cloud) == ["z3-r1-h1", "z3-r1-h1"]
    assert len({server.host_id for server in conn.compute.servers()}) == 1


def test_a_machine_is_not_moved_where_there_is_no_room(cloud: Sandbox, conn: Connection) -> None:
    boot(conn, cloud)
    cloud.fill("z3")
    with pytest.raises(NoRoom):
        cloud.move(cloud.running()[0], "z3-r1-h1")
    assert hosts(cloud) == ["z1-r1-h1"]


@pytest.mark.parametrize(
    ("hand", "words", "hint"),
    [
        ("fill", ("z1/r3",), "there is no place 'z1/r3': did you mean 'z1/r"),
        ("fill", ("z1-r1",), "there is no place 'z1-r1': did you mean 'z1/r1'?"),
        ("empty", ("nowhere",), "there is no place 'nowhere': known: z1, z1/r1, z1-r1-h1, "),
        ("fail_host", ("z1-r1-h2",), "there is no host 'z1-r1-h2': did you mean 'z1-r1-h1'?"),
        ("repair_host", ("z1",), "there is no host 'z1': known: z1-r1-h1, "),
        ("move", ("vm-1", "z1-r1-h1"), "no machine is called 'vm-1': known: none"),
    ],
)
def test_an_unknown_place_is_told_with_the_nearest(
    cloud: Sandbox, hand: str, words: tuple[str, ...], hint: str
) -> None:
    with pytest.raises(InvalidRequest) as error:
        getattr(cloud, hand)(*words)
    assert hint in error.value.message


def test_an_unknown_zone_is_told_with_the_nearest(cloud: Sandbox) -> None:
    with pytest.raises(InvalidRequest) as error:
        cloud.refuse(zone="z4")
    assert "there is no zone 'z4': known: z1, z2, z3" in error.value.message


# Requests


def groups(conn: Connection) -> list[str]:
    return [group.name for group in conn.compute.server_groups()]


def make_group(conn: Connection, name: str) -> None:
    conn.compute.create_server_group(name=name, policy="affinity")


def test_the_nth_request_is_cut_off_before_it_has_an_effect(cloud: Sandbox, conn: Connection) -> None:
    cloud.fail_request(2, matching="POST */os-server-groups")
    make_group(conn, "first")
    with pytest.raises(ConnectFailure):
        make_group(conn, "second")
    make_group(conn, "third")
    assert groups(conn) == ["first", "third"]


def test_or_after_it(cloud: Sandbox, conn: Connection) -> None:
    groups(conn)
    cloud.fail_request(late=True)
    with pytest.raises(ConnectFailure):
        make_group(conn, "made")
    assert groups(conn) == ["made"]


def test_several_requests_in_a_row_are_cut_off(cloud: Sandbox, conn: Connection) -> None:
    groups(conn)
    cloud.fail_request(times=2)
    for _ in range(2):
        with pytest.raises(ConnectFailure):
            make_group(conn, "lost")
    make_group(conn, "made")
    assert groups(conn) == ["made"]


def test_a_throttled_request_is_told_so_in_the_clouds_words(cloud: Sandbox, conn: Connection) -> None:
    groups(conn)
    cloud.throttle()
    with pytest.raises(openstack.exceptions.HttpException) as error:
        make_group(conn, "early")
    assert error.value.status_code == 429
    assert "rate-limited" in str(error.value)
    assert groups(conn) == []


def test_requests_are_noted_in_their_order(cloud: Sandbox, conn: Connection) -> None:
    before = len(cloud.requests)
    make_group(conn, "made")
    groups(conn)
    path = "/compute/v2.1/os-server-groups"
    assert [one for one in cloud.requests[before:] if path in one] == [f"POST {path}", f"GET {path}"]


def test_ten_seconds_of_the_librarys_go_by_in_one(cloud: Sandbox) -> None:
    before, begun = clock.now(), time.monotonic()
    clock.sleep(0.5)
    real = time.monotonic() - begun
    assert clock.now() - before >= real * 9.99


def test_a_machine_on_its_way_counts_as_running(cloud: Sandbox, conn: Connection) -> None:
    boot(conn, cloud)
    assert len(cloud.running()) == 1


def test_a_slow_cloud_takes_its_time(cloud: Sandbox, conn: Connection) -> None:
    cloud.delay(3)
    server = boot(conn, cloud)
    begun = time.monotonic()
    conn.compute.wait_for_server(server, interval=0.02)
    assert time.monotonic() - begun > 0.6, "scheduled, claimed and spawned: 9 seconds of the cloud's"


def test_a_cloud_without_delay_is_done_at_once(cloud: Sandbox, conn: Connection) -> None:
    cloud.delay(0)
    assert conn.compute.get_server(boot(conn, cloud).id).status == "ACTIVE"
