"""Which cloud, and what is to be believed of it: the user's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import openstack
from keystoneauth1.exceptions import MissingRequiredOptions
from openstack.config import OpenStackConfig
from openstack.connection import Connection
from openstack.exceptions import ConfigException

from antiaffinity import __version__
from antiaffinity.errors import InvalidRequest
from antiaffinity_openstack.faults import answered
from antiaffinity_openstack.region import check_named


def host_ids(settings: Mapping[str, object]) -> bool:
    """Whether hostId tells hosts apart here: not where one nova-compute stands for many machines."""
    value = settings.get("host_ids", True)
    if not isinstance(value, bool):
        raise InvalidRequest(f"must be true or false, not {value!r}", path="host_ids")
    return value


def connected(client: object, settings: Mapping[str, Any]) -> Connection:
    """The connection given, or one for settings; InvalidRequest where there are both."""
    if client is None:
        return connection(settings)
    if not isinstance(client, Connection):
        raise InvalidRequest(f"must be an openstack.Connection, not {type(client).__name__}", path="client")
    if settings:
        raise InvalidRequest(
            "a client brings its own settings: give one or the other", path=next(iter(settings))
        )
    return client


@answered()
def connection(settings: Mapping[str, Any]) -> Connection:
    """A connection for settings as ``openstack.connect`` takes them, or for the environment's."""
    try:
        made = openstack.connect(app_name="antiaffinity", app_version=__version__, **_only_said(settings))
        check_named(made, settings)
        return made
    except MissingRequiredOptions as missing:
        raise InvalidRequest(f"nothing says which cloud ({missing}): {_way_in()}", path="cloud") from missing
    except ConfigException as wrong:
        if str(wrong).startswith("Region "):  # the SDK names those that are known
            raise InvalidRequest(str(wrong), path="region_name") from wrong
        raise InvalidRequest(f"{str(wrong).rstrip('.')}: {_way_in()}", path="cloud") from wrong


def _only_said(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Settings that say where to log in say all: else ``OS_CLOUD`` would lead to another cloud, unseen."""
    if settings.get("cloud") or not (settings.get("auth_url") or settings.get("auth")):
        return settings
    return {"load_envvars": False, "load_yaml_config": False, **settings}


def _way_in() -> str:
    """What to give: a cloud that clouds.yaml knows here; without a readable one, the other ways to say it."""
    if known := _clouds():
        return f"give one of {', '.join(known)}, or set OS_CLOUD"
    return "no clouds.yaml could be read: write one and give its cloud, or set OS_AUTH_URL and its kin"


def _clouds() -> list[str]:
    """The clouds of clouds.yaml; without a readable one the SDK tells of its ``defaults``."""
    return sorted({*OpenStackConfig().get_cloud_names()} - {"defaults"})
