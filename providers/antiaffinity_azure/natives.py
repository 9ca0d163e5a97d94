"""Scale sets of ours, and sets of others that are adopted.

A Flexible scale set without a profile is a container: its machines are made one by one, each in the zone or
fault domain that it names. It bears our mark (owner, group) as tags from its first moment; its name is for
people, with a hash over the parts verbatim. Names are unique in a resource group and creation is conditional
(If-None-Match), so several deployers end with one.
https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-orchestration-modes
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.mgmt.compute import models
from azure.mgmt.compute.models import VirtualMachineScaleSet
from msgspec import Struct

from antiaffinity import clock
from antiaffinity.errors import Conflict, InvalidRequest, Unavailable
from antiaffinity.model import MARKS, GroupKey, Native
from antiaffinity_azure import faults
from antiaffinity_azure.asking import ONCE, asked, found, listed
from antiaffinity_azure.connecting import Connected
from antiaffinity_azure.reading import name_of, same

LONGEST = 22
"""Characters of owner and group in a name; Azure's limit for the whole is 64."""

PATIENCE = 300.0
POLL = 0.5
ATTEMPTS = 5


class Wanted(Struct, frozen=True):
    """What a plan needs of its scale set: the zones and fault domains that members go to.

    ``all_zones`` and ``fault_domains`` are what a new set is made for: it must take members to come.
    """

    zones: frozenset[str]
    domains: frozenset[str]
    all_zones: tuple[str, ...]
    fault_domains: int


def native_name(key: GroupKey, native: Native) -> str:
    """The name of a scale set of ours: zones and fault domains of one group share it."""
    verbatim = "\0".join((key.owner, key.name, native.within, str(native.number), repr(native.part)))
    words = (_clean(key.owner), _clean(key.name), str(native.number))
    return "-".join(("aa", *words, sha256(verbatim.encode()).hexdigest()[:8]))


def is_of(name: str, key: GroupKey) -> bool:
    """Whether a scale set is called as a group's own is."""
    return same(name, native_name(key, Native("zone", "chosen", hard=True, max_per_domain=0)))


def _clean(part: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", part)[:LONGEST]


def tags(key: GroupKey) -> dict[str, str]:
    """The mark of a set of ours: it has no member."""
    return {MARKS[0]: key.owner, MARKS[1]: key.name}


def key_of(one: VirtualMachineScaleSet) -> GroupKey | None:
    """Whose set it is, None for others' sets; a machine's mark on a set makes it none of ours."""
    there = {name.casefold(): value for name, value in (one.tags or {}).items()}
    owner, group = (there.get(mark) for mark in MARKS[:2])
    return GroupKey(owner, group) if owner is not None and group is not None else None


class ScaleSets:
    """The scale sets of one resource group."""

    def __init__(self, connected: Connected) -> None:
        self._patience = connected.retry_timeout
        self._group, self._location = connected.group, connected.location
        self._sets = connected.compute.virtual_machine_scale_sets

    def made(self, key: GroupKey, native: Native, wanted: Wanted) -> str:
        """The id of the group's set, made where it is not there, with the zones that are needed."""
        name = native_name(key, native)
        for _ in range(ATTEMPTS):
            one = self._there(name) or self._create(name, key, wanted)
            if one is not None:
                _check_ours(one, key)
                _check_fits(one, wanted, "rules")
                if self._reaches(one, wanted):
                    return one.id or ""
        raise Unavailable(f"somebody else keeps changing scale set {name}: repeat later")

    def _there(self, name: str) -> VirtualMachineScaleSet | None:
        """The set once nothing is in progress on it; None where there is none, or none any more."""
        started = clock.now()
        while one := self._get(name):
            if _step(one) == "succeeded":
                return one
            if _step(one) in ("failed", "canceled"):
                raise Unavailable(f"scale set {name} failed: delete it and repeat")
            if clock.now() - started > PATIENCE:
                raise Unavailable(f"scale set {name} is still {_step(one)} after {PATIENCE:.0f} s: repeat")
            clock.sleep(POLL)
        return None

    def _get(self, name: str) -> VirtualMachineScaleSet | None:
        return found(self._patience, lambda: self._sets.get(self._group, name, **ONCE))

    def _create(self, name: str, key: GroupKey, wanted: Wanted) -> VirtualMachineScaleSet | None:
        """The new set, or None where somebody was quicker."""
        body = _body(self._location, key, wanted)
        only_new = MatchConditions.IfMissing
        try:
            asked(
                self._patience,
                lambda: self._sets.begin_create_or_update(
                    self._group, name, body, match_condition=only_new, polling=False, **ONCE
                ),
            )
        except ResourceExistsError as taken:
            if faults.code(taken) not in ("PreconditionFailed", "ConditionNotMet"):
                raise
        except ResourceNotFoundError as gone:
            raise _no_group(self._group) from gone
        clock.sleep(POLL)
        return self._there(name)

    def _reaches(self, one: VirtualMachineScaleSet, wanted: Wanted) -> bool:
        """Whether the set has the zones; else they are added, and it is looked at again.

        https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-use-availability-zones
        """
        has = set(one.zones or ())
        if wanted.zones <= has:
            return True
        more = models.VirtualMachineScaleSetUpdate(zones=sorted(has | wanted.zones))
        same_still = MatchConditions.IfNotModified
        try:
            asked(
                self._patience,
                lambda: self._sets.begin_update(
                    self._group,
                    one.name or "",
                    more,
                    etag=one.etag,
                    match_condition=same_still,
                    polling=False,
                    **ONCE,
                ),
            )
        except ResourceExistsError as busy:
            raise Conflict(f"scale set {one.name} is being changed: repeat") from busy
        except ResourceModifiedError:
            return False
        return False

    def adopted(self, id_: str, wanted: Wanted, path: str) -> str:
        """The set that somebody else made; InvalidRequest where it is missing or does not fit."""
        one = self._get(name_of(id_)) if _in_group(id_, self._group) else None
        if one is None:
            raise InvalidRequest(f"no scale set {id_!r} in resource group {self._group}", path=path)
        _check_fits(one, wanted, path)
        if not wanted.zones <= set(one.zones or ()):
            has = ", ".join(one.zones or ()) or "none"
            raise InvalidRequest(f"scale set {one.name} has the zones {has}; add the others to it", path=path)
        return one.id or ""

    def listed(self) -> list[VirtualMachineScaleSet]:
        """Every set of the resource group, those that are being deleted too."""
        return listed(self._patience, lambda: self._sets.list(self._group, **ONCE))

    def delete(self, name: str) -> None:
        """Delete an empty set, and wait until it is gone; fine if it is."""
        try:
            asked(self._patience, lambda: self._sets.begin_delete(self._group, name, polling=False, **ONCE))
        except ResourceNotFoundError:
            return
        started = clock.now()
        while self._get(name):
            if clock.now() - started > PATIENCE:
                raise Unavailable(f"scale set {name} is still there {PATIENCE:.0f} s after its deletion")
            clock.sleep(POLL)


def _body(location: str, key: GroupKey, wanted: Wanted) -> VirtualMachineScaleSet:
    """A set without a profile; with ``singlePlacementGroup`` null no machine could be attached later."""
    zones = sorted({*wanted.all_zones, *wanted.zones})
    return VirtualMachineScaleSet(
        location=location,
        tags=tags(key),
        zones=zones or None,
        properties=models.VirtualMachineScaleSetProperties(
            orchestration_mode="Flexible",
            platform_fault_domain_count=1 if zones else wanted.fault_domains,
            single_placement_group=False,
        ),
    )


def is_leaving(one: VirtualMachineScaleSet) -> bool:
    """Whether the set is being deleted."""
    return _step(one) == "deleting"


def _check_ours(one: VirtualMachineScaleSet, key: GroupKey) -> None:
    if key_of(one) != key:
        raise InvalidRequest(
            f"there is a scale set {one.name} that does not bear the mark of {key}: delete it, or choose "
            f"another name for the group",
            path="group",
        )


def _check_fits(one: VirtualMachineScaleSet, wanted: Wanted, path: str) -> None:
    """Zones or fault domains, and how many of these, are decided when a set is made."""
    count = (one.properties and one.properties.platform_fault_domain_count) or 1
    if (one.properties and one.properties.orchestration_mode) != "Flexible":
        raise InvalidRequest(f"scale set {one.name} is not Flexible: name another", path=path)
    if bool(one.zones) != bool(wanted.zones):
        made, asked_for = ("zones", "fault domains") if one.zones else ("fault domains", "zones")
        raise InvalidRequest(
            f"scale set {one.name} was made for {made}, and the members go to {asked_for}, which Azure "
            f"cannot change: delete the group's machines, release the group and roll out again",
            path=path,
        )
    beyond = [number for number in wanted.domains if int(number) >= count]
    if beyond and not wanted.zones:
        raise InvalidRequest(
            f"scale set {one.name} has {count} fault domains, and members go to number {max(beyond)}",
            path=path,
        )


def _step(one: VirtualMachineScaleSet) -> str:
    return str((one.properties and one.properties.provisioning_state) or "").casefold()


def _no_group(group: str) -> InvalidRequest:
    return InvalidRequest(
        f"there is no resource group {group}: make it, or name another", path="resource_group_name"
    )


def _in_group(id_: str, group: str) -> bool:
    return same(next(iter(id_.split("/")[4:5]), ""), group)


# Availability sets: of others only


class AvailabilitySets:
    """The availability sets of one resource group."""

    def __init__(self, connected: Connected) -> None:
        self._patience = connected.retry_timeout
        self._group, self._sets = connected.group, connected.compute.availability_sets

    def adopted(self, id_: str, path: str) -> str:
        """The set that somebody else made; InvalidRequest where there is none, or one for old disks."""
        one = (
            found(self._patience, lambda: self._sets.get(self._group, name_of(id_), **ONCE))
            if _in_group(id_, self._group)
            else None
        )
        if one is None:
            raise InvalidRequest(f"no availability set {id_!r} in resource group {self._group}", path=path)
        if (one.sku and one.sku.name) != "Aligned":
            raise InvalidRequest(
                f"availability set {one.name} is Classic and takes no managed disks: adopt an Aligned one",
                path=path,
            )
        return one.id or ""


def kind_of(id_: str) -> str:
    """The type of an adopted resource, as ids have it; "" for what is no resource id."""
    parts: Sequence[str] = id_.split("/")
    return parts[-2].casefold() if len(parts) > 7 else ""
