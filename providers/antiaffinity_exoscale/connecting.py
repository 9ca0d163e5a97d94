"""Connecting: a client of the user's own, or settings in the SDK's words, or the environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exoscale.api.v2 import Client

from antiaffinity.errors import InvalidRequest
from antiaffinity.retry import retry_timeout
from antiaffinity.settings import required, text
from antiaffinity_exoscale.calls import Api

ENVIRONMENT = {
    "key": "EXOSCALE_API_KEY",
    "secret": "EXOSCALE_API_SECRET",
    "url": "EXOSCALE_API_ENDPOINT",
}
"""As Exoscale's own command line reads it: https://community.exoscale.com/tools/command-line-interface/."""


def connected(client: object, settings: Mapping[str, object]) -> Api:
    """The way to an organization; InvalidRequest with the setting as its path. Calls nothing."""
    patience, settings = retry_timeout(settings)
    wanted = _zones(settings)
    path = "zones" if settings.get("zones") is not None else "zone"
    if client is None:
        return Api(_made(settings), wanted, path, patience)
    if not isinstance(client, Client):
        raise InvalidRequest(f"must be an exoscale.api.v2.Client, not {type(client).__name__}", path="client")
    beside = [name for name in settings if name not in ("zone", "zones")]
    if beside:
        raise InvalidRequest("a client brings its own settings: give one or the other", path=beside[0])
    return Api(client, wanted, path, patience)


def _zones(settings: Mapping[str, object]) -> list[str]:
    """The zones to use; none named means all."""
    zone, zones = settings.get("zone"), settings.get("zones")
    if zones is None:
        zones = [] if zone is None else [zone]
    elif zone is not None:
        raise InvalidRequest("stands beside zones: give one or the other", path="zone")
    if not isinstance(zones, list | tuple) or not all(isinstance(one, str) and one for one in zones):
        raise InvalidRequest("must be a list of zones, as [ch-gva-2, de-fra-1]", path="zones")
    return list(dict.fromkeys(zones))


def _made(settings: Mapping[str, object]) -> Any:
    key, secret = (required(settings, name, ENVIRONMENT) for name in ("key", "secret"))
    url = text(settings, "url", ENVIRONMENT)
    return Client(key, secret, url=url.rstrip("/")) if url else Client(key, secret)
