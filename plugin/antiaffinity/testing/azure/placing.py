"""Where Azure puts a machine: the zone or fault domain that was asked for, or one of its own choice."""

from __future__ import annotations

from collections import Counter

from antiaffinity.testing.azure.nouns import VirtualMachine
from antiaffinity.testing.azure.state import State
from antiaffinity.testing.world import NoRoom, Place

ALLOCATION = (
    "Allocation failed. We do not have sufficient capacity for the requested VM size in this region. "
    "Read more about improving likelihood of allocation success at http://aka.ms/allocation-guidance"
)
ZONAL = (
    "Allocation failed. We do not have sufficient capacity for the requested VM size in this zone. "
    "Read more about improving likelihood of allocation success at http://aka.ms/allocation-guidance"
)


def allocate(state: State, machine: VirtualMachine) -> dict[str, str] | None:
    """Let a machine run on a host; the error where none takes it."""
    if machine.availability_set and machine.domain is None:
        machine.domain = _emptiest(state, machine)
    place = host(state, machine)
    if place is None:
        return no_room(machine)
    try:
        state.world.put(machine.id, place.host)
    except NoRoom:
        return no_room(machine)
    machine.power = "running"
    return None


def no_room(machine: VirtualMachine) -> dict[str, str]:
    """https://learn.microsoft.com/troubleshoot/azure/virtual-machines/windows/allocation-failure"""
    if machine.zones:
        return {"code": "ZonalAllocationFailed", "message": ZONAL}
    return {"code": "AllocationFailed", "message": ALLOCATION}


def host(state: State, machine: VirtualMachine) -> Place | None:
    """The host for a machine: the one with the fewest of its set; else the fullest, to part none by luck."""
    size = {"vcpus": float(machine.size.vcpus)}
    taking = [place for place in _reachable(state, machine) if state.world.takes(place.host, size)]
    of_set = Counter(_host(state, other) for other in _beside(state, machine))
    return min(taking, key=lambda p: (of_set[p.host], -len(state.world.on(p.host)), p.host), default=None)


def _reachable(state: State, machine: VirtualMachine) -> list[Place]:
    places = state.places(machine.location)
    if machine.zones:
        return [place for place in places if place.zone in machine.zones]
    wanted = machine.asked_domain if machine.asked_domain is not None else machine.domain
    if wanted is None:
        return places
    racks = state.domains(machine.location)
    return [place for place in places if place.domain("rack") in racks[wanted : wanted + 1]]


def _beside(state: State, machine: VirtualMachine) -> list[VirtualMachine]:
    members = state.members(machine.scale_set or machine.availability_set or "none")
    return [other for other in members if other is not machine]


def _host(state: State, machine: VirtualMachine) -> str:
    place = state.world.machines[machine.id].place
    return place.host if place else ""


def _emptiest(state: State, machine: VirtualMachine) -> int:
    """Who is deallocated counts nowhere: that is how two come to share a domain.

    https://learn.microsoft.com/azure/virtual-machines/availability-set-overview
    """
    known = state.sets[machine.availability_set.casefold()]
    count = int(known.properties["platformFaultDomainCount"])
    there = Counter(other.domain for other in _beside(state, machine) if other.power != "deallocated")
    return min(range(count), key=lambda number: (there[number], number))
