"""From the user's boto3 session, or settings in boto3's words, to an EC2 client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
import botocore.session
from botocore import exceptions as boto
from botocore.config import Config

from antiaffinity import __version__
from antiaffinity.decode import show
from antiaffinity.errors import InvalidRequest
from antiaffinity.retry import USUAL
from antiaffinity_aws.patient import patient

OF_A_SESSION = (
    "region_name",
    "profile_name",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
)
"""What a boto3.Session brings; ``endpoint_url`` and ``tenancy`` may be said beside one."""

TENANCIES = ("default", "host")


def service(name: str, client: object, settings: Mapping[str, Any], patience: float = USUAL) -> Any:
    """A service's client of a session; InvalidRequest names the setting that leads nowhere. Calls nothing."""
    return patient(_client(name, client, settings), patience)


def _client(name: str, client: object, settings: Mapping[str, Any]) -> Any:
    session = _given(client, settings) if client is not None else _session(settings)
    try:
        return session.client(
            name,
            endpoint_url=settings.get("endpoint_url"),
            config=Config(user_agent_extra=f"antiaffinity/{__version__}"),
        )
    except boto.NoRegionError as missing:
        raise InvalidRequest(
            "nothing says which region: give region_name, or set AWS_DEFAULT_REGION", path="region_name"
        ) from missing
    except boto.InvalidRegionError as wrong:
        raise InvalidRequest(f"no region of AWS: {wrong}", path="region_name") from wrong
    except ValueError as wrong:
        raise InvalidRequest(f"no address of a service: {wrong}", path="endpoint_url") from wrong
    except boto.PartialCredentialsError as half:
        raise _half() from half


def tenancy(settings: Mapping[str, Any]) -> str:
    """Whether members go to shared hosts or to Dedicated Hosts."""
    asked = settings.get("tenancy") or "default"
    if asked not in TENANCIES:
        raise InvalidRequest(f"{asked!r} is none of {', '.join(TENANCIES)}", path="tenancy")
    return str(asked)


def _given(client: object, settings: Mapping[str, Any]) -> boto3.Session:
    if not isinstance(client, boto3.Session):
        raise InvalidRequest(f"must be a boto3.Session, not {type(client).__name__}", path="client")
    for name in OF_A_SESSION:
        if name in settings:
            raise InvalidRequest("a client brings its own settings: give one or the other", path=name)
    return client


def _session(settings: Mapping[str, Any]) -> boto3.Session:
    """A new session, with boto3's own defaults for what is not said."""
    if bool(settings.get("aws_access_key_id")) != bool(settings.get("aws_secret_access_key")):
        raise _half()
    for name in OF_A_SESSION:
        if not isinstance(settings.get(name), str | None):
            raise InvalidRequest(f"is text, not {show(settings[name])}", path=name)
    try:
        return boto3.Session(**{name: settings[name] for name in OF_A_SESSION if name in settings})
    except boto.ProfileNotFound as missing:
        known = ", ".join(botocore.session.Session().available_profiles) or "none"
        raise InvalidRequest(f"{missing}; known: {known}", path="profile_name") from missing


def _half() -> InvalidRequest:
    return InvalidRequest(
        "an access key has two halves: give aws_access_key_id and aws_secret_access_key",
        path="aws_access_key_id",
    )
