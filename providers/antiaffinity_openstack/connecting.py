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


@answered()
def connection(settings: Mapping[str, Any]) -> Connection:
    """A connection for settings as ``openstack.connect`` takes them, or for the environment's."""
    try:
        made = openstack.connect(app_name="antiaffinity", app_version=__version__, **_only_said(settings))
        check_named(made, settings)
        return made
    except MissingRequiredOptions as missing:
        raise InvalidRequest(
            f"nothing says which cloud: give one of {_clouds()} ({missing})", path="cloud"
        ) from missing
    except ConfigException as wrong:
        path = "region_name" if str(wrong).startswith("Region ") else "cloud"
        raise InvalidRequest(f"{wrong} Known clouds: {_clouds()}", path=path) from wrong


def _only_said(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Settings that say where to log in say all: else ``OS_CLOUD`` would lead to another cloud, unseen."""
    if settings.get("cloud") or not (settings.get("auth_url") or settings.get("auth")):
        return settings
    return {"load_envvars": False, "load_yaml_config": False, **settings}


def _clouds() -> str:
    """The clouds that clouds.yaml knows here; without a readable one the SDK tells of its ``defaults``."""
    known = sorted({*OpenStackConfig().get_cloud_names()} - {"defaults"})
    return ", ".join(known) or "none (no clouds.yaml could be read)"
