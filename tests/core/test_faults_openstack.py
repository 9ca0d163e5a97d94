"""What Nova says, in its own words, and what the caller is to do next."""

from __future__ import annotations

from subprocess import CalledProcessError
from typing import Any

import pytest
from keystoneauth1.exceptions import ConnectFailure, DiscoveryFailure, EndpointNotFound, Unauthorized
from openstack import exceptions as sdk
from requests import Response

from antiaffinity.errors import (
    AntiaffinityError,
    Busy,
    Conflict,
    InvalidRequest,
    LimitExceeded,
    NoCapacity,
    NotAuthorized,
    NotOffered,
    Unavailable,
)
from antiaffinity.model import GroupKey, Machine, Placement
from antiaffinity_openstack import faults
from antiaffinity_openstack.tools import failed_server

PLACEMENT = Placement(
    member="db-0", key=GroupKey("shop/prod", "db"), domains={"zone": "az1"}, native_ids=("6c6a4bdf",)
)
FAILED = Machine("s1", "db-0", "dc", {"zone": "az1"})

NO_HOST = "No valid host was found. There are not enough hosts available."
LOST_RACE = (
    "Exceeded maximum number of retries. Exceeded max scheduling attempts 3 for instance s1. "
    "Last exception: Anti-affinity instance group policy was violated"
)
LOST_RACE_BEFORE = "No valid host was found. " + LOST_RACE.removeprefix(
    "Exceeded maximum number of retries. "
)
BROKEN_HOSTS = (
    "Exceeded maximum number of retries. Exceeded max scheduling attempts 3 for instance s1. "
    "Last exception: Binding failed for port p1"
)
EXHAUSTED = (
    "Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures "
    "for instance s1."
)

FAULTS: list[tuple[str, type[AntiaffinityError]]] = [
    (NO_HOST, NoCapacity),
    (LOST_RACE, Conflict),
    (LOST_RACE_BEFORE, Conflict),
    (BROKEN_HOSTS, Unavailable),
    (EXHAUSTED, Unavailable),
    ("Build of instance s1 aborted: Failed to allocate the network(s), not rescheduling.", Unavailable),
    ("", Unavailable),
]


@pytest.mark.parametrize(("said", "kind"), FAULTS)
def test_a_fault_tells_what_to_do_with_the_server_that_remains(
    said: str, kind: type[AntiaffinityError]
) -> None:
    error = faults.of_server(said, PLACEMENT, FAILED)
    assert type(error) is kind
    assert error.remains == FAILED
    assert "db-0" in error.message


def test_no_room_names_group_and_zone_and_admits_that_nova_does_not_tell_why() -> None:
    error = faults.of_server(NO_HOST, PLACEMENT, FAILED)
    for word in ("shop/prod/db", "6c6a4bdf", "az1", "does not tell"):
        assert word in error.message
    assert error.domain == {"zone": "az1"}


def test_an_unexplained_fault_is_quoted() -> None:
    assert "Failed to allocate the network(s)" in faults.of_server(FAULTS[5][0], PLACEMENT, FAILED).message


RULE = "compute:servers:create:requested_destination"
REFUSALS: list[tuple[str, type[AntiaffinityError]]] = [
    ("Quota exceeded, too many servers in group", LimitExceeded),
    (
        "Resource server_group_members is over limit of 10 due to current usage 10 and delta 1",
        LimitExceeded,
    ),
    ("Quota exceeded, too many server groups.", LimitExceeded),
    ("Quota exceeded for instances: Requested 1, but already used 10 of 10 instances", LimitExceeded),
    ("Quota exceeded for cores, ram: Requested 8, 4096, but already used 20, 0 of 20 cores", LimitExceeded),
    (f"Policy doesn't allow {RULE} to be performed.", NotAuthorized),
    ("Instance group 6c6a4bdf could not be found.", Conflict),
    ("The requested availability zone is not available", NoCapacity),
]


def http(status: int, details: str) -> sdk.HttpException:
    """As openstacksdk raises it: the text is in ``details`` only."""
    response = Response()
    response.status_code, response.reason = status, details
    with pytest.raises(sdk.HttpException) as error:
        sdk.raise_from_response(response)
    return error.value


@pytest.mark.parametrize(("said", "kind"), REFUSALS)
def test_a_refusal_is_read_from_the_sdk_from_a_cause_and_from_what_a_command_printed(
    said: str, kind: type[AntiaffinityError]
) -> None:
    wrapped = RuntimeError("deploy failed")
    wrapped.__cause__ = http(403, said)
    printed = CalledProcessError(1, ["openstack"], stderr=f"{said} (HTTP 403)\n".encode())
    for raised in (http(403, said), wrapped, RuntimeError(f"{said} (HTTP 403)"), printed):
        error = faults.of_launch(raised, PLACEMENT)
        assert type(error) is kind
        assert error.remains is None


def test_a_missing_right_is_named() -> None:
    error = faults.of_launch(http(403, f"Policy doesn't allow {RULE} to be performed."), PLACEMENT)
    assert error
    assert RULE in error.message


def test_a_full_group_names_the_quota() -> None:
    error = faults.of_launch(http(403, "Quota exceeded, too many servers in group"), PLACEMENT)
    assert error
    assert "server_group_members" in error.message


STATUSES: list[tuple[Exception, type[AntiaffinityError]]] = [
    (http(401, "The request you have made requires authentication."), NotAuthorized),
    (Unauthorized("The request you have made requires authentication."), NotAuthorized),
    (http(403, "You shall not pass"), NotAuthorized),
    (http(429, "Too Many Requests"), Busy),
    (http(503, "Service Unavailable"), Busy),
    (ConnectFailure("Unable to establish connection to http://nova"), Unavailable),
    (DiscoveryFailure("Could not find versioned identity endpoints"), Unavailable),
]


@pytest.mark.parametrize(("raised", "kind"), STATUSES)
def test_without_known_words_the_status_tells(raised: Exception, kind: type[AntiaffinityError]) -> None:
    assert type(faults.of_launch(raised, PLACEMENT)) is kind


class FromElsewhere(Exception):
    """An error of another SDK, which has a status too."""

    status_code = 503


@pytest.mark.parametrize(
    "raised",
    [
        ValueError("no such image"),
        http(400, "Invalid imageRef provided."),
        http(404, "Flavor m1.nix could not be found."),
        FromElsewhere("not ours"),
        NoCapacity("by hand: No valid host was found"),
    ],
)
def test_what_nova_did_not_say_is_left_to_the_caller(raised: Exception) -> None:
    assert faults.of_launch(raised, PLACEMENT) is None


REST: list[tuple[Exception, type[AntiaffinityError]]] = [
    (http(400, "Invalid input for field/attribute policy."), InvalidRequest),
    (http(404, "The resource could not be found."), Conflict),
    (http(409, "Cannot do it while building"), Conflict),
    (sdk.NotSupported("API version 2.64 is required to set rules, but it is not available."), NotOffered),
    (sdk.ConfigException("Service 'compute' is disabled"), InvalidRequest),
    (EndpointNotFound("public endpoint for compute service in Mars region not found"), InvalidRequest),
    (sdk.SDKException("something else"), Unavailable),
]


@pytest.mark.parametrize(("raised", "kind"), [*STATUSES, *REST])
def test_whatever_the_sdk_raises_comes_out_as_ours_with_the_sdks_as_cause(
    raised: Exception, kind: type[AntiaffinityError]
) -> None:
    with pytest.raises(AntiaffinityError) as error, faults.answered():
        raise raised
    assert type(error.value) is kind
    assert error.value.__cause__ is raised


@pytest.mark.parametrize("raised", [ValueError("ours"), InvalidRequest("ours")])
def test_what_is_not_the_sdks_is_not_touched(raised: Any) -> None:
    with pytest.raises(type(raised)) as error, faults.answered():
        raise raised
    assert error.value is raised


@pytest.mark.parametrize(
    ("raised", "id_"),
    [
        (sdk.ResourceFailure("Server:s1 transitioned to failure state ERROR"), "s1"),
        (sdk.ResourceTimeout("Timeout waiting for Server:s1 to transition to ACTIVE"), "s1"),
        (sdk.ResourceFailure("Volume:v1 transitioned to failure state error"), None),
        (ValueError("Server:s1 transitioned to failure state ERROR"), None),
    ],
)
def test_a_wait_of_the_sdks_that_failed_names_its_server(raised: Exception, id_: str | None) -> None:
    assert failed_server(raised) == id_
