"""What Azure says, as our errors: one code means five things, and a class of the SDK tells little."""

from __future__ import annotations

from subprocess import CalledProcessError
from typing import Any

import pytest

import antiaffinity as aa
from antiaffinity.errors import Busy
from antiaffinity.model import GroupKey
from antiaffinity_azure.faults import by_words, of_launch

ZONAL = aa.Placement("db-0", {"region": "westeurope", "zone": "2"}, key=GroupKey("shop/prod", "db"))
REGIONAL = aa.Placement("db-0", {"region": "northcentralus", "rack": "1"}, key=GroupKey("shop/prod", "db"))

SAID: dict[str, type[aa.AntiaffinityError]] = {
    "OperationNotAllowed: Operation could not be completed as it results in exceeding approved Total "
    "Regional Cores quota.": aa.LimitExceeded,
    "OperationNotAllowed: The request failed because another operation is in progress.": aa.Conflict,
    "OperationNotAllowed, TooManyRequests: The server rejected the request because too many requests have "
    "been received for this subscription.": Busy,
    "OperationNotAllowed: Availability Set old cannot be deleted. Before deleting an Availability Set please "
    "ensure that it does not contain any VM.": aa.StillOccupied,
    "OperationNotAllowed: The Virtual Machine Scale Set s is marked for deletion.": aa.Conflict,
    "AllocationFailed: Allocation failed.": aa.NoCapacity,
    "ZonalAllocationFailed: Allocation failed.": aa.NoCapacity,
    "OverconstrainedAllocationRequest: The size cannot be had.": aa.NoCapacity,
    "OverconstrainedZonalAllocationRequest: The size cannot be had.": aa.NoCapacity,
    "ResourceDeploymentFailure, AllocationFailed: The resource operation completed with terminal state.": (
        aa.NoCapacity
    ),
    "SkuNotAvailable: The requested VM size is currently not available.": aa.NoCapacity,
    "PropertyChangeNotAllowed: Changing property 'zones' is not allowed.": aa.Conflict,
    "PreconditionFailed: The precondition was not met.": aa.Conflict,
    "ResourceGroupNotFound: Resource group 'x' could not be found.": aa.InvalidRequest,
    "AuthorizationFailed: The client has no right to perform action 'Microsoft.Compute/virtualMachines/read' "
    "over scope '/'.": aa.NotAuthorized,
}


@pytest.mark.parametrize("said", SAID)
def test_words_mean_an_error(said: str) -> None:
    found = by_words(said, ZONAL)
    assert type(found) is SAID[said]


def test_an_operation_that_is_not_allowed_for_another_reason_is_not_guessed() -> None:
    assert by_words("OperationNotAllowed: Disk d is attached to a VM.", ZONAL) is None


@pytest.mark.parametrize(
    ("placement", "code", "domain"),
    [
        (ZONAL, "ZonalAllocationFailed", {"region": "westeurope", "zone": "2"}),
        (REGIONAL, "AllocationFailed", {"region": "northcentralus", "rack": "1"}),
        (ZONAL, "SkuNotAvailable", {"region": "westeurope", "zone": "2"}),
        (REGIONAL, "SkuNotAvailable", {"region": "northcentralus"}),
    ],
)
def test_the_domain_that_refused_is_named(placement: aa.Placement, code: str, domain: dict[str, str]) -> None:
    """Without zones a size that is missing is missing in every fault domain."""
    found = by_words(f"{code}: no", placement)
    assert found
    assert found.domain == domain


def test_a_missing_right_is_named() -> None:
    found = by_words("AuthorizationFailed: no right to perform action 'Microsoft.Compute/skus/read' over")
    assert "Microsoft.Compute/skus/read" in str(found)


@pytest.mark.parametrize(
    "stderr", ["ERROR: (AllocationFailed) no\nCode: AllocationFailed", b"(SkuNotAvailable) no"]
)
def test_what_a_command_printed_is_understood(stderr: Any) -> None:
    failed = CalledProcessError(1, ["az", "vm", "create"], stderr=stderr)
    assert isinstance(of_launch(failed, ZONAL), aa.NoCapacity)


def test_an_error_of_the_users_own_is_none_of_azures() -> None:
    assert of_launch(ValueError("image not built"), ZONAL) is None
    assert of_launch(aa.NoCapacity("my own word: AllocationFailed"), ZONAL) is None
