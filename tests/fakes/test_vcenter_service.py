# mypy: untyped-calls-exclude=pyVmomi
"""Hosts of a vCenter that take no machines, and settings of DRS and HA that lower what rules promise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pyVmomi import vim

from antiaffinity.backend import Need
from antiaffinity.model import GroupKey
from antiaffinity.topology import Topology
from antiaffinity_vcenter.backend import connect
from fakes.vcenter_stage import Stage, hosts, stage

NEED = Need(GroupKey("shop/prod", "db"), levels=("host",))


@pytest.fixture
def there() -> Iterator[Stage]:
    with stage(hosts(3)) as there:
        yield there


def shown(there: Stage) -> Topology:
    return connect(there.si, {}).topology(NEED)


def why(there: Stage, host: str = "c1-h1") -> str:
    return next(domain.why for domain in shown(there).domains if domain.host == host)


def kept_free(there: Stage, **more: Any) -> None:
    """HA keeps the first host free for the machines of the others."""
    free = [vim.HostSystem(host.id) for host in there.center.state.hosts if host.name == "c1-h1"]
    policy = vim.cluster.FailoverHostAdmissionControlPolicy(failoverHosts=free)
    words = {"enabled": True, "admissionControlEnabled": True, **more}
    there.change(dasConfig=vim.cluster.DasConfigInfo(admissionControlPolicy=policy, **words))


def test_a_host_in_quarantine_takes_no_machine(there: Stage) -> None:
    next(host for host in there.center.state.hosts if host.name == "c1-h1").quarantine = True
    assert "quarantine" in why(there)
    assert why(there, "c1-h2") == ""


def test_a_dedicated_failover_host_takes_no_machine(there: Stage) -> None:
    kept_free(there)
    assert "dedicated failover host" in why(there)
    assert why(there, "c1-h2") == ""
    vm = there.clone("vm", "c1-h2")
    there.start(vm)
    with pytest.raises(vim.fault.InvalidHostState):
        there.relocate(vm, "c1-h1")


@pytest.mark.parametrize("off", [{"enabled": False}, {"admissionControlEnabled": False}])
def test_without_ha_or_its_admission_control_it_is_like_others(there: Stage, off: dict[str, Any]) -> None:
    kept_free(there, **off)
    assert why(there) == ""


def said(there: Stage) -> str:
    return "\n".join(finding.message for finding in shown(there).findings)


@pytest.mark.parametrize(
    ("value", "told"), [("false", True), ("FALSE", True), (False, True), ("true", False), (None, False)]
)
def test_that_ha_does_not_heed_rules_is_read_and_told(there: Stage, value: object, told: bool) -> None:
    option = [vim.option.OptionValue(key="das.respectVmVmAntiAffinityRules", value=value)] if value else []
    if value is False:
        option = [vim.option.OptionValue(key="das.respectvmvmantiaffinityrules", value="False")]
    there.change(dasConfig=vim.cluster.DasConfigInfo(enabled=True, option=option))
    assert ("HA may restart machines beside each other" in said(there)) is told


@pytest.mark.parametrize("on", [True, False])
def test_that_overrides_are_void_is_told(there: Stage, on: bool) -> None:
    there.change(drsConfig=vim.cluster.DrsConfigInfo(enableVmBehaviorOverrides=on))
    assert ("overrides of single machines are off" in said(there)) is not on
