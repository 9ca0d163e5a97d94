"""What each refusal of Exoscale means: the reasons of its operations, and the names of its API before them.

The reasons are those of the operation in the OpenAPI document that Exoscale's SDK ships; the older API's are
egoscale's errorcode_string.go and cserrorcode_string.go, which old tools still print. Which reason a launch
without room has is not published, nor are any words: ``ROOMLESS`` are left to the placement.
"""

from __future__ import annotations

from antiaffinity.errors import (
    AntiaffinityError,
    Busy,
    Conflict,
    InvalidRequest,
    LimitExceeded,
    NoCapacity,
    NotAuthorized,
    Unavailable,
)
from antiaffinity.meanings import Meaning, words

REASONS = (
    "busy",
    "conflict",
    "fault",
    "forbidden",
    "incorrect",
    "interrupted",
    "not-found",
    "partial",
    "unavailable",
    "unknown",
    "unsupported",
)
"""Why an operation fails: all that the document has."""

ROOMLESS = ("unavailable", "conflict", "unknown", "")
"""The reasons of a launch that may mean that no hypervisor was free."""

NO_HYPERVISOR = (
    "no hypervisor took {member} in {group} in zone {zone}. Exoscale does not tell whether the group has "
    "used every hypervisor, or is full, or whether none has the capacity ({said})"
)


def _whatever(error: type[AntiaffinityError], message: str, told: str, path: str = "") -> tuple[Meaning, ...]:
    """Words that tell more than any reason does, with one or without."""
    levels = ("zone",) if error is NoCapacity else ()
    with_reason = Meaning(error, message, REASONS, words(told), path, levels)  # type: ignore[arg-type]
    return with_reason, with_reason._replace(codes=())


def _argument(what: str, told: str) -> Meaning:
    """What a launch names and Exoscale has not: not the group, whose loss is a race.

    Without a path: what such a launch left is discarded like any other.
    """
    message = f"Exoscale has no such {what}, or not in this zone ({{said}}): mend it"
    return Meaning(InvalidRequest, message, ("not-found",), words(told))


def _named(error: type[AntiaffinityError], message: str, *codes: str) -> Meaning:
    levels = ("zone",) if error is NoCapacity else ()
    return Meaning(error, message, codes, levels=levels)  # type: ignore[arg-type]


RATES = (
    Meaning(
        Busy,
        "Exoscale takes no more requests just now ({said})",
        ("APILimitExceeded", "RequestLimitException", "429"),
    ),
    *_whatever(
        Busy,
        "Exoscale takes no more requests just now ({said})",
        r"rate limit|too many requests",
    ),
)
"""Before the quotas: a rate is called a limit too."""

OLD = (
    _named(NoCapacity, NO_HYPERVISOR, "InsufficientServerCapacityException", "InsufficientCapacityException"),
    _named(
        NoCapacity,
        "the zone has no address, network or storage left for {member} ({said}): take another zone",
        "InsufficientAddressCapacityException",
        "InsufficientNetworkCapacityException",
        "InsufficientStorageCapacityException",
    ),
    _named(NoCapacity, NO_HYPERVISOR, "InsufficientCapacityError", "ResourceUnavailableException"),
    _named(NoCapacity, NO_HYPERVISOR, "ResourceUnavailableError"),
    _named(
        LimitExceeded,
        "a quota leaves no room ({said}): delete what is not needed, or ask for more",
        "AccountLimitException",
        "ResourceAllocationException",
        "AccountResourceLimitError",
        "ResourceAllocationError",
    ),
    _named(
        Conflict,
        "it is in use, or being changed ({said}): repeat",
        "ConcurrentOperationException",
        "ConflictingNetworkSettingsException",
        "ResourceInUseException",
        "NetworkRuleConflictException",
        "ResourceInUseError",
        "NetworkRuleConflictError",
    ),
    _named(
        NotAuthorized,
        "Exoscale does not take this key, or its role forbids it ({said}): check key, secret and role",
        "CloudAuthenticationException",
        "PermissionDeniedException",
        "AccountError",
        "Unauthorized",
    ),
    _named(
        InvalidRequest,
        "Exoscale refuses an argument of {member} ({said}): mend it",
        "InvalidParameterValueException",
        "UnsupportedServiceException",
        "MalformedParameterError",
        "ParamError",
        "UnsupportedActionError",
    ),
    _named(
        Unavailable,
        "Exoscale cannot do it now ({said}): repeat",
        "AgentUnavailableException",
        "StorageUnavailableException",
        "ManagementServerException",
        "InternalErrorException",
        "InternalError",
    ),
)
"""The old API: ``ErrorCode`` and, more telling, ``CSErrorCode``."""

QUOTA = (
    r"quota (is )?(reached|exceeded|used up)|(exceeds?|over) .{0,40}quota|"
    r"(reach(ed|ing)|exceed(s|ed|ing)?) .{0,40}limit|limit (reached|exceeded)"
)

NO_ROOM = (
    r"no (suitable |free |available |other |more |eligible )*(hypervisor|host)s?\b(?! key)|"
    r"(not enough|insufficient|no|out of) (\w+ )?capacity|"
    r"(not enough|insufficient) (\w+ ){0,2}(hypervisors?|hosts?|resources|gpus?)\b|"
    r"hypervisors? (is |are )?(unavailable|not available|full)|could not find .{0,20}hypervisor|"
    r"anti.?affinity .{0,60}(is full|violat|cannot be (met|satisfied))"
)
"""Of a launch, in whatever words: those with "capacity" or "anti-affinity" alone are an argument's."""

WORDS = (
    *_whatever(
        LimitExceeded,
        "a quota leaves no room ({said}): delete what is not needed, or ask for more",
        QUOTA,
    ),
    *_whatever(
        Conflict,
        "{group} was deleted meanwhile ({said}): prepare the group again, then launch",
        r"anti.?affinity.*not found|not found.*anti.?affinity",
    ),
    *_whatever(NoCapacity, NO_HYPERVISOR, NO_ROOM),
    Meaning(
        Unavailable,
        "Exoscale had not ended it when the tool stopped waiting ({said}): look at the instance, then repeat",
        words=words(r"max wait time(out)? reached|job timed out"),
    ),
)

BY_REASON = (
    _argument("template", r"template"),
    _argument("instance_type", r"instance.?type"),
    _argument("ssh_keys", r"(ssh|key).?(pair|key)"),
    _argument("security_groups", r"security.?group"),
    _argument("private_networks", r"network"),
    _argument("deploy_target", r"deploy.?target"),
    _argument("elastic_ips", r"elastic.?ip"),
    _named(
        NotAuthorized,
        "Exoscale forbids {call}: check key and secret; the key's role must allow compute.{call} ({said})",
        "forbidden",
    )._replace(path="key"),
    _named(InvalidRequest, "{call}: Exoscale refuses it, {said}: mend it", "incorrect", "unsupported"),
    _named(
        Unavailable,
        "{call}: Exoscale's operation failed ({said}): delete what is left of {member} and repeat",
        "busy",
        "fault",
        "interrupted",
        "partial",
    ),
    _named(
        NotAuthorized,
        "Exoscale does nothing for an organization that cannot pay ({said}): add credit",
        "402",
    ),
)

MEANINGS = (*RATES, *OLD, *WORDS, *BY_REASON)
