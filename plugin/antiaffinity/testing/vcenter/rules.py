# mypy: untyped-calls-exclude=pyVmomi
"""What the rules of a cluster say of a machine on a host.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.cluster.RuleInfo.html
Only machines that run can break a rule.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

from pyVmomi import vim

from antiaffinity.testing.vcenter.nouns import Cluster, Host, Vm
from antiaffinity.testing.vcenter.state import State

APART, TOGETHER, ON_HOSTS = (
    vim.cluster.AntiAffinityRuleSpec,
    vim.cluster.AffinityRuleSpec,
    vim.cluster.VmHostRuleInfo,
)


def broken(state: State, vm: Vm, host: Host) -> list[Any]:
    """The rules in force that a machine would break by running there."""
    cluster = state.get(Cluster, host.parent)
    return [rule for rule in _in_force(state, cluster) if _breaks(state, cluster, rule, vm, host)]


def must(found: list[Any]) -> list[Any]:
    """Those that are mandatory."""
    return [rule for rule in found if rule.mandatory]


def _in_force(state: State, cluster: Cluster) -> list[Any]:
    """Mandatory rules of machines and hosts hold without DRS too: https://blogs.vmware.com/?p=3267."""
    enabled = [rule for rule in cluster.rules if rule.enabled]
    if cluster.drs is not None and cluster.drs.enabled:
        return enabled
    kinds = (*((APART, TOGETHER) if state.settings.rules_without_drs else ()), ON_HOSTS)
    return [rule for rule in must(enabled) if isinstance(rule, kinds)]


def _breaks(state: State, cluster: Cluster, rule: Any, vm: Vm, host: Host) -> bool:
    if isinstance(rule, ON_HOSTS):
        return _breaks_on_hosts(cluster, rule, vm, host)
    if vm.id not in ids(rule.vm):
        return False
    where = [one.host for one in state.vms if one.id in ids(rule.vm) and one.runs and one is not vm]
    if isinstance(rule, APART):
        return host.name in where
    return isinstance(rule, TOGETHER) and any(name != host.name for name in where)


def _breaks_on_hosts(cluster: Cluster, rule: Any, vm: Vm, host: Host) -> bool:
    if vm.id not in ids(_members(cluster, rule.vmGroupName, "vm")):
        return False
    outside = rule.affineHostGroupName and host.id not in ids(
        _members(cluster, rule.affineHostGroupName, "host")
    )
    inside = host.id in ids(_members(cluster, rule.antiAffineHostGroupName, "host"))
    return bool(outside or inside)


def _members(cluster: Cluster, name: str | None, kind: str) -> list[Any]:
    return [one for group in cluster.groups if group.name == name for one in getattr(group, kind)]


def ids(references: Any) -> set[str]:
    """The morefs of managed objects."""
    return {one._moId for one in references or ()}


def settle_conflicts(cluster: Cluster) -> None:
    """Of two rules that contradict each other the older wins, and the newer is disabled."""
    for older, newer in combinations(sorted(cluster.rules, key=lambda rule: rule.key), 2):
        if older.enabled and newer.enabled and _contradict(older, newer):
            newer.enabled = False


def _contradict(one: Any, other: Any) -> bool:
    kinds = {type(one), type(other)}
    return kinds == {APART, TOGETHER} and len(ids(one.vm) & ids(other.vm)) > 1
