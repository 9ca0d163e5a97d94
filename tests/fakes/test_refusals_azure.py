"""Every refusal of Azure's means the same, whichever tool printed it and whatever HTTP phrase stands by."""

from __future__ import annotations

import pytest

import antiaffinity as aa
from antiaffinity.errors import Busy
from antiaffinity.model import GroupKey, Machine
from antiaffinity_azure.faults import answered, of_launch, of_machine
from fakes.azure_refused import EXAMPLES, RIGHTS, ROOM, Example, Kind
from fakes.azure_wrappings import CODED, WORDED, Wrapping, az_as_json, sdk, sdk_in_a_message

KEY = GroupKey("shop/prod", "db")
ZONAL = aa.Placement("db-0", {"region": "westeurope", "zone": "2"}, key=KEY)
REGIONAL = aa.Placement("db-0", {"region": "northcentralus", "rack": "1"}, key=KEY)
REMAINS = Machine("/vm/db-0", "db-0", "", {})


def shown(example: Example) -> str:
    return f"{example.code}: {example.said[:40]}"


@pytest.mark.parametrize("example", EXAMPLES, ids=shown)
def test_a_refused_launch_means_the_same_whoever_printed_it(example: Example) -> None:
    """Words alone are understood where no other refusal has them."""
    wrappings = (*CODED, *(WORDED if example.alone else ()))
    read = {wrap.__name__: of_launch(wrap(example.code, example.said), ZONAL) for wrap in wrappings}
    told = {name: (type(error), error.path if error else "") for name, error in read.items()}
    assert told == dict.fromkeys(told, (example.error, example.path))


@pytest.mark.parametrize("example", ROOM, ids=shown)
@pytest.mark.parametrize("wrapping", [sdk, *CODED[-3:]])
def test_what_has_no_room_is_named_and_no_more(example: Example, wrapping: Wrapping) -> None:
    for placement, levels in ((ZONAL, example.zonal), (REGIONAL, example.regional)):
        found = of_launch(wrapping(example.code, example.said), placement)
        assert found
        assert set(found.domain) == set(levels)


@pytest.mark.parametrize("example", EXAMPLES, ids=shown)
def test_a_failed_machine_says_it_in_its_view(example: Example) -> None:
    found = of_machine(f"{example.code}: {example.said}", ZONAL, REMAINS)
    assert (type(found), found.path, found.remains) == (example.error, example.path, REMAINS)


@pytest.mark.parametrize("example", EXAMPLES, ids=shown)
def test_a_call_of_our_own_is_refused_for_the_same_reason(example: Example) -> None:
    with pytest.raises(aa.AntiaffinityError) as raised, answered():
        raise sdk(example.code, example.said)
    assert (type(raised.value), raised.value.path, raised.value.domain) == (example.error, example.path, {})


PRINTED: dict[str, Kind] = {
    "DefaultAzureCredential failed to retrieve a token from the included credentials.": aa.NotAuthorized,
    "ERROR: Please run 'az login' to setup account.": aa.NotAuthorized,
    "AADSTS7000215: Invalid client secret provided.": aa.NotAuthorized,
    "RESPONSE 503: 503 Service Unavailable\nERROR CODE UNAVAILABLE": Busy,
    "RESPONSE 429: 429 Too Many Requests\nERROR CODE UNAVAILABLE": Busy,
    "performing Get: unexpected status 403 (403 Forbidden) with response: <html>": aa.NotAuthorized,
    "The requested size for resource r is currently not available in location L zones Z": aa.NoCapacity,
    "New-AzVM: no. See https://aka.ms/azureskunotavailable for details.": aa.NoCapacity,
    "ERROR: (OperationNotAllowed) no\nCode: OperationNotAllowed\nException Details:\t(TooManyRequests) no": (
        Busy
    ),
}


@pytest.mark.parametrize("said", PRINTED)
def test_what_was_printed_without_a_code_is_understood_by_its_words(said: str) -> None:
    assert type(of_launch(RuntimeError(said), ZONAL)) is PRINTED[said]


@pytest.mark.parametrize(
    "said",
    [
        "409 Conflict",
        "RESPONSE 409: 409 Conflict\nERROR CODE UNAVAILABLE",
        "unexpected status 409 (409 Conflict) with response: ",
        "StatusCode: 409\nReasonPhrase: Conflict",
        "Status: 409 (Conflict)",
        "Operation returned an invalid status 'Conflict'",
        "The remote server returned an error: (409) Conflict.",
        "404 Not Found",
        "OperationNotAllowed: Operation 'write' is not allowed on VM 'db-0' since the VM is generalized.",
    ],
)
def test_a_phrase_of_http_is_nothing_to_go_by(said: str) -> None:
    assert of_launch(RuntimeError(said), ZONAL) is None


def test_a_frame_that_says_conflict_is_no_race() -> None:
    """What it holds is the cause; a cause that is not known is not guessed."""
    generalized = "Operation 'write' is not allowed on VM 'db-0' since the VM is generalized."
    for wrapping in (sdk_in_a_message, az_as_json):
        assert of_launch(wrapping("OperationNotAllowed", generalized), ZONAL) is None


def test_a_failed_launch_says_what_to_do_next() -> None:
    locked = of_launch(sdk("ScopeLocked", "locked: '/rg'"), ZONAL)
    linked = of_launch(sdk(RIGHTS[6].code, RIGHTS[6].said), ZONAL)
    assert "remove the lock" in str(locked)
    assert "lacks a right, join/action" in str(linked)
