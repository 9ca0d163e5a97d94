"""What the fake OpenStack does that no recording shows: an operator's switches, seeds, races, the World."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests
from keystoneauth1.exceptions import ConnectFailure
from openstack.compute.v2.server import Server
from openstack.connection import Connection
from openstack.exceptions import SDKException

from antiaffinity.testing import Killed, Place, Trouble, Turns, Wire, World
from antiaffinity.testing.openstack import FakeOpenStack, Settings
from fakes.behaviours.placing import LOST
from fakes.behaviours.words import HARD, SOFT, TOGETHER
from fakes.fake_site import FakeSite, all_at_once, four_hosts
from fakes.stage import Stage, fault

RETRIED, NO_ROOM = sorted(LOST)


@pytest.fixture
def cloud() -> Iterator[FakeOpenStack]:
    with FakeOpenStack(four_hosts(Turns())) as cloud:
        yield cloud


@pytest.fixture
def stage(cloud: FakeOpenStack) -> Stage:
    return Stage(FakeSite(cloud))


def hosts(world: World) -> list[str]:
    """Where machines really run."""
    return [machine.domain("host") for machine in world.running()]


# Switches


@pytest.mark.parametrize("policy", [HARD, TOGETHER])
def test_without_its_filter_a_hard_policy_does_nothing(
    policy: str, cloud: FakeOpenStack, stage: Stage
) -> None:
    cloud.settings.enabled_filters = ()
    cloud.settings.disable_group_policy_check_upcall = True
    stage.zones(az1=["host1", "host2"], az2=["host3"])
    group = stage.group(policy)
    first, *more = [stage.boot(f"m{n}", group, availability_zone=f"az{1 + n % 2}") for n in range(4)]
    assert {server.status for server in (first, *more)} == {"ACTIVE"}
    crowds = {host: hosts(cloud.world).count(host) for host in hosts(cloud.world)}
    assert crowds == ({"host1": 1, "host2": 1, "host3": 2})


def test_the_late_check_alone_keeps_members_apart(cloud: FakeOpenStack, stage: Stage) -> None:
    cloud.settings.enabled_filters = ()
    cloud.settings.io_ops_weight_multiplier = cloud.settings.ram_weight_multiplier = 0
    cloud.settings.cpu_weight_multiplier = cloud.settings.disk_weight_multiplier = 0
    servers = stage.row(4, stage.group(HARD))
    assert [server.status for server in servers] == ["ACTIVE", "ACTIVE", "ACTIVE", "ERROR"]
    assert fault(servers[-1]) == RETRIED
    assert hosts(cloud.world) == sorted(set(hosts(cloud.world)), key=hosts(cloud.world).index)


def test_one_attempt_means_no_second_host(cloud: FakeOpenStack, stage: Stage) -> None:
    cloud.settings.max_attempts = 1
    servers = stage.at_once(2, stage.group(HARD))
    failed = [fault(server) for server in servers if server.status == "ERROR"]
    assert failed == ["ERROR: 500 Anti-affinity instance group policy was violated"]


def test_a_soft_policy_weighs_what_its_multiplier_says(cloud: FakeOpenStack, stage: Stage) -> None:
    stage.row(4, stage.group("soft-affinity"))
    assert len(set(hosts(cloud.world))) == 1
    cloud.settings.soft_affinity_weight_multiplier = 0
    stage.row(4, stage.group("soft-affinity"), prefix="n")
    assert len(set(hosts(cloud.world))) == 4


# Races, in the time that a seed gives them


def boot(stage: Stage, number: int, group: str, time: Turns) -> Server:
    """One of several users at work at once; a request takes its time."""
    time.step()
    return stage.boot(f"m{number}", group)


@pytest.mark.parametrize("seed", range(8))
def test_a_hard_race_never_ends_with_two_on_one_host(seed: int) -> None:
    time = Turns(seed)
    with FakeOpenStack(four_hosts(time, seed)) as cloud:
        stage = Stage(FakeSite(cloud))
        group = stage.group(HARD).id
        servers = all_at_once(time, *(lambda n=n: boot(stage, n, group, time) for n in range(4)))
        assert len(set(hosts(cloud.world))) == len(hosts(cloud.world)) >= 3
        assert {fault(server) for server in servers if server.status == "ERROR"} <= {RETRIED}


def test_some_seed_loses_a_hard_race() -> None:
    assert "ERROR" in {server.status for seed in range(4) for server in raced(seed, HARD)}


def test_soft_members_at_once_do_not_see_each_other() -> None:
    assert min(len({server.host_id for server in raced(seed, SOFT)}) for seed in range(4)) < 4


def raced(seed: int, policy: str) -> list[Server]:
    time = Turns(seed)
    with FakeOpenStack(four_hosts(time, seed)) as cloud:
        stage = Stage(FakeSite(cloud))
        group = stage.group(policy).id
        return all_at_once(time, *(lambda n=n: boot(stage, n, group, time) for n in range(4)))


def test_a_scheduler_may_be_slow_to_learn_who_lost(cloud: FakeOpenStack, stage: Stage) -> None:
    """Two at once took two hosts, but for a while the scheduler counts the loser on both."""
    cloud.settings.scheduler_instance_sync_interval = 120
    stage.disable("host3", "host4")
    group = stage.group(HARD, rules={"max_server_per_host": 1})
    winner, loser = sorted(stage.at_once(2, group), key=lambda server: stage.host(server))
    assert [stage.host(winner), stage.host(loser)] == ["host1", "host2"]
    stage.delete(winner)
    assert fault(stage.boot("m3", group)) == NO_ROOM
    cloud.world.clock.sleep(120)
    assert stage.host(stage.boot("m4", group)) == "host1"


def test_a_seed_gives_the_same_again() -> None:
    def told(seed: int) -> list[tuple[str, str, str]]:
        return [(server.id, server.status, server.host_id) for server in raced(seed, HARD)]

    assert told(3) == told(3)
    assert told(3) != told(4)


# The World under it


def test_a_host_that_went_down_is_no_candidate(cloud: FakeOpenStack, stage: Stage) -> None:
    for host in ("host1", "host2", "host3"):
        cloud.world.fail_host(host)
    assert stage.host(stage.boot("m1")) == "host4"
    cloud.world.fail_host("host4")
    failed = stage.boot("m2")
    assert fault(failed) == NO_ROOM
    assert [zone.state for zone in stage.user.compute.availability_zones()] == [{"available": True}]


def test_servers_fill_their_hosts() -> None:
    world = World(
        [Place("host1", capacity={"vcpus": 2}), Place("host2", capacity={"memory_mb": 128})], Turns()
    )
    with FakeOpenStack(world) as cloud:
        servers = Stage(FakeSite(cloud)).row(4)
        assert [server.status for server in servers] == ["ACTIVE"] * 3 + ["ERROR"]
        assert sorted(hosts(world)) == ["host1", "host1", "host2"]


def test_one_request_counts_the_room_that_it_takes() -> None:
    world = World([Place("host1", capacity={"vcpus": 2})], Turns())
    with FakeOpenStack(world) as cloud:
        assert {fault(server) for server in Stage(FakeSite(cloud)).many(3)} == {NO_ROOM}


def test_a_host_that_was_filled_meanwhile_is_passed_over(cloud: FakeOpenStack, stage: Stage) -> None:
    """Its alternates were chosen while there was room."""
    group = stage.group(HARD)
    posted = [stage.post(f"m{number}", group) for number in range(2)]
    cloud.world.clock.sleep(cloud.settings.scheduling)
    cloud.world.catch_up()
    cloud.world.fill("host2")
    assert {stage.settled(server).status for server in posted} == {"ACTIVE"}
    assert hosts(cloud.world).count("host2") == 0


def test_a_machine_that_the_world_moves_shows_another_host(cloud: FakeOpenStack, stage: Stage) -> None:
    server = stage.boot("m")
    cloud.world.move(server.id, "host4")
    assert stage.host(server) == "host4"
    assert stage.user.compute.get_server(server.id).host_id != server.host_id


def test_a_machine_that_the_world_loses_is_no_server(cloud: FakeOpenStack, stage: Stage) -> None:
    group = stage.group(HARD)
    cloud.world.remove(stage.boot("m", group).id)
    assert list(stage.user.compute.servers()) == []
    assert stage.user.compute.get_server_group(group.id).member_ids == []


def test_the_world_has_a_servers_metadata(cloud: FakeOpenStack, stage: Stage) -> None:
    server = stage.boot("m", metadata={"antiaffinity-group": "db"})
    stage.user.compute.set_server_metadata(server, **{"antiaffinity-member": "db-0"})
    assert [one.member for one in cloud.world.running(antiaffinity_group="db")] == ["db-0"]


def test_a_zone_is_a_zone_of_the_world(cloud: FakeOpenStack, stage: Stage) -> None:
    stage.zones(az1=["host4"])
    stage.boot("m", availability_zone="az1")
    assert [machine.domain("zone") for machine in cloud.world.running()] == ["az1"]
    cloud.world.add(Place("host5", zone="az9"))
    assert {zone.name for zone in stage.user.compute.availability_zones()} == {"nova", "az1", "az9"}


def test_a_deleted_server_keeps_its_place_for_a_while(cloud: FakeOpenStack, stage: Stage) -> None:
    group = stage.group(HARD)
    server = stage.boot("m", group)
    stage.user.compute.delete_server(server)
    leaving = stage.user.compute.get_server(server.id)
    assert (leaving.status, leaving.task_state) == ("ACTIVE", "deleting")
    assert stage.user.compute.get_server_group(group.id).member_ids == [server.id]
    cloud.world.clock.sleep(cloud.settings.deleting)
    assert list(stage.user.compute.servers()) == []
    assert cloud.world.machines == {}


# Its clients


def test_a_wire_loses_a_request_before_or_after_its_effect(cloud: FakeOpenStack) -> None:
    counted = Wire()
    create(cloud.connection(counted))
    for late in (False, True):
        groups = len(cloud.state.groups)
        with pytest.raises(ConnectFailure) as lost:
            create(cloud.connection(Wire(Trouble(at=len(counted.requests), late=late))))
        assert "connection lost at POST /compute/v2.1/os-server-groups" in str(lost.value)
        assert len(cloud.state.groups) == groups + late


def test_a_wire_ends_a_deployer_at_any_request(cloud: FakeOpenStack) -> None:
    wire = Wire(Trouble(at=3, kind="killed"))
    with pytest.raises(Killed):
        create(cloud.connection(wire))
    assert len(wire.requests) == 3
    assert cloud.state.groups == {}


def create(connection: Connection) -> None:
    connection.compute.create_server_group(name="db", policy=HARD)


def test_another_process_finds_it_by_its_environment(cloud: FakeOpenStack) -> None:
    script = (
        "import openstack; print([zone.name for zone in openstack.connect().compute.availability_zones()])"
    )
    done = subprocess.run(
        [sys.executable, "-Wignore", "-c", script],
        env={**os.environ, **cloud.env},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['nova']"


def test_who_is_not_logged_in_learns_nothing(cloud: FakeOpenStack) -> None:
    refused = requests.get(f"{cloud.url}/compute/v2.1/servers", timeout=10)
    assert (refused.status_code, refused.json()["error"]["title"]) == (401, "Unauthorized")
    identity = {"methods": ["password"], "password": {"user": {"name": "demo", "password": "guess"}}}
    url = f"{cloud.url}/identity/v3/auth/tokens"
    assert requests.post(url, json={"auth": {"identity": identity}}, timeout=10).status_code == 401


def test_an_operator_may_set_the_quotas_of_all() -> None:
    settings = Settings(quota=Settings().quota | {"server_groups": 0})
    with FakeOpenStack(four_hosts(Turns()), settings) as cloud, pytest.raises(SDKException) as refused:
        create(cloud.connection())
    assert getattr(refused.value, "details", "") == "Quota exceeded, too many server groups."
