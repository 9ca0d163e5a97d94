"""Cells whose database does not answer, and lists that show less than there is.

https://docs.openstack.org/api-guide/compute/down_cells.html; what a list and a server group do then is in
Nova's ``compute/api.py`` (get_all) and ``api/openstack/compute/server_groups.py`` (_get_not_deleted).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from antiaffinity.testing.openstack.http import Call, Refused
from antiaffinity.testing.openstack.nouns import Server, ServerGroup, stamp
from antiaffinity.testing.openstack.views import links

STUBS = (2, 69)
"""The compute API from which on a server of such a cell is shown, with little more than its id."""

PAGING = ("limit", "marker", "sort_key", "sort_dir")

BROKEN = "Unexpected API Error. Please report this and attach the Nova API log if possible."


def is_down(call: Call, server: Server) -> bool:
    """Whether the database of its cell does not answer."""
    return bool(server.machine.place and server.machine.place.host in call.state.settings.down)


def is_listed(call: Call, server: Server) -> bool:
    """Whether lists show it at all."""
    young = call.state.world.now < server.created + call.state.settings.list_lag
    return not young and server.id not in call.state.hidden


def shown_as_stubs(call: Call) -> bool:
    """Whether this list has stubs for whom it cannot read; with filters or pages it leaves them out."""
    return call.version >= STUBS and set(call.query) <= {"all_tenants"}


def readable(call: Call, servers: list[Server]) -> list[Server]:
    """Without those of a cell that is down; or 500, where the operator wants no list that lacks some."""
    up = [one for one in servers if not is_down(call, one)]
    skips = call.state.settings.list_records_by_skipping_down_cells or shown_as_stubs(call)
    if len(up) < len(servers) and not skips:
        raise Refused(500, BROKEN)
    return up


def stubs(call: Call, servers: Iterable[Server], room: int) -> list[dict[str, Any]]:
    """As many as a page has room for beside the servers that can be read."""
    if not shown_as_stubs(call):
        return []
    return [stub(call, one) for one in servers if is_down(call, one)][: max(0, room)]


def stub(call: Call, server: Server) -> dict[str, Any]:
    """What the API's own database knows."""
    return {
        "id": server.id,
        "status": "UNKNOWN",
        "tenant_id": server.user.project_id,
        "created": stamp(server.created),
        "links": links(call, server),
    }


def check_groups(call: Call, groups: Iterable[ServerGroup]) -> None:
    """A server group asks the cells of its members which of them are deleted."""
    members = (one for group in groups for one in call.state.members(group.id))
    if call.state.settings.groups_need_cells and any(is_down(call, one) for one in members):
        raise Refused(500, BROKEN)
