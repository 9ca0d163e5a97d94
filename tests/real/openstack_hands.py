"""The hands of a user of the OpenStack backend: plans, launches, deletes."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from openstack.connection import Connection

from antiaffinity.errors import AntiaffinityError
from antiaffinity.model import GroupKey, Native, Observed, Placement
from antiaffinity.planner.answer import Plan
from antiaffinity_openstack.arguments import sdk_arguments
from antiaffinity_openstack.backend import OpenStackBackend
from real.nova import SECOND_REQUEST_AFTER, Nova

KEY = GroupKey("shop/prod", "db")
APART = Native("host", "anti-affinity", True, 1)


def plan(*natives: Native) -> Plan:
    return Plan(placements=(), natives=natives)


def placed(member: str, ids: dict[Native, str] | None = None, zone: str = "nova") -> Placement:
    """A placement of a member, with the server groups that ``prepare`` answered."""
    natives = ids or {}
    return Placement(
        member=member,
        key=KEY,
        cloud="dc",
        domains={"zone": zone},
        natives=tuple(natives),
        native_ids=tuple(natives.values()),
    )


def called(placement: Placement, name: str) -> Placement:
    """The same place for another member."""
    return msgspec.structs.replace(placement, member=name)


def launch(nova: Nova, conn: Connection, placement: Placement, **own: Any) -> str:
    """A launch as users write it: the SDK's call, and no wait."""
    arguments = sdk_arguments(placement, {**nova.machine, **own})
    return str(conn.compute.create_server(**arguments).id)


def put(nova: Nova, conn: Connection, backend: OpenStackBackend, placement: Placement) -> Observed:
    return backend.settle(placement, launch(nova, conn, placement))


def unmarked(nova: Nova, conn: Connection, group: str = "") -> str:
    """A server that somebody made by hand."""
    hints = {"scheduler_hints": {"group": group}} if group else {}
    server = conn.compute.create_server(name="by-hand", **hints, **nova.machine)
    return str(conn.compute.wait_for_server(server, interval=0.2, wait=60).id)


def delete(conn: Connection, *ids: str) -> None:
    """Delete servers, until Nova knows them no more; one that does not go is asked for again."""
    left, asked = set(ids), 0.0
    while left:
        if time.monotonic() > asked + SECOND_REQUEST_AFTER:
            for id_ in left:
                conn.compute.delete_server(id_)
            asked = time.monotonic()
        time.sleep(0.1)
        left &= {server.id for server in conn.compute.servers(details=False)}


def refused(backend: OpenStackBackend, placement: Placement, outcome: str | Exception) -> AntiaffinityError:
    with pytest.raises(AntiaffinityError) as error:
        backend.settle(placement, outcome)
    return error.value


def disable_all_but(nova: Nova, hosts: int) -> None:
    for host in nova.hosts[hosts:]:
        nova.disable_host(host)
