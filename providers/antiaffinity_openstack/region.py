"""Which Nova it is: the region that was named, the only one there is, or the address of its endpoint.

Where several are offered and none is named the SDK takes the first without a word, and a machine in another
would never be seen again (https://docs.openstack.org/keystone/latest/contributor/service-catalog.html).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import environ
from typing import Any
from urllib.parse import urlsplit

from openstack.config import OpenStackConfig
from openstack.connection import Connection

from antiaffinity.errors import InvalidRequest

COMPUTE = "compute"


def region_of(connection: Connection) -> str:
    """The region of a connection's Nova, or its endpoint's host and port where no region is told.

    Logs in where none is named. InvalidRequest where the catalog offers several.
    """
    named = connection.config.get_region_name(COMPUTE)
    if named:
        return str(named)
    offered = set() if connection.config.get_endpoint(COMPUTE) else _offered(connection)
    _refuse_several(offered)
    return next(iter(offered), "") or urlsplit(str(connection.compute.get_endpoint())).netloc


def check_named(connection: Connection, settings: Mapping[str, object]) -> None:
    """Refuse a cloud of clouds.yaml with several regions where nothing says which: the SDK takes one."""
    if settings.get("region_name") or environ.get("OS_REGION_NAME"):
        return
    written = (OpenStackConfig().cloud_config.get("clouds") or {}).get(connection.config.name) or {}
    if not written.get("region_name"):
        _refuse_several(_name(region) for region in written.get("regions") or ())


def _name(region: object) -> str:
    """In clouds.yaml a region is a name, or a mapping with its name."""
    return str(region.get("name", "")) if isinstance(region, Mapping) else str(region)


def _offered(connection: Connection) -> set[str]:
    """The regions in which the catalog has a Nova for this interface."""
    auth: Any = connection.session.auth  # not every plugin has a catalog
    access = auth.get_access(connection.session) if hasattr(auth, "get_access") else None
    if access is None:
        return set()
    interface = connection.config.get_interface(COMPUTE)
    found = access.service_catalog.get_endpoints_data(service_type=COMPUTE, interface=interface)
    return {str(one.region_name or "") for some in found.values() for one in some}


def _refuse_several(regions: Iterable[str]) -> None:
    names = sorted(set(filter(None, regions)))
    if len(names) > 1:
        raise InvalidRequest(
            f"there are several regions and none is named: give region_name, one of {', '.join(names)}; "
            f"a group lives in one (an estate has each as a cloud of its own)",
            path="region_name",
        )
