# mypy: untyped-calls-exclude=pyVmomi
"""The hosts that a launch could use: where they lie, what is free there, what they reach, and what DRS does.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.HostSystem.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from pyVmomi import vim

from antiaffinity.backend import Need
from antiaffinity.errors import InvalidRequest
from antiaffinity.model import Domain, Finding
from antiaffinity.topology import Topology
from antiaffinity_vcenter import cloud, maintenance
from antiaffinity_vcenter.center import Center, Shown, Wanted
from antiaffinity_vcenter.clusters import Cluster
from antiaffinity_vcenter.reading import Inventory
from antiaffinity_vcenter.zones import wanted

HOSTS: Wanted = {
    vim.HostSystem: (
        "name",
        "parent",
        "runtime.connectionState",
        "runtime.inMaintenanceMode",
        "runtime.inQuarantineMode",
        "runtime.standbyMode",
        "summary.hardware.memorySize",
        "summary.hardware.numCpuThreads",
        "summary.hardware.cpuMhz",
        "summary.quickStats.overallCpuUsage",
        "network",
        "datastore",
    ),
    vim.ClusterComputeResource: ("name", "parent", "resourcePool", "configurationEx"),
    vim.Network: ("name",),
    vim.Task: maintenance.TASK,
    vim.Datastore: ("name", "summary.freeSpace", "summary.accessible", "summary.maintenanceMode"),
}
"""What there is to know of places."""

LOADS: Wanted = {
    vim.VirtualMachine: ("runtime.host", "runtime.powerState", "summary.config.memorySizeMB"),
}
"""What takes their memory: asked for where members have a size."""

MB = 1 << 20


def topology(center: Center, zone: str, need: Need) -> Topology:
    """Every host in its zone, in one round trip."""
    paths = {**HOSTS, **LOADS} if any("memory_mb" in size for size in need.sizes) else HOSTS
    shown = center.inventory(wanted(paths, zone))
    seen = Inventory(shown, zone, center.tags(), need.only, need.never)
    check_lists(need, seen)
    stores = {one.id: one for one in seen.of(vim.Datastore) if _in_service(one)}
    networks = {one.id: str(one.get("name")) for one in seen.of(vim.Network)}
    used = _memory(seen.of(vim.VirtualMachine))
    domains = [_domain(host, seen, need, networks, stores, used) for host in seen.hosts.values()]
    words = {**cloud.words, "zone": zone}
    return Topology(domains, words=words, findings=list(_findings(Topology(domains), seen, need)))


def _domain(
    host: Shown,
    seen: Inventory,
    need: Need,
    networks: Mapping[str, str],
    stores: Mapping[str, Shown],
    used: Mapping[str, float],
) -> Domain:
    names, morefs = seen.place(host.id)
    why = _out_of_service(host, seen)
    here = [stores[id_] for id_ in _morefs(host.get("datastore")) if id_ in stores]
    return Domain(
        zone=names.get("zone"),
        host=names["host"],
        ids=morefs,
        capacity=_capacity(host),
        used={"vcpus": _busy(host), "memory_mb": used.get(host.id, 0.0)},
        networks=[networks[id_] for id_ in _morefs(host.get("network")) if id_ in networks],
        datastores={str(one.get("name")): float(one.get("summary.freeSpace", 0)) / MB for one in here},
        labels={**_pool(seen, host), **_roomiest(here, need.needs.datastores)},
        usable=not why,
        why=why,
    )


def _out_of_service(host: Shown, seen: Inventory) -> str:
    """Why a host takes no machine; "" where it does."""
    state = host.get("runtime.connectionState")
    if state != "connected":
        return f"vCenter has no connection to it ({state})"
    if host.get("runtime.inMaintenanceMode"):
        return "it is in maintenance mode"
    if any(maintenance.is_entering(task, host.id) for task in seen.of(vim.Task)):
        return "it is entering maintenance mode"
    if host.get("runtime.standbyMode", "none") != "none":
        return f"it stands by ({host.get('runtime.standbyMode')})"
    if host.get("runtime.inQuarantineMode"):
        return "it is in quarantine mode: its hardware is failing, and DRS empties it"
    cluster = seen.cluster_of(host.id)
    if cluster is None:
        return "it is in no cluster, and DRS rules live in one"
    return "HA keeps it free: a dedicated failover host" if host.id in cluster.failover_hosts else ""


def _capacity(host: Shown) -> dict[str, float]:
    memory, threads = host.get("summary.hardware.memorySize"), host.get("summary.hardware.numCpuThreads")
    told = {"memory_mb": memory and float(memory) / MB, "vcpus": threads and float(threads)}
    return {resource: amount for resource, amount in told.items() if amount}


def _busy(host: Shown) -> float:
    """The CPUs that are busy: how many are promised to machines says little, as all hosts promise more."""
    busy, one = host.get("summary.quickStats.overallCpuUsage"), host.get("summary.hardware.cpuMhz")
    return float(-(-(busy or 0) // (one or 1)))


def _memory(machines: Iterable[Shown]) -> dict[str, float]:
    """The memory of the machines that run, by their host: what a new one touches it takes over time."""
    found: dict[str, float] = {}
    for one in machines:
        if one.get("runtime.powerState") == "poweredOn" and one.get("runtime.host") is not None:
            host = one.get("runtime.host")._GetMoId()
            found[host] = found.get(host, 0.0) + float(one.get("summary.config.memorySizeMB") or 0)
    return found


def _in_service(store: Shown) -> bool:
    return (
        bool(store.get("summary.accessible")) and store.get("summary.maintenanceMode", "normal") == "normal"
    )


def _roomiest(stores: Sequence[Shown], patterns: Sequence[str]) -> dict[str, str]:
    """The datastore with most free space of those that the group needs."""
    found = [one for one in stores if any(fnmatchcase(str(one.get("name")), each) for each in patterns)]
    if not found:
        return {}
    best = max(found, key=lambda one: (one.get("summary.freeSpace", 0), one.id))
    return {"datastore": best.id, "datastore-name": str(best.get("name"))}


def _pool(seen: Inventory, host: Shown) -> dict[str, str]:
    """The root resource pool of the host's cluster."""
    parent = host.get("parent")
    shown = [one for one in seen.of(vim.ClusterComputeResource) if parent is not None and one.obj == parent]
    pool = shown[0].get("resourcePool") if shown else None
    return {} if pool is None else {"pool": str(pool._GetMoId())}


def _morefs(objects: Iterable[Any] | None) -> list[str]:
    return [one._GetMoId() for one in objects or ()]


# What SPEC names


def check_lists(need: Need, seen: Inventory) -> None:
    """Refuse names of clusters that are none here, or two; and hosts outside the clusters to use."""
    if seen.zone == "cluster":
        for word, lists in (("only", need.only), ("never", need.never)):
            for name in lists.get("zone", ()):
                _check_cluster(name, f"{word}.zone", seen, word == "only")
    for name in need.only.get("host", ()):
        _check_host(name, need, seen)


def _check_cluster(name: str, path: str, seen: Inventory, must_be: bool) -> None:
    called = [id_ for id_, cluster in seen.clusters.items() if cluster.name == name]
    if len(called) > 1:
        raise InvalidRequest(
            f"{len(called)} clusters are called {name!r}: name one by its id, {' or '.join(sorted(called))}",
            path=path,
        )
    if must_be and not _matching(name, seen):
        known = sorted(seen.names.values())
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise InvalidRequest(f"no cluster is called {name!r}: {hint}there are {', '.join(known)}", path=path)


def _matching(pattern: str, seen: Inventory) -> list[str]:
    return [
        id_ for id_, name in seen.names.items() if fnmatchcase(id_, pattern) or fnmatchcase(name, pattern)
    ]


def _check_host(name: str, need: Need, seen: Inventory) -> None:
    """A host that the list of clusters leaves out can take nobody."""
    if seen.zone != "cluster" or "zone" not in need.only:
        return
    admitted = {id_ for pattern in need.only["zone"] for id_ in _matching(pattern, seen)}
    there = [seen.cluster_of(one.id) for one in seen.hosts.values() if name in (one.id, one.get("name"))]
    outside = [cluster for cluster in there if cluster is None or cluster.id not in admitted]
    if there and len(outside) == len(there):
        first = outside[0]
        where = f"in the cluster {seen.names[first.id]}" if first else "in no cluster"
        zones = ", ".join(need.only["zone"])
        raise InvalidRequest(f"host {name!r} is {where}, and only.zone says {zones}", path="only.host")


# What DRS does


def _findings(topology: Topology, seen: Inventory, need: Need) -> Iterator[Finding]:
    """Where DRS does less than its rules would have it do; read live, where the lists admit."""
    yield from _zoneless(seen, need)
    yield from _not_lasting(seen, need)
    if "host" not in need.levels:
        return
    mask = topology.listed(need.only, need.never, {}) or [True] * len(topology)
    used = {host for host, admitted in zip(seen.hosts, mask, strict=True) if admitted}
    clusters = {cluster.id: cluster for host in used if (cluster := seen.cluster_of(host))}
    for id_, cluster in sorted(clusters.items()):
        for lowered in filter(None, (_lowered(cluster), _overruled(cluster), _restarted(cluster))):
            yield Finding("drs", f"cluster {seen.names[id_]}: {lowered}", domain=seen.names[id_])


def _zoneless(seen: Inventory, need: Need) -> Iterator[Finding]:
    """Hosts without a zone where zones matter: they take no member. InvalidRequest where none has one."""
    if "zone" not in {*need.levels, *need.only, *need.never}:
        return
    without = {id_: str(host.get("name")) for id_, host in seen.hosts.items() if seen.zone_of(id_)[0] is None}
    if without and len(without) == len(seen.hosts):
        raise InvalidRequest(f"no host has a zone by {seen.zone}: {_why_none(seen)}", path="zone")
    for id_, name in sorted(without.items(), key=lambda one: one[1]):
        if zones := seen.zones_of(id_):
            words = f"is in {' and '.join(zones)}, so no place for rules over zones: {_WHICH}"
            yield Finding("unstated-level", f"{name} {words}", domain=name)
    if silent := sorted(name for id_, name in without.items() if not seen.zones_of(id_)):
        words = f"no zone by {seen.zone}, so no place for rules over zones"
        yield Finding("unstated-level", f"{', '.join(silent[:3])}{_more(silent)}: {words}")


_WHICH = "name those that are zones in only.zone, or by a pattern, as zone: host-group:site-*"


def _why_none(seen: Inventory) -> str:
    several = {zones for id_ in seen.hosts if len(zones := seen.zones_of(id_)) > 1}
    if several:
        return f"they are in several at once ({' and '.join(min(several))}); {_WHICH}"
    return "make host groups (or tags) for them, or set zone to cluster, or write no rule over zones"


def _more(names: Sequence[str]) -> str:
    return f" and {len(names) - 3} more" if len(names) > 3 else ""


def _not_lasting(seen: Inventory, need: Need) -> Iterator[Finding]:
    """What counts where a machine is placed, and binds nobody who moves it later."""
    if not any(cluster.moves for cluster in seen.clusters.values()):
        return
    if seen.zone != "cluster" and "zone" in need.levels:
        words = f"zones by {seen.zone} are no walls: DRS and HA may move machines from one to another"
        yield Finding("drs", f"{words}; a VM-Host rule of your own keeps them, and verify tells")


def _overruled(cluster: Cluster) -> str:
    """Where overrides of single machines are void, ours keeps no new machine where it was put."""
    if cluster.moves and cluster.drs.enableVmBehaviorOverrides is False:
        return "overrides of single machines are off: DRS may move a new machine before its rule is there"
    return ""


def _restarted(cluster: Cluster) -> str:
    if cluster.heeding == "false":
        return "HA may restart machines beside each other (das.respectVmVmAntiAffinityRules is false)"
    return ""


def _lowered(cluster: Cluster) -> str:
    """What the state of DRS takes from the promise that it keeps machines apart."""
    drs = cluster.drs
    if drs is None or drs.enabled is False:
        return "DRS is off: nothing keeps its machines apart or together once they run"
    if drs.defaultVmBehavior in ("manual", "partiallyAutomated"):
        return (
            f"DRS is {drs.defaultVmBehavior}: it refuses what would break a rule, but mends nothing by "
            f"itself: it waits for a person to apply what it recommends"
        )
    return ""
