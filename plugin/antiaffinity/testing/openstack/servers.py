"""Servers: created, listed, shown, deleted (https://docs.openstack.org/api-ref/compute/#servers-servers)."""

from __future__ import annotations

import re
from typing import Any

from antiaffinity.testing.openstack import building, cells, groups
from antiaffinity.testing.openstack.http import Answer, Call, Refused, Routes
from antiaffinity.testing.openstack.launches import Launch, launch
from antiaffinity.testing.openstack.nouns import Server
from antiaffinity.testing.openstack.schema import check
from antiaffinity.testing.openstack.views import detail, links, status, summary


def create(call: Call) -> Answer:
    """202 before anything is decided: the answer has no status."""
    asked = launch(call)
    _within_quotas(call, asked)
    servers = [_make(call, asked, number) for number in range(asked.count)]
    building.boot(call.state, servers)
    first = servers[0]
    if asked.reservation:
        return Answer({"reservation_id": f"r-{first.id[:8]}"}, 202)
    body = {
        "id": first.id,
        "links": links(call, first),
        "OS-DCF:diskConfig": "MANUAL",
        "security_groups": [{"name": "default"}],
        "adminPass": first.id.replace("-", "")[:12],
    }
    return Answer({"server": body}, 202, {"Location": f"{call.compute_url}/servers/{first.id}"})


def _make(call: Call, asked: Launch, number: int) -> Server:
    state = call.state
    id_, now = state.new_id(), state.world.now
    server = Server(
        id=id_,
        name=asked.name if asked.count == 1 else f"{asked.name}-{number + 1}",
        user=call.user,
        flavor=asked.flavor,
        machine=state.world.create(id_, asked.metadata, asked.flavor.size),
        networks=asked.networks,
        created=now,
        updated=now,
        number=state.next_number(),
        group=asked.group,
        zone=asked.zone,
        forced=asked.forced,
        requested=asked.requested,
        hints=asked.hints,
    )
    server.hostname = re.sub(r"[^a-zA-Z0-9.-]", "-", server.name).lower()[:63]
    state.add(server)
    return server


def _within_quotas(call: Call, asked: Launch) -> None:
    state, project = call.state, call.user.project_id
    within_metadata_quota(call, asked.metadata)
    _room_for(call, asked)
    most = state.quota(project, "server_group_members")
    if asked.group and 0 <= most < len(state.members(asked.group)) + asked.count:
        raise Refused(403, "Quota exceeded, too many servers in group")


def within_metadata_quota(call: Call, metadata: dict[str, str]) -> None:
    """Refuse more items than one server may have."""
    most = call.state.quota(call.user.project_id, "metadata_items")
    if 0 <= most < len(metadata):
        raise Refused(403, f"Maximum number of metadata items exceeds {most}")


def _room_for(call: Call, asked: Launch) -> None:
    """Refuse what goes over the quotas of instances, cores and ram."""
    state, project = call.state, call.user.project_id
    wanted = {"cores": asked.flavor.vcpus, "instances": 1, "ram": asked.flavor.ram}
    used = state.used(project)
    limits = {name: state.quota(project, name) for name in wanted}
    over = [n for n in wanted if 0 <= limits[n] < used[n] + wanted[n] * asked.count]
    if over:
        what = ", ".join(over)
        needs = ", ".join(str(wanted[name] * asked.count) for name in over)
        has = ", ".join(str(used[name]) for name in over)
        most = ", ".join(str(limits[name]) for name in over)
        said = f"Quota exceeded for {what}: Requested {needs}, but already used {has} of {most} {what}"
        raise Refused(403, said)


FILTERS = ("name", "status", "host", "all_tenants", "project_id", "tenant_id", "deleted", "uuid", "vm_state")


def index(call: Call) -> Answer:
    return _listed(call, "index", summary)


def index_detail(call: Call) -> Answer:
    """The servers of the project, newest first; a list never tells their server groups."""
    return _listed(call, "detail", lambda call, server: detail(call, server))


def _listed(call: Call, rule: str, view: Any) -> Answer:
    query = call.query
    unknown = [key for key in query if key not in (*FILTERS, *cells.PAGING)]
    if unknown and call.version >= (2, 75):
        raise Refused(400, f"{unknown[0]!r} does not match any of the regexes: '^_'")
    everybodys = query.get("all_tenants", "0").lower() not in ("0", "false")
    if everybodys:
        call.needs_admin(f"os_compute_api:servers:{rule}:get_all_tenants")
    servers = list(call.state.servers.values()) if everybodys else call.state.of_project(call.user)
    servers = sorted(servers, key=lambda server: (server.created, server.number), reverse=True)
    wanted = [one for one in servers if _wanted(call, one) and cells.is_listed(call, one)]
    page, more = _page(call, cells.readable(call, wanted))
    missing = cells.stubs(call, wanted, call.state.settings.max_limit - len(page))
    answer: dict[str, Any] = {"servers": [*missing, *(view(call, server) for server in page)]}
    if more:
        path = "/servers/detail" if rule == "detail" else "/servers"
        href = f"{call.compute_url}{path}?limit={len(page)}&marker={page[-1].id}"
        answer["servers_links"] = [{"rel": "next", "href": href}]
    return Answer(answer)


def _wanted(call: Call, server: Server) -> bool:
    query, admin = call.query, call.user.admin
    if "name" in query and not re.search(query["name"], server.name):
        return False
    if "status" in query and status(server) != query["status"].upper():
        return False
    if admin and "host" in query and server.host != query["host"]:
        return False
    project = query.get("project_id", query.get("tenant_id")) if admin else None
    return project in (None, server.user.project_id) and query.get("uuid", server.id) == server.id


def _page(call: Call, servers: list[Server]) -> tuple[list[Server], bool]:
    """The servers after the marker, and whether there are more than one page of them."""
    marker, most = call.query.get("marker"), call.state.settings.max_limit
    asked = call.query.get("limit", str(most))
    check(asked, {"digits": True}, "limit")
    limit = min(int(asked), most)
    ids = [server.id for server in servers]
    if marker and _is_lost(call, marker, ids):
        raise Refused(400, f"marker [{marker}] not found")
    rest = servers[ids.index(marker) + 1 :] if marker else servers
    return rest[:limit], 0 < limit < len(rest) or ("limit" in call.query and 0 < limit == len(rest))


def _is_lost(call: Call, marker: str, ids: list[str]) -> bool:
    """Whether the server that ended the page before is gone."""
    if call.state.settings.markers_lost > 0:
        call.state.settings.markers_lost -= 1
        return True
    return marker not in ids


def show(call: Call, id: str) -> Answer:
    """The server, with its server group from 2.71 on."""
    server = seen(call, id)
    shown = cells.stub(call, server) if cells.is_down(call, server) else detail(call, server)
    if call.version >= (2, 71):
        shown["server_groups"] = [server.group] if server.group in call.state.groups else []
    return Answer({"server": shown})


def delete(call: Call, id: str) -> Answer:
    building.delete(call.state, find(call, id))
    return Answer(None, 204)


def find(call: Call, id_: str) -> Server:
    """A server that something is done with; 500 where its cell does not answer."""
    server = seen(call, id_)
    if cells.is_down(call, server):
        raise Refused(500, cells.BROKEN)
    return server


def seen(call: Call, id_: str) -> Server:
    """A server that the user may see; before 2.69 nothing shows one whose cell does not answer."""
    server = call.state.servers.get(id_)
    if server is None or (server.user.project != call.user.project and not call.user.admin):
        raise Refused(404, f"Instance {id_} could not be found.")
    if cells.is_down(call, server) and call.version < cells.STUBS:
        raise Refused(500, cells.BROKEN)
    return server


ROUTES: Routes = {
    "POST /servers": create,
    "GET /servers": index,
    "GET /servers/detail": index_detail,
    "GET /servers/<id>": show,
    "DELETE /servers/<id>": delete,
    **groups.ROUTES,
}
