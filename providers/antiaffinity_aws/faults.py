"""What EC2 and boto3 say, as our errors: by the code of the answer, wherever it was printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from antiaffinity.errors import (
    AntiaffinityError,
    InvalidRequest,
    LimitExceeded,
    NotAuthorized,
    Unavailable,
)
from antiaffinity.meanings import Meaning, Said, error_of
from antiaffinity.model import Placement
from antiaffinity.odd_answers import odd, read_by_sdk
from antiaffinity.telling import brief, explained
from antiaffinity_aws import refusals
from antiaffinity_aws.printed_errors import said as said
from antiaffinity_aws.printed_errors import spellings
from antiaffinity_aws.refused_requests import ARGUMENT, NO_KEYS, UNREACHABLE

OF_THE_SDK = (ClientError, BotoCoreError)

NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.SSOError,
    boto.TokenRetrievalError,
    boto.NoAuthTokenError,
    boto.LoginError,
    boto.UnknownCredentialError,
)
"""botocore's errors of a log-in, SSOTokenLoadError and UnauthorizedSSOTokenError among them."""

NO_SETTING = {
    boto.ProfileNotFound: "profile_name",
    boto.ConfigNotFound: "profile_name",
    boto.ConfigParseError: "profile_name",
    boto.NoRegionError: "region_name",
    boto.InvalidRegionError: "region_name",
    boto.UnknownRegionError: "region_name",
    boto.InvalidEndpointConfigurationError: "endpoint_url",
}

OF_A_PARAMETER = re.compile(
    r'(?:parameter in input|parameter in \w+): "(?P<name>\w+)"|for parameter (?P<path>[\w.\[\]]+)'
)
"""Which parameter botocore found wrong: "Unknown parameter in input", "Invalid type for parameter"."""


def shown(told: Said) -> str:
    """A refusal for people: its code and its words."""
    return ": ".join(filter(None, (*told.codes[:1], brief(told.words))))


def error(row: Meaning, told: Said, placement: Placement | None) -> AntiaffinityError:
    """The error for what a row of the table says of a refusal."""
    call = told.call or "RunInstances"
    if call != "RunInstances":  # the instance may be there: no argument of its launch is to blame
        row = row._replace(path="")
    return error_of(row, placement, said=shown(told), right=_right(told), call=call)


def of_launch(error: BaseException, placement: Placement) -> AntiaffinityError | None:
    """The error for what a launch raised, or for one of its causes; None where EC2 did not say it."""
    return explained(error, lambda cause: _of_cause(cause, placement))


def _of_cause(cause: BaseException, placement: Placement) -> AntiaffinityError | None:
    told = said(cause)
    row = refusals.meaning_of(told)
    return by_kind(cause) or (error(row, told, placement) if row else None)


def of_end(code: str, words: str, placement: Placement) -> AntiaffinityError | None:
    """The error for the code that ended an instance; None where it tells of no refusal."""
    told = Said(spellings(code), words)
    row = refusals.meaning_of(told)
    return error(row, told, placement) if row else None


def is_limit(told: Said) -> bool:
    """Whether EC2 speaks of some limit of an account or a thing; there are many."""
    row = refusals.meaning_of(told)
    return row is not None and row.error is LimitExceeded


def by_kind(cause: BaseException) -> AntiaffinityError | None:
    """The error for what boto3 says without an answer of AWS: no credentials, no connection."""
    told = brief(str(cause))
    if isinstance(cause, NO_CREDENTIALS):
        return NotAuthorized(NO_KEYS.format(said=told))
    if isinstance(cause, boto.ParamValidationError):
        return InvalidRequest(ARGUMENT.format(call="it", said=told), path=_parameter(told))
    if isinstance(cause, tuple(NO_SETTING)):
        return InvalidRequest(told, path=_setting(cause))
    if isinstance(cause, boto.HTTPClientError | boto.ConnectionError):
        return Unavailable(UNREACHABLE.format(said=told))
    return None


def _setting(cause: BaseException) -> str:
    return next(path for kind, path in NO_SETTING.items() if isinstance(cause, kind))


def _parameter(told: str) -> str:
    found = OF_A_PARAMETER.search(told)
    return (found["name"] or found["path"]) if found else ""


@contextmanager
def answered() -> Iterator[None]:
    """Whatever boto3 raises inside comes out as one of our errors, with boto3's as its cause."""
    with read_by_sdk("AWS", "botocore", "boto3"):
        try:
            yield
        except ResponseParserError as cause:
            raise odd("AWS", str(cause)) from cause
        except OF_THE_SDK as cause:
            raise of_ours(cause) from cause


def of_ours(cause: ClientError | BotoCoreError) -> AntiaffinityError:
    """The error for a call that we made ourselves."""
    if not isinstance(cause, ClientError):
        return by_kind(cause) or Unavailable(f"boto3 failed: {brief(str(cause))}")
    told = said(cause)
    row = refusals.meaning_of(told)
    return error(row, told, None) if row else _by_status(told, cause)


def _by_status(told: Said, cause: ClientError) -> AntiaffinityError:
    """The error for a code like no other."""
    status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    if status >= 500:
        return Unavailable(f"AWS failed at {told.call}, repeat ({shown(told)})")
    return InvalidRequest(f"EC2 refuses {told.call} ({shown(told)})")


def is_code(error: ClientError, *codes: str) -> bool:
    """Whether EC2 answered with one of these codes."""
    return error.response.get("Error", {}).get("Code") in codes


def _right(told: Said) -> str:
    """The IAM action; the message names it, which may be another one than the call's."""
    named = re.search(r"perform: ([\w-]+:\w+)", told.words)
    return named[1] if named else f"ec2:{told.call or 'RunInstances'}"
