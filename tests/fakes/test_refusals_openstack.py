"""What OpenStack refuses, crossed with how each tool prints it, and the error that a user gets for it.

The words are Nova's, Neutron's, Cinder's and Keystone's own: nova/exception.py and compute/manager.py,
neutron_lib/exceptions, cinder/exception.py, keystone/exception.py, oslo_limit/exception.py; the wrappings
openstack/exceptions.py, keystoneauth1/exceptions/http.py, gophercloud's errors.go.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from subprocess import CalledProcessError

import pytest
from keystoneauth1 import exceptions as keystone
from openstack import exceptions as sdk
from requests import Request, Response

import antiaffinity as aa
from antiaffinity.errors import AntiaffinityError, Busy
from antiaffinity.model import GroupKey, Machine, Placement
from antiaffinity_openstack import faults

PLACEMENT = Placement(
    member="db-0",
    key=GroupKey("shop/prod", "db"),
    domains={"region": "r1", "zone": "z1"},
    native_ids=("6c6a4bdf",),
)
PLACE = {"region": "r1", "zone": "z1"}
FAILED = Machine("0c11", "db-0", "", {"zone": "z1"})

Error = type[AntiaffinityError]
NO_HOST = "No valid host was found. There are not enough hosts available."

# Examples: what a service says, and what it is


FAULTS: dict[str, Error] = {
    NO_HOST: aa.NoCapacity,
    "No valid host was found. ": aa.NoCapacity,
    "No valid host was found. No hosts matched the requested aggregates": aa.NoCapacity,
    "Insufficient compute resources: Free memory 100.00 MB < requested 2048 MB.": aa.NoCapacity,
    "Insufficient compute resources: Requested instance NUMA topology cannot fit the given host NUMA "
    "topology.": aa.NoCapacity,
    "Build of instance 0c11 was re-scheduled: Insufficient compute resources: Claim pci failed.": (
        aa.NoCapacity
    ),
    "PCI device request [InstancePCIRequest(alias_name=None,count=1)] failed": aa.NoCapacity,
    "Build of instance 0c11 was re-scheduled: internal error: qemu: Cannot allocate memory": aa.NoCapacity,
    "Build of instance 0c11 aborted: Failed to allocate the network(s) with error No fixed IP addresses "
    "available for network: n1, not rescheduling.": aa.NoCapacity,
    "Exceeded maximum number of retries. Exceeded max scheduling attempts 3 for instance 0c11. "
    "Last exception: No more IP addresses available on network n1.": aa.NoCapacity,
    "Anti-affinity instance group policy was violated": aa.Conflict,
    "Build of instance 0c11 was re-scheduled: Anti-affinity instance group policy was violated": aa.Conflict,
    "Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures for "
    "instance 0c11.": aa.Unavailable,
    "Exceeded maximum number of retries. Exceeded max scheduling attempts 3 for instance 0c11. "
    "Last exception: Binding failed for port p1": aa.Unavailable,
    "Exceeded maximum number of retries. Exceeded max scheduling attempts 3 for instance 0c11. "
    "Last exception: Maximum number of ports exceeded": aa.LimitExceeded,
    "Build of instance 0c11 aborted: Maximum number of ports exceeded": aa.LimitExceeded,
    "Build of instance 0c11 aborted: VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded "
    "for quota 'volumes'. (HTTP 413)": aa.LimitExceeded,
    "Build of instance 0c11 aborted: VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds "
    "allowed gigabytes quota. Requested 40G, quota is 1000G and 990G has been consumed. (HTTP 413)": (
        aa.LimitExceeded
    ),
    "Build of instance 0c11 aborted: Volume v1 did not finish being created even after we waited 185 seconds "
    "or 61 attempts. And its status is error.": aa.Unavailable,
    "Build of instance 0c11 aborted: Block Device Mapping is Invalid: failed to get volume v1.": (
        aa.InvalidRequest
    ),
    "Build of instance 0c11 aborted: Block Device v1 is not bootable.": aa.InvalidRequest,
    "Build of instance 0c11 aborted: Failed to allocate the network(s), not rescheduling.": aa.Unavailable,
    "MessagingTimeout": aa.Unavailable,
}
"""Of a server in ERROR: ``fault.message``."""

LAUNCHES: dict[str, dict[tuple[int, str], Error]] = {
    "nova": {
        (403, "Quota exceeded for instances: Requested 1, but already used 10 of 10 instances"): (
            aa.LimitExceeded
        ),
        (403, "Quota exceeded for cores, ram: Requested 4, 4096, but already used 20, 0 of 20 cores, ram"): (
            aa.LimitExceeded
        ),
        (403, "Quota exceeded, too many servers in group"): aa.LimitExceeded,
        (403, "Quota exceeded, too many server groups."): aa.LimitExceeded,
        (403, "Resource server_groups is over limit of 10 due to current usage 10 and delta 1"): (
            aa.LimitExceeded
        ),
        (403, "Resource class:VCPU is over limit of 4 due to current usage 4 and delta 2"): aa.LimitExceeded,
        (
            403,
            "Project 0d02 is over a limit for [Resource servers is over limit of 2 due to current usage 2",
        ): (aa.LimitExceeded),
        (403, "Maximum number of ports exceeded"): aa.LimitExceeded,
        (403, "Maximum number of metadata items exceeds 2"): aa.LimitExceeded,
        (403, "Maximum number of security groups or rules exceeded"): aa.LimitExceeded,
        (403, "Personality file limit exceeded"): aa.LimitExceeded,
        (403, "Personality file content exceeds maximum 10240"): aa.LimitExceeded,
        (
            403,
            "The maximum allowed number of disk devices (26) to attach to a single instance has been "
            "exceeded.",
        ): aa.LimitExceeded,
        (400, "The requested availability zone is not available"): aa.NoCapacity,
        (400, "Instance group g1 could not be found."): aa.Conflict,
        (400, "Flavor f1 could not be found."): aa.InvalidRequest,
        (400, "Flavor's disk is too small for requested image."): aa.InvalidRequest,
        (400, "Flavor's memory is too small for requested image."): aa.InvalidRequest,
        (403, "Only volume-backed servers are allowed for flavors with zero disk."): aa.InvalidRequest,
        (400, "Can not find requested image"): aa.InvalidRequest,
        (400, "Image 8f0c is not active."): aa.InvalidRequest,
        (400, "Invalid key_name provided."): aa.InvalidRequest,
        (400, "Network n1 could not be found."): aa.InvalidRequest,
        (400, "Network n1 requires a subnet in order to boot instances on."): aa.InvalidRequest,
        (400, "Port id p1 could not be found."): aa.InvalidRequest,
        (403, "It is not allowed to create an interface on external network n1"): aa.InvalidRequest,
        (
            409,
            "More than one possible network found. Specify network ID(s) to select which one(s) to connect",
        ): (aa.InvalidRequest),
        (409, "Multiple possible networks found, use a Network ID to be more specific."): aa.InvalidRequest,
        (400, "Security group web not found for project 0d02."): aa.InvalidRequest,
        (400, "Block Device Mapping is Invalid: failed to get volume v1."): aa.InvalidRequest,
        (400, "Volume v1 could not be found."): aa.InvalidRequest,
        (
            400,
            "The availability zone between the server and its attached volumes do not match: Server and "
            "volumes are not in the same availability zone.",
        ): aa.InvalidRequest,
        (409, "Port p1 is still in use."): aa.Conflict,
        (403, "Policy doesn't allow os_compute_api:servers:create:forced_host to be performed."): (
            aa.NotAuthorized
        ),
        (500, "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/"): aa.Unavailable,
        (503, "Service is unavailable at this time."): Busy,
        (413, "This request was rate-limited."): Busy,
        (429, "This request was rate-limited."): Busy,
        (406, "Version 2.96 is not supported by the API. Minimum is 2.1 and maximum is 2.90."): aa.NotOffered,
    },
    "neutron": {
        (409, "Quota exceeded for resources: ['port']."): aa.LimitExceeded,
        (409, "No more IP addresses available on network n1."): aa.NoCapacity,
        (403, "(rule:create_port and rule:create_port:fixed_ips) is disallowed by policy"): aa.NotAuthorized,
    },
    "cinder": {
        (413, "Requested volume or snapshot exceeds allowed gigabytes quota. Requested 40G, quota is 1G"): (
            aa.LimitExceeded
        ),
        (413, "Maximum number of volumes allowed (10) exceeded for quota 'volumes'."): aa.LimitExceeded,
        (413, "Requested volume size 90G is larger than maximum allowed limit 80G."): aa.LimitExceeded,
    },
    "keystone": {
        (403, "You are not authorized to perform the requested action: identity:list_limits."): (
            aa.NotAuthorized
        ),
        (401, "The request you have made requires authentication."): aa.NotAuthorized,
        (404, "Failed to validate token"): aa.NotAuthorized,
        (404, "Could not find token: t1."): aa.NotAuthorized,
        (401, "The password is expired and needs to be changed for user: u1."): aa.NotAuthorized,
        (401, "The account is locked for user: u1."): aa.NotAuthorized,
    },
}
"""By service and status what refuses a launch."""

PRINTED: dict[str, Error] = {
    "Missing value auth-url required for auth plugin password": aa.NotAuthorized,
    "The account is locked for user: u1.": aa.NotAuthorized,
    "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log "
    "if possible.": aa.Unavailable,
    "Error: Error creating OpenStack server: The service is currently unable to handle the request due to a "
    "temporary overloading or maintenance. This is a temporary condition. Try again later.": Busy,
    "Error: Error creating OpenStack server: Internal Server Error": aa.Unavailable,
    "Error: Error creating OpenStack server: Authentication failed": aa.NotAuthorized,
    "Error: Error creating OpenStack server: Too many requests have been sent in a given amount of time. "
    "Pause requests, wait up to one minute, and try again.": Busy,
    "Error: Error creating OpenStack compute client: No suitable endpoint could be found in the service "
    "catalog.": aa.InvalidRequest,
    "Resource not found: [POST https://n/compute/v2.1/os-server-groups], error message: <h1>404</h1>": (
        aa.NotOffered
    ),
}
"""What only a tool says, or what it leaves of an answer."""

OURS: dict[tuple[str, int, str], Error] = {
    ("POST /v2.1/os-server-groups", 403, "Quota exceeded, too many server groups."): aa.LimitExceeded,
    ("POST /v2.1/os-server-groups", 404, "The resource could not be found."): aa.NotOffered,
    ("GET /v2.1/os-availability-zone", 404, "Not Found"): aa.NotOffered,
    ("GET /v2.1/os-server-groups", 410, "This resource is no longer available."): aa.NotOffered,
    ("GET /v2.1/os-server-groups", 501, "Requested functionality is not supported."): aa.NotOffered,
    ("GET /v2.1/os-server-groups/g1", 404, "Instance group g1 could not be found."): aa.Conflict,
    ("GET /v2.1/servers/0c11", 404, "Instance 0c11 could not be found."): aa.Conflict,
    (
        "POST /v2.1/os-server-groups",
        409,
        "Creating an anti-affinity group with rule max_server_per_host > 1 is not yet supported.",
    ): aa.NotOffered,
    (
        "GET /v2.1/servers/detail",
        406,
        "Version 2.96 is not supported by the API. Minimum is 2.1 and maximum is 2.90.",
    ): aa.NotOffered,
    ("POST /v2.1/servers/0c11/metadata", 403, "Maximum number of metadata items exceeds 2"): aa.LimitExceeded,
    (
        "POST /v2.1/servers/0c11/action",
        409,
        "Cannot 'start' instance 0c11 while it is in task_state powering-off",
    ): aa.Conflict,
    ("POST /v2.1/servers/0c11/metadata", 409, "Instance 0c11 is locked"): aa.InvalidRequest,
    ("POST /v2.0/ports", 409, "No more IP addresses available on network n1."): aa.NoCapacity,
    ("POST /v2.1/servers", 409, "Multiple possible networks found, use a Network ID to be more specific."): (
        aa.InvalidRequest
    ),
    ("GET /v3/auth/tokens", 404, "Failed to validate token"): aa.NotAuthorized,
    ("GET /v2.1/servers/detail", 401, "The request you have made requires authentication."): aa.NotAuthorized,
    (
        "GET /v2.1/servers/detail",
        403,
        "Policy doesn't allow os_compute_api:servers:detail to be performed.",
    ): (aa.NotAuthorized),
}
"""Of our own calls."""


# Wrappings: how a tool tells it


NEUTRON_TYPES = {
    "Quota": "OverQuota",
    "No more": "IpAddressGenerationFailure",
    "(rule": "PolicyNotAuthorized",
}


def body(service: str, status: int, words: str) -> str:
    """The answer of a service."""
    if service == "neutron":
        kind = next(kind for begins, kind in NEUTRON_TYPES.items() if words.startswith(begins))
        return json.dumps({"NeutronError": {"type": kind, "message": words, "detail": ""}})
    names = {400: "badRequest", 403: "forbidden", 409: "conflictingRequest", 413: "overLimit"}
    name = "error" if service == "keystone" else names.get(status, "computeFault")
    return json.dumps({name: {"code": status, "message": words}})


def http(service: str, status: int, words: str, call: str = "POST /v2.1/servers") -> sdk.HttpException:
    """As openstacksdk raises it."""
    method, path = call.split(" ")
    response = Response()
    response.status_code, response.url = status, f"https://cloud.example{path}"
    response.request = Request(method, response.url).prepare()
    response.headers["content-type"] = "application/json"
    response._content = body(service, status, words).encode()
    with pytest.raises(sdk.HttpException) as error:
        sdk.raise_from_response(response)
    return error.value


def from_cause(error: BaseException) -> Exception:
    """A program's own error, raised from the cloud's."""
    wrapped = RuntimeError("deploy failed")
    wrapped.__cause__ = error
    return wrapped


def command(stderr: str) -> Exception:
    return CalledProcessError(1, ["deploy"], stderr=stderr.encode())


def gophercloud_1(service: str, status: int, words: str) -> str:
    """Three statuses have a sentence of their own."""
    named = {400: "Bad request with", 403: "Request forbidden", 404: "Resource not found"}
    url, answer = "POST https://cloud.example/v2.1/servers", body(service, status, words)
    if status in named:
        return f"{named[status]}: [{url}], error message: {answer}"
    return f"Expected HTTP response code [] when accessing [{url}], but got {status} instead\n{answer}"


def gophercloud_2(service: str, status: int, words: str) -> str:
    return (
        f"Expected HTTP response code [200 202] when accessing [POST https://cloud.example/v2.1/servers], "
        f"but got {status} instead: {body(service, status, words)}"
    )


def terraform(said: str) -> str:
    lines = ["╷", f"│ Error: Error creating OpenStack server: {said}", "│ ", "│   with openstack_x.a,", "╵"]
    return "\n".join(lines)


def pulumi(said: str) -> str:
    urn = "urn:pulumi:d::p::openstack:compute/instance:Instance::a"
    return (
        f"error: 1 error occurred:\n\t* creating {urn}: 1 error occurred:\n\t* Error creating server: {said}"
    )


def ansible(said: str) -> str:
    return f"fatal: [localhost]: FAILED! => {json.dumps({'changed': False, 'msg': said})}"


Wrapping = Callable[[str, int, str], Exception]

WRAPPINGS: dict[str, Wrapping] = {
    "openstacksdk": http,
    "a cause": lambda *said: from_cause(http(*said)),
    "printed by the SDK": lambda *said: RuntimeError(str(http(*said))),
    "keystoneauth": lambda service, status, words: keystone.HttpError(words, http_status=status),
    "openstack CLI": lambda service, status, words: command(f"{words} (HTTP {status}) (Request-ID: req-1)\n"),
    "gophercloud 1": lambda *said: RuntimeError(gophercloud_1(*said)),
    "gophercloud 2": lambda *said: RuntimeError(gophercloud_2(*said)),
    "Terraform": lambda *said: command(terraform(gophercloud_1(*said))),
    "Terraform now": lambda *said: command(terraform(gophercloud_2(*said))),
    "Pulumi": lambda *said: command(pulumi(gophercloud_2(*said))),
    "Ansible": lambda *said: command(ansible(str(http(*said)))),
}

STATE = "The instance 0c11 is in ERROR state: "

FAULT_WRAPPINGS: Mapping[str, Callable[[str], Exception]] = {
    "openstacksdk's cloud layer": lambda said: sdk.SDKException(
        f"Error in creating the server. Compute service reports fault: {said}"
    ),
    "Ansible": lambda said: command(
        ansible(f"Error in creating the server. Compute service reports fault: {said}")
    ),
    "Pulumi": lambda said: command(pulumi(STATE + json.dumps({"code": 500, "message": said}))),
    "Terraform": lambda said: command(terraform(STATE + json.dumps({"code": 500, "message": said}))),
}

REFUSED = [(service, status, words) for service, some in LAUNCHES.items() for status, words in some]
UNEXPLAINED = {
    "Build of instance 0c11 aborted: Failed to allocate the network(s), not rescheduling.",
    "MessagingTimeout",
}
"""Faults without a row: of a server they are read as one to launch again, printed they are the user's own."""


@pytest.mark.parametrize("said", FAULTS)
def test_the_fault_of_a_server_is_read(said: str) -> None:
    error = faults.of_server(said, PLACEMENT, FAILED)
    assert (type(error), error.remains) == (FAULTS[said], FAILED)
    assert error.domain == domain_of(error, said)


def domain_of(error: AntiaffinityError, said: str) -> dict[str, str]:
    """Nova names no host: what the chosen one lacked is not said of the zone."""
    of_host = any(words in said for words in ("compute resources", "PCI device", "allocate memory"))
    return PLACE if isinstance(error, aa.NoCapacity) and not of_host else {}


@pytest.mark.parametrize("tool", FAULT_WRAPPINGS)
@pytest.mark.parametrize("said", [said for said in FAULTS if said not in UNEXPLAINED])
def test_the_fault_of_a_server_is_read_from_every_tool(said: str, tool: str) -> None:
    assert type(faults.of_launch(FAULT_WRAPPINGS[tool](said), PLACEMENT)) is FAULTS[said]


@pytest.mark.parametrize("tool", WRAPPINGS)
@pytest.mark.parametrize(("service", "status", "words"), REFUSED)
def test_a_refused_launch_is_read_from_every_tool(service: str, status: int, words: str, tool: str) -> None:
    error = faults.of_launch(WRAPPINGS[tool](service, status, words), PLACEMENT)
    assert type(error) is LAUNCHES[service][status, words]
    assert error.domain == (PLACE if isinstance(error, aa.NoCapacity) else {})
    assert words[:20] in error.message or error.message.startswith("the log-in"), "it quotes the cloud"


@pytest.mark.parametrize("said", PRINTED)
def test_what_a_tool_only_prints_is_read(said: str) -> None:
    for raised in (RuntimeError(said), command(said), from_cause(RuntimeError(said))):
        assert type(faults.of_launch(raised, PLACEMENT)) is PRINTED[said]


@pytest.mark.parametrize(("call", "status", "words"), OURS)
def test_a_call_of_our_own_is_read(call: str, status: int, words: str) -> None:
    service = "neutron" if "/ports" in call else "keystone" if "/v3" in call else "nova"
    raised = http(service, status, words, call)
    with pytest.raises(AntiaffinityError) as error, faults.answered():
        raise raised
    assert type(error.value) is OURS[call, status, words]


@pytest.mark.parametrize(
    "said",
    [
        "deploy: 409 Conflict while merging branches",
        "git push: 403 Forbidden",
        "Resource not found: [GET https://n/v2.1/flavors/f1], error message: {}",
        "Flavor f1 could not be found.",
        "No such file: /etc/hosts",
    ],
)
def test_what_no_cloud_said_is_left_to_the_caller(said: str) -> None:
    assert faults.of_launch(RuntimeError(said), PLACEMENT) is None
