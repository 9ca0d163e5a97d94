"""Mistakes in a backend whose domains we choose ourselves, inside a native group."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from antiaffinity.errors import Unavailable
from antiaffinity.model import Observed
from antiaffinity.testing.conformance import (
    drift,
    evidence,
    faults,
    launches,
    limits,
    members,
    races,
    strangers,
)
from antiaffinity_azure import arguments, backend, natives, reading
from antiaffinity_azure import faults as azure_faults
from antiaffinity_azure import launches as azure_launches
from antiaffinity_azure.backend import AzureBackend
from antiaffinity_azure.launches import Launches
from antiaffinity_azure.machines import Machines
from antiaffinity_azure.natives import ScaleSets
from antiaffinity_azure.refusals import REFUSALS
from conformance.defects import on


@on("azure", launches.a_launch_that_bears_another_members_mark_is_refused)
def does_not_look_at_the_tags(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(azure_launches, "check_mark", lambda placement, whose, machine: None)


@on("azure", members.a_group_for_every_hard_promise_is_kept_in_the_world)
def names_no_zone_in_the_launch(patch: pytest.MonkeyPatch) -> None:
    place = arguments._place

    def without(placement: Any) -> dict[str, Any]:
        return {word: value for word, value in place(placement).items() if word != "zones"}

    patch.setattr(arguments, "_place", without)


@on("azure", evidence.told_domains_are_the_worlds_and_others_are_not_told)
def tells_the_region_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading, "_domains", lambda machine, view: {"region": machine.location})


@on("azure", launches.settling_waits_until_the_place_is_decided)
def does_not_wait_for_the_allocation(patch: pytest.MonkeyPatch) -> None:
    def at_once(self: Launches, placement: Any, id_: str) -> Observed:
        machine = self._machines.one(id_)
        assert machine
        return self.seen(placement, machine)

    patch.setattr(Launches, "_settled", at_once)


@on("azure", limits.without_a_discard_a_failed_machine_is_named_and_seen_as_failed)
def takes_a_failed_machine_for_running(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading, "_state", lambda machine, view: "running")


@on("azure", limits.without_room_nothing_failed_is_left)
def takes_a_failed_allocation_for_a_hiccup(patch: pytest.MonkeyPatch) -> None:
    wrong = [one._replace(error=Unavailable) if "AllocationFailed" in one.codes else one for one in REFUSALS]
    patch.setattr(azure_faults, "REFUSALS", wrong)


@on("azure", members.a_stopped_member_is_still_the_member)
def gives_a_stopped_machines_place_away(patch: pytest.MonkeyPatch) -> None:
    observed = reading.observed

    def stopped(*given: Any) -> Observed:
        seen = observed(*given)
        return replace(seen, holds=seen.state == "running")

    patch.setattr(reading, "observed", stopped)


@on("azure", strangers.owners_and_names_that_look_alike_are_two)
def names_scale_sets_for_people_only(patch: pytest.MonkeyPatch) -> None:
    def name(key: Any, native: Any) -> str:
        return f"aa-{natives._clean(key.owner)}-{natives._clean(key.name)}"

    patch.setattr(natives, "native_name", name)


@on("azure", strangers.a_group_of_the_same_name_belongs_to_its_owner)
def releases_the_scale_sets_of_every_owner(patch: pytest.MonkeyPatch) -> None:
    class Anybody:
        def __eq__(self, other: object) -> bool:
            return True

    patch.setattr(backend, "key_of", lambda one: Anybody())


@on("azure", faults.releasing_survives_any_lost_request)
def does_not_wait_until_a_scale_set_is_gone(patch: pytest.MonkeyPatch) -> None:
    listed = ScaleSets.listed

    def staying(self: ScaleSets) -> list[Any]:
        return [one for one in listed(self) if not natives.is_leaving(one)]

    patch.setattr(ScaleSets, "listed", staying)


@on("azure", members.a_member_with_a_machine_is_not_released)
def releases_members_without_looking_at_machines(patch: pytest.MonkeyPatch) -> None:
    release = AzureBackend.release

    def group_only(self: AzureBackend, key: Any, named: object, adopt: Any) -> None:
        if named is None:
            release(self, key, None, adopt)

    patch.setattr(AzureBackend, "release", group_only)


@on("azure", drift.a_machine_that_was_moved_onto_another_is_found)
def shows_where_a_machine_was_to_be(patch: pytest.MonkeyPatch) -> None:
    """It remembers what it first saw."""
    first: dict[str, Any] = {}
    domains = reading._domains

    def remembered(machine: Any, view: Any) -> Any:
        return first.setdefault(machine.id, domains(machine, view))

    patch.setattr(reading, "_domains", remembered)


@on("azure", evidence.members_of_a_native_group_are_told_to_be_in_it)
def tells_a_set_that_is_not_there(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading, "canonical", lambda id_, group: id_.lower())


@on("azure", limits.without_a_discard_a_failed_machine_is_named_and_seen_as_failed)
def does_not_see_what_failed(patch: pytest.MonkeyPatch) -> None:
    observed = Machines.observed

    def healthy(self: Machines, there: Any) -> list[Observed]:
        return [seen for seen in observed(self, there) if seen.state not in ("failed", "lost")]

    patch.setattr(Machines, "observed", healthy)


@on("azure", races.deployers_that_prepare_at_once_share_one_native_group)
def names_a_scale_set_by_chance(patch: pytest.MonkeyPatch) -> None:
    numbers = iter(range(10_000))
    name = natives.native_name
    patch.setattr(natives, "native_name", lambda key, native: f"{name(key, native)}-{next(numbers)}")
