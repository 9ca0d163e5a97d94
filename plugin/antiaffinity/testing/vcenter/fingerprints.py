"""What an object's properties depend on, so that what has not changed need not be told anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiaffinity.testing.vcenter.nouns import Cluster, Host, Noun, Task, Vm
from antiaffinity.testing.vcenter.state import State


def fingerprint(state: State, noun: Noun) -> object:
    """Equal while all that the object shows is the same; None where that is not known."""
    values = tuple((key, value) for (of, key), value in state.values.items() if of == noun.id)
    if isinstance(noun, Vm):
        return (values, *_vm(state, noun))
    if isinstance(noun, Host):
        return (values, *_host(state, noun))
    if isinstance(noun, Cluster):
        return (values, *_cluster(state, noun))
    return None


def _vm(state: State, vm: Vm) -> tuple[Any, ...]:
    host = state.host_of(vm)
    ours = (vm.name, vm.pool, vm.template, vm.bare, vm.unreadable, vm.lost, vm.changes, vm.runs)
    return (
        *ours,
        vm.connection,
        vm.created,
        vm.secondary_of,
        [one.id for one in state.vms if one.secondary_of == vm.id],
        host.id,
        state.place(host).up,
        _items(vm.machine.tags),
        _items(vm.machine.size),
    )


def _host(state: State, host: Host) -> tuple[Any, ...]:
    place = state.place(host)
    there = tuple((vm.id, vm.runs, _items(vm.machine.size)) for vm in state.vms_on(host))
    tasks = [task.id for task in state.all(Task) if task.of == host.id]
    return (place.up, host.maintenance, host.quarantine, tasks, _items(place.capacity), there)


def _cluster(state: State, cluster: Cluster) -> tuple[Any, ...]:
    """Its rules' states depend on where machines run."""
    hosts = state.hosts_of(cluster)
    places = tuple((host.id, _items(state.place(host).capacity)) for host in hosts)
    return (cluster.changes, places, tuple((vm.id, vm.host, vm.runs) for vm in state.vms_of(cluster)))


def _items(mapping: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(mapping.items())
