"""Mistakes in the backend of a cloud that hides where machines are, and tells little of what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from antiaffinity.errors import NoCapacity, Unavailable
from antiaffinity.model import GroupKey, Level, Machine, Observed, Placement
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
from antiaffinity_exoscale import arguments, cloud, launching, natives, reading
from antiaffinity_exoscale import backend as exoscale
from antiaffinity_exoscale.backend import ExoscaleBackend
from antiaffinity_exoscale.calls import Api, Shown
from antiaffinity_exoscale.launching import Launches
from conformance.defects import on


@on("exoscale", launches.a_launch_that_bears_another_members_mark_is_refused)
def does_not_look_at_the_labels(patch: pytest.MonkeyPatch) -> None:
    def settled(self: Launches, id_: str) -> Shown:
        return next(one for _, one in self._api.instances() if one["id"] == id_)

    patch.setattr(Launches, "settled", settled)


@on("exoscale", members.a_group_for_every_hard_promise_is_kept_in_the_world)
def forgets_the_groups_of_a_launch(patch: pytest.MonkeyPatch) -> None:
    merge = arguments.sdk_arguments
    without = ("anti_affinity_groups",)

    def forgetful(placement: Placement, own: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in merge(placement, own).items() if name not in without}

    patch.setattr(exoscale, "cloud", replace(cloud, merges={"sdk": forgetful}))


@on("exoscale", drift.a_machine_that_was_moved_onto_another_is_found)
def takes_the_planned_zone_for_the_real_one(patch: pytest.MonkeyPatch) -> None:
    first: dict[str, str] = {}
    observed = reading.observed

    def remembered(instance: Shown, member: str, zone: str, *given: Any) -> Observed:
        return observed(instance, member, first.setdefault(instance["id"], zone), *given)

    patch.setattr(exoscale, "observed", remembered)


@on("exoscale", members.what_is_there_is_listed_under_its_owner)
def looks_for_machines_in_one_zone_only(patch: pytest.MonkeyPatch) -> None:
    every = Api.instances
    patch.setattr(Api, "instances", lambda self: [one for one in every(self) if one[0] == self.zones[0]])


@on("exoscale", strangers.a_native_group_with_a_strangers_machine_is_not_released)
def trusts_exoscale_not_to_delete_a_group_with_members(patch: pytest.MonkeyPatch) -> None:
    def delete(self: ExoscaleBackend, key: GroupKey, adopt: Mapping[Level, str]) -> None:
        for group in natives.marks(self._api.groups(), key):
            self._api.ask("delete-anti-affinity-group", id=group)

    patch.setattr(ExoscaleBackend, "_delete_groups", delete)


@on("exoscale", members.scaling_out_moves_nobody)
def makes_a_second_group_instead_of_finding_the_first(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(natives, "make", _made_at_once)


def _made_at_once(api: Api, wanted: Any, used: object) -> dict[Any, str]:
    return {mark: _made(api, mark) for mark in wanted}


def _made(api: Api, mark: natives.Mark) -> str:
    return api.change("create-anti-affinity-group", name=mark.name, description=mark.description)


@on("exoscale", races.deployers_that_prepare_at_once_share_one_native_group)
def looks_for_a_group_and_then_makes_one(patch: pytest.MonkeyPatch) -> None:
    def make(api: Api, wanted: Any, used: object) -> dict[Any, str]:
        there = natives._marked(api, wanted)
        return {mark: ids[0] if ids else _made(api, mark) for mark, ids in there.items()}

    patch.setattr(natives, "make", make)


@on("exoscale", races.deployers_that_prepare_at_once_share_one_native_group)
def does_not_wait_after_making_a_group(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(natives, "SETTLE", 0.0)


@on("exoscale", launches.settling_waits_until_the_place_is_decided)
def takes_an_accepted_launch_for_a_placed_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Launches, "_decided", lambda self, shown: shown)


@on("exoscale", limits.without_a_discard_a_failed_machine_is_named_and_seen_as_failed)
def takes_an_instance_in_error_for_one_that_runs(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading, "STATES", {**reading.STATES, "error": "running"})


@on("exoscale", limits.one_member_too_many_is_refused_until_there_is_a_place)
def takes_no_hypervisor_for_a_hiccup(patch: pytest.MonkeyPatch) -> None:
    def hiccup(placement: Placement, said: str, remains: Machine | None = None) -> Unavailable:
        return Unavailable(said, remains=remains)

    patch.setattr(launching, "no_room", hiccup)


@on("exoscale", limits.without_room_nothing_failed_is_left)
def does_not_say_which_zone_refused(patch: pytest.MonkeyPatch) -> None:
    def elsewhere(placement: Placement, said: str, remains: Machine | None = None) -> NoCapacity:
        return NoCapacity(said, domain={"zone": "at-vie-1"}, remains=remains)

    patch.setattr(launching, "no_room", elsewhere)


@on("exoscale", members.a_stopped_member_is_still_the_member)
def gives_a_stopped_instances_place_away(patch: pytest.MonkeyPatch) -> None:
    _seen_as(patch, lambda seen: replace(seen, holds=seen.state == "running"))


@on("exoscale", evidence.members_of_a_native_group_are_told_to_be_in_it)
def reads_groups_from_the_list_of_instances(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ExoscaleBackend, "_inside", lambda self, zone, listed: reading.groups_of(listed))


@on("exoscale", strangers.owners_and_names_that_look_alike_are_two)
def describes_groups_for_people_only(patch: pytest.MonkeyPatch) -> None:
    def spelled(key: GroupKey, native: Any) -> natives.Mark:
        word = f"{key.owner}-{key.name}".replace("/", "-").replace(".", "-")
        return natives.Mark("", word, native.within, native.number)

    patch.setattr(natives, "mark_of", spelled)


@on("exoscale", strangers.a_group_whose_name_begins_alike_is_another_group)
def takes_every_group_of_its_owner_for_its_own(patch: pytest.MonkeyPatch) -> None:
    marks = natives.marks

    def of_owner(groups: Sequence[Shown], key: GroupKey | None = None) -> dict[str, natives.Mark]:
        return {id_: mark for id_, mark in marks(groups).items() if key is None or mark.owner == key.owner}

    patch.setattr(natives, "marks", of_owner)


@on("exoscale", strangers.an_adopted_native_group_must_exist_and_promise_the_same)
def adopts_without_looking(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(natives, "adopt", lambda api, id_, wanted: id_)


@on("exoscale", strangers.an_adopted_native_group_is_used_and_never_deleted)
def does_not_tell_who_else_is_in_an_adopted_group(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ExoscaleBackend, "_occupants", lambda self, key, adopt, there: [])


@on("exoscale", strangers.a_machine_in_an_adopted_native_group_can_become_a_member)
def says_that_it_wrote_the_mark_and_did_not(patch: pytest.MonkeyPatch) -> None:
    def unwritten(self: ExoscaleBackend, zone: str, shown: Shown, mark: Mapping[str, str]) -> Shown:
        return {**shown, "labels": mark}

    patch.setattr(ExoscaleBackend, "_write", unwritten)


@on("exoscale", faults.releasing_survives_any_lost_request)
def takes_a_lost_answer_for_success(patch: pytest.MonkeyPatch) -> None:
    release = ExoscaleBackend.release

    def deaf(self: ExoscaleBackend, *given: Any) -> None:
        try:
            release(self, *given)
        except Unavailable:
            return

    patch.setattr(ExoscaleBackend, "release", deaf)


@on("exoscale", faults.a_refused_launch_survives_any_lost_request)
def does_not_see_instances_in_error(patch: pytest.MonkeyPatch) -> None:
    observe = ExoscaleBackend.observe

    def healthy(self: ExoscaleBackend, *given: Any) -> list[Observed]:
        return [seen for seen in observe(self, *given) if seen.state not in ("failed", "lost")]

    patch.setattr(ExoscaleBackend, "observe", healthy)


@on("exoscale", members.a_member_with_a_machine_is_not_released)
def releases_members_without_looking(patch: pytest.MonkeyPatch) -> None:
    release = ExoscaleBackend.release

    def group_only(self: ExoscaleBackend, key: GroupKey, named: object, adopt: Any) -> None:
        if named is None:
            release(self, key, None, adopt)

    patch.setattr(ExoscaleBackend, "release", group_only)


def _seen_as(patch: pytest.MonkeyPatch, change: Callable[[Observed], Observed]) -> None:
    observed = reading.observed
    patch.setattr(exoscale, "observed", lambda *given: change(observed(*given)))
