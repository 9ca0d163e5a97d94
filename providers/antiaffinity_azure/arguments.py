"""Our part of an Azure launch: the zone, or the scale set and fault domain, and the mark as tags.

Two dialects of one body. ``sdk`` has the REST names of ``virtual_machines.begin_create_or_update``:
the result goes there as it is, or through ``models.VirtualMachine(**result)``. ``pulumi`` has the
keywords of ``pulumi_azure_native.compute.VirtualMachine``. Both are pure; what the user gave is
copied where it is added to, never changed.

A zone's *name* is Azure's logical number ("2"): it is what a launch takes. A fault domain's name is
its number, from "0". The id of the scale set or availability set is that of the native group.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiaffinity.errors import InvalidRequest
from antiaffinity.merging import another_place, keep_mark, mapping, mark_of
from antiaffinity.model import Placement

Path = tuple[str, ...]

SDK_KEYS = ("zones", "properties", "tags")
PULUMI_KEYS = ("zones", "platform_fault_domain", "virtual_machine_scale_set", "availability_set", "tags")

SDK: Mapping[str, Path] = {
    "location": ("location",),
    "placement": ("placement",),
    "zones": ("zones",),
    "fault domain": ("properties", "platformFaultDomain"),
    "scale set": ("properties", "virtualMachineScaleSet", "id"),
    "availability set": ("properties", "availabilitySet", "id"),
}
PULUMI: Mapping[str, Path] = {
    "location": ("location",),
    "placement": ("placement",),
    "zones": ("zones",),
    "fault domain": ("platform_fault_domain",),
    "scale set": ("virtual_machine_scale_set", "id"),
    "availability set": ("availability_set", "id"),
}
TYPES = {"/virtualmachinescalesets/": "scale set", "/availabilitysets/": "availability set"}

EXCLUDES: Mapping[str, Path] = {
    "zones": ("placement", "fault domain", "availability set"),
    "fault domain": ("placement", "zones", "availability set"),
    "scale set": ("availability set",),
    "availability set": ("placement", "zones", "scale set", "fault domain"),
}
"""What a VM cannot have at once. ``placement`` lets Azure choose the zone.

https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-manage-fault-domains
https://learn.microsoft.com/azure/virtual-machines/availability-set-overview
"""

MOST_TAGS, LONGEST_VALUE = 50, 256
"""Tags of a resource, characters of a tag's value.

https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources
"""

ORIGIN = {"antiaffinity-owner": "owner", "antiaffinity-group": "group", "antiaffinity-member": "members"}
"""The field of SPEC that each entry of the mark comes from."""


def sdk_arguments(placement: Placement, own: Mapping[str, Any]) -> dict[str, Any]:
    """The body of ``virtual_machines.begin_create_or_update``, the placement and our mark merged in."""
    return _merged(placement, own, SDK)


def pulumi_arguments(placement: Placement, own: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of ``compute.VirtualMachine``, the placement and our mark merged in."""
    return _merged(placement, own, PULUMI)


def _merged(placement: Placement, own: Mapping[str, Any], names: Mapping[str, Path]) -> dict[str, Any]:
    body, place = dict(own), _place(placement)
    _same_region(placement, own)
    _refuse_excluded(place, own, names)
    for word, value in place.items():
        _put(placement.member, body, names[word], value)
    body["tags"] = _tags(mapping(own.get("tags"), "tags"), _mark(placement))
    return body


def _place(placement: Placement) -> dict[str, Any]:
    """What the placement says, in Azure's words; a machine in a zone has no fault domain to name."""
    sets = _sets(placement)
    if zone := placement.domains.get("zone"):
        return {"zones": [zone], **sets}
    if "rack" in placement.domains and "availability set" not in sets:
        return {"fault domain": int(placement.domains["rack"]), **sets}
    return dict(sets)


def _sets(placement: Placement) -> dict[str, str]:
    """The ids of the sets the machine is made in, told apart by their resource type."""
    return {word: id_ for id_ in placement.native_ids for word in _set_words(id_)}


def _set_words(id_: object) -> list[str]:
    """An id that a preview does not know yet is that of a scale set we make: availability sets are there."""
    if not isinstance(id_, str):
        return ["scale set"]
    return [word for type_, word in TYPES.items() if type_ in id_.casefold()]


def _same_region(placement: Placement, own: Mapping[str, Any]) -> None:
    """Azure reads "West Europe" as "westeurope"; a location that is not known yet is the user's."""
    region, location = placement.domains.get("region"), own.get("location")
    if region and isinstance(location, str) and _squeezed(location) != _squeezed(region):
        raise another_place(placement.member, location, region, "location")


def _squeezed(location: str) -> str:
    return location.replace(" ", "").casefold()


def _refuse_excluded(place: Mapping[str, Any], own: Mapping[str, Any], names: Mapping[str, Path]) -> None:
    for word in place:
        for other in (other for other in EXCLUDES[word] if other not in place):
            path = tuple(part for part in names[other] if part != "id")
            if _given(own, path):
                raise InvalidRequest(
                    f"the placement names the {word} and Azure takes no {other} beside it; remove it",
                    path=".".join(path),
                )


def _given(own: Mapping[str, Any], path: Path) -> bool:
    value: Any = own
    for depth, part in enumerate(path):
        value = mapping(value, ".".join(path[:depth])).get(part)
    return not _unset(value)


def _put(member: str, body: dict[str, Any], path: Path, value: object) -> None:
    """Set one value, in copies of the nested dicts on its way."""
    for depth, key in enumerate(path[:-1], start=1):
        inner = dict(mapping(body.get(key), ".".join(path[:depth])))
        body[key] = inner
        body = inner
    given = body.get(path[-1])
    if not _unset(given) and not _same(given, value):
        raise another_place(member, given, value, ".".join(path))
    body[path[-1]] = value


def _unset(value: object) -> bool:
    return value is None or (isinstance(value, (list, tuple, Mapping)) and not value)


def _same(given: object, value: object) -> bool:
    """Whether two plain values are one to Azure, which reads resource ids without regard to case."""
    if isinstance(given, (list, tuple)) and isinstance(value, list):
        return len(given) == len(value) and all(map(_same, given, value))
    if isinstance(given, str) and isinstance(value, str):
        return given.casefold() == value.casefold()
    return isinstance(given, (int, float)) and given == value


def _mark(placement: Placement) -> dict[str, str]:
    mark = mark_of(placement)
    for name, value in mark.items():
        if len(value) > LONGEST_VALUE:
            raise InvalidRequest(
                f"{len(value)} characters, but an Azure tag's value takes {LONGEST_VALUE}; shorten it",
                path=ORIGIN[name],
            )
    return mark


def _tags(own: Mapping[str, Any], mark: Mapping[str, str]) -> dict[str, Any]:
    """Own tags and the mark; Azure's tag names do not regard case."""
    tags: dict[str, Any] = {}
    for name, value in own.items():
        ours = mark.get(name.casefold())
        if ours is None:
            tags[name] = value
        else:
            keep_mark(value, ours, f"tags.{name}")
    if len(tags) + len(mark) > MOST_TAGS:
        raise InvalidRequest(
            f"{len(tags)} tags and the {len(mark)} of the mark, but Azure takes {MOST_TAGS}; remove some",
            path="tags",
        )
    return tags | dict(mark)
