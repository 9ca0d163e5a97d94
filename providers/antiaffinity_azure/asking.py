"""One request to Azure, or one list: repeated where that may help, and never for long.

The SDK's own retries sleep for as long as Retry-After says, which can be 20 minutes, and answer nothing
meanwhile; so they are off, and these are bounded, on the library's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from azure.core import exceptions as sdk

from antiaffinity import clock
from antiaffinity.whole import BrokenOff, whole
from antiaffinity_azure import faults

T = TypeVar("T")

ONCE: dict[str, Any] = {"retry_total": 0}
"""Turns the SDK's own retries off, for one call."""

PAUSES = (0.5, 2.0, 8.0)
"""Seconds between tries, where Azure does not say."""

LONGEST_REST = 60.0
"""Seconds of Retry-After that are waited; more is told to the caller."""

NOTHING = ("ResourceGroupNotFound", "ResourceNotFound", "NotFound")
"""The codes of a list that is none, because what it would be of is not there."""

BROKEN_OFF = (400, 404, 410)
"""How the link to a next page is refused that holds no more."""

HICCUPS = (408, 429, 500, 502, 503, 504)


def asked(call: Callable[[], T]) -> T:
    """What the call answers in the end; the SDK's error where it does not."""
    for pause in PAUSES:
        try:
            return call()
        except sdk.AzureError as error:
            wait = _rest(error, pause)
            if wait is None:
                raise
            clock.sleep(wait)
    return call()


def _rest(error: sdk.AzureError, pause: float) -> float | None:
    """How long to wait before the same again; None where that is no use, or too long."""
    if isinstance(error, sdk.ClientAuthenticationError):
        return None
    if isinstance(error, sdk.ServiceRequestError | sdk.ServiceResponseError):
        return pause
    if getattr(error, "status_code", None) not in HICCUPS:
        return None
    wait = faults.retry_after(error) or pause
    return wait if wait <= LONGEST_REST else None


def listed(call: Callable[[], Iterable[T]]) -> list[T]:
    """Every row of a list; where there is no such resource group or set, none.

    Only its first page can say so: a list that breaks off after that is begun anew, and Unavailable where it
    does so again and again.
    """
    return whole(lambda: _read(call), "a list of Azure's")


def _read(call: Callable[[], Iterable[T]]) -> list[T]:
    rows: list[T] = []
    try:
        return asked(lambda: _all(call, rows))
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


def found(call: Callable[[], T]) -> T | None:
    """A resource, or None where there is none."""
    try:
        return asked(call)
    except sdk.ResourceNotFoundError as gone:
        if faults.code(gone) == "SubscriptionNotFound":
            raise
        return None
