"""Server groups: https://docs.openstack.org/api-ref/compute/#server-groups-os-server-groups."""

from __future__ import annotations

from typing import Any

from antiaffinity.testing.openstack import cells
from antiaffinity.testing.openstack.http import Answer, Call, Refused, Routes
from antiaffinity.testing.openstack.nouns import ServerGroup
from antiaffinity.testing.openstack.schema import NAME, Schema, check

HARD = ["anti-affinity", "affinity"]
SOFT = ["soft-anti-affinity", "soft-affinity"]

WITH_RULES: Schema = {
    "type": "object",
    "properties": {
        "name": NAME,
        "policy": {"type": "string", "enum": ["anti-affinity", "affinity", *SOFT]},
        "rules": {
            "type": "object",
            "properties": {"max_server_per_host": {"type": ["integer", "string"], "number": 1}},
            "additionalProperties": False,
        },
    },
    "required": ["name", "policy"],
    "additionalProperties": False,
}
"""From 2.64 on."""


def _older(policies: list[str]) -> Schema:
    """Before 2.64: one policy, in a list."""
    return {
        "type": "object",
        "properties": {
            "name": NAME,
            "policies": {"type": "array", "items": {"enum": policies}, "minItems": 1, "maxItems": 1},
        },
        "required": ["name", "policies"],
        "additionalProperties": False,
    }


def _body(call: Call) -> Schema:
    if call.version >= (2, 64):
        inner = WITH_RULES
    else:
        inner = _older([*HARD, *SOFT] if call.version >= (2, 15) else HARD)
    return {
        "type": "object",
        "properties": {"server_group": inner},
        "required": ["server_group"],
        "additionalProperties": False,
    }


def create(call: Call) -> Answer:
    asked = call.body
    check(asked, _body(call))
    given = asked["server_group"]
    rules = {name: int(value) for name, value in given.get("rules", {}).items()}
    policy = given.get("policy") or given["policies"][0]
    if rules and policy != "anti-affinity":
        raise Refused(400, "Only anti-affinity policy supports rules.")
    _within_quota(call)
    user = call.user
    group = ServerGroup(call.state.new_id(), given["name"], policy, rules, user.project_id, user.id)
    call.state.groups[group.id] = group
    return Answer({"server_group": view(call, group)})


def _within_quota(call: Call) -> None:
    project = call.user.project_id
    most = call.state.quota(project, "server_groups")
    if 0 <= most <= call.state.used(project)["server_groups"]:
        raise Refused(403, "Quota exceeded, too many server groups.")


def index(call: Call) -> Answer:
    everybodys = "all_projects" in call.query and call.user.admin
    groups = [
        group
        for group in call.state.groups.values()
        if everybodys or group.project_id == call.user.project_id
    ]
    page = _page(call, groups)
    cells.check_groups(call, page)
    return Answer({"server_groups": [view(call, group) for group in page]})


def _page(call: Call, groups: list[ServerGroup]) -> list[ServerGroup]:
    """By offset and limit alone: nothing in the answer says that there are more."""
    asked = {name: call.query.get(name, "0") for name in ("offset", "limit")}
    for name, value in asked.items():
        check(value, {"digits": True}, name)
    offset, most = int(asked["offset"]), call.state.settings.max_limit
    return groups[offset : offset + min(int(asked["limit"]) or most, most)]


def show(call: Call, id: str) -> Answer:
    group = find(call, id)
    cells.check_groups(call, [group])
    return Answer({"server_group": view(call, group)})


def delete(call: Call, id: str) -> Answer:
    """Members or not: they stay, and their policy is gone."""
    del call.state.groups[find(call, id).id]
    return Answer(None, 204)


def find(call: Call, id_: str, refusal: int = 404) -> ServerGroup:
    """A group that the user may see."""
    group = call.state.groups.get(id_)
    if group is None or (group.project_id != call.user.project_id and not call.user.admin):
        raise Refused(refusal, f"Instance group {id_} could not be found.")
    return group


def view(call: Call, group: ServerGroup) -> dict[str, Any]:
    """A group as this microversion shows it."""
    shown: dict[str, Any] = {"id": group.id, "name": group.name}
    if call.version >= (2, 64):
        shown |= {"policy": group.policy, "rules": group.rules}
    else:
        shown |= {"policies": [group.policy], "metadata": {}}
    shown["members"] = [server.id for server in call.state.members(group.id)]
    if call.version >= (2, 13):
        shown |= {"project_id": group.project_id, "user_id": group.user_id}
    return shown


ROUTES: Routes = {
    "GET /os-server-groups": index,
    "POST /os-server-groups": create,
    "GET /os-server-groups/<id>": show,
    "DELETE /os-server-groups/<id>": delete,
}
