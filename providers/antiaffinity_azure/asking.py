"""One request to Azure, or one list: repeated where that may help, for as long as the user says.

The SDK's own retries sleep for as long as Retry-After says, which can be 20 minutes, and answer nothing
meanwhile; so they are off, and these are bounded, on the library's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from azure.core import exceptions as sdk

from antiaffinity import clock
from antiaffinity.errors import Unavailable
from antiaffinity.retry import BUSY, Tries, wait_told
from antiaffinity.telling import brief
from antiaffinity.whole import BrokenOff, whole
from antiaffinity_azure import faults

T = TypeVar("T")

ONCE: dict[str, Any] = {"retry_total": 0}
"""Turns the SDK's own retries off, for one call."""

PAUSES = (0.5, 2.0, 8.0)
"""Seconds between tries, where Azure does not say."""

NOTHING = ("ResourceGroupNotFound", "ResourceNotFound", "NotFound")
"""The codes of a list that is none, because what it would be of is not there."""

BROKEN_OFF = (400, 404, 410)
"""How the link to a next page is refused that holds no more."""

HICCUPS = (408, 500)


def asked(patience: float, call: Callable[[], T]) -> T:
    """What the call answers in the end; the SDK's error where it does not, Unavailable where it asks to wait.

    All that is asked through here changes nothing, or changes what is still as it was seen.
    """
    tries, pauses = Tries(patience), iter(PAUSES)
    while True:
        try:
            return call()
        except sdk.AzureError as error:
            if _is_later(error):
                _rest(tries, error)
            elif _is_hiccup(error) and (pause := next(pauses, None)):
                clock.sleep(pause)
            else:
                raise


def _rest(tries: Tries, error: sdk.AzureError) -> None:
    try:
        tries.rest_or_end(brief(faults.text(error)), wait_told(error))
    except Unavailable as impatient:
        raise impatient from error


def _is_later(error: sdk.AzureError) -> bool:
    is_log_in = isinstance(error, sdk.ClientAuthenticationError)
    return not is_log_in and getattr(error, "status_code", None) in BUSY


def _is_hiccup(error: sdk.AzureError) -> bool:
    if isinstance(error, sdk.ClientAuthenticationError):
        return False
    is_lost = isinstance(error, sdk.ServiceRequestError | sdk.ServiceResponseError)
    return is_lost or getattr(error, "status_code", None) in HICCUPS


def listed(patience: float, call: Callable[[], Iterable[T]]) -> list[T]:
    """Every row of a list; where there is no such resource group or set, none.

    Only its first page can say so: a list that breaks off after that is begun anew, and Unavailable where it
    does so again and again.
    """
    return whole(lambda: _read(patience, call), "a list of Azure's")


def _read(patience: float, call: Callable[[], Iterable[T]]) -> list[T]:
    rows: list[T] = []
    try:
        return asked(patience, lambda: _all(call, rows))
    except sdk.HttpResponseError as error:
        if not rows and faults.code(error) in NOTHING:
            return []
        if not rows or error.status_code not in BROKEN_OFF:
            raise
        raise BrokenOff(faults.text(error)) from error


def _all(call: Callable[[], Iterable[T]], rows: list[T]) -> list[T]:
    """The rows from the first page on; what was got before the end is left in ``rows``."""
    rows.clear()
    for row in call():
        rows.append(row)
    return rows


def found(patience: float, call: Callable[[], T]) -> T | None:
    """A resource, or None where there is none."""
    try:
        return asked(patience, call)
    except sdk.ResourceNotFoundError as gone:
        if faults.code(gone) == "SubscriptionNotFound":
            raise
        return None
