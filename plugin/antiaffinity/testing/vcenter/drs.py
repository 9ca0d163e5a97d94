# mypy: untyped-calls-exclude=pyVmomi
"""Where machines run: what a host takes, where DRS puts and moves them, and where HA starts them anew.

Nobody publishes which of several good hosts DRS takes. This one takes the fullest: the worst that it may
do to machines which nobody keeps apart. https://techdocs.broadcom.com: "vSphere Resource Management".
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from pyVmomi import vim

from antiaffinity.testing.vcenter import rules, soap
from antiaffinity.testing.vcenter.nouns import Cluster, Fault, Host, Vm
from antiaffinity.testing.vcenter.state import State

VIOLATED = "This operation would violate a virtual machine affinity/anti-affinity rule."
NO_HOST = "DRS cannot find a host to power on or migrate the virtual machine."
"""Both as https://github.com/cloudfoundry/bosh-vsphere-cpi-release/issues/215 and 223 saw them."""
NO_MEMORY = "The host does not have sufficient memory resources to satisfy the reservation."
NO_CPU = "The host does not have sufficient CPU resources to satisfy the reservation."


# What a host takes


def usable(state: State, host: Host) -> bool:
    """Connected, not in maintenance mode or entering it, and not kept free for machines of hosts that fail.

    "While this task is running and when the host is in maintenance mode, no virtual machines can be powered
    on and no provisioning operations can be performed on the host":
    https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.HostSystem.html
    """
    leaving = host.maintenance or host.entering
    return state.place(host).up and not leaving and not _kept_free(state, host)


def _kept_free(state: State, host: Host) -> bool:
    """No power-on and no move to a failover host: https://docs.vmware.com/en/VMware-vSphere/8.0/
    vsphere-availability/GUID-C4F5F9EE-4235-4151-BEBE-FCB2A752407B.html.
    """
    das: Any = next((one.das for one in state.clusters if one.id == host.parent), None)
    counts = das and das.enabled and das.admissionControlEnabled is not False
    free = getattr(das.admissionControlPolicy, "failoverHosts", None) if counts else None
    return host.id in {one._GetMoId() for one in free or ()}


def has_room(state: State, vm: Vm, host: Host) -> bool:
    """Whether it can run there beside those that run there; who is powered off takes nothing."""
    return state.place(host).open and not lacking(state, vm, host)


def lacking(state: State, vm: Vm, host: Host) -> list[str]:
    """The resources of which the host has too little."""
    used: Counter[str] = Counter()
    for one in state.vms_on(host):
        if one.runs and one is not vm:
            used.update(one.machine.size)
    return [
        name
        for name, whole in state.place(host).capacity.items()
        if used[name] + vm.machine.size.get(name, 0) > whole
    ]


def no_room(state: State, vm: Vm, host: Host) -> Fault:
    """Why it cannot run there."""
    memory = "vcpus" not in lacking(state, vm, host)
    kind = vim.fault.InsufficientMemoryResourcesFault if memory else vim.fault.InsufficientCpuResourcesFault
    name = "memory_mb" if memory else "vcpus"
    return Fault(
        kind(unreserved=0, requested=int(vm.machine.size.get(name, 0))), NO_MEMORY if memory else NO_CPU
    )


def violated(host: Host, rule: object) -> Fault:
    """A mandatory rule says no."""
    return Fault(
        vim.fault.RuleViolation(host=soap.reference("HostSystem", host.id), rule=rule),
        VIOLATED,
    )


def not_usable(host: Host) -> Fault:
    return Fault(
        vim.fault.InvalidHostState(host=soap.reference("HostSystem", host.id)),
        "The operation is not allowed in the current state of the host.",
    )


def check(state: State, vm: Vm, host: Host) -> None:
    """Fault where the machine may not run there: the host's state, a mandatory rule, or no room."""
    if not usable(state, host):
        raise not_usable(host)
    for rule in rules.must(rules.broken(state, vm, host)):
        raise violated(host, rule)
    if not has_room(state, vm, host):
        raise no_room(state, vm, host)


# Power-on


def automates(cluster: Cluster, vm: Vm, *levels: str) -> bool:
    """Whether DRS acts on the machine by itself: the cluster's level, unless it has one of its own."""
    if cluster.drs is None or not cluster.drs.enabled:
        return False
    own = cluster.overrides.get(vm.id) if cluster.drs.enableVmBehaviorOverrides else None
    if own is None:
        return cluster.drs.defaultVmBehavior in levels
    return own.enabled is not False and (own.behavior or cluster.drs.defaultVmBehavior) in levels


def power_on_host(state: State, vm: Vm) -> Host:
    """Where a machine starts: where it is registered, unless DRS places it."""
    host = state.host_of(vm)
    cluster = state.cluster_of(host)
    if automates(cluster, vm, "fullyAutomated", "partiallyAutomated"):
        return placed(state, vm, cluster)
    check(state, vm, host)
    return host


def placed(state: State, vm: Vm, cluster: Cluster) -> Host:
    """Where DRS puts a machine: no rule is broken where that can be, no mandatory one ever; else Fault."""
    taking = [host for host in state.hosts_of(cluster) if usable(state, host) and has_room(state, vm, host)]
    if not taking:
        raise no_room(state, vm, state.host_of(vm))
    broken = {host.id: rules.broken(state, vm, host) for host in taking}
    obeying = [host for host in taking if not broken[host.id]]
    if not obeying and state.settings.over_soft == "placed":
        obeying = [host for host in taking if not rules.must(broken[host.id])]
    if not obeying:
        raise _nowhere(state, taking[0], next(iter(broken.values()))[0])
    return min(obeying, key=lambda host: (len(broken[host.id]), *_by_fullness(state, vm, host)))


def _nowhere(state: State, host: Host, rule: object) -> Fault:
    if state.settings.no_host == "RuleViolation":
        return violated(host, rule)
    return Fault(vim.fault.InsufficientResourcesFault(), NO_HOST)


def _by_fullness(state: State, vm: Vm, host: Host) -> tuple[int, str]:
    there = [one for one in state.vms_on(host) if one.runs and one is not vm]
    return (-len(there), host.name)


# Afterwards


def balance(state: State) -> list[Vm]:
    """DRS looks at every cluster once, and moves what it may move by itself; who was moved."""
    moved = []
    for vm in state.vms:
        if vm.runs and not vm.busy and not vm.secondary_of and (host := _better(state, vm)):
            state.register(vm, host)
            moved.append(vm)
    return moved


def _better(state: State, vm: Vm) -> Host | None:
    """A host where it breaks less, or as little among more; None where it is best off."""
    now = state.host_of(vm)
    cluster = state.cluster_of(now)
    if not automates(cluster, vm, "fullyAutomated"):
        return None

    def badness(host: Host) -> tuple[int, int, int]:
        broken = rules.broken(state, vm, host)
        return (len(rules.must(broken)), len(broken), _by_fullness(state, vm, host)[0])

    others = [host for host in state.hosts_of(cluster) if usable(state, host) and has_room(state, vm, host)]
    best = min(others, key=lambda host: (badness(host), host.name), default=now)
    return best if best is not now and badness(best) < badness(now) else None


# When a host fails


def lose(state: State, name: str) -> None:
    """A host is about to fail; where HA is on, its machines start on others after a while."""
    lost = [vm for vm in state.vms if vm.host == name and vm.runs]
    for vm in lost:
        vm.lost = True
        if (das := state.cluster_of(vm).das) is not None and das.enabled:
            state.world.after(state.settings.ha_after, lambda vm=vm: _restart(state, vm))  # type: ignore[misc]


def _restart(state: State, vm: Vm) -> None:
    """Let it run on the fullest host that takes it, whatever the rules say, or unless they say no."""
    here = state.nouns.get(vm.id) is vm and vm.id in state.world.machines
    if not here or vm.runs or state.place(state.host_of(vm)).up:
        return
    hosts = [host for host in state.hosts_of(state.cluster_of(vm)) if _restarts(state, vm, host)]
    if hosts:
        state.register(vm, min(hosts, key=lambda host: _by_fullness(state, vm, host)))
        state.world.start(vm.id)
        vm.lost = False


def _restarts(state: State, vm: Vm, host: Host) -> bool:
    breaks = state.settings.ha_heeds_rules and rules.must(rules.broken(state, vm, host))
    return usable(state, host) and has_room(state, vm, host) and not breaks
