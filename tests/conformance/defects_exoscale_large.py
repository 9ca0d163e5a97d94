"""Mistakes in the backend of Exoscale that a group of eight or fewer never shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from antiaffinity.model import GroupKey, Level
from antiaffinity.testing.conformance import large
from antiaffinity_exoscale import arguments, cloud, filling, natives, reading
from antiaffinity_exoscale import backend as exoscale
from antiaffinity_exoscale.backend import ExoscaleBackend
from antiaffinity_exoscale.calls import Api, Shown
from antiaffinity_exoscale.natives import Mark
from conformance.defects import on


@on("exoscale", large.a_group_larger_than_a_native_group_is_kept_apart)
def takes_nine_for_the_most_of_a_group(patch: pytest.MonkeyPatch) -> None:
    more = tuple(replace(one, limit=9) if one.limit else one for one in cloud.guarantees)
    patch.setattr(exoscale, "cloud", replace(cloud, guarantees=more))


@on("exoscale", large.a_group_larger_than_a_native_group_is_kept_apart)
def marks_every_part_alike(patch: pytest.MonkeyPatch) -> None:
    mark_of = natives.mark_of
    patch.setattr(natives, "mark_of", lambda key, native: mark_of(key, replace(native, part=())))


@on("exoscale", large.a_group_larger_than_a_native_group_is_kept_apart)
def marks_the_groups_of_all_zones_alike(patch: pytest.MonkeyPatch) -> None:
    mark_of = natives.mark_of
    patch.setattr(natives, "mark_of", lambda key, native: mark_of(key, replace(native, within="")))


@on("exoscale", large.a_group_larger_than_a_native_group_is_kept_apart)
def makes_the_first_group_alone(patch: pytest.MonkeyPatch) -> None:
    make = natives.make

    def first(api: Api, wanted: Any, used: Any) -> dict[Mark, str]:
        made = make(api, {min(wanted)}, used)
        return dict.fromkeys(wanted, made[min(wanted)])

    patch.setattr(natives, "make", first)


@on("exoscale", large.a_group_larger_than_a_native_group_is_kept_apart)
def launches_into_the_first_of_its_groups_alone(patch: pytest.MonkeyPatch) -> None:
    merge = arguments.sdk_arguments

    def first(placement: Any, own: Mapping[str, Any]) -> dict[str, Any]:
        return merge(replace(placement, native_ids=placement.native_ids[:1]), own)

    patch.setattr(exoscale, "cloud", replace(cloud, merges={"sdk": first}))


@on("exoscale", large.a_group_larger_than_a_native_group_is_kept_apart)
def tells_the_first_of_an_instances_groups_alone(patch: pytest.MonkeyPatch) -> None:
    groups = reading.groups_of
    patch.setattr(exoscale, "groups_of", lambda instance: groups(instance)[:1])


@on("exoscale", large.a_group_larger_than_a_native_group_grows_into_several)
def forgets_which_set_an_instance_is_of(patch: pytest.MonkeyPatch) -> None:
    _served(patch, lambda within, part: (within, {}))


@on("exoscale", large.a_group_larger_than_a_native_group_grows_into_several)
def puts_every_instance_into_the_first_set(patch: pytest.MonkeyPatch) -> None:
    _served(patch, lambda within, part, layer: (within, dict.fromkeys(part, 1), layer))


@on("exoscale", large.a_group_that_outgrows_its_native_group_is_refused_first)
def forgets_which_zone_a_group_serves(patch: pytest.MonkeyPatch) -> None:
    _served(patch, lambda within, part, layer: ({}, part, layer))


def _served(patch: pytest.MonkeyPatch, change: Any) -> None:
    serving = natives.serving
    patch.setattr(reading, "serving", lambda groups, ours: change(*serving(groups, ours)))


@on("exoscale", large.a_large_group_is_found_and_leaves_nothing)
def deletes_one_group_of_several(patch: pytest.MonkeyPatch) -> None:
    remove = natives.remove

    def delete(self: ExoscaleBackend, key: GroupKey, adopt: Mapping[Level, str]) -> None:
        for group in list(natives.marks(self._api.groups(), key))[:1]:
            remove(self._api, group)

    patch.setattr(ExoscaleBackend, "_delete_groups", delete)


@on("exoscale", large.a_large_group_is_found_and_leaves_nothing)
def lists_one_group_of_several(patch: pytest.MonkeyPatch) -> None:
    found = natives.found

    def one(machines: Any, ours: Mapping[str, Mark], owner: str | None) -> Any:
        return found(machines, dict(list(ours.items())[:1]), owner)

    patch.setattr(natives, "found", one)


@on("exoscale", large.a_group_larger_than_a_native_group_is_kept_apart)
def counts_its_own_members_as_strangers_in_a_full_group(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(filling, "_all_ours", lambda api, key, inside: False)
    patch.setattr(filling, "MOST", 4)


@on("exoscale", large.a_large_group_is_found_and_leaves_nothing)
def reads_the_first_instances_of_a_zone_alone(patch: pytest.MonkeyPatch) -> None:
    every = Api.instances

    def page(self: Api) -> list[tuple[str, Shown]]:
        there = every(self)
        return [pair for zone in self.zones for pair in [p for p in there if p[0] == zone][:4]]

    patch.setattr(Api, "instances", page)
