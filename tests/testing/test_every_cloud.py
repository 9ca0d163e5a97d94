"""What every cloud of the plugin does alike, seen by its own SDK and in the World."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from antiaffinity.testing import Sandbox
from antiaffinity.testing.ground import Shape
from antiaffinity.testing.park import Park
from antiaffinity.testing.sites import SITES
from testing.users import USERS, User


@pytest.fixture
def park() -> Iterator[Park]:
    park = Park(Shape(hosts=1))
    yield park
    park.close()


@pytest.fixture(params=USERS)
def cloud(request: pytest.FixtureRequest, park: Park) -> Iterator[Sandbox]:
    with park.standing_in(request.param) as sandbox:
        yield sandbox


@pytest.fixture
def user(cloud: Sandbox) -> User:
    return USERS[cloud.site.kind](cloud)


def first_zone(cloud: Sandbox) -> str:
    return min(place.zone for place in cloud.world.places.values())


def test_every_cloud_with_a_fake_is_tried_here() -> None:
    assert {*USERS} == {*SITES}


def test_machines_that_ask_for_nothing_are_not_apart(cloud: Sandbox, user: User) -> None:
    for number in range(3):
        user.launch(f"db-{number}")
    assert user.names() == ["db-0", "db-1", "db-2"]
    assert len(cloud.running()) == 3
    assert len({machine.domain("zone") for machine in cloud.running()}) < 3


def test_a_machine_runs_in_the_zone_that_it_asked_for(cloud: Sandbox, user: User) -> None:
    zone = max(place.zone for place in cloud.world.places.values())
    user.launch("db", zone)
    assert [machine.domain("zone") for machine in cloud.running()] == [zone]


def test_a_zone_that_refuses_takes_nobody(cloud: Sandbox, user: User) -> None:
    zone = first_zone(cloud)
    cloud.refuse(zone=zone)
    with pytest.raises(Exception, match=r"(?i)capacity|no valid host|no suitable|error|sufficient"):
        user.launch("db", zone)
    assert cloud.running() == []


def test_a_client_goes_on_working_in_an_empty_cloud(park: Park, cloud: Sandbox, user: User) -> None:
    user.launch("db")
    park.reset_all()
    assert cloud.machines() == []
    assert cloud.requests == []
    assert user.names() == []
    user.launch("another")
    assert user.names() == ["another"]
    assert len(cloud.running()) == 1


def test_nobody_has_to_log_in_again(park: Park, cloud: Sandbox, user: User) -> None:
    user.names()
    before = len(cloud.requests)
    user.names()
    usual = cloud.requests[before:]
    park.reset_all()
    user.names()
    assert cloud.requests == usual


def test_settings_are_the_first_ones_again(park: Park, cloud: Sandbox) -> None:
    before = [getattr(cloud.cloud.settings, name) for name in cloud.site.lags]
    cloud.delay(7)
    park.reset_all()
    assert [getattr(cloud.cloud.settings, name) for name in cloud.site.lags] == before


def test_nothing_listens_once_the_run_is_over(park: Park, cloud: Sandbox, user: User) -> None:
    park.close()
    with suppress(Exception):  # a connection that was open ends; the next one would need somebody who listens
        user.names()
    with pytest.raises(Exception, match=r"(?i)connect|certificate"):
        user.names()


def test_a_throttled_user_is_told_so_by_the_sdk(cloud: Sandbox, user: User) -> None:
    user.names()
    cloud.throttle()
    with pytest.raises(Exception, match=r"429|503|RequestLimitExceeded|OperationNotAllowed"):
        user.names()
    assert user.names() == []


@pytest.mark.parametrize(("late", "there"), [(False, []), (True, ["db"])])
def test_a_launch_that_is_cut_off(cloud: Sandbox, user: User, late: bool, there: list[str]) -> None:
    cloud.fail_request(matching=LAUNCHES[cloud.site.kind], late=late)
    with pytest.raises(Exception, match=r"(?i)connection|closed|aborted"):
        user.launch("db")
    cloud.running()
    assert user.names() == there


LAUNCHES = {
    "aws": "RunInstances",
    "azure": "PUT */virtualMachines/*",
    "exoscale": "POST */instance",
    "openstack": "POST */servers",
    "vcenter": "CloneVM_Task",
}


def test_every_setting_that_delays_is_one_of_the_fakes(cloud: Sandbox) -> None:
    cloud.delay(1.5)
    assert {getattr(cloud.cloud.settings, name) for name in cloud.site.lags} == {1.5}
    assert all(hasattr(cloud.cloud.settings, name) for name in cloud.site.lags)


def test_aws_shows_a_new_instance_late(park: Park) -> None:
    with park.standing_in("aws") as cloud:
        user = USERS["aws"](cloud)
        cloud.delay(600)
        user.launch("db")
        assert user.names() == []
        for _ in range(10):
            cloud.machines()
        assert user.names() == ["db"]


def test_hosts_of_every_cloud_lie_in_racks_of_zones(cloud: Sandbox) -> None:
    places = cloud.world.places.values()
    assert len({place.domain("zone") for place in places}) == 3
    assert len({place.domain("rack") for place in places}) == 6


def test_two_clouds_stand_side_by_side(park: Park) -> None:
    with park.standing_in("aws") as aws, park.standing_in("openstack") as openstack:
        USERS["aws"](aws).launch("in-aws")
        USERS["openstack"](openstack).launch("in-openstack")
        assert len(aws.running()) == len(openstack.running()) == 1
        assert aws.running() != openstack.running()
