"""Anti-affinity groups: https://community.exoscale.com/product/compute/instances/how-to/anti-affinity."""

from __future__ import annotations

from typing import Any

from antiaffinity.testing.exoscale import views
from antiaffinity.testing.exoscale.http import Call, Refused
from antiaffinity.testing.exoscale.nouns import Failed, Group
from antiaffinity.testing.exoscale.state import State


def index(call: Call) -> dict[str, Any]:
    told = call.state.settings.members_in_list
    shown = [
        views.group(group, call.state.members(group.id, call.zone) if told else None)
        for group in call.state.groups.values()
    ]
    return {"anti-affinity-groups": shown}


def show(call: Call, id: str) -> dict[str, Any]:
    """With the members of the zone that is asked: a group is the organization's, its members are a zone's."""
    return views.group(call.state.group(id), call.state.members(id, call.zone))


def create(call: Call) -> dict[str, Any]:
    state, name = call.state, call.body["name"]
    if state.settings.unique_names and any(group.name == name for group in state.groups.values()):
        raise Refused(409, f"Anti-affinity Group {name} already exists")
    group = Group(state.new_id(), name, call.body.get("description"))
    state.groups[group.id] = group
    return views.operation(
        state.begin("create-anti-affinity-group", "anti-affinity-group", group.id, lambda: None)
    )


def delete(call: Call, id: str) -> dict[str, Any]:
    state = call.state
    state.group(id)
    answered = state.settings.delete_occupied
    if state.members(id) and answered in ("409", "400"):
        raise Refused(int(answered), f"Anti-affinity Group {id} is used by instances")
    return views.operation(
        state.begin("delete-anti-affinity-group", "anti-affinity-group", id, lambda: _remove(state, id))
    )


def _remove(state: State, id_: str) -> None:
    """Members stay where they are; whether they would keep others away is not known."""
    members = state.members(id_)
    if members and state.settings.delete_occupied != "success":
        raise Failed("conflict", f"Anti-affinity Group {id_} is used by instances")
    state.groups.pop(id_, None)
    for member in members:
        member.groups.remove(id_)
