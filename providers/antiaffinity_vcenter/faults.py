# mypy: untyped-calls-exclude=pyVmomi
"""vCenter's faults, as our errors.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/ lists them by method.
"""

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
    Conflict,
    InvalidRequest,
    NoCapacity,
    NotAuthorized,
    Unavailable,
)
from antiaffinity.model import Placement
from antiaffinity.telling import brief, causes, explained, printed

OF_THE_WIRE = (OSError, HTTPException)

NO_ROOM = (
    vim.fault.RuleViolation,
    vim.fault.InsufficientResourcesFault,
    vim.fault.NoCompatibleHost,
    vim.fault.NoCompatibleHardAffinityHost,
    vim.fault.NoCompatibleSoftAffinityHost,
    vim.fault.GenericDrsFault,
    vim.fault.NoDiskSpace,
    vim.fault.InvalidHostState,
    vim.fault.CannotAccessVmComponent,
    vmodl.fault.HostCommunication,
)
"""A host that cannot take a machine now, by its rules, its resources or its state."""

WORDS_OF_NO_ROOM = re.compile(
    r"RuleViolation|affinity rule|sufficient\s?(\w+\s)?\w*(resource|capacity|space)|NoCompatibleHost"
    r"|cannot find a host|current (connection )?state of the host",
    re.I,
)
"""As other tools print the same faults."""

REPEAT = (
    vim.fault.ConcurrentAccess,
    vim.fault.TaskInProgress,
    vmodl.fault.ManagedObjectNotFound,
    vim.fault.NotFound,
    vim.fault.DuplicateName,
)
"""Somebody else changed it meanwhile, or is changing it."""


# When it is we who ask


@contextmanager
def answered(operation: str) -> Iterator[None]:
    """Whatever the SDK raises inside comes out as one of our errors, with the SDK's as its cause."""
    try:
        yield
    except (vmodl.MethodFault, *OF_THE_WIRE) as error:
        raise of(error, operation) from error


def of(error: BaseException, operation: str) -> AntiaffinityError:
    """The error for what an operation of ours raised, or its task ended with."""
    said = text(error)
    if isinstance(error, vim.fault.NotAuthenticated):
        return NotAuthorized(f"{operation}: the session has ended: connect again ({said})", path="user")
    if isinstance(error, vim.fault.NoPermission):
        return NotAuthorized(f"{operation} needs the privilege {_privilege(error)} ({said})")
    if isinstance(error, vim.fault.InvalidLogin):
        return NotAuthorized(f"vCenter does not take this user and pwd ({said})", path="pwd")
    if isinstance(error, REPEAT):
        return Conflict(f"{operation}: it changed meanwhile, repeat ({said})")
    if isinstance(error, vmodl.fault.InvalidArgument | vmodl.fault.NotSupported | vmodl.fault.InvalidType):
        return InvalidRequest(f"{operation}: vCenter refuses it: {said}")
    return Unavailable(f"{operation}: vCenter did not do it, repeat ({said})")


def _privilege(error: vim.fault.NoPermission) -> str:
    on = f" on {error.object._GetMoId()}" if error.object is not None else ""
    return f"{error.privilegeId}{on}"


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
    if isinstance(cause, NO_ROOM) or WORDS_OF_NO_ROOM.search(_of_others(cause)):
        return no_room(placement, _of_others(cause) or text(cause))
    if isinstance(cause, vmodl.MethodFault | OSError | HTTPException):
        return of(cause, f"the launch of {placement.member}")
    return None


def _of_others(error: BaseException) -> str:
    """What another tool said of a fault; "" for the SDK's own, which have types."""
    return "" if isinstance(error, vmodl.MethodFault) else printed(error) or str(error)


def no_room(placement: Placement, said: str) -> NoCapacity:
    """The chosen host does not take the machine."""
    where = {str(level): name for level, name in placement.domains.items()}
    host = where.get("host", "the host")
    return NoCapacity(f"{host} does not take {placement.member}: {brief(said)}", domain=where)


def text(error: BaseException) -> str:
    """A fault by its name and in its own words."""
    told = [getattr(error, "msg", None) or "", *_reasons(error)]
    words = ": ".join(dict.fromkeys(filter(None, told))) or (
        "" if isinstance(error, vmodl.MethodFault) else str(error)
    )
    return brief(": ".join(filter(None, (type(error).__name__.rpartition(".")[2], words))))


def _reasons(error: Any) -> list[str]:
    return [one.message for one in getattr(error, "faultMessage", None) or () if one.message]
