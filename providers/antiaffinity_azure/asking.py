"""One request to Azure, or one list: repeated where that may help, and never for long.

The SDK's own retries sleep for as long as Retry-After says, which can be 20 minutes, and answer nothing
meanwhile; so they are off, and these are bounded, on the library's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from azure.core import exceptions as sdk

from antiaffinity import clock
from antiaffinity_azure import faults

T = TypeVar("T")

ONCE: dict[str, Any] = {"retry_total": 0}
"""Turns the SDK's own retries off, for one call."""

PAUSES = (0.5, 2.0, 8.0)
"""Seconds between tries, where Azure does not say."""

LONGEST_REST = 60.0
"""Seconds of Retry-After that are waited; more is told to the caller."""

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
    """Every row of a list; where there is no such resource group or set, none."""
    try:
        return asked(lambda: list(call()))
    except sdk.ResourceNotFoundError as gone:
        if faults.code(gone) not in ("ResourceGroupNotFound", "ResourceNotFound", "NotFound"):
            raise
        return []


def found(call: Callable[[], T]) -> T | None:
    """A resource, or None where there is none."""
    try:
        return asked(call)
    except sdk.ResourceNotFoundError as gone:
        if faults.code(gone) == "SubscriptionNotFound":
            raise
        return None
