"""What Nova and Keystone say, as our errors: by their words where a status means many things, else by status.

A scheduling failure is no error of a request: the server is made, goes to ERROR and keeps a ``fault``. A 403
is a quota or a missing right; only its text tells which
(https://docs.openstack.org/api-ref/compute/#create-server).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from keystoneauth1 import exceptions as keystone
from openstack import exceptions as sdk

from antiaffinity.errors import (
    AntiaffinityError,
    Conflict,
    InvalidRequest,
    LimitExceeded,
    NoCapacity,
    NotAuthorized,
    NotOffered,
    Unavailable,
)
from antiaffinity.model import Machine, Placement
from antiaffinity.telling import brief, causes, explained, printed

OF_THE_SDK = (sdk.SDKException, keystone.ClientException)


class Meaning(NamedTuple):
    """An error of ours, and what it tells of a launch, for what Nova says."""

    words: re.Pattern[str]
    error: type[AntiaffinityError]
    message: str


def _means(words: str, error: type[AntiaffinityError], message: str) -> Meaning:
    return Meaning(re.compile(words), error, message)


MEANINGS = (
    # Order matters: a lost race comes as a failed retry, and older Novas say "No valid host" of both.
    _means(
        r"instance group policy was violated",
        Conflict,
        "{member} lost a race for a host in {group}: delete the failed server, launch again, one at a time",
    ),
    _means(
        r"maximum number of retries|max scheduling attempts|Exhausted all hosts",
        Unavailable,
        "the hosts that Nova tried for {member} failed ({said}): delete the failed server and launch again",
    ),
    _means(
        r"No valid host was found",
        NoCapacity,
        "no host took {member} in {group}{zone}. Nova does not tell whether the group has used every host, "
        "or whether no host has the capacity ({said})",
    ),
    _means(
        r"availability zone is not available",
        NoCapacity,
        "no host took {member}{zone}: the zone is unknown to Nova, or none of its hosts is up ({said})",
    ),
    _means(
        r"too many servers in group|server_group_members is over limit",
        LimitExceeded,
        "{group} is as large as the quota server_group_members allows, failed servers included ({said}): "
        "delete failed servers, split the group, or ask the operator for more",
    ),
    _means(
        r"too many server groups|server_groups is over limit",
        LimitExceeded,
        "the quota server_groups is used up ({said}): release groups, or ask the operator for more",
    ),
    _means(
        r"Quota exceeded|is over limit of",
        LimitExceeded,
        "a quota leaves no room for {member} ({said}): delete servers, or ask the operator for more",
    ),
    _means(
        r"Policy doesn't allow",
        NotAuthorized,
        "the cloud's policy forbids it ({said}): ask the operator for a role that has this rule",
    ),
    _means(
        r"Instance group .* could not be found",
        Conflict,
        "{group} was deleted meanwhile ({said}): prepare the group again, then launch",
    ),
)


def of_server(said: str, placement: Placement, remains: Machine) -> AntiaffinityError:
    """The error for the fault of a server that went to ERROR."""
    unknown = Unavailable(
        f"the server of {placement.member} failed ({said or 'no reason given'}): delete it and launch again",
        remains=remains,
    )
    return by_words(said, placement, remains) or unknown


def of_launch(error: BaseException, placement: Placement) -> AntiaffinityError | None:
    """The error for what a launch raised, or for one of its causes; None where Nova did not say it."""
    return explained(error, lambda cause: by_words(text(cause), placement) or by_status(cause))


def by_words(
    said: str, placement: Placement | None = None, remains: Machine | None = None
) -> AntiaffinityError | None:
    """The error that these words mean, wherever they were printed."""
    where = {str(level): name for level, name in placement.domains.items()} if placement else {}
    for meaning in MEANINGS:
        if meaning.words.search(said):
            message = meaning.message.format(
                member=placement.member if placement else "it",
                group=group_of(placement),
                zone=f" in availability zone {where['zone']!r}" if "zone" in where else "",
                said=brief(said),
            )
            return meaning.error(
                message, domain=where if meaning.error is NoCapacity else None, remains=remains
            )
    return None


def group_of(placement: Placement | None) -> str:
    """A group as a person finds it: ours, and Nova's."""
    if placement is None:
        return "the server group"
    group = f"group {placement.key}" if placement.key else "its group"
    native = ", ".join(placement.native_ids)
    return f"{group} (server group {native})" if native else group


def by_status(error: BaseException) -> AntiaffinityError | None:
    """The error for a refused log-in or right, and for a service that did not answer."""
    if not isinstance(error, OF_THE_SDK):
        return None
    status = getattr(error, "status_code", None) or getattr(error, "http_status", None)
    if isinstance(error, keystone.AuthorizationFailure) or status == 401:
        return NotAuthorized(f"the log-in was refused: check user, password and project ({text(error)})")
    if status == 403:
        return NotAuthorized(f"the cloud forbids it: {text(error)}")
    if isinstance(status, int) and (status in (408, 413, 429) or status >= 500):
        return Unavailable(f"the cloud answered {status}, repeat: {brief(text(error))}")
    if isinstance(error, keystone.ConnectionError | keystone.DiscoveryFailure):
        return Unavailable(f"the cloud did not answer; check its address, or repeat: {brief(text(error))}")
    return None


def by_kind(error: BaseException) -> AntiaffinityError:
    """The error for everything else that the SDK raises when it is we who call."""
    said = brief(text(error))
    if isinstance(error, sdk.NotSupported):
        return NotOffered(f"this cloud's Nova is too old for it: {said}")
    if isinstance(error, sdk.ConfigException | keystone.CatalogException | keystone.AuthPluginException):
        return InvalidRequest(f"the cloud's configuration does not fit: {said}", path="cloud")
    status = getattr(error, "status_code", None)
    if status in (404, 409):
        return Conflict(f"it changed meanwhile, repeat: {said}")
    if status == 400:
        return InvalidRequest(f"Nova refuses it: {said}")
    return Unavailable(f"openstacksdk failed: {said}")


@contextmanager
def answered() -> Iterator[None]:
    """Whatever the SDK raises inside comes out as one of our errors, with the SDK's as its cause."""
    try:
        yield
    except OF_THE_SDK as error:
        raise by_words(text(error)) or by_status(error) or by_kind(error) from error


def text(error: BaseException) -> str:
    """What the cloud said, without the SDK's frame; of a failed command what it printed on stderr."""
    said = getattr(error, "details", None) or printed(error) or error
    return str(said).strip()


def named_server(error: BaseException) -> str | None:
    """The id of the server that openstacksdk's ``wait_for_server`` gave up on; its text tells no reason."""
    for cause in causes(error):
        if isinstance(cause, sdk.ResourceFailure | sdk.ResourceTimeout):
            found = re.search(r"\bServer:(\S+)", str(cause))
            return found[1] if found else None
    return None
