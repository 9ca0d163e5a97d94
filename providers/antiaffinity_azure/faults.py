"""What Azure says, as our errors: by its codes and words, else by the status.

A class of the SDK tells little: every 409 is one class, whether a quota, a race or a missing size. One code,
OperationNotAllowed, means five things, told apart by the words beside it. Codes:
https://learn.microsoft.com/azure/virtual-machines/troubleshooting-error-messages and
https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from azure.core import exceptions as sdk

from antiaffinity.errors import (
    AntiaffinityError,
    Conflict,
    InvalidRequest,
    LimitExceeded,
    NoCapacity,
    NotAuthorized,
    StillOccupied,
    Unavailable,
)
from antiaffinity.model import Machine, Placement
from antiaffinity.telling import brief, explained, printed


class Meaning(NamedTuple):
    """An error of ours, and what it tells, for what Azure says; ``path`` names the setting to look at."""

    words: re.Pattern[str]
    error: type[AntiaffinityError]
    message: str
    path: str = ""


def _means(words: str, error: type[AntiaffinityError], message: str, path: str = "") -> Meaning:
    return Meaning(re.compile(words, re.IGNORECASE), error, message, path)


MEANINGS = (
    # Order matters: what many codes share is told apart by its words first.
    _means(
        r"TooManyRequests|SubscriptionRequestsThrottled|OperationsThrottled",
        Unavailable,
        "Azure was asked too often{wait}: repeat later ({said})",
    ),
    _means(
        r"exceeding approved .*quota|QuotaExceeded",
        LimitExceeded,
        "a quota leaves no room for {member} ({said}): ask for more, or delete machines",
    ),
    _means(
        r"ensure that it does not contain any VM|cannot be deleted",
        StillOccupied,
        "machines are still in it ({said}): delete them first",
    ),
    _means(
        r"another operation is in progress|marked for deletion|OperationPreempted|AnotherOperationInProgress"
        r"|PropertyChangeNotAllowed|PreconditionFailed|ConditionNotMet|\bConflict\b",
        Conflict,
        "{member} is there already, or is being changed by somebody else: look again, then repeat ({said})",
    ),
    _means(
        r"OverconstrainedZonalAllocationRequest|OverconstrainedAllocationRequest|ZonalAllocationFailed"
        r"|AllocationFailed|InvalidAvailabilityZone|SkuNotAvailable",
        NoCapacity,
        "Azure had no room for {member}{place} ({said}): delete the failed machine, then try another place "
        "or size",
    ),
    _means(
        r"AuthorizationFailed|RBACAccessDenied",
        NotAuthorized,
        "the credential lacks a right{right}: ask for it on resource group and subscription ({said})",
    ),
    _means(
        r"InvalidAuthenticationToken|ExpiredAuthenticationToken|AADSTS\d+|CredentialUnavailable",
        NotAuthorized,
        "the log-in was refused: check tenant, client and secret, or log in again ({said})",
        "credential",
    ),
    _means(
        r"ResourceGroupNotFound",
        InvalidRequest,
        "there is no such resource group in the subscription: make it, or name another ({said})",
        "resource_group_name",
    ),
    _means(
        r"SubscriptionNotFound|InvalidSubscriptionId",
        InvalidRequest,
        "the credential knows no such subscription ({said})",
        "subscription_id",
    ),
    _means(
        r"LocationNotAvailableForResourceType|NoRegisteredProviderFound|LocationNotSupportAvailabilityZones",
        InvalidRequest,
        "Azure does not offer that there ({said})",
        "location",
    ),
    _means(
        r"The Virtual Machine Scale Set \S+ cannot be found",
        Conflict,
        "its scale set was deleted meanwhile: prepare the group again, then launch ({said})",
    ),
)

ACTION = re.compile(r"perform action '([^']+)'")


def of_machine(said: str, placement: Placement, remains: Machine) -> AntiaffinityError:
    """The error for a machine whose making failed, by what its instance view says."""
    unknown = Unavailable(
        f"the machine of {placement.member} failed ({brief(said) or 'Azure gives no reason'}): delete it "
        f"and launch again",
        remains=remains,
    )
    return by_words(said, placement, remains) or unknown


def of_launch(error: BaseException, placement: Placement) -> AntiaffinityError | None:
    """The error for what a launch raised, or for one of its causes; None where Azure did not say it."""
    return explained(error, lambda cause: by_words(text(cause), placement) or by_status(cause))


def by_words(
    said: str, placement: Placement | None = None, remains: Machine | None = None, wait: float | None = None
) -> AntiaffinityError | None:
    """The error that these words mean, wherever they were printed."""
    for meaning in MEANINGS:
        if meaning.words.search(said):
            action = ACTION.search(said)
            message = meaning.message.format(
                member=placement.member if placement else "it",
                place=_place(placement),
                right=f", {action[1]}" if action else "",
                wait=f", and wants {wait:.0f} s of rest" if wait else "",
                said=brief(said),
            )
            no_room = meaning.error is NoCapacity
            domain = _refusing(placement, said) if placement and no_room else None
            return meaning.error(message, path=meaning.path, domain=domain, remains=remains)
    return None


def _place(placement: Placement | None) -> str:
    """Where, as Azure calls it."""
    domains = placement.domains if placement else {}
    if "zone" in domains:
        return f" in zone {domains['zone']}"
    return f" in fault domain {domains['rack']}" if "rack" in domains else ""


def _refusing(placement: Placement, said: str) -> dict[str, str]:
    """The domain that refuses; a size that is missing where there are no zones is missing in all domains."""
    domains = {str(level): name for level, name in placement.domains.items()}
    if "SkuNotAvailable" in said and "zone" not in domains and "region" in domains:
        return {"region": domains["region"]}
    return domains


def by_status(error: BaseException) -> AntiaffinityError | None:
    """The error for a refused log-in or right, and for a service that did not answer."""
    if isinstance(error, sdk.ClientAuthenticationError):
        return NotAuthorized(
            f"the log-in was refused: check the credential, or log in again ({brief(text(error))})",
            path="credential",
        )
    if isinstance(error, sdk.ServiceRequestError | sdk.ServiceResponseError):
        return Unavailable(f"Azure did not answer; check the address, or repeat: {brief(text(error))}")
    status = getattr(error, "status_code", None) if isinstance(error, sdk.HttpResponseError) else None
    if status == 403:
        return NotAuthorized(f"Azure forbids it: {brief(text(error))}")
    if isinstance(status, int) and (status in (408, 429) or status >= 500):
        return Unavailable(f"Azure answered {status}, repeat: {brief(text(error))}")
    return None


def by_kind(error: BaseException) -> AntiaffinityError:
    """The error for everything else that the SDK raises when it is we who call."""
    said = brief(text(error))
    status = getattr(error, "status_code", None)
    if status in (404, 409, 412):
        return Conflict(f"it changed meanwhile, repeat: {said}")
    if status == 400:
        return InvalidRequest(f"Azure refuses it: {said}")
    return Unavailable(f"azure-mgmt-compute failed: {said}")


@contextmanager
def answered() -> Iterator[None]:
    """Whatever the SDK raises inside comes out as one of our errors, with the SDK's as its cause."""
    try:
        yield
    except sdk.AzureError as error:
        found = by_words(text(error), wait=retry_after(error)) or by_status(error) or by_kind(error)
        raise found from error


def text(error: BaseException) -> str:
    """Codes and words of what Azure said; of a failed command what it printed on stderr."""
    told = getattr(error, "error", None)
    if told is None:
        return str(printed(error) or getattr(error, "message", "") or error).strip()
    codes = [told.code, *(detail.code for detail in told.details or ())]
    return f"{', '.join(dict.fromkeys(filter(None, codes)))}: {told.message}"


def code(error: sdk.AzureError) -> str:
    """The code of Azure's error, "" without one."""
    told = getattr(error, "error", None)
    return str(told.code or "") if told else ""


def retry_after(error: BaseException) -> float | None:
    """Seconds that Azure asks for before the next request, where it does."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    said = headers.get("Retry-After", "")
    return float(said) if str(said).isdigit() else None
