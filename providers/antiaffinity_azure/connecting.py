"""From a client of the SDK, or from plain settings, to one resource group of one subscription."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azure.core import AzureClouds
from azure.core.credentials import TokenCredential
from azure.mgmt.compute import ComputeManagementClient
from msgspec import Struct

from antiaffinity import __version__
from antiaffinity.errors import InvalidRequest
from antiaffinity.retry import USUAL

NEEDED = ("resource_group_name", "location")
SECRET = ("tenant_id", "client_id", "client_secret")
OF_CLIENT = ("cloud_setting", "base_url", "credential_scopes", "connection_verify")
"""Settings that the SDK's client takes as they are: sovereign clouds, Azure Stack, a private authority."""
OF_CREDENTIAL = ("authority", "disable_instance_discovery", "connection_verify")

AUTHORITIES = {
    "AZURE_PUBLIC_CLOUD": "login.microsoftonline.com",
    "AZURE_CHINA_CLOUD": "login.chinacloudapi.cn",
    "AZURE_US_GOVERNMENT": "login.microsoftonline.us",
}
"""Where the users of each cloud log in.

https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
"""


class Connected(Struct, frozen=True):
    """A client, and where its machines are."""

    compute: ComputeManagementClient
    group: str
    location: str
    retry_timeout: float = USUAL
    """Seconds for which one request is repeated."""


def connected(client: object, settings: Mapping[str, Any]) -> Connected:
    """A client from settings, or the one given; InvalidRequest names the setting that is missing or wrong."""
    for name in NEEDED:
        _text(settings, name)
    group, location = settings["resource_group_name"], settings["location"].replace(" ", "").casefold()
    if client is None:
        return Connected(_client(settings), group, location)
    if not isinstance(client, ComputeManagementClient):
        raise InvalidRequest(
            f"must be an azure.mgmt.compute.ComputeManagementClient, not {type(client).__name__}",
            path="client",
        )
    for name in settings:
        if name not in NEEDED:
            raise InvalidRequest("a client brings its own settings: give one or the other", path=name)
    return Connected(client, group, location)


def _client(settings: Mapping[str, Any]) -> ComputeManagementClient:
    _text(settings, "subscription_id")
    own = {name: settings[name] for name in OF_CLIENT if settings.get(name) is not None}
    if "cloud_setting" in own:
        own["cloud_setting"] = _cloud(own["cloud_setting"])
    if isinstance(own.get("credential_scopes"), str):
        own["credential_scopes"] = [own["credential_scopes"]]
    credential = _credential(settings)
    agent = f"antiaffinity/{__version__}"
    return ComputeManagementClient(credential, settings["subscription_id"], user_agent=agent, **own)


def _text(settings: Mapping[str, Any], name: str) -> str:
    value = settings.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InvalidRequest(f"Azure needs it: a text, not {_shown(value)}", path=name)
    return value


def _shown(value: object) -> str:
    return "nothing" if value is None else f"an empty {type(value).__name__}" if not value else repr(value)


def _cloud(name: object) -> AzureClouds:
    if isinstance(name, AzureClouds):
        return name
    known = [cloud.name for cloud in AzureClouds]
    if not isinstance(name, str) or name not in known:
        raise InvalidRequest(
            f"{name!r} is no cloud of Azure's: one of {', '.join(known)}", path="cloud_setting"
        )
    return AzureClouds[name]


def _credential(settings: Mapping[str, Any]) -> TokenCredential:
    """The one given, else one for the client's secret, else whatever this machine is logged in with."""
    given = settings.get("credential")
    if given is not None:
        if not callable(getattr(given, "get_token", None)):
            raise InvalidRequest(
                f"must be a credential of azure.identity, not {type(given).__name__}", path="credential"
            )
        return given  # type: ignore[no-any-return]
    own = {name: settings[name] for name in OF_CREDENTIAL if settings.get(name) is not None}
    if "authority" not in own and settings.get("cloud_setting") is not None:
        own["authority"] = AUTHORITIES[_cloud(settings["cloud_setting"]).name]
    return _by_secret(settings, own) or _of_this_machine(own)


def _by_secret(settings: Mapping[str, Any], own: Mapping[str, Any]) -> TokenCredential | None:
    if not any(settings.get(name) for name in SECRET):
        return None
    from azure.identity import ClientSecretCredential  # takes as long as all the rest

    for name in SECRET:
        if not isinstance(settings.get(name), str) or not settings[name]:
            raise InvalidRequest(f"goes with {' and '.join(n for n in SECRET if n != name)}", path=name)
    try:
        return ClientSecretCredential(*(settings[name] for name in SECRET), **own)
    except ValueError as wrong:
        raise InvalidRequest(str(wrong), path="tenant_id") from wrong


def _of_this_machine(own: Mapping[str, Any]) -> TokenCredential:
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential(**own)
