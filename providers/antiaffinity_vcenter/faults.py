# mypy: untyped-calls-exclude=pyVmomi
"""vCenter's faults, as our errors: ``refusals`` says what each means, ``printed`` reads it."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any

from pyVmomi import vim, vmodl

from antiaffinity.errors import (
    AntiaffinityError,
    Busy,
    InvalidRequest,
    NoCapacity,
    NotAuthorized,
    Unavailable,
)
from antiaffinity.meanings import error_of, meaning
from antiaffinity.model import Placement
from antiaffinity.odd_answers import read_by_sdk
from antiaffinity.retry import BUSY
from antiaffinity.telling import brief, causes, explained, printed
from antiaffinity_vcenter.printed import said_by, said_by_rest, said_of, words_of
from antiaffinity_vcenter.refusals import REFUSALS

OF_THE_WIRE = (OSError, HTTPException)

LATER = re.compile("|".join(map(str, BUSY)))
"""How the SDK's exception begins for an answer of what stands before vpxd; it keeps no header of it."""

# When it is we who ask


@contextmanager
def answered(operation: str) -> Iterator[None]:
    """Whatever the SDK raises inside comes out as one of our errors, with the SDK's as its cause."""
    with read_by_sdk("vCenter", "pyVmomi"):
        try:
            yield
        except (vmodl.MethodFault, *OF_THE_WIRE) as error:
            raise of(error, operation) from error


def of(error: BaseException, operation: str) -> AntiaffinityError:
    """The error for what an operation of ours raised, or its task ended with."""
    if isinstance(error, HTTPException) and LATER.match(str(error)):
        return Busy(f"{operation}: vCenter takes no more requests just now ({text(error)})")
    row = meaning(REFUSALS, said_of(error)) if isinstance(error, vmodl.MethodFault) else None
    if row is None or issubclass(row.error, NoCapacity):  # it is no launch: nothing is to go elsewhere
        return Unavailable(f"{operation}: vCenter did not do it, repeat ({text(error)})")
    return error_of(row, None, operation=operation, said=text(error), privilege=_privilege(error))


def of_rest(body: object, status: int, operation: str) -> AntiaffinityError:
    """The error for an answer of the REST API: by its type, else by its status."""
    told = said_by_rest(body)
    row = meaning(REFUSALS, told)
    if row is not None and not issubclass(row.error, NoCapacity):
        words = ": ".join(filter(None, (*told.codes, brief(told.words))))
        return error_of(row, None, operation=operation, said=f"{status} {words}")
    if status in (401, 403):
        return NotAuthorized(
            f"{operation}: vCenter's REST API does not let this user ({status})", path="user"
        )
    return Unavailable(f"{operation}: vCenter's REST API answered {status}, repeat")


def _privilege(error: Any) -> str:
    """The privilege that a fault names, and on what."""
    named = getattr(error, "privilegeId", None)
    on = f" on {error.object._GetMoId()}" if named and error.object is not None else ""
    return f"{named or 'that it does not tell'}{on}"


# When we connect


def of_connecting(error: BaseException, address: str) -> AntiaffinityError:
    """The error for a log-in that failed, with the setting to mend as its path."""
    for cause in causes(error):
        if isinstance(cause, socket.gaierror):
            return InvalidRequest(f"there is no host {address}: {cause}", path="host")
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _untrusted(cause, address)
        if isinstance(cause, vim.fault.InvalidLogin):
            return of(cause, "log-in")
    if isinstance(error, OF_THE_WIRE):
        return Unavailable(f"{address} does not answer: {brief(str(error))}", path="host")
    if isinstance(error, vmodl.MethodFault):
        return of(error, "log-in")
    return InvalidRequest(f"{address} is no vCenter: {brief(str(error))}", path="host")


def _untrusted(error: ssl.SSLCertVerificationError, address: str) -> InvalidRequest:
    return InvalidRequest(
        f"the certificate of {address} is not trusted ({error.verify_message}): give its thumbprint, or let "
        f"SSL_CERT_FILE name the file with its authority's certificate",
        path="thumbprint",
    )


# When the user launched


def of_launch(error: BaseException, placement: Placement) -> AntiaffinityError | None:
    """The error for what a launch raised, or for one of its causes; None where vCenter did not say it.

    A wrong argument of the user's is none of ours to explain.
    """
    found = explained(error, lambda cause: _of_cause(cause, placement))
    return None if isinstance(found, InvalidRequest) else found


def _of_cause(cause: BaseException, placement: Placement) -> AntiaffinityError | None:
    """A fault of the SDK's has a class; what another tool printed may have a code, and has words."""
    if isinstance(cause, OF_THE_WIRE):
        return of(cause, _launch(placement))
    is_fault = isinstance(cause, vmodl.MethodFault)
    said = said_of(cause) if is_fault else said_by(printed(cause) or str(cause))
    row = meaning(REFUSALS, said)
    if row is None:
        return of(cause, _launch(placement)) if is_fault else None
    domains = placement.domains
    return error_of(
        row,
        placement,
        operation=_launch(placement),
        privilege=_privilege(cause),
        said=text(cause) if is_fault else brief(said.words),
        host=domains.get("host", "the host"),
        zone=domains.get("zone", "the cluster"),
    )


def _launch(placement: Placement) -> str:
    return f"the launch of {placement.member}"


def text(error: BaseException) -> str:
    """A fault by its name and in its own words."""
    words = ": ".join(words_of(error)) or ("" if isinstance(error, vmodl.MethodFault) else str(error))
    return brief(": ".join(filter(None, (type(error).__name__.rpartition(".")[2], words))))
