# mypy: untyped-calls-exclude=pyVmomi
"""How a cluster is reconfigured: DRS, rules, groups, and what single machines have of their own.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.cluster.ConfigSpecEx.html
Nothing guards a reader who writes: an edit replaces the list of machines, and the last one wins.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from pyVmomi import vim, vmodl

from antiaffinity.testing.vcenter import machines, nouns, rules, tasks
from antiaffinity.testing.vcenter.machines import wrong
from antiaffinity.testing.vcenter.nouns import Cluster, Fault
from antiaffinity.testing.vcenter.request import Request
from antiaffinity.testing.vcenter.state import State, das_config, drs_config

PLAYED = ("drsConfig", "dasConfig", "rulesSpec", "groupSpec", "drsVmConfigSpec")
"""The parts of a ConfigSpecEx that are played here."""

ASSIGNED = ("key", "ruleUuid", "status", "inCompliance", "dynamicType", "dynamicProperty")
"""What vCenter gives a rule; nobody sends it."""


def reconfigure(request: Request) -> Any:
    """``modify`` false begins from an empty configuration: whatever was there is gone."""
    state, spec = request.state, request.given("spec")
    cluster = state.get(Cluster, request.id)
    _check_played(cluster, spec)

    def work() -> None:
        if not request.given("modify"):
            _reset(state, cluster)
        _apply(state, cluster, spec)

    if state.settings.at_once == "TaskInProgress":
        return tasks.alone(request, cluster, state.settings.editing, work)
    return tasks.begin(request, cluster, state.settings.editing, work)


def _check_played(cluster: Cluster, spec: Any) -> None:
    if cluster.drs is None or not isinstance(spec, vim.cluster.ConfigSpecEx):
        raise wrong("spec")
    for name in given(spec):
        if name not in PLAYED:
            raise Fault(vmodl.fault.NotSupported(), f"{name} is not played here")


def given(spec: Any) -> list[str]:
    """The fields that a specification fills."""
    return [one.name for one in spec._GetPropertyList() if getattr(spec, one.name) not in (None, [])]


def _reset(state: State, cluster: Cluster) -> None:
    """The defaults: no rules, no groups, and neither DRS nor HA."""
    cluster.rules, cluster.groups, cluster.overrides = [], [], {}
    cluster.drs, cluster.das = drs_config("off"), das_config(False)


def _apply(state: State, cluster: Cluster, spec: Any) -> None:
    before = _kept(cluster)
    try:
        _change(state, cluster, spec)
    except Fault:
        if state.settings.batch == "all or none":
            cluster.rules, cluster.groups, cluster.overrides = before
        raise
    finally:
        cluster.changes += 1
        rules.settle_conflicts(cluster)


def _kept(cluster: Cluster) -> tuple[list[Any], list[Any], dict[str, Any]]:
    copies = deepcopy(cluster.rules), deepcopy(cluster.groups)
    return *copies, dict(cluster.overrides)


def _change(state: State, cluster: Cluster, spec: Any) -> None:
    for name in ("drsConfig", "dasConfig"):
        if (wanted := getattr(spec, name)) is not None:
            _fill(cluster.drs if name == "drsConfig" else cluster.das, wanted)
    for one in spec.groupSpec:
        _edit_groups(state, cluster, one)
    for one in spec.rulesSpec:
        _edit_rules(state, cluster, one)
    for one in spec.drsVmConfigSpec:
        _edit_overrides(state, cluster, one)


def _fill(there: Any, wanted: Any) -> None:
    """What is given is set, all else stays."""
    for name in given(wanted):
        setattr(there, name, getattr(wanted, name))


# Rules


def _edit_rules(state: State, cluster: Cluster, spec: Any) -> None:
    edits: dict[str, Callable[[State, Cluster, Any], None]] = {
        "add": _add_rule,
        "edit": _edit_rule,
        "remove": _remove_rule,
    }
    edits[spec.operation](state, cluster, spec)


def _add_rule(state: State, cluster: Cluster, spec: Any) -> None:
    if spec.info is None or not spec.info.name:
        raise wrong("rulesSpec.info")
    rule = deepcopy(spec.info)
    for name in ASSIGNED[:4]:
        setattr(rule, name, None)
    rule.key, rule.ruleUuid = cluster.next_key, nouns.uid(f"{cluster.id}.{cluster.next_key}")
    rule.enabled, rule.mandatory, rule.userCreated = bool(rule.enabled), bool(rule.mandatory), True
    _check_rule(state, cluster, rule)
    cluster.next_key += 1
    cluster.rules.append(rule)


def _edit_rule(state: State, cluster: Cluster, spec: Any) -> None:
    rule = _rule(cluster, spec.info.key if spec.info else None)
    if type(spec.info) is not type(rule):
        raise wrong("rulesSpec.info")
    new = deepcopy(rule)
    if state.settings.unset == "default":
        new.enabled, new.mandatory = False, False
    for name in set(given(spec.info)) - {*ASSIGNED}:
        setattr(new, name, deepcopy(getattr(spec.info, name)))
    _check_rule(state, cluster, new)
    cluster.rules[cluster.rules.index(rule)] = new


def _remove_rule(state: State, cluster: Cluster, spec: Any) -> None:
    cluster.rules.remove(_rule(cluster, spec.removeKey))


def _rule(cluster: Cluster, key: Any) -> Any:
    for rule in cluster.rules:
        if rule.key == key:
            return rule
    raise wrong("rulesSpec.info.key")


def _check_rule(state: State, cluster: Cluster, rule: Any) -> None:
    """Names are unique in the cluster, its machines are in it, its groups are there.

    The fault of a taken name was seen for groups, and the API declares no other:
    https://github.com/hashicorp/terraform-provider-vsphere/issues/1878
    """
    if any(one.name == rule.name and one.key != rule.key for one in cluster.rules):
        raise wrong("rulesSpec.info.name")
    if isinstance(rule, rules.ON_HOSTS):
        _check_groups(cluster, rule)
    else:
        _check_members(state, cluster, rule)


def _check_members(state: State, cluster: Cluster, rule: Any) -> None:
    least = 2 if state.settings.one_member == "refused" else 1
    if len(rule.vm) < least or not all(machines.in_cluster(state, cluster, vm) for vm in rule.vm):
        raise wrong("rulesSpec.info.vm")


def _check_groups(cluster: Cluster, rule: Any) -> None:
    there = {group.name for group in cluster.groups}
    named = {rule.vmGroupName, rule.affineHostGroupName, rule.antiAffineHostGroupName} - {None}
    if rule.vmGroupName is None or len(named) < 2 or not named <= there:
        raise wrong("rulesSpec.info")


# Groups, and what single machines have of their own


def _edit_groups(state: State, cluster: Cluster, spec: Any) -> None:
    name = spec.removeKey if spec.operation == "remove" else spec.info.name
    there = [group for group in cluster.groups if group.name == name]
    if bool(there) == (spec.operation == "add"):
        raise wrong("groupSpec.info.name")
    if spec.operation == "remove":
        cluster.groups.remove(there[0])
        return
    _check_group(state, cluster, spec.info)
    if spec.operation == "edit":
        cluster.groups[cluster.groups.index(there[0])] = deepcopy(spec.info)
    else:
        cluster.groups.append(deepcopy(spec.info))


def _check_group(state: State, cluster: Cluster, group: Any) -> None:
    hosts = {host.id for host in state.hosts_of(cluster)}
    if isinstance(group, vim.cluster.HostGroup):
        good = rules.ids(group.host) <= hosts
    else:
        good = all(machines.in_cluster(state, cluster, vm) for vm in group.vm)
    if not good:
        raise wrong("groupSpec.info")


def _edit_overrides(state: State, cluster: Cluster, spec: Any) -> None:
    vm = spec.removeKey if spec.operation == "remove" else spec.info.key
    there = vm is not None and vm._moId in cluster.overrides
    if there == (spec.operation == "add") or (not there and spec.operation == "remove"):
        raise wrong("drsVmConfigSpec.info.key")
    if spec.operation == "remove":
        del cluster.overrides[vm._moId]
        return
    if not machines.in_cluster(state, cluster, vm):
        raise wrong("drsVmConfigSpec.info.key")
    cluster.overrides[vm._moId] = deepcopy(spec.info)
