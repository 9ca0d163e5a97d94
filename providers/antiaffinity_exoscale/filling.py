"""Groups that others have filled: their zones are not offered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from antiaffinity.model import GroupKey, Level
from antiaffinity_exoscale import natives
from antiaffinity_exoscale.calls import Api
from antiaffinity_exoscale.natives import Mark
from antiaffinity_exoscale.reading import marked

MOST = 8
"""Instances in a group: https://community.exoscale.com/product/compute/instances/how-to/anti-affinity."""


def full_zones(api: Api, key: GroupKey, adopt: Mapping[Level, str]) -> dict[str, str]:
    """Why a zone takes none of our members now, where strangers have filled a group that they would need.

    A group that our own members fill is no news to who counts them.
    """
    adopted = {adopt["host"]: Mark(key.owner, key.name)} if "host" in adopt else {}
    ours = adopted or natives.marks(api.groups(), key)
    filled = [id_ for id_, mark in ours.items() if _filled(api, key, id_, mark)]
    return {zone: why for zone in api.zones if filled and (why := _why(ours, filled, zone))}


def _filled(api: Api, key: GroupKey, group: str, mark: Mark) -> bool:
    """Whether there are 8 in the group and not all of them are ours."""
    inside = api.members(group, natives.serves(api, mark))
    return len(inside) >= MOST and not _all_ours(api, key, inside)


def _all_ours(api: Api, key: GroupKey, inside: Sequence[tuple[str, str]]) -> bool:
    mine = {one["id"] for _, one in api.instances() if (marked(one) or ("",))[0] == key}
    return {id_ for _, id_ in inside} <= mine


def _why(ours: Mapping[str, Mark], filled: Iterable[str], zone: str) -> str:
    """A zone is full where every set of members needs a group that is filled."""
    serving = {id_: mark for id_, mark in ours.items() if mark.within in ("", zone)}
    full = [id_ for id_ in filled if id_ in serving]
    sets = {number for mark in serving.values() for number in mark.part}
    closed = {number for id_ in full for number in serving[id_].part}
    if not full or sets != closed:
        return ""
    return f"anti-affinity group {', '.join(full)} has {MOST} instances, the most that it takes"
