"""Which cloud, and what is to be believed of it: the user's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import openstack
from keystoneauth1.exceptions import MissingRequiredOptions
from msgspec import Struct
from openstack.config import OpenStackConfig
from openstack.connection import Connection
from openstack.exceptions import ConfigException

from antiaffinity import __version__
from antiaffinity.errors import InvalidRequest
from antiaffinity_openstack import credentials
from antiaffinity_openstack.faults import answered
from antiaffinity_openstack.region import check_named


class Site(Struct, frozen=True):
    """What its operator set up, and no project can read.

    ``host_ids`` is whether hostId tells hosts apart: not where one nova-compute stands for many machines;
    ``default_zone`` the zone of hosts that are in none, nova.conf's ``default_availability_zone``
    (https://docs.openstack.org/nova/latest/configuration/config.html#DEFAULT.default_availability_zone).
    """

    host_ids: bool = True
    default_zone: str = "nova"


def site(settings: Mapping[str, object]) -> tuple[Site, Mapping[str, object]]:
    """What the user says of the site, and the settings that are left."""
    said = {name: settings[name] for name in Site.__struct_fields__ if name in settings}
    for name, value in said.items():
        usual = getattr(Site(), name)
        if not isinstance(value, type(usual)) or value == "":
            words = "true or false" if isinstance(usual, bool) else "the name of a zone"
            raise InvalidRequest(f"must be {words}, not {value!r}", path=name)
    left = {name: value for name, value in settings.items() if name not in said}
    return Site(**said), left  # type: ignore[arg-type]


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
    credentials.check(settings)
    try:
        made = openstack.connect(app_name="antiaffinity", app_version=__version__, **_only_said(settings))
        check_named(made, settings)
        return made
    except TypeError as error:
        credentials.refuse_unknown(error, settings)
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
