# mypy: untyped-calls-exclude=pyVmomi
"""A cluster as vCenter shows it: its DRS rules and groups, and what DRS does there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyVmomi import vim

from antiaffinity.model import GroupKey
from antiaffinity_vcenter.center import Shown
from antiaffinity_vcenter.rules import HELD, Name, read

PLACING = ("fullyAutomated", "partiallyAutomated")
"""What DRS does by itself: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/
vim.cluster.DrsConfigInfo.DrsBehavior.html."""


HEEDS_RULES = "das.respectvmvmantiaffinityrules"
"""An advanced option of HA, in lower case."""


class Cluster:
    """One cluster with its DRS rules, and what it keeps out of DRS."""

    def __init__(self, shown: Shown) -> None:
        self.id, self.obj, self.name = shown.id, shown.obj, str(shown.get("name", shown.id))
        # Read whole: the type that the property is declared with has no rules, only the one derived from it.
        config: Any = shown.get("configurationEx") or vim.cluster.ConfigInfoEx()
        self.rules = {rule.name: rule for rule in config.rule}
        self.groups = {group.name: group for group in config.group}
        self.overrides = {one.key._GetMoId(): one for one in config.drsVmConfig if one.key}
        self.drs, self.das = config.drsConfig, config.dasConfig

    def ours(self, key: GroupKey) -> dict[str, Name]:
        """The names of this group's DRS rules, read."""
        return {name: told for name in self.rules if (told := read(name, key))}

    def named(self, key: GroupKey) -> set[str]:
        """The machines that this group's DRS rules name."""
        return {id_ for name in self.ours(key) for id_ in ids(self.rules[name].vm)}

    @property
    def places(self) -> bool:
        """Whether DRS chooses a host anew where a machine is powered on."""
        return bool(self.drs and self.drs.enabled and self.drs.defaultVmBehavior in PLACING)

    @property
    def moves(self) -> bool:
        """Whether DRS moves machines by itself."""
        return bool(self.drs and self.drs.enabled and self.drs.defaultVmBehavior == PLACING[0])

    @property
    def failover_hosts(self) -> set[str]:
        """The hosts that HA keeps free: nobody is powered on there or moved to them.

        https://docs.vmware.com/en/VMware-vSphere/8.0/vsphere-availability/
        GUID-C4F5F9EE-4235-4151-BEBE-FCB2A752407B.html: DRS does not use them for load balancing either.
        """
        counts = self.das and self.das.enabled and self.das.admissionControlEnabled is not False
        policy = self.das.admissionControlPolicy if counts else None
        return ids(getattr(policy, "failoverHosts", None))

    @property
    def heeding(self) -> str:
        """Whether HA heeds VM-VM rules when it restarts machines: "true", "false" or "" (not set).

        Nobody publishes what holds where the option is not set.
        """
        options = self.das.option if self.das and self.das.enabled else ()
        told = [str(one.value).lower() for one in options or () if one.key.lower() == HEEDS_RULES]
        return told[-1] if told else ""

    @property
    def held(self) -> set[str]:
        """The machines that were made and not started yet."""
        return ids(self.groups[HELD].vm) if HELD in self.groups else set()


def ids(objects: Iterable[Any] | None) -> set[str]:
    """The morefs of objects."""
    return {one._GetMoId() for one in objects or ()}
