"""Mistakes in a backend whose groups are limited in each zone and whose instances stay listed."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from antiaffinity.errors import Unavailable
from antiaffinity.meanings import Meaning
from antiaffinity.model import Level, Observed, Placement
from antiaffinity.testing.aws import room
from antiaffinity.testing.conformance import (
    evidence,
    faults,
    launch_ids,
    launches,
    limits,
    members,
    races,
    strangers,
)
from antiaffinity_aws import arguments, backend, instances, joining, natives, reading, refusals
from antiaffinity_aws.backend import AwsBackend
from conformance.defects import on


@on("aws", launches.a_launch_that_bears_another_members_mark_is_refused)
def does_not_look_at_the_mark(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(backend, "check_mark", lambda placement, whose, machine: None)


@on("aws", members.a_group_for_every_hard_promise_is_kept_in_the_world)
def launches_outside_the_placement_group(patch: pytest.MonkeyPatch) -> None:
    known = arguments._known

    def without(placement: Placement) -> dict[str, Any]:
        there = known(placement)
        return {name: value for name, value in there.items() if name not in ("GroupId", "GroupName")}

    patch.setattr(arguments, "_known", without)


@on("aws", members.a_group_for_every_hard_promise_is_kept_in_the_world)
def sends_a_subnet_and_forgets_the_zone(patch: pytest.MonkeyPatch) -> None:
    known = arguments._known

    def without(placement: Placement) -> dict[str, Any]:
        return {name: value for name, value in known(placement).items() if name != "AvailabilityZone"}

    patch.setattr(arguments, "_known", without)


@on("aws", members.a_deleted_member_is_launched_again)
def makes_a_token_of_the_member_alone(patch: pytest.MonkeyPatch) -> None:
    """EC2 answers with the terminated instance for as long as it is listed."""
    patch.setattr(arguments, "_token", lambda placement, merged: f"{placement.key}-{placement.member}")


@on("aws", members.a_deleted_member_is_launched_again)
def takes_a_terminated_instance_for_one_that_runs(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading, "STATES", {**reading.STATES, "terminated": "running"})


@on("aws", members.a_stopped_member_is_still_the_member)
def counts_a_stopped_member_in_its_rack(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading, "_holds", lambda state, group: state != "terminated")


@on("aws", evidence.members_of_a_native_group_are_told_to_be_in_it)
def does_not_tell_memberships(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading, "group_in", lambda shown, groups: None)


@on("aws", evidence.told_domains_are_the_worlds_and_others_are_not_told)
def tells_a_rack_that_nobody_knows(patch: pytest.MonkeyPatch) -> None:
    domains = reading._domains

    def guessed(shown: Any) -> dict[Level, str]:
        return {**domains(shown), "rack": shown["InstanceId"]}

    patch.setattr(reading, "_domains", guessed)


@on("aws", launches.settling_waits_until_the_place_is_decided)
def does_not_wait_for_the_place(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(instances.Instances, "when_decided", lambda self, placement, shown: shown)


@on("aws", limits.a_place_that_refuses_is_left_for_another)
def takes_missing_capacity_for_a_hiccup(patch: pytest.MonkeyPatch) -> None:
    later = Meaning(Unavailable, "later ({said})", ("InsufficientInstanceCapacity",))
    patch.setattr(refusals, "TABLE", (later, *refusals.TABLE))


@on("aws", strangers.a_native_group_with_a_strangers_machine_is_not_released)
def does_not_look_who_is_in_a_group(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(instances.Instances, "inside", lambda self, group: [])
    patch.setattr(natives, "is_deleted", lambda ec2, group: True)


@on("aws", strangers.owners_and_names_that_look_alike_are_two)
def names_placement_groups_for_people_only(patch: pytest.MonkeyPatch) -> None:
    def name(key: Any, native: Any) -> str:
        return "-".join(map(natives._clean, (key.owner, key.name)))

    patch.setattr(natives, "native_name", name)


@on("aws", strangers.an_adopted_native_group_must_exist_and_promise_the_same)
def adopts_without_looking(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(natives, "adopt", lambda ec2, named, wanted: dict.fromkeys(wanted, named))
    patch.setattr(AwsBackend, "_strangers", lambda self, key, groups, adopt: [])


@on("aws", strangers.an_adopted_native_group_is_used_and_never_deleted)
def deletes_an_adopted_placement_group(patch: pytest.MonkeyPatch) -> None:
    def delete(self: AwsBackend, key: Any, adopt: dict[Level, str]) -> None:
        for group in natives.all_groups(self._ec2).values():
            self._ec2.delete_placement_group(GroupName=group.name)

    patch.setattr(AwsBackend, "_delete_groups", delete)


@on("aws", races.deployers_that_prepare_at_once_share_one_native_group)
def gives_every_placement_group_a_name_of_its_own(patch: pytest.MonkeyPatch) -> None:
    name = natives.native_name
    numbers = iter(range(10_000))
    patch.setattr(natives, "native_name", lambda key, native: f"{name(key, native)}-{next(numbers)}")


@on("aws", members.a_member_with_a_machine_is_not_released)
def releases_members_without_looking(patch: pytest.MonkeyPatch) -> None:
    release = AwsBackend.release

    def group_only(self: AwsBackend, key: Any, named: object, adopt: Any) -> None:
        if named is None:
            release(self, key, None, adopt)

    patch.setattr(AwsBackend, "release", group_only)


@on("aws", faults.releasing_survives_any_lost_request)
def takes_a_lost_answer_for_success(patch: pytest.MonkeyPatch) -> None:
    release = AwsBackend.release

    def deaf(self: AwsBackend, *given: Any) -> None:
        try:
            release(self, *given)
        except Unavailable:
            return

    patch.setattr(AwsBackend, "release", deaf)


@on("aws", members.a_replacement_may_come_before_its_predecessor_goes)
def tells_age_by_the_id(patch: pytest.MonkeyPatch) -> None:
    look = reading.observed

    def without_age(*given: Any) -> Observed:
        seen = look(*given)
        return replace(seen, since=str(1e10 - float(given[0]["LaunchTime"].timestamp())))

    patch.setattr(backend, "observed", without_age)


@on("aws", strangers.a_machine_in_an_adopted_native_group_can_become_a_member)
def binds_without_writing_the_mark(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(joining, "join", lambda ec2, placement, shown, groups: False)


# In the cloud itself: a fake that keeps less than EC2 does


@on("aws", members.a_group_for_every_hard_promise_is_kept_in_the_world)
def a_spread_group_that_shares_racks(patch: pytest.MonkeyPatch) -> None:
    shared = room.shared

    def careless(state: Any, ask: Any, taken: Any = ()) -> Any:
        ask.group = None
        return shared(state, ask, taken)

    patch.setattr(room, "shared", careless)


@on("aws", launch_ids.an_id_of_another_group_from_launch_stops_the_run_at_once)
def takes_the_instance_of_another_group(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(backend, "check_mark", lambda placement, whose, machine: None)
