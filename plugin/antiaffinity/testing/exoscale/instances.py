"""Instances, from their launch to their end: https://community.exoscale.com/reference/api/compute/instance/."""

from __future__ import annotations

from typing import Any

from antiaffinity.testing.exoscale import views
from antiaffinity.testing.exoscale.http import Call, Refused
from antiaffinity.testing.exoscale.nouns import MOST_MEMBERS, TEMPLATE_ID, Failed, Instance, InstanceType
from antiaffinity.testing.exoscale.state import State


def index(call: Call) -> dict[str, Any]:
    shown = (one for one in call.state.instances.values() if _is_listed(call.state, one))
    found = (one for one in shown if one.zone == call.zone)
    return {"instances": [views.listed(one) for one in found]}


def _is_listed(state: State, instance: Instance) -> bool:
    """Whether a list shows an instance by now; asked for by itself each is shown at once."""
    young = state.world.now < instance.created + state.settings.list_lag
    return instance.id not in state.hidden and not young


def show(call: Call, id: str) -> dict[str, Any]:
    return views.instance(call.state.instance(call.zone, id))


# Launching


def create(call: Call) -> dict[str, Any]:
    """Whether a hypervisor takes it is decided at once; a refusal is told as the switches say."""
    state, instance = call.state, _asked(call)
    want = _place(state, instance)
    if want and state.settings.refusal == "http":
        state.world.remove(instance.id)
        raise Refused(state.settings.status, want)
    state.add(instance)
    return views.operation(
        state.begin("create-instance", "instance", instance.id, lambda: _boot(state, instance, want))
    )


def _asked(call: Call) -> Instance:
    """The instance that the request describes; it is on no hypervisor yet."""
    state, body = call.state, call.body
    type_, groups = _type(call), _groups(call)
    _within_quota(state)
    id_ = state.new_id()
    return Instance(
        id=id_,
        name=body.get("name", f"VM-{id_}"),
        asked_zone=call.zone,
        type=type_,
        template=TEMPLATE_ID,
        disk_size=body["disk-size"],
        groups=groups,
        machine=state.world.create(id_, body.get("labels", {}), type_.takes),
        created=state.world.now,
    )


def _type(call: Call) -> InstanceType:
    found = call.state.types.get(call.body["instance-type"].get("id", ""))
    gone = call.zone in call.state.withdrawn
    if found is None or gone or (found.zones is not None and call.zone not in found.zones):
        raise Refused(404, "Instance type not found")
    if call.body["template"].get("id") != TEMPLATE_ID:
        raise Refused(404, "Template not found")
    return found


def _groups(call: Call) -> list[str]:
    asked = [call.state.group(one.get("id", "")).id for one in call.body.get("anti-affinity-groups", ())]
    most = call.state.settings.groups_per_instance
    if most is not None and len(asked) > most:
        raise Refused(400, f"An instance can be in {most} Anti-affinity Groups at most")
    return asked


def _within_quota(state: State) -> None:
    most = state.settings.quota["instance"]
    if 0 <= most <= len(state.instances):
        raise Refused(403, "Quota exceeded: instance")


def _place(state: State, instance: Instance) -> str:
    """A hypervisor without any member of its groups takes it, for life; else what is wanting.

    The fullest is taken, so that what asks for nothing is not apart by luck.
    """
    if _is_full(state, instance):
        return state.settings.group_full
    hosts = _hosts(state, instance)
    if not hosts:
        return state.settings.no_room
    state.world.reserve(instance.id, max(hosts, key=lambda host: (len(state.world.on(host)), host)))
    return ""


def _is_full(state: State, instance: Instance) -> bool:
    """Whether a group has its 8 already, failed instances too."""
    where = instance.zone if state.settings.limit_scope == "zone" else None
    return any(len(state.members(group, where)) >= MOST_MEMBERS for group in instance.groups)


def _boot(state: State, instance: Instance, want: str) -> None:
    """The end of a launch: it runs, or no hypervisor took it."""
    if instance.id not in state.instances or instance.state != "starting":
        raise Failed("interrupted", "the instance was deleted")
    if want:
        _fail(state, instance)
        raise Failed(state.settings.reason, want)
    state.world.start(instance.id)
    instance.state = "running"


def _hosts(state: State, instance: Instance) -> list[str]:
    """The hypervisors of its zone with room, on which no member of any of its groups is."""
    others = [one for group in instance.groups for one in state.members(group) if one is not instance]
    taken = {one.machine.place.host for one in others if one.machine.place}
    return [
        place.host
        for place in state.world.places.values()
        if place.zone == instance.zone
        and place.host not in taken
        and state.world.takes(place.host, instance.type.takes)
    ]


def _fail(state: State, instance: Instance) -> None:
    if state.settings.leaves == "nothing":
        state.forget(instance)
        return
    state.world.fail(instance.id)
    instance.state = "error"


# Afterwards


def delete(call: Call, id: str) -> dict[str, Any]:
    state = call.state
    instance = state.instance(call.zone, id)
    instance.state = "destroying"
    return views.operation(state.begin("delete-instance", "instance", id, lambda: state.forget(instance)))


def update(call: Call, id: str) -> dict[str, Any]:
    """Labels and name; labels are replaced as a whole."""
    instance = call.state.instance(call.zone, id)
    beyond = set(call.body) - {"labels", "name"}
    if beyond:
        raise Refused(501, f"{min(beyond)} is not played here")
    instance.name = call.body.get("name", instance.name)
    if "labels" in call.body:
        instance.machine.tags = dict(call.body["labels"])
    return views.operation(call.state.begin("update-instance", "instance", id, lambda: None))


def stop(call: Call, id: str) -> dict[str, Any]:
    """A stopped instance stays on its hypervisor."""
    instance = call.state.instance(call.zone, id)
    if instance.state != "running":
        raise Refused(409, f"Instance {id} is {instance.state}")
    return _turned(call, instance, "stop-instance", "stopped")


def start(call: Call, id: str) -> dict[str, Any]:
    instance = call.state.instance(call.zone, id)
    if instance.state != "stopped":
        raise Refused(409, f"Instance {id} is {instance.state}")
    return _turned(call, instance, "start-instance", "running")


def _turned(call: Call, instance: Instance, command: str, becomes: str) -> dict[str, Any]:
    world = call.state.world

    def work() -> None:
        instance.state = becomes
        if becomes == "running":
            world.start(instance.id)
        else:
            world.stop(instance.id, keeps_place=True)

    return views.operation(call.state.begin(command, "instance", instance.id, work))
