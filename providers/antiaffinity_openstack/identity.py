"""Which cloud a connection is to, and what a project's names mean to other projects of it."""

from __future__ import annotations

from urllib.parse import urlsplit

from openstack.connection import Connection

from antiaffinity.colocation import Identity


def identity(connection: Connection) -> Identity:
    """Regions and zones have the same name in every project; hosts are told to each project anew.

    A cloud is where its catalog says that Keystone is, however the login was spelled. Nova's ``hostId`` is a
    hash of project and host: https://docs.openstack.org/api-ref/compute/ (hostId).
    """
    session = connection.session
    keystone = session.get_endpoint(service_type="identity", interface="public")
    region = connection.config.get_region_name() or connection.compute.get_endpoint()
    inside = f"project {session.get_project_id()}"
    return Identity(
        _address(str(keystone or session.get_endpoint(service_type="compute", interface="public"))),
        {"region": "", "zone": "", "rack": inside, "host": inside},
        around={"region": str(region)},
        doubt="Nova hashes a host's name with the project: those of two projects cannot be compared",
    )


def _address(url: str) -> str:
    """Host and port, which do not depend on the version at the end."""
    address = urlsplit(url)
    return f"{address.hostname}:{address.port or address.scheme}"
