"""What Exoscale says, as our errors: by words where they tell of room, else by status or reason.

Refusals of a launch are not published: neither their words nor whether they come as an HTTP error or as an
operation that fails. So a launch into a group that fails for no other reason is one without room.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from exoscale.api.exceptions import ExoscaleAPIException
from requests import RequestException

from antiaffinity.errors import (
    AntiaffinityError,
    Conflict,
    InvalidRequest,
    LimitExceeded,
    NoCapacity,
    NotAuthorized,
    Unavailable,
)
from antiaffinity.model import Machine, Placement
from antiaffinity.telling import brief, explained, printed

OF_THE_SDK = (ExoscaleAPIException, RequestException)

NO_ROOM = re.compile(
    r"anti.?affinity|hypervisor|capacity|not enough|insufficient|no (suitable )?host|\bfull\b", re.I
)
QUOTA = re.compile(r"quota|limit (reached|exceeded)", re.I)
GONE = re.compile(r"anti.?affinity.*not found|not found.*anti.?affinity", re.I)
OF_WAIT = re.compile(r"Operation error: (failure|timeout), (\S+)")
"""All that the SDK's ``wait`` leaves of a failed operation."""

BY_REASON: Mapping[str, type[AntiaffinityError]] = {
    "forbidden": NotAuthorized,
    "not-found": Conflict,
    "conflict": Conflict,
    "incorrect": InvalidRequest,
    "unsupported": InvalidRequest,
}
"""Every other reason is one to repeat."""

ROOMLESS = ("unavailable", "conflict", "unknown", "")
"""The reasons of a launch that may mean that no hypervisor was free."""


# When it is we who ask


@contextmanager
def answered(operation: str) -> Iterator[None]:
    """Whatever the SDK raises inside comes out as one of our errors, with the SDK's as its cause."""
    try:
        yield
    except OF_THE_SDK as error:
        raise _by_status(status_of(error), text(error), operation) from error


def _by_status(status: int | None, said: str, operation: str) -> AntiaffinityError:
    if status == 401:
        return NotAuthorized(f"Exoscale does not take this key: check key and secret ({said})", path="key")
    if status == 403:
        return _forbidden(said, operation)
    if status in (404, 409, 412):
        return Conflict(f"{operation}: it changed meanwhile, repeat ({said})")
    if status is not None and 400 <= status < 500 and status not in (408, 429):
        return InvalidRequest(f"{operation}: Exoscale refuses it: {said}")
    answered = f"answered {status}" if status else "did not answer"
    return Unavailable(f"{operation}: Exoscale {answered}, repeat: {said}")


def _forbidden(said: str, operation: str) -> AntiaffinityError:
    """A quota, a right that lacks, or a key that Exoscale does not know: it answers 403 to all three."""
    if operation.startswith("create-") and QUOTA.search(said):
        return LimitExceeded(f"a quota leaves no room ({said}): delete what is not needed, or ask for more")
    return NotAuthorized(
        f"Exoscale forbids {operation}: check key and secret; the key's role must allow compute.{operation} "
        f"({said})",
        path="key",
    )


def of_operation(operation: Mapping[str, Any], command: str) -> AntiaffinityError:
    """The error for an operation of ours that failed."""
    reason, said = operation.get("reason", ""), operation.get("message", "") or "no reason given"
    if operation["state"] == "timeout":
        return Unavailable(f"{command}: Exoscale's operation ran out of time, repeat ({said})")
    if reason == "forbidden":
        return _forbidden(said, command)
    error = BY_REASON.get(reason, Unavailable)
    return error(f"{command}: Exoscale's operation failed, {reason}: {said}")


# When the user launched


def of_launch(error: BaseException, placement: Placement) -> AntiaffinityError | None:
    """The error for what a launch raised, or for one of its causes; None where Exoscale did not say it."""
    return explained(error, lambda cause: _of_cause(cause, placement))


def _of_cause(cause: BaseException, placement: Placement) -> AntiaffinityError | None:
    said = text(cause)
    if waited := OF_WAIT.search(said):
        return of_failure(waited[1], waited[2], "", placement)
    if GONE.search(said):
        return _group_gone(placement, said)
    if QUOTA.search(said):
        return _forbidden(said, "create-instance")
    if NO_ROOM.search(said):
        return no_room(placement, said)
    return _of_status(status_of(cause), said, placement) if isinstance(cause, OF_THE_SDK) else None


def _of_status(status: int | None, said: str, placement: Placement) -> AntiaffinityError | None:
    """A wrong argument of the user's own is none of ours to explain."""
    if status in (409, 412) and placement.native_ids:
        return no_room(placement, said)
    if status is None or status in (401, 403, 408, 429) or status >= 500:
        return _by_status(status, said, "create-instance")
    return None


def of_failure(
    state: str, reason: str, said: str, placement: Placement, remains: Machine | None = None
) -> AntiaffinityError:
    """The error for a launch's operation that failed; ``reason`` and ``said`` are Exoscale's."""
    told = said or reason or "no reason given"
    if QUOTA.search(said):
        return _forbidden(said, "create-instance")
    if GONE.search(said) or reason == "not-found":
        return _group_gone(placement, told, remains)
    if NO_ROOM.search(said) or (state == "failure" and reason in ROOMLESS and placement.native_ids):
        return no_room(placement, told, remains)
    if reason == "forbidden":
        return _forbidden(told, "create-instance")
    return Unavailable(
        f"the launch of {placement.member} failed ({reason or state}: {told}): delete what is left of it and "
        f"launch again",
        remains=remains,
    )


def no_room(placement: Placement, said: str, remains: Machine | None = None) -> NoCapacity:
    """No hypervisor of the zone took it; Exoscale does not tell of which kind the want is."""
    where = {str(level): name for level, name in placement.domains.items()}
    return NoCapacity(
        f"no hypervisor took {placement.member} in {group_of(placement)} in zone {where.get('zone', '?')}. "
        f"Exoscale does not tell whether the group has used every hypervisor, or is full, or whether "
        f"none has the capacity ({said})",
        domain=where,
        remains=remains,
    )


def _group_gone(placement: Placement, said: str, remains: Machine | None = None) -> Conflict:
    return Conflict(
        f"{group_of(placement)} was deleted meanwhile ({said}): prepare the group again, then launch",
        remains=remains,
    )


def group_of(placement: Placement) -> str:
    """A group as a person finds it: ours, and Exoscale's."""
    group = f"group {placement.key}" if placement.key else "its group"
    natives = ", ".join(placement.native_ids)
    return f"{group} (anti-affinity group {natives})" if natives else group


# What was said


def status_of(error: BaseException | None) -> int | None:
    """The HTTP status of an answer; None where there was none."""
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    return status if isinstance(status, int) else None


def text(error: BaseException) -> str:
    """What Exoscale said, in either shape of its errors; of a failed command what it printed on stderr."""
    return brief(_of_response(getattr(error, "response", None)) or printed(error) or str(error))


def _of_response(response: Any) -> str:
    """``message``, or ``title`` and ``detail`` (RFC 9457)."""
    try:
        told = response.json()
        said = [told.get(name) for name in ("message", "title", "detail")]
    except (AttributeError, ValueError):
        return ""
    return ": ".join(one for one in said if isinstance(one, str) and one)
