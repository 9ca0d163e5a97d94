"""What an operator asks of Nova: services, aggregates, zones with their hosts, hypervisors."""

from __future__ import annotations

from typing import Any

from antiaffinity.testing.openstack.http import Answer, Call, Refused, Routes
from antiaffinity.testing.openstack.nouns import Aggregate, fine_stamp, uid
from antiaffinity.testing.openstack.schema import NAME, check


def zones_detail(call: Call) -> Answer:
    """The zones with their hosts, and the zone of the controllers."""
    call.needs_admin("os_compute_api:os-availability-zone:detail")
    known = call.state.zones()
    shown = [_zone("internal", True, {"controller": {"nova-scheduler": _working(call, True)}})]
    for zone, available in known.items():
        hosts = [host for host in call.state.hosts if call.state.zone_of(host) == zone]
        services = {host: {"nova-compute": _working(call, call.state.hosts[host].up)} for host in hosts}
        shown.append(_zone(zone, available, services))
    return Answer({"availabilityZoneInfo": shown})


def _zone(name: str, available: bool, hosts: dict[str, Any]) -> dict[str, Any]:
    return {"zoneName": name, "zoneState": {"available": available}, "hosts": hosts}


def _working(call: Call, up: bool) -> dict[str, Any]:
    return {"available": up, "active": True, "updated_at": fine_stamp(call.state.world.now)}


# Services


def services(call: Call) -> Answer:
    call.needs_admin("os_compute_api:os-services:list")
    query = call.query
    shown = [_service(call, host) for host in call.state.hosts]
    wanted = {key: query[key] for key in ("host", "binary") if key in query}
    return Answer({"services": [one for one in shown if wanted.items() <= one.items()]})


def change_service(call: Call, id: str) -> Answer:
    """Enable or disable a nova-compute; a disabled one is no candidate, what runs there goes on."""
    call.needs_admin("os_compute_api:os-services:update")
    host = next((host for host in call.state.hosts if _service_id(host) == id), None)
    if host is None:
        raise Refused(404, f"Service {id} could not be found.")
    status = call.body.get("status")
    if status == "disabled":
        call.state.disabled.add(host)
    elif status == "enabled":
        call.state.disabled.discard(host)
    else:
        raise Refused(400, f"Invalid input for field/attribute status. Value: {status}.")
    return Answer({"service": _service(call, host)})


def _service_id(host: str) -> str:
    return uid(f"service.{host}")


def _service(call: Call, host: str) -> dict[str, Any]:
    state = call.state
    return {
        "binary": "nova-compute",
        "host": host,
        "id": _service_id(host),
        "zone": state.zone_of(host),
        "status": "disabled" if host in state.disabled else "enabled",
        "state": "up" if state.hosts[host].up else "down",
        "updated_at": fine_stamp(state.world.now),
        "disabled_reason": None,
        "forced_down": False,
    }


def hypervisors(call: Call) -> Answer:
    call.needs_admin("os_compute_api:os-hypervisors:list")
    return Answer(
        {
            "hypervisors": [
                {
                    "id": uid(f"hypervisor.{host}"),
                    "hypervisor_hostname": host,
                    "state": "up" if place.up else "down",
                    "status": "disabled" if host in call.state.disabled else "enabled",
                }
                for host, place in call.state.hosts.items()
            ]
        }
    )


# Aggregates


def aggregates(call: Call) -> Answer:
    call.needs_admin("os_compute_api:os-aggregates:index")
    return Answer({"aggregates": [_aggregate(one) for one in call.state.aggregates().values()]})


def create_aggregate(call: Call) -> Answer:
    call.needs_admin("os_compute_api:os-aggregates:create")
    inner = {
        "type": "object",
        "properties": {"name": NAME, "availability_zone": {"type": ["string", "null"]}},
        "required": ["name"],
        "additionalProperties": False,
    }
    check(call.body, {"properties": {"aggregate": inner}, "required": ["aggregate"]})
    asked = call.body["aggregate"]
    if any(one.name == asked["name"] for one in call.state.aggregates().values()):
        raise Refused(409, f"Aggregate {asked['name']} already exists.")
    made = call.state.new_aggregate(asked["name"], asked.get("availability_zone"))
    return Answer({"aggregate": _aggregate(made)})


def delete_aggregate(call: Call, id: int) -> Answer:
    call.needs_admin("os_compute_api:os-aggregates:delete")
    found = _found(call, id)
    if found.hosts:
        said = f"Cannot remove host from aggregate {id}. Reason: Host aggregate is not empty."
        raise Refused(400, said)
    del call.state.aggregates()[id]
    return Answer(None, 200)


def change_hosts(call: Call, id: int) -> Answer:
    """Put a host into an aggregate, or take it out; its zone goes with it."""
    found, body = _found(call, id), call.body
    if "add_host" in body:
        call.needs_admin("os_compute_api:os-aggregates:add_host")
        _add(call, found, body["add_host"]["host"])
    elif "remove_host" in body:
        call.needs_admin("os_compute_api:os-aggregates:remove_host")
        _remove(call, found, body["remove_host"]["host"])
    else:
        raise Refused(400, f"There is no such action: {next(iter(body), '')}")
    return Answer({"aggregate": _aggregate(found)})


def _add(call: Call, aggregate: Aggregate, host: str) -> None:
    place = _host(call, host)
    why = f"Cannot add host to aggregate {aggregate.id}. Reason: "
    if aggregate.zone and place.zone and place.zone != aggregate.zone:
        raise Refused(409, f"{why}One or more hosts already in availability zone(s) ['{place.zone}'].")
    there = sum(server.host == host for server in call.state.servers.values())
    if aggregate.zone and not place.zone and there:
        raise Refused(409, why + _MOVES.format(aggregate.zone, there))
    aggregate.hosts.append(host)
    place.zone = aggregate.zone or place.zone


_MOVES = (
    "The host cannot be added to the aggregate as the availability zone of the host would change from 'None' "
    "to '{}' but the host already has {} instance(s). Changing the AZ of an existing instance is not "
    "supported by this action. Move the instances away from this host then try again. If you need to move "
    "the instances between AZs then you can use shelve_offload and unshelve to achieve this.."
)


def _remove(call: Call, aggregate: Aggregate, host: str) -> None:
    place = _host(call, host)
    if host not in aggregate.hosts:
        why = f"Cannot remove host from aggregate {aggregate.id}. Reason: "
        raise Refused(404, f"Aggregate {aggregate.id} has no host {host}." if place else why)
    aggregate.hosts.remove(host)
    if aggregate.zone:
        place.zone = ""


def _host(call: Call, host: str) -> Any:
    if host not in call.state.hosts:
        raise Refused(404, f"Compute host {host} could not be found.")
    return call.state.hosts[host]


def _found(call: Call, id_: int) -> Aggregate:
    known = call.state.aggregates().get(id_)
    if known is None:
        raise Refused(404, f"Aggregate {id_} could not be found.")
    return known


def _aggregate(one: Aggregate) -> dict[str, Any]:
    zone = {"availability_zone": one.zone} if one.zone else {}
    return {
        "id": one.id,
        "uuid": one.uuid,
        "name": one.name,
        "hosts": list(one.hosts),
        "metadata": zone,
        "availability_zone": one.zone,
        "deleted": False,
    }


ROUTES: Routes = {
    "GET /os-availability-zone/detail": zones_detail,
    "GET /os-services": services,
    "PUT /os-services/<id>": change_service,
    "GET /os-hypervisors": hypervisors,
    "GET /os-hypervisors/detail": hypervisors,
    "GET /os-aggregates": aggregates,
    "POST /os-aggregates": create_aggregate,
    "DELETE /os-aggregates/<int:id>": delete_aggregate,
    "POST /os-aggregates/<int:id>/action": change_hosts,
}
