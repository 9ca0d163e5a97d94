# mypy: untyped-calls-exclude=pyVmomi
"""Lists that last: a mandatory VM-Host rule keeps members on the hosts that their lists admit.

It needs a group of machines and a group of hosts, both named after it. Members with the same hosts share it.
https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.cluster.VmHostRuleInfo.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from pyVmomi import vim

from antiaffinity.model import GroupKey
from antiaffinity_vcenter.clusters import Cluster, ids
from antiaffinity_vcenter.rules import clean, removal

ENDING = re.compile(r"-inside-([0-9a-f]{6})-([0-9a-f]{8})$")
Spec = vim.cluster.ConfigSpecEx


def name_of(key: GroupKey, hosts: Iterable[str]) -> str:
    """What the rule for these hosts is called."""
    return _spelled(key, sha256("\0".join(sorted(hosts)).encode()).hexdigest()[:6])


def _spelled(key: GroupKey, part: str) -> str:
    proof = sha256("\0".join((key.owner, key.name, "inside", part)).encode()).hexdigest()[:8]
    return f"{clean(key.owner)}-{clean(key.name)}-inside-{part}-{proof}"


def is_wall(name: str) -> bool:
    """Whether a rule or one of its groups is called as ours are."""
    return ENDING.search(name.removesuffix("-vms").removesuffix("-hosts")) is not None


def _ours(key: GroupKey, cluster: Cluster) -> set[str]:
    """Every wall of this group in the cluster, those that are half made, too."""
    names = {name.removesuffix("-vms").removesuffix("-hosts") for name in (*cluster.rules, *cluster.groups)}
    return {name for name in names if (found := ENDING.search(name)) and _spelled(key, found[1]) == name}


def steps(
    key: GroupKey, alive: Iterable[str], cluster: Cluster, machine: str = "", hosts: Iterable[str] = ()
) -> list[Any]:
    """What keeps a machine on these hosts, and nobody who is gone; each in a request of its own.

    ``alive`` are the group's machines in the cluster; without ``hosts`` the machine may be on any.
    """
    there = {name: _inside(name, cluster) & {*alive} - {machine} for name in _ours(key, cluster)}
    mine = name_of(key, hosts) if {*hosts} else ""
    if mine:
        there[mine] = there.get(mine, set()) | {machine}
    found = [_removed(name, cluster) for name, vms in sorted(there.items()) if not vms]
    found += [_shrunk(name, cluster, vms) for name, vms in sorted(there.items()) if vms and name != mine]
    built = _built(mine, cluster, there[mine], {*hosts}) if mine else iter(())
    return [*built, *(step for some in found for step in some)]


def _inside(name: str, cluster: Cluster) -> set[str]:
    group = cluster.groups.get(f"{name}-vms")
    return ids(group.vm) if group is not None else set()


def _built(name: str, cluster: Cluster, vms: set[str], hosts: set[str]) -> Iterator[Any]:
    there = cluster.groups.get(f"{name}-hosts")
    if there is None or ids(there.host) != hosts:
        info = vim.cluster.HostGroup(
            name=f"{name}-hosts", host=[vim.HostSystem(id_) for id_ in sorted(hosts)]
        )
        yield _group("edit" if there else "add", info)
    yield from _shrunk(name, cluster, vms)
    rule = cluster.rules.get(name)
    if rule is None or not (rule.enabled and rule.mandatory):
        yield _rule(name, rule)


def _shrunk(name: str, cluster: Cluster, vms: set[str]) -> Iterator[Any]:
    there = cluster.groups.get(f"{name}-vms")
    if there is None or ids(there.vm) != vms:
        info = vim.cluster.VmGroup(name=f"{name}-vms", vm=[vim.VirtualMachine(id_) for id_ in sorted(vms)])
        yield _group("edit" if there else "add", info)


def _removed(name: str, cluster: Cluster) -> Iterator[Any]:
    """The rule first: vCenter keeps no rule without its groups."""
    if name in cluster.rules:
        yield Spec(rulesSpec=[removal(cluster.rules[name])])
    for group in (f"{name}-vms", f"{name}-hosts"):
        if group in cluster.groups:
            yield Spec(groupSpec=[vim.cluster.GroupSpec(operation="remove", removeKey=group)])


def _group(word: str, info: Any) -> Any:
    return Spec(groupSpec=[vim.cluster.GroupSpec(operation=word, info=info)])


def _rule(name: str, there: Any) -> Any:
    info = vim.cluster.VmHostRuleInfo(
        name=name,
        enabled=True,
        mandatory=True,
        userCreated=True,
        vmGroupName=f"{name}-vms",
        affineHostGroupName=f"{name}-hosts",
    )
    if there is not None:
        info.key, info.ruleUuid = there.key, there.ruleUuid
    return Spec(rulesSpec=[vim.cluster.RuleSpec(operation="edit" if there else "add", info=info)])
