"""What Exoscale says, as our errors: by the table of its refusals, without a row by status.

Refusals of a launch are not published: neither their words nor whether they come as an HTTP error or as an
operation that fails. So a launch into a group that fails for no other reason is one without room.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from antiaffinity.errors import (
    AntiaffinityError,
    Busy,
    Conflict,
    InvalidRequest,
    NoCapacity,
    NotAuthorized,
    Unavailable,
)
from antiaffinity.meanings import Said, error_of, meaning
from antiaffinity.model import Machine, Placement
from antiaffinity.odd_answers import read_by_sdk
from antiaffinity.retry import BUSY
from antiaffinity.telling import brief, explained
from antiaffinity_exoscale import tools
from antiaffinity_exoscale.refusals import MEANINGS, NO_HYPERVISOR, ROOMLESS
from antiaffinity_exoscale.tools import OF_THE_SDK, heard, of_wait, status_of, text

LAUNCH = "create-instance"


def by_meaning(
    said: Said, placement: Placement | None = None, remains: Machine | None = None
) -> AntiaffinityError | None:
    """The error that the table has for it, whichever tool printed it."""
    row = meaning(MEANINGS, said)
    if row is None:
        return None
    told = {
        "group": group_of(placement),
        "zone": _zone(placement),
        "said": brief(said.words) or said.codes[0],
    }
    return error_of(row, placement, remains, call=said.call, **told)


# When it is we who ask


@contextmanager
def answered(operation: str) -> Iterator[None]:
    """Whatever the SDK raises inside comes out as one of our errors, with the SDK's as its cause."""
    with read_by_sdk("Exoscale", "exoscale", "requests"):
        try:
            yield
        except OF_THE_SDK as error:
            known = by_meaning(heard(error, operation))
            raise known or _by_status(status_of(error), text(error), operation) from error


def _by_status(status: int | None, said: str, operation: str) -> AntiaffinityError:
    if status == 401:
        return NotAuthorized(f"Exoscale does not take this key: check key and secret ({said})", path="key")
    if status == 403:
        return _forbidden(said, operation)
    if status in BUSY:
        return Busy(f"{operation}: Exoscale answered {status}: {said}")
    if status in (404, 409, 412):
        return Conflict(f"{operation}: it changed meanwhile, repeat ({said})")
    if status is not None and 400 <= status < 500 and status != 408:
        return InvalidRequest(f"{operation}: Exoscale refuses it: {said}")
    answered = f"answered {status}" if status else "did not answer"
    return Unavailable(f"{operation}: Exoscale {answered}, repeat: {said}")


def _forbidden(said: str, operation: str) -> NotAuthorized:
    """A right that lacks, or a key that Exoscale does not know: it answers 403 to both."""
    return NotAuthorized(
        f"Exoscale forbids {operation}: check key and secret; the key's role must allow compute.{operation} "
        f"({said})",
        path="key",
    )


def of_operation(operation: Mapping[str, Any], command: str) -> AntiaffinityError:
    """The error for an operation of ours that failed."""
    said = operation.get("message", "") or "no reason given"
    if operation["state"] == "timeout":
        return Unavailable(f"{command}: Exoscale's operation ran out of time, repeat ({said})")
    if known := by_meaning(tools.of_operation(operation, command)):
        return known
    reason = operation.get("reason", "")
    error = Conflict if reason in ("not-found", "conflict") else Unavailable
    return error(f"{command}: Exoscale's operation failed, {reason}: {said}")


# When the user launched


def of_launch(error: BaseException, placement: Placement) -> AntiaffinityError | None:
    """The error for what a launch raised, or for one of its causes; None where Exoscale did not say it."""
    return explained(error, lambda cause: _of_cause(cause, placement))


def _of_cause(cause: BaseException, placement: Placement) -> AntiaffinityError | None:
    if waited := of_wait(cause):
        return of_failure(waited.call, waited.codes[0], waited.words, placement)
    if known := by_meaning(heard(cause, LAUNCH), placement):
        return known
    status = status_of(cause)
    if status is None and not isinstance(cause, OF_THE_SDK):
        return None
    return _of_status(status, text(cause), placement)


def _of_status(status: int | None, said: str, placement: Placement) -> AntiaffinityError | None:
    """A wrong argument of the user's own is none of ours to explain."""
    if status in (409, 412) and placement.native_ids:
        return no_room(placement, said)
    if status is None or status in (401, 403, 408) or status >= 500:
        return _by_status(status, said, LAUNCH)
    return None


def of_failure(
    state: str, reason: str, said: str, placement: Placement, remains: Machine | None = None
) -> AntiaffinityError:
    """The error for a launch's operation that failed; ``reason`` and ``said`` are Exoscale's."""
    told = said or reason or "no reason given"
    if known := by_meaning(Said((reason,), said, LAUNCH), placement, remains):
        return known
    if state != "timeout" and reason in ROOMLESS and placement.native_ids:
        return no_room(placement, told, remains)
    if reason == "not-found":
        return _group_gone(placement, told, remains)
    return Unavailable(
        f"the launch of {placement.member} failed ({reason or state}: {told}): delete what is left of it and "
        f"launch again",
        remains=remains,
    )


def no_room(placement: Placement, said: str, remains: Machine | None = None) -> NoCapacity:
    """No hypervisor of the zone took it; Exoscale does not tell of which kind the want is."""
    told = {"member": placement.member, "group": group_of(placement), "zone": _zone(placement)}
    where = {str(level): name for level, name in placement.domains.items()}
    return NoCapacity(NO_HYPERVISOR.format(said=said, **told), domain=where, remains=remains)


def _group_gone(placement: Placement, said: str, remains: Machine | None = None) -> Conflict:
    return Conflict(
        f"{group_of(placement)} was deleted meanwhile ({said}): prepare the group again, then launch",
        remains=remains,
    )


def _zone(placement: Placement | None) -> str:
    return placement.domains.get("zone", "?") if placement else "?"


def group_of(placement: Placement | None) -> str:
    """A group as a person finds it: ours, and Exoscale's."""
    if placement is None:
        return "the anti-affinity group"
    group = f"group {placement.key}" if placement.key else "its group"
    natives = ", ".join(placement.native_ids)
    return f"{group} (anti-affinity group {natives})" if natives else group
