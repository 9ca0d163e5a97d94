# mypy: untyped-calls-exclude=pyVmomi
"""Every refusal of vCenter's means the same, whichever tool told it, and blames what really refused."""

from __future__ import annotations

import pytest
from pyVmomi import vim

import antiaffinity as aa
from antiaffinity_vcenter.faults import answered, of_launch, of_rest
from core.vcenter_placements import ON_HOST
from fakes.vcenter_refused import EXAMPLES, REST, ROOM, Example, Kind
from fakes.vcenter_wrappings import CODED, NAMED, WORDED, Wrapping, fault


def shown(example: Example) -> str:
    return f"{example.fault}: {example.said[:40]}"


def wrappings(example: Example) -> tuple[Wrapping, ...]:
    """Each that tells enough of it: what a class cannot tell apart needs the words, too."""
    named = () if example in NEEDS_WORDS else NAMED
    return (*CODED, *named, *(WORDED if example.alone else ()))


NEEDS_WORDS = tuple(
    one
    for one in ROOM
    if "parent resource pool" in one.said
    or (one.fault, one.levels) == ("InsufficientResourcesFault", ("zone",))
)


@pytest.mark.parametrize("example", EXAMPLES, ids=shown)
def test_a_refused_launch_means_the_same_whoever_told_it(example: Example) -> None:
    """A wrong argument of the user's is none of ours to explain."""
    found = {one.__name__: of_launch(one(example.fault, example.said), ON_HOST) for one in wrappings(example)}
    told = {
        name: (error and type(error), set(error.domain if error else ())) for name, error in found.items()
    }
    right = None if example.error is aa.InvalidRequest else example.error
    assert told == dict.fromkeys(told, (right, set(example.levels)))


@pytest.mark.parametrize("example", EXAMPLES, ids=shown)
def test_a_call_of_our_own_is_refused_for_the_same_reason(example: Example) -> None:
    """Only a launch can go elsewhere."""
    right = aa.Unavailable if example.error is aa.NoCapacity else example.error
    with pytest.raises(aa.AntiaffinityError) as raised, answered("changing the rules"):
        raise fault(example.fault, example.said)
    assert type(raised.value) is right


@pytest.mark.parametrize("kind", REST)
def test_an_answer_of_rest_is_read_by_its_type_whatever_its_status(kind: str) -> None:
    """With the type in the value, in the frame alone (before vSphere 7), or in an answer of /api."""
    messages = [{"id": "x", "default_message": "It was not done.", "args": []}]
    frame = f"com.vmware.vapi.std.errors.{kind.lower()}"
    for body in (
        {"type": frame, "value": {"error_type": kind, "messages": messages}},
        {"type": frame, "value": {"messages": messages}},
        {"error_type": kind, "messages": messages},
    ):
        found = of_rest(body, 400, "reading tags")
        assert type(found) is REST[kind]
        assert "It was not done." in str(found)


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, aa.Unavailable), (401, aa.NotAuthorized), (403, aa.NotAuthorized), (503, aa.Unavailable)],
)
@pytest.mark.parametrize("body", [None, "", [], {"value": None}, {"value": {"messages": None}}, {"type": 7}])
def test_an_answer_of_rest_without_a_type_is_read_by_its_status(
    body: object, status: int, error: Kind
) -> None:
    assert type(of_rest(body, status, "reading tags")) is error


PRINTED: dict[str, Kind] = {
    "ServerFaultCode: NoPermission": aa.NotAuthorized,
    "govc: InsufficientCpuResourcesFault": aa.NoCapacity,
    '400 Bad Request: {"type":"com.vmware.vapi.std.errors.already_exists","value":{}}': aa.Conflict,
    '{"error": {"error_type": "UNABLE_TO_ALLOCATE_RESOURCE", "messages": []}}': aa.NoCapacity,
    "The available\nMemory resources in the parent resource pool are\ninsufficient for it.": aa.NoCapacity,
}


@pytest.mark.parametrize("said", PRINTED)
def test_what_was_printed_is_understood(said: str) -> None:
    assert type(of_launch(RuntimeError(said), ON_HOST)) is PRINTED[said]


@pytest.mark.parametrize(
    "said",
    ["400 Bad Request", "409 Conflict", "404 Not Found", "NotFound: image", "the name db-0 already exists"],
)
def test_what_is_not_vcenters_is_the_users_own(said: str) -> None:
    assert of_launch(RuntimeError(said), ON_HOST) is None


def test_of_many_hosts_the_first_ones_reason_is_told() -> None:
    refused = vim.fault.NoCompatibleHost(error=[vim.fault.InvalidHostState(msg="it is in maintenance")])
    found = of_launch(refused, ON_HOST)
    assert "no host of c1 takes db-0: NoCompatibleHost: it is in maintenance" in str(found)


def test_a_missing_privilege_is_named_with_what_it_is_missing_on() -> None:
    denied = vim.fault.NoPermission(
        object=vim.Folder("group-v3"), privilegeId="VirtualMachine.Inventory.Create"
    )
    assert "needs the privilege VirtualMachine.Inventory.Create on group-v3" in str(
        of_launch(denied, ON_HOST)
    )
