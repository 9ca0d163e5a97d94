"""Mistakes in the backend of Azure that a few machines on one page never show."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from msgspec.structs import replace

from antiaffinity.model import Observed
from antiaffinity.testing.conformance import large
from antiaffinity_azure import arguments, natives, offers, reading
from antiaffinity_azure.backend import AzureBackend
from antiaffinity_azure.machines import Machines
from antiaffinity_azure.natives import ScaleSets
from conformance.defects import on

PAGE = 5


@on("azure", large.a_group_larger_than_a_native_group_is_kept_apart)
def reads_one_page_of_machines(patch: pytest.MonkeyPatch) -> None:
    listed = Machines.listed
    patch.setattr(Machines, "listed", lambda self: listed(self)[:PAGE])


@on("azure", large.a_group_larger_than_a_native_group_is_kept_apart)
def shows_one_page_of_machines(patch: pytest.MonkeyPatch) -> None:
    observed = Machines.observed
    patch.setattr(Machines, "observed", lambda self, members: observed(self, members)[:PAGE])


@on("azure", large.a_group_larger_than_a_native_group_is_kept_apart)
def reads_one_zone_of_a_region(patch: pytest.MonkeyPatch) -> None:
    domains = offers.Offers.domains
    patch.setattr(offers.Offers, "domains", lambda self, types: domains(self, types)[:1])


@on("azure", large.a_group_larger_than_a_native_group_is_kept_apart)
def makes_a_set_for_the_zones_of_this_plan_and_never_adds_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(natives, "_body", _first_zone(natives._body))
    patch.setattr(ScaleSets, "_reaches", lambda self, one, wanted: True)


def _first_zone(body: Callable[..., Any]) -> Callable[..., Any]:
    def made(*given: Any) -> Any:
        found = body(*given)
        found.zones = found.zones[:1]
        return found

    return made


@on("azure", large.a_group_larger_than_a_native_group_is_kept_apart)
def names_the_first_zone_for_everybody(patch: pytest.MonkeyPatch) -> None:
    place = arguments._place
    patch.setattr(arguments, "_place", lambda placement: {**place(placement), "zones": ["1"]})


@on("azure", large.a_group_larger_than_a_native_group_is_kept_apart)
def launches_some_outside_the_scale_set(patch: pytest.MonkeyPatch) -> None:
    place = arguments._place

    def without(placement: Any) -> Any:
        some = placement.member.endswith("1")
        return place(replace(placement, native_ids=(), natives=()) if some else placement)

    patch.setattr(arguments, "_place", without)


@on("azure", large.a_group_larger_than_a_native_group_is_kept_apart)
def makes_another_set_each_time(patch: pytest.MonkeyPatch) -> None:
    numbers, name = count(1), natives.native_name
    patch.setattr(natives, "native_name", lambda key, native: f"{name(key, native)}-{next(numbers)}")


@on("azure", large.a_group_larger_than_a_native_group_is_kept_apart)
def marks_no_scale_set(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(natives, "tags", lambda key: {})


@on("azure", large.a_group_larger_than_a_native_group_is_kept_apart)
def sees_every_machine_in_the_first_zone(patch: pytest.MonkeyPatch) -> None:
    _seen_as(patch, lambda seen: replace(seen, domains={**seen.domains, "zone": "1"}))


@on("azure", large.a_group_larger_than_a_native_group_is_kept_apart)
def does_not_count_who_runs(patch: pytest.MonkeyPatch) -> None:
    _seen_as(patch, lambda seen: replace(seen, holds=False))


@on("azure", large.a_group_larger_than_a_native_group_is_kept_apart)
def takes_a_machine_that_runs_for_one_that_starts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading, "_state", lambda machine, view: "starting")


@on("azure", large.a_large_group_is_found_and_leaves_nothing)
def lists_no_scale_sets(patch: pytest.MonkeyPatch) -> None:
    groups = AzureBackend.groups

    def bare(self: AzureBackend, owner: str | None) -> Any:
        return [replace(one, natives=()) for one in groups(self, owner)]

    patch.setattr(AzureBackend, "groups", bare)


@on("azure", large.a_large_group_is_found_and_leaves_nothing)
def leaves_the_scale_set(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AzureBackend, "_delete_sets", lambda self, key, machines, adopt: None)


def _seen_as(patch: pytest.MonkeyPatch, change: Callable[[Observed], Observed]) -> None:
    observed = reading.observed
    patch.setattr(reading, "observed", lambda *given: change(observed(*given)))
