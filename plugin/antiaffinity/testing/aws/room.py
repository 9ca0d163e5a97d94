"""Where the World has room for an instance, by the rules of placement groups and Dedicated Hosts."""

from __future__ import annotations

from collections.abc import Sequence

from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS
from msgspec import Struct

from antiaffinity.testing.aws.nouns import DedicatedHost, PlacementGroup, Refused
from antiaffinity.testing.aws.state import State
from antiaffinity.testing.world import Place

MOST_IN_SPREAD = 7
"""Running instances of a spread group in a zone
(https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/limitations-placement-groups.html)."""

EIGHTH = {
    "InstanceLimitExceeded": "You have requested more instances than your current instance limit allows.",
    "SpreadPlacementGroupInstanceLimitExceeded": (
        "The spread placement group has reached its limit of running instances in this Availability Zone."
    ),
}


class Ask(Struct):
    """What an instance needs of a place."""

    zone: str
    type: str
    size: dict[str, float]
    group: PlacementGroup | None
    partition: int


def zones_of(state: State, type_: str) -> list[str]:
    """The zones that offer a type."""
    offers = INSTANCE_TYPE_OFFERINGS["availability-zone"].get(state.settings.region, ())
    zones = {one["Location"] for one in offers if one["InstanceType"] == type_}
    zones -= {zone for unwanted, zone in state.settings.not_offered if unwanted == type_}
    return sorted(zones & {*state.zones.values()})


def insufficient(state: State, type_: str, zone: str) -> Refused:
    """In EC2's words, which name the zones that might have more."""
    others = [other for other in zones_of(state, type_) if other != zone]
    hint = f" or choosing {', '.join(others)}" if others else ""
    return Refused(
        "InsufficientInstanceCapacity",
        f"We currently do not have sufficient {type_} capacity in the Availability Zone you requested "
        f"({zone}). Our system will be working on provisioning additional capacity. You can currently get "
        f"{type_} capacity by not specifying an Availability Zone in your request{hint}.",
        500,
    )


def shared(state: State, ask: Ask, taken: Sequence[Place] = ()) -> Place:
    """The host that a new or started instance goes to.

    EC2 says nothing of how it chooses among hosts; here it packs, so that nothing is apart by chance.
    """
    group = ask.group
    used = [*state.placed(group), *taken] if group else []
    if group and group.strategy == "spread":
        _spread_has_room(state, ask, used)
    fitting = [place for place in state.places(ask.zone) if state.world.takes(place.host, ask.size)]
    if group and group.strategy == "spread":
        racks = {place.domain("rack") for place in used}
        fitting = [place for place in fitting if place.domain("rack") not in racks]
    if group and group.strategy == "partition":
        fitting = _in_partition(state, group, ask, fitting, used)
    if not fitting:
        raise insufficient(state, ask.type, ask.zone)
    place = max(fitting, key=lambda one: (len(state.world.on(one.host)), one.host))
    if group and group.strategy == "partition":
        group.racks[place.domain("rack")] = ask.partition
    return place


def _spread_has_room(state: State, ask: Ask, used: Sequence[Place]) -> None:
    if len([place for place in used if place.zone == ask.zone]) < MOST_IN_SPREAD:
        return
    code = state.settings.eighth
    if code == "InsufficientInstanceCapacity":
        raise insufficient(state, ask.type, ask.zone)
    raise Refused(code, EIGHTH[code])


def _in_partition(
    state: State, group: PlacementGroup, ask: Ask, fitting: Sequence[Place], used: Sequence[Place]
) -> list[Place]:
    """The hosts on racks that are the partition's, or nobody's; a rack without members is given back."""
    inhabited = {place.domain("rack") for place in used}
    group.racks = {rack: number for rack, number in group.racks.items() if rack in inhabited}
    if not ask.partition:
        ask.partition = _emptiest(group, ask.zone, used)
    owners = {place.host: group.racks.get(place.domain("rack")) for place in fitting}
    own = [place for place in fitting if owners[place.host] == ask.partition]
    return own or [place for place in fitting if owners[place.host] is None]


def _emptiest(group: PlacementGroup, zone: str, used: Sequence[Place]) -> int:
    """Who names no partition gets one with fewest instances in the zone."""
    racks = [group.racks.get(place.domain("rack")) for place in used if place.zone == zone]
    return min(range(1, group.partitions + 1), key=lambda number: (racks.count(number), number))


def dedicated(state: State, host_id: str) -> DedicatedHost:
    """The account's Dedicated Host with this id, or any that takes instances that name none."""
    found = [host for host in state.hosts.values() if not host.released]
    found = [host for host in found if (host.id == host_id if host_id else host.auto)]
    if not found and host_id:
        raise Refused("InvalidHostID.NotFound", f"The host ID '{host_id}' does not exist")
    if not found:
        raise Refused("InsufficientHostCapacity", "There is not enough capacity to fulfill your request")
    return found[0]


def on_host(state: State, host_id: str, size: dict[str, float]) -> Place:
    """The host of the World, if it has room."""
    host = dedicated(state, host_id)
    if not state.world.takes(host.place, size):
        raise Refused(
            "InsufficientCapacityOnHost", f"There is not enough capacity on host {host_id} to launch it."
        )
    return state.world.places[host.place]


def vcpus_in_use(state: State) -> float:
    """What the account's instances take that run or are about to."""
    running = {one.id for one in state.instances() if one.state in ("pending", "running", "stopping")}
    machines = (state.world.machines.get(id_) for id_ in running)
    return sum(machine.size.get("vcpus", 0) for machine in machines if machine)
