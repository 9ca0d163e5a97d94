"""What Azure says, as our errors: by its codes and words (``refusals``), else by the status.

A class of the SDK tells little: every 409 is one class, whether a quota, a race or a missing size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from azure.core import exceptions as sdk

from antiaffinity.errors import AntiaffinityError, Busy, Conflict, InvalidRequest, NotAuthorized, Unavailable
from antiaffinity.meanings import Meaning, Said, error_of, meaning
from antiaffinity.model import Machine, Placement
from antiaffinity.odd_answers import read_by_sdk
from antiaffinity.retry import BUSY
from antiaffinity.telling import brief, explained, printed
from antiaffinity.waiting import StillBuilding
from antiaffinity_azure.printed import said_by, status_of
from antiaffinity_azure.refusals import REFUSALS, VAGUE

ACTION = re.compile(r"perform action '([^']+)'")


def of_machine(said: str, placement: Placement, remains: Machine) -> AntiaffinityError:
    """The error for a machine whose making failed, by what its instance view says."""
    unknown = Unavailable(
        f"the machine of {placement.member} failed ({brief(said) or 'Azure gives no reason'}): delete it "
        f"and launch again",
        remains=remains,
    )
    return by_words(said, placement, remains) or unknown


def is_placed(said: str) -> bool:
    """Whether it is the word on a machine that has its place, and only did not report in time."""
    row = _row(said_by(said))
    return row is not None and row.error is StillBuilding


def of_launch(error: BaseException, placement: Placement) -> AntiaffinityError | None:
    """The error for what a launch raised, or for one of its causes; None where Azure did not say it."""
    return explained(error, lambda cause: _of_cause(cause, placement))


def _of_cause(cause: BaseException, placement: Placement) -> AntiaffinityError | None:
    if isinstance(cause, sdk.AzureError):
        return by_words(text(cause), placement) or by_status(cause)
    return by_words(text(cause), placement) or _by_printed_status(text(cause))


def by_words(
    said: str, placement: Placement | None = None, remains: Machine | None = None, wait: float | None = None
) -> AntiaffinityError | None:
    """The error that these codes and words mean, whichever tool printed them."""
    row = _row(said_by(said))
    if row is None:
        return None
    actions = ACTION.findall(said)  # of two, the last is the one that lacks
    return error_of(
        row,
        placement,
        remains,
        place=_place(placement),
        right=f", {actions[-1]}" if actions else "",
        wait=f", and wants {wait:.0f} s of rest" if wait else "",
        said=brief(said),
    )


def _row(said: Said) -> Meaning | None:
    return meaning(REFUSALS, said) or meaning(VAGUE, said._replace(codes=said.codes[:1]))


def _place(placement: Placement | None) -> str:
    """Where, as Azure calls it."""
    domains = placement.domains if placement else {}
    if "zone" in domains:
        return f" in zone {domains['zone']}"
    return f" in fault domain {domains['rack']}" if "rack" in domains else ""


# By the status, where code and words are not known


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
    return _of_status(status, text(error)) if isinstance(status, int) else None


def _by_printed_status(said: str) -> AntiaffinityError | None:
    status = status_of(said)
    return None if status is None else _of_status(status, said)


def _of_status(status: int, said: str) -> AntiaffinityError | None:
    """What a status alone tells; 400, 404 and 409 are given for too many reasons."""
    if status in (401, 403):
        return NotAuthorized(f"Azure forbids it: ask for the right that it names ({brief(said)})")
    if status in BUSY:
        return Busy(f"Azure answered {status}: {brief(said)}")
    if status == 408 or status >= 500:
        return Unavailable(f"Azure answered {status}, repeat: {brief(said)}")
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
    with read_by_sdk("Azure", "azure"):
        try:
            yield
        except sdk.AzureError as error:
            found = by_words(text(error), wait=retry_after(error)) or by_status(error) or by_kind(error)
            raise found from error


# Reading what was raised


def text(error: BaseException) -> str:
    """Codes and words of what Azure said, details and all; of a failed command what it printed on stderr."""
    told = getattr(error, "error", None)
    if told is None:
        return str(printed(error) or getattr(error, "message", "") or error).strip()
    rows = [*_nested(told)]
    codes = dict.fromkeys(row.code for row in rows if row.code)
    said = dict.fromkeys(row.message for row in rows if row.message)
    return f"{', '.join(codes)}: {'; '.join(said)}"


def _nested(told: sdk.ODataV4Format) -> Iterator[sdk.ODataV4Format]:
    """An error of Azure's and all that it holds, outermost first."""
    yield told
    for detail in told.details or ():
        yield from _nested(detail)


def code(error: sdk.AzureError) -> str:
    """The code of Azure's error, "" without one."""
    told = getattr(error, "error", None)
    return str(told.code or "") if told else ""


def retry_after(error: BaseException) -> float | None:
    """Seconds that Azure asks for before the next request, where it does."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    said = headers.get("Retry-After", "")
    return float(said) if str(said).isdigit() else None
