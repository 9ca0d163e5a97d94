"""The fake Azure at work: operations, rights, throttling, lost requests, the World under it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.core.rest import HttpRequest

from antiaffinity.testing import Killed, Trouble, Turns, Wire, World
from antiaffinity.testing.azure import FakeAzure, Settings
from antiaffinity.testing.azure.nouns import GROUP, Refusal
from fakes.azure_stage import REGIONAL, User, azure_on, code, into, regional, zonal


@pytest.fixture
def azure() -> Iterator[FakeAzure]:
    with azure_on([*zonal(), *regional()]) as azure:
        yield azure


@pytest.fixture
def user(azure: FakeAzure) -> User:
    return User(azure)


@pytest.fixture
def elsewhere(azure: FakeAzure) -> User:
    """The same user in the region without zones."""
    return User(azure, REGIONAL)


def where(azure: FakeAzure, level: Any = "zone") -> list[str]:
    """Where machines really run."""
    return [machine.domain(level) for machine in azure.world.running()]


# Operations


@pytest.mark.parametrize("async_header", [True, False])
@pytest.mark.parametrize("polls", [0, 3])
@pytest.mark.parametrize("retry_after", [None, 0, 7])
def test_an_operation_is_asked_about_until_it_is_through(
    async_header: bool, polls: int, retry_after: int | None, user: User, azure: FakeAzure
) -> None:
    azure.settings.async_header, azure.settings.polls = async_header, polls
    azure.settings.retry_after = retry_after
    assert user.boot("db-0", "1").properties.provisioning_state == "Succeeded"
    asked = [one for one in azure.exchanges if "/operation" in one.path]
    assert len(asked) > polls
    user.compute.virtual_machines.begin_delete(GROUP, "db-0").result()
    assert azure.world.machines == {}


def test_a_machine_that_is_deleted_while_it_is_made_never_runs(user: User, azure: FakeAzure) -> None:
    """Who waits for it would let the time go by in which it is made: its operation is asked afterwards."""
    machines = user.compute.virtual_machines
    begun = machines.begin_create_or_update(
        GROUP, "db-0", user.body("1"), polling=False, cls=lambda told, *_: told.http_response.headers
    ).result()
    machines.begin_delete(GROUP, "db-0").result()
    told = user.compute.send_request(HttpRequest("GET", begun["Azure-AsyncOperation"])).json()
    assert told["error"]["code"] == "OperationPreempted"
    assert azure.world.machines == {}


@pytest.mark.parametrize("what", ["refuses", "deletes"])
def test_a_scale_set_with_machines_is_not_to_be_deleted(what: Any, user: User, azure: FakeAzure) -> None:
    azure.settings.set_with_machines = what
    user.boot("db-0", "1", **into(user.scale_set(zones=["1"])))
    delete = user.compute.virtual_machine_scale_sets.begin_delete
    if what == "refuses":
        with pytest.raises(ResourceExistsError):
            delete(GROUP, "set")
    else:
        delete(GROUP, "set").result()
    assert len(azure.world.machines) == (what == "refuses")


def test_a_stopped_machine_keeps_its_hardware_and_a_deallocated_one_does_not(
    user: User, azure: FakeAzure
) -> None:
    user.boot("db-0", "1")
    machines = user.compute.virtual_machines
    machines.begin_power_off(GROUP, "db-0").result()
    assert user.statuses("db-0")[1] == "PowerState/stopped"
    assert [machine.place is None for machine in azure.world.machines.values()] == [False]
    machines.begin_deallocate(GROUP, "db-0").result()
    assert [machine.place is None for machine in azure.world.machines.values()] == [True]
    assert machines.get(GROUP, "db-0").zones == ["1"]


# Who asks


def test_a_stranger_learns_nothing(azure: FakeAzure) -> None:
    credential = azure.credential()
    azure.state.tokens.clear()
    with pytest.raises(HttpResponseError) as error:
        list(User(azure, credential=credential).compute.virtual_machines.list(GROUP))
    assert (error.value.status_code, code(error.value)) == (401, "InvalidAuthenticationToken")


def test_a_right_that_is_missing_is_named(azure: FakeAzure) -> None:
    reader = User(azure, credential=azure.credential(["Microsoft.Compute/virtualMachines/read"]))
    assert list(reader.compute.virtual_machines.list(GROUP)) == []
    with pytest.raises(HttpResponseError, match=r"action 'Microsoft\.Compute/skus/read'") as error:
        list(reader.compute.resource_skus.list())
    assert (error.value.status_code, code(error.value)) == (403, "AuthorizationFailed")


@pytest.mark.parametrize("envelope", [True, False])
def test_who_asks_too_often_waits(envelope: bool, user: User, azure: FakeAzure) -> None:
    azure.settings.throttle_envelope = envelope
    azure.throttle("GET", times=1)
    before = azure.world.clock.now()
    assert list(user.compute.virtual_machines.list(GROUP)) == []
    assert azure.world.clock.now() - before >= 1200, "the SDK sleeps as long as Azure says"


def test_a_planted_refusal_comes_once(user: User, azure: FakeAzure) -> None:
    azure.refuse(Refusal("PUT", 409, "OperationNotAllowed"))
    assert user.refused("db-0", "1") == (409, "OperationNotAllowed")
    user.boot("db-0", "1")


# The wire and the World


def test_a_wire_ends_a_deployer_at_any_request(azure: FakeAzure) -> None:
    wire = Wire(Trouble(at=1, late=True, kind="killed"))
    user = User(azure, wire=wire)
    with pytest.raises(Killed):
        user.scale_set()
    assert [request.split("?")[0].split("/")[-1] for request in wire.requests] == ["set"]
    assert len(azure.state.sets) == 1


def test_the_sdk_repeats_a_request_whose_answer_was_lost(azure: FakeAzure) -> None:
    wire = Wire(Trouble(at=1, late=True))
    User(azure, wire=wire).compute.virtual_machines.begin_delete(GROUP, "nobody").result()
    assert len(wire.requests) == 2


def test_a_machine_that_the_world_moves_shows_another_zone(user: User, azure: FakeAzure) -> None:
    id_ = user.boot("db-0", "1").id
    assert id_
    azure.world.move(id_, "h21")
    assert user.compute.virtual_machines.get(GROUP, "db-0").zones == ["2"]
    azure.world.remove(id_)
    assert list(user.compute.virtual_machines.list(GROUP)) == []


def test_a_seed_gives_the_same_again() -> None:
    def told(seed: int) -> list[str]:
        with azure_on(zonal(), seed=seed) as azure:
            User(azure).boot("db-0", "1")
            return [exchange.path for exchange in azure.exchanges]

    assert told(3) == told(3)
    assert told(3) != told(4)


def test_it_can_begin_anew_on_another_world(azure: FakeAzure, user: User) -> None:
    user.boot("db-0", "1")
    azure.reset(World(regional(), Turns()), Settings(page_size=3))
    assert list(user.compute.virtual_machines.list(GROUP)) == []
    assert azure.settings.page_size == 3


def test_a_client_that_connects_and_says_nothing_keeps_nobody_waiting(azure: FakeAzure) -> None:
    port = int(azure.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)):
        assert list(azure.client().virtual_machines.list_all()) == []
