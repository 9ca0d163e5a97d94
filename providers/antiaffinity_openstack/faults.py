"""What OpenStack says, as our errors: by the table of its refusals, without a row by status.

A scheduling failure is no error of a request: the server is made, goes to ERROR and keeps a ``fault``. A 403
is a quota or a missing right; only its text tells which
(https://docs.openstack.org/api-ref/compute/#create-server).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from keystoneauth1 import exceptions as keystone
from openstack import exceptions as sdk

from antiaffinity.errors import (
    AntiaffinityError,
    Busy,
    Conflict,
    InvalidRequest,
    NotAuthorized,
    NotOffered,
    Unavailable,
)
from antiaffinity.meanings import Said, error_of, meaning
from antiaffinity.model import Machine, Placement
from antiaffinity.odd_answers import read_by_sdk
from antiaffinity.retry import BUSY
from antiaffinity.telling import brief, explained
from antiaffinity_openstack.refusals import MEANINGS
from antiaffinity_openstack.tools import (
    OF_THE_SDK,
    asks_for_a_collection,
    core,
    heard,
    status_of,
    text,
    told_in,
)

NEVER = (405, 406, 410, 501)
"""Statuses of what this cloud has not, or has no more."""

AGAIN = (408,)
LATER = (413, *BUSY)


def of_server(said: str, placement: Placement, remains: Machine) -> AntiaffinityError:
    """The error for the fault of a server that went to ERROR."""
    unknown = Unavailable(
        f"the server of {placement.member} failed ({said or 'no reason given'}): delete it and launch again",
        remains=remains,
    )
    return by_meaning(told_in(said), placement, remains) or unknown


def vanished(placement: Placement, id_: str) -> Unavailable:
    """The error for a server that is not there, although a launch gave its id."""
    return Unavailable(
        f"server {id_!r} of {placement.member} vanished, or the launch did not return its server's id: "
        f"look at the launch, then repeat"
    )


def of_launch(error: BaseException, placement: Placement) -> AntiaffinityError | None:
    """The error for what a launch raised, or for one of its causes; None where Nova did not say it."""
    return explained(error, lambda cause: by_meaning(heard(cause), placement) or by_status(cause))


def by_meaning(
    said: Said, placement: Placement | None = None, remains: Machine | None = None
) -> AntiaffinityError | None:
    """The error that the table has for it, whichever tool printed it."""
    row = meaning(MEANINGS, said)
    if row is None:
        return None
    told = {"group": group_of(placement), "zone": _zone(placement), "said": brief(core(said.words))}
    return error_of(row, placement, remains, **told)


def _zone(placement: Placement | None) -> str:
    zone = placement.domains.get("zone") if placement else None
    return f" in availability zone {zone!r}" if zone else ""


def group_of(placement: Placement | None) -> str:
    """A group as a person finds it: ours, and Nova's."""
    if placement is None:
        return "the server group"
    group = f"group {placement.key}" if placement.key else "its group"
    native = ", ".join(placement.native_ids)
    return f"{group} (server group {native})" if native else group


def by_status(error: BaseException) -> AntiaffinityError | None:
    """The error for a refused log-in or right, what is not offered, and a service that did not answer."""
    if isinstance(error, keystone.AuthorizationFailure):
        return _refused_log_in(error)
    if isinstance(error, keystone.ConnectionError | keystone.DiscoveryFailure):
        return Unavailable(f"the cloud did not answer; check its address, or repeat: {brief(text(error))}")
    return _of_status(error, status_of(error) or 0)


def _of_status(error: BaseException, status: int) -> AntiaffinityError | None:
    said = brief(core(text(error)))
    if status == 401:
        return _refused_log_in(error)
    if status == 403:
        return NotAuthorized(f"the cloud forbids it: {said}")
    if status == 404 and asks_for_a_collection(heard(error)):
        return _no_such_api(heard(error).call)
    if status in NEVER:
        return NotOffered(f"this cloud answered {status}, so it never does it; ask its operator: {said}")
    if status in LATER:
        return Busy(f"the cloud answered {status}: {said}")
    if status in AGAIN or status >= 500:
        return Unavailable(f"the cloud answered {status}, repeat: {said}")
    return None


def _no_such_api(call: str) -> NotOffered:
    return NotOffered(
        f"this cloud has no such API ({call}): its Nova is too old or has it switched off, or the catalog's "
        f"compute endpoint is not Nova's; ask its operator, or ask for another rule"
    )


def _refused_log_in(error: BaseException) -> NotAuthorized:
    return NotAuthorized(f"the log-in was refused: check user, password and project ({core(text(error))})")


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
    with read_by_sdk("OpenStack", "openstack", "keystoneauth1"):
        try:
            yield
        except OF_THE_SDK as error:
            raise by_meaning(heard(error)) or by_status(error) or by_kind(error) from error
