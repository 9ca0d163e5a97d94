"""What Exoscale refuses, crossed with how each tool prints it, and the error that a user gets for it.

The reasons are those of the OpenAPI document in exoscale's SDK; its wrappings are exoscale/api/generator.py
and v2.py, egoscale's v3/api.go, v3/errors.go and errorcode_string.go, exo's cmd/root.go.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from subprocess import CalledProcessError

import pytest
from exoscale.api.exceptions import (
    ExoscaleAPIAuthException,
    ExoscaleAPIClientException,
    ExoscaleAPIServerException,
)
from requests import ConnectionError as NoConnection
from requests import Response

import antiaffinity as aa
from antiaffinity.errors import AntiaffinityError, Busy
from antiaffinity.model import GroupKey, Machine, Placement
from antiaffinity_exoscale import faults

PLACEMENT = Placement(
    member="db-0", key=GroupKey("shop/prod", "db"), domains={"zone": "ch-gva-2"}, native_ids=("6c6a",)
)
ALONE = Placement(member="db-0", key=GroupKey("shop/prod", "db"), domains={"zone": "ch-gva-2"})
ZONE = {"zone": "ch-gva-2"}
FAILED = Machine("8f0c", "db-0", "", {"zone": "ch-gva-2"})

Error = type[AntiaffinityError]


# Examples: what Exoscale says, and what it is


OPERATIONS: dict[tuple[str, str], Error] = {
    ("unavailable", "unable to create instance"): aa.NoCapacity,
    ("unavailable", ""): aa.NoCapacity,
    ("unknown", ""): aa.NoCapacity,
    ("conflict", "Deployment failed"): aa.NoCapacity,
    ("unavailable", "No suitable hypervisor found"): aa.NoCapacity,
    ("fault", "Insufficient capacity"): aa.NoCapacity,
    ("conflict", "Anti-affinity group is full"): aa.NoCapacity,
    ("unsupported", "instance type not supported"): aa.InvalidRequest,
    ("incorrect", "disk size is too small for the template"): aa.InvalidRequest,
    ("not-found", "template not found"): aa.InvalidRequest,
    ("not-found", "Instance type not found"): aa.InvalidRequest,
    ("not-found", "SSH key not found"): aa.InvalidRequest,
    ("not-found", "security group not found"): aa.InvalidRequest,
    ("not-found", "private network not found"): aa.InvalidRequest,
    ("not-found", "anti-affinity group not found"): aa.Conflict,
    ("not-found", ""): aa.Conflict,
    ("forbidden", "the role does not allow create-instance"): aa.NotAuthorized,
    ("forbidden", "Quota exceeded: instance"): aa.LimitExceeded,
    ("unavailable", "quota reached for instances"): aa.LimitExceeded,
    ("busy", ""): aa.Unavailable,
    ("fault", ""): aa.Unavailable,
    ("interrupted", ""): aa.Unavailable,
    ("partial", ""): aa.Unavailable,
}
"""By reason and message, of a launch whose operation failed."""

BY_REASON: dict[str, Error] = {
    "unavailable": aa.NoCapacity,
    "unknown": aa.NoCapacity,
    "conflict": aa.NoCapacity,
    "unsupported": aa.InvalidRequest,
    "incorrect": aa.InvalidRequest,
    "not-found": aa.Conflict,
    "forbidden": aa.NotAuthorized,
    "busy": aa.Unavailable,
    "fault": aa.Unavailable,
    "interrupted": aa.Unavailable,
    "partial": aa.Unavailable,
}
"""All that python-exoscale's wait leaves."""

ANSWERS: dict[tuple[int, str], Error | None] = {
    (402, "Payment Required"): aa.NotAuthorized,
    (403, "Invalid request signature"): aa.NotAuthorized,
    (403, "the role does not allow create-instance"): aa.NotAuthorized,
    (403, "Quota exceeded: instance"): aa.LimitExceeded,
    (401, "Unauthorized"): aa.NotAuthorized,
    (404, "Anti-affinity Group 6c6a not found"): aa.Conflict,
    (404, "Template not found"): None,
    (400, "invalid anti-affinity-groups"): None,
    (400, "capacity must be an integer"): None,
    (400, "you reached the limit of the anti-affinity group size"): aa.LimitExceeded,
    (409, "No suitable hypervisor found"): aa.NoCapacity,
    (409, "Deployment failed"): aa.NoCapacity,
    (412, "probably insufficient GPUs"): aa.NoCapacity,
    (429, "Too Many Requests"): Busy,
    (429, "API rate limit exceeded"): Busy,
    (500, "Internal Server Error"): aa.Unavailable,
    (503, "Service Unavailable"): Busy,
}
"""By status and message; None is the user's own argument, left as it is."""

BY_STATUS: dict[int, Error | None] = {
    400: None,
    401: aa.NotAuthorized,
    402: aa.NotAuthorized,
    403: aa.NotAuthorized,
    404: None,
    409: aa.NoCapacity,
    412: aa.NoCapacity,
    429: Busy,
    500: aa.Unavailable,
    503: Busy,
}
"""All that Terraform leaves of an answer."""

OLD: dict[str, Error] = {
    "API error AccountResourceLimitError 532 (ResourceAllocationException 4370)": aa.LimitExceeded,
    "API error ResourceAllocationError 535 (ResourceAllocationException 4370)": aa.LimitExceeded,
    "API error InsufficientCapacityError 533 (InsufficientServerCapacityException 4335)": aa.NoCapacity,
    "API error InsufficientCapacityError 533 (InsufficientAddressCapacityException 4325)": aa.NoCapacity,
    "API error ResourceUnavailableError 534 (ResourceUnavailableException 4380)": aa.NoCapacity,
    "API error APILimitExceeded 429 (ServerAPIException 9999)": Busy,
    "API error Unauthorized 401 (ServerAPIException 9999)": aa.NotAuthorized,
    "API error AccountError 531 (PermissionDeniedException 4365)": aa.NotAuthorized,
    "API error ParamError 431 (InvalidParameterValueException 4350)": aa.InvalidRequest,
    "API error InternalError 530 (ConcurrentOperationException 4300)": aa.Conflict,
    "API error InternalError 530 (ServerAPIException 9999)": aa.Unavailable,
}
"""What the API before 2021 said, which old tools still print."""

PRINTED: dict[str, Error] = {
    "error: job failed": aa.NoCapacity,
    'operation: "8f0c": max wait timeout reached': aa.Unavailable,
    "Operation max wait time reached": aa.Unavailable,
    "Operation error: timeout, unknown": aa.Unavailable,
    "API error APILimitExceeded 429": Busy,
    "API error: Service Unavailable": Busy,
}


# Wrappings: how a tool tells it


RAISED: dict[int, tuple[type[Exception], str]] = {
    400: (ExoscaleAPIClientException, "Client"),
    403: (ExoscaleAPIAuthException, "Authentication"),
    500: (ExoscaleAPIServerException, "Server"),
}


def http(status: int, words: str, shape: str = "message") -> Exception:
    """As python-exoscale raises it, in either shape of an answer."""
    title = HTTPStatus(status).phrase
    answer = {"message": words} if shape == "message" else {"title": title, "detail": words, "status": status}
    response = Response()
    response.status_code, response._content = status, json.dumps(answer).encode()
    kind, name = RAISED[403 if status == 403 else status // 100 * 100]
    return kind(f"{name} error {status}: {response.text}", response)


def command(stderr: str) -> Exception:
    return CalledProcessError(1, ["deploy"], stderr=stderr.encode())


def egoscale_3(reason: str, words: str) -> str:
    made = 'operation: "8f0c" {0xc0 b1 create-instance}, state: failure'
    return f'{made}, reason: "{reason}", message: "{words}"'


def terraform(said: str) -> str:
    return f"╷\n│ Error: {said}\n│ \n│   with exoscale_compute_instance.a,\n│   on main.tf line 1\n╵\n"


def pulumi(said: str) -> str:
    return f"error: 1 error occurred:\n\t* creating urn:pulumi:d::p::i::a: 1 error occurred:\n\t* {said}\n"


OF_OPERATIONS: Mapping[str, Callable[[str, str], Exception]] = {
    "exo": lambda *said: command(f"error: {egoscale_3(*said)}\n"),
    "egoscale 3": lambda *said: RuntimeError(egoscale_3(*said)),
    "Terraform": lambda *said: command(terraform(egoscale_3(*said))),
    "Pulumi": lambda *said: command(pulumi(egoscale_3(*said))),
}

OF_ANSWERS: Mapping[str, Callable[[int, str], Exception]] = {
    "python-exoscale": http,
    "python-exoscale, RFC 9457": lambda status, words: http(status, words, "problem"),
    "printed by the SDK": lambda *said: RuntimeError(str(http(*said))),
    "exo": lambda status, words: command(f"error: {HTTPStatus(status).phrase}: {words}\n"),
    "exo, RFC 9457": lambda status, words: command(
        f"error: {HTTPStatus(status).phrase}: {HTTPStatus(status).phrase}: {words}\n"
    ),
}

ONLY_A_STATUS: Mapping[str, Callable[[str], Exception]] = {
    "exo": lambda phrase: command(f"error: unable to create instance: {phrase}\n"),
    "Terraform": lambda phrase: command(terraform(phrase)),
    "Pulumi": lambda phrase: command(pulumi(phrase)),
}


def kind(error: AntiaffinityError | None) -> Error | None:
    return type(error) if error else None


def assert_placed(error: AntiaffinityError | None) -> None:
    """What has no room names the zone that refused, and nothing else does."""
    assert error is None or error.domain == (ZONE if isinstance(error, aa.NoCapacity) else {})


@pytest.mark.parametrize(("reason", "words"), OPERATIONS)
def test_an_operation_is_read(reason: str, words: str) -> None:
    error = faults.of_failure("failure", reason, words, PLACEMENT, FAILED)
    assert (type(error), error.remains) == (OPERATIONS[reason, words], FAILED)
    assert_placed(error)


@pytest.mark.parametrize("tool", OF_OPERATIONS)
@pytest.mark.parametrize(("reason", "words"), OPERATIONS)
def test_an_operation_is_read_from_every_tool(reason: str, words: str, tool: str) -> None:
    error = faults.of_launch(OF_OPERATIONS[tool](reason, words), PLACEMENT)
    assert kind(error) is OPERATIONS[reason, words]
    assert_placed(error)


@pytest.mark.parametrize("reason", BY_REASON)
def test_what_python_exoscales_wait_leaves_is_read(reason: str) -> None:
    raised = ExoscaleAPIServerException(f"Operation error: failure, {reason}")
    assert kind(faults.of_launch(raised, PLACEMENT)) is BY_REASON[reason]


@pytest.mark.parametrize("reason", ["unavailable", "conflict", "unknown"])
def test_outside_of_a_group_only_words_tell_of_room(reason: str) -> None:
    assert kind(faults.of_failure("failure", reason, "", ALONE)) is aa.Unavailable
    assert kind(faults.of_failure("failure", reason, "No suitable hypervisor found", ALONE)) is aa.NoCapacity


@pytest.mark.parametrize("tool", OF_ANSWERS)
@pytest.mark.parametrize(("status", "words"), ANSWERS)
def test_an_answer_is_read_from_every_tool(status: int, words: str, tool: str) -> None:
    error = faults.of_launch(OF_ANSWERS[tool](status, words), PLACEMENT)
    assert kind(error) is ANSWERS[status, words]
    assert_placed(error)


@pytest.mark.parametrize("tool", ONLY_A_STATUS)
@pytest.mark.parametrize("status", BY_STATUS)
def test_the_words_of_a_status_alone_are_read(status: int, tool: str) -> None:
    error = faults.of_launch(ONLY_A_STATUS[tool](HTTPStatus(status).phrase), PLACEMENT)
    assert kind(error) is BY_STATUS[status]


@pytest.mark.parametrize("said", [*OLD, *PRINTED])
def test_what_a_tool_only_prints_is_read(said: str) -> None:
    expected = {**OLD, **PRINTED}[said]
    told = f"{said}: whatever it says" if said in OLD else said
    for raised in (RuntimeError(told), command(told), command(terraform(told))):
        assert kind(faults.of_launch(raised, PLACEMENT)) is expected


OURS: dict[tuple[int, str], Error] = {
    (400, "capacity must be an integer"): aa.InvalidRequest,
    (402, "Payment Required"): aa.NotAuthorized,
    (403, "Quota exceeded: anti-affinity-group"): aa.LimitExceeded,
    (403, "the role does not allow list-quotas"): aa.NotAuthorized,
    (404, "Anti-affinity Group 6c6a not found"): aa.Conflict,
    (409, "Anti-affinity Group aa-full is used by instances"): aa.Conflict,
    (400, "Anti-affinity Group aa-full is used by instances"): aa.InvalidRequest,
    (429, "Too Many Requests"): Busy,
    (503, "Service Unavailable"): Busy,
}


@pytest.mark.parametrize("shape", ["message", "problem"])
@pytest.mark.parametrize(("status", "words"), OURS)
def test_a_call_of_our_own_is_read(status: int, words: str, shape: str) -> None:
    raised = http(status, words, shape)
    with pytest.raises(AntiaffinityError) as error, faults.answered("create-anti-affinity-group"):
        raise raised
    assert (type(error.value), error.value.__cause__) == (OURS[status, words], raised)


@pytest.mark.parametrize(
    ("reason", "words", "expected"),
    [
        ("not-found", "anti-affinity group not found", aa.Conflict),
        ("conflict", "", aa.Conflict),
        ("incorrect", "name is too long", aa.InvalidRequest),
        ("forbidden", "", aa.NotAuthorized),
        ("forbidden", "quota exceeded", aa.LimitExceeded),
        ("busy", "", aa.Unavailable),
        ("unavailable", "", aa.Unavailable),
    ],
)
def test_an_operation_of_our_own_is_read(reason: str, words: str, expected: Error) -> None:
    operation = {"state": "failure", "reason": reason, "message": words}
    assert type(faults.of_operation(operation, "create-anti-affinity-group")) is expected


def test_a_cloud_that_does_not_answer_is_repeated() -> None:
    assert kind(faults.of_launch(NoConnection("connection reset"), PLACEMENT)) is aa.Unavailable


@pytest.mark.parametrize(
    "said",
    [
        "CONFLICT (content): Merge conflict in main.tf",
        "git push: 403 Forbidden",
        "no host key found for git.example",
        "the disk is full of logs",
        "invalid anti-affinity-groups",
    ],
)
def test_what_no_cloud_said_is_left_to_the_caller(said: str) -> None:
    assert faults.of_launch(RuntimeError(said), PLACEMENT) is None
