"""What EC2 and boto3 say, as our errors: by the code of the answer, wherever it was printed.

Codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from antiaffinity.errors import (
    AntiaffinityError,
    Conflict,
    InvalidRequest,
    LimitExceeded,
    NoCapacity,
    NotAuthorized,
    Unavailable,
)
from antiaffinity.model import Placement
from antiaffinity.telling import brief, explained, printed

OF_THE_SDK = (ClientError, BotoCoreError)


class Said(Struct, frozen=True):
    """One refusal of EC2's."""

    code: str
    operation: str
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {brief(self.message)}"


PRINTED = (
    re.compile(
        r"An error occurred \((?P<code>[\w.]+)\) when calling the (?P<operation>\w+) operation[^:]*: "
    ),
    re.compile(r"(?P<operation>\w+), https response error .*?api error (?P<code>[\w.]+): ", re.DOTALL),
    re.compile(r"(?P<operation>)api error (?P<code>[\w.]+): "),
)
"""How boto3 and the AWS CLI, and programs in Go (Terraform, Pulumi), print an error."""

NO_ROOM = (
    "InsufficientInstanceCapacity",
    "InsufficientHostCapacity",
    "InsufficientCapacityOnHost",
    "InsufficientReservedInstanceCapacity",
    "InsufficientCapacity",
)
REFUSED = (
    "AuthFailure",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "ExpiredToken",
    "RequestExpired",
    "InvalidAccessKeyId",
    "MissingAuthenticationToken",
    "IncompleteSignature",
)
FORBIDDEN = ("UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "OptInRequired", "Blocked")
LATER = (
    "RequestLimitExceeded",
    "Throttling",
    "ThrottlingException",
    "InternalError",
    "InternalFailure",
    "Unavailable",
    "ServiceUnavailable",
    "ClientTokenInUse",
)
NO_SUBNET = ("VPCIdNotSpecified", "MissingInput", "DefaultVpcDoesNotExist")
"""A launch that names no subnet needs a default one in its zone."""


def said(error: BaseException) -> Said | None:
    """What EC2 said, in boto3's exception or in the text that a command printed."""
    if isinstance(error, ClientError):
        answer = error.response.get("Error", {})
        return Said(answer.get("Code", ""), error.operation_name, answer.get("Message", ""))
    text = printed(error) or str(error)
    for form in PRINTED:
        if found := form.search(text):
            return Said(found["code"], found["operation"] or "RunInstances", text[found.end() :])
    return None


def of_launch(error: BaseException, placement: Placement) -> AntiaffinityError | None:
    """The error for what a launch raised, or for one of its causes; None where EC2 did not say it."""
    return explained(error, lambda cause: _of_cause(cause, placement))


def _of_cause(cause: BaseException, placement: Placement) -> AntiaffinityError | None:
    told = said(cause)
    return by_kind(cause) if told is None else about_place(told, placement) or by_code(told)


def about_place(told: Said, placement: Placement) -> AntiaffinityError | None:
    """What only a launch can be told, and a start."""
    member, zone = placement.member, _zone(placement)
    if told.code in NO_ROOM or told.code.removeprefix("Server.") in NO_ROOM:
        return NoCapacity(f"no room for {member}{_in(zone)} ({told})", domain=_domains(placement))
    if told.code == "InsufficientFreeAddressesInSubnet":
        return NoCapacity(
            f"the subnet for {member}{_in(zone)} has no free address ({told}): name another one",
            domain=_outer(placement),
        )
    if told.code == "Unsupported" and "Availability Zone" in told.message:
        return NoCapacity(f"{member} cannot be{_in(zone)} ({told})", domain=_outer(placement))
    if told.code == "InvalidPlacementGroup.Unknown":
        return Conflict(
            f"the placement group of {member} was deleted, or is not there yet ({told}): prepare it again, "
            f"then launch"
        )
    if told.code in NO_SUBNET:
        return InvalidRequest(
            f"{zone or 'the region'} has no default subnet ({told}): name the subnets to use, by id or Name",
            path="needs.networks",
        )
    if told.code.startswith("InvalidSubnet"):
        return InvalidRequest(f"the subnet of {member} cannot be used ({told})", path="needs.networks")
    if told.code == "IdempotentParameterMismatch":
        return InvalidRequest(
            f"the client token was used for another launch ({told}): leave it to the placement",
            path="ClientToken",
        )
    return None


def by_code(told: Said) -> AntiaffinityError | None:
    """The error for any refusal whose code has one meaning."""
    if told.code in FORBIDDEN:
        return NotAuthorized(f"the credentials lack the right to {_right(told)} ({told})")
    if told.code in REFUSED:
        return NotAuthorized(
            f"AWS refuses the credentials ({told}): check aws_access_key_id, aws_secret_access_key, "
            f"aws_session_token or profile_name, and the clock"
        )
    if told.code in LATER:
        return Unavailable(f"AWS is not ready for it, repeat ({told})")
    if is_limit(told):
        return LimitExceeded(f"a quota of the account is used up ({told}): free some of it, or ask for more")
    return None


def is_limit(told: Said) -> bool:
    """Whether the code names a limit; there are many, one for each kind of quota."""
    return told.code not in LATER and bool(re.search(r"Limit|Quota|Max\w*Count", told.code))


def by_kind(error: BaseException) -> AntiaffinityError | None:
    """The error for what boto3 says without an answer of AWS: no credentials, no connection."""
    if isinstance(error, boto.NoCredentialsError | boto.PartialCredentialsError | boto.TokenRetrievalError):
        return NotAuthorized(
            f"no credentials for AWS ({brief(str(error))}): give aws_access_key_id and "
            f"aws_secret_access_key, or profile_name, or set them in the environment"
        )
    if isinstance(error, boto.HTTPClientError | boto.ConnectionError):
        return Unavailable(
            f"AWS did not answer: check region_name and endpoint_url, or repeat ({brief(str(error))})"
        )
    return None


@contextmanager
def answered() -> Iterator[None]:
    """Whatever boto3 raises inside comes out as one of our errors, with boto3's as its cause."""
    try:
        yield
    except OF_THE_SDK as error:
        raise of_ours(error) from error


def of_ours(error: ClientError | BotoCoreError) -> AntiaffinityError:
    """The error for a call that we made ourselves."""
    told = said(error)
    if told is None:
        return by_kind(error) or Unavailable(f"boto3 failed: {brief(str(error))}")
    if found := by_code(told):
        return found
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    if status >= 500:
        return Unavailable(f"AWS failed at {told.operation}, repeat ({told})")
    return InvalidRequest(f"EC2 refuses {told.operation} ({told})")


def is_code(error: ClientError, *codes: str) -> bool:
    """Whether EC2 answered with one of these codes."""
    return error.response.get("Error", {}).get("Code") in codes


def _right(told: Said) -> str:
    """The IAM action; the message names it, which may be another one than the call's."""
    named = re.search(r"perform: (\w+:\w+)", told.message)
    return named[1] if named else f"ec2:{told.operation}"


def _zone(placement: Placement) -> str:
    return placement.domains.get("zone", "")


def _in(zone: str) -> str:
    return f" in {zone}" if zone else ""


def _domains(placement: Placement) -> dict[str, str]:
    """What refused: the zone, and the partition or the Dedicated Host where the launch named one."""
    return {str(level): name for level, name in placement.domains.items()}


def _outer(placement: Placement) -> dict[str, str]:
    """Zone and region alone: what refused has nothing to do with racks and hosts."""
    return {str(level): name for level, name in placement.domains.items() if level in ("region", "zone")}
