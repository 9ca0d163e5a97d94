"""Our errors as the engine takes them: a status, words for the user, and what is there all the same."""

from __future__ import annotations

from typing import NoReturn

import grpc

from antiaffinity import errors
from antiaffinity.tables import help_lines
from pulumi_antiaffinity.ask import HalfMade, Made
from pulumi_antiaffinity.codec import encode
from pulumi_antiaffinity.messages import provider_pb2, status_pb2

STATUSES = {
    errors.InvalidRequest: grpc.StatusCode.INVALID_ARGUMENT,
    errors.NotAuthorized: grpc.StatusCode.PERMISSION_DENIED,
    errors.NotOffered: grpc.StatusCode.FAILED_PRECONDITION,
    errors.LimitExceeded: grpc.StatusCode.OUT_OF_RANGE,
    errors.NoCapacity: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.Conflict: grpc.StatusCode.ABORTED,
    errors.StillOccupied: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Unavailable: grpc.StatusCode.UNAVAILABLE,
}
"""None of these leaves the engine in doubt about the resource, as UNKNOWN and INTERNAL would."""

DETAILS = "grpc-status-details-bin"


def told(error: errors.AntiaffinityError) -> str:
    """An error in words: what is wrong, what cannot be met together, what would help."""
    return "\n".join([error.message, *help_lines(error.conflict, error.ways_out)])


def text_of(error: errors.AntiaffinityError) -> str:
    """The same with the property that it is about."""
    return f"{error.path}: {told(error)}" if error.path else told(error)


def refuse(context: grpc.ServicerContext, error: errors.AntiaffinityError, text: str) -> NoReturn:
    """End the call with the error's status."""
    context.abort(STATUSES.get(type(error), grpc.StatusCode.FAILED_PRECONDITION), text)


def refuse_half_made(context: grpc.ServicerContext, half: HalfMade, text: str) -> NoReturn:
    """End the call so that the engine saves what is there, and comes back to it on the next update."""
    code = STATUSES[type(half.cause)] if half.cause else grpc.StatusCode.FAILED_PRECONDITION
    status = status_pb2.Status(code=code.value[0], message=text)
    status.details.add().Pack(_init_failed(half.made))
    context.set_trailing_metadata(((DETAILS, status.SerializeToString()),))
    context.abort(code, text)


def _init_failed(made: Made) -> provider_pb2.ErrorResourceInitFailed:
    return provider_pb2.ErrorResourceInitFailed(
        id=made.id, properties=encode(made.state), inputs=encode(made.inputs), reasons=made.reasons
    )
