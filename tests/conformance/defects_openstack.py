"""Mistakes in a backend whose cloud has machines and native groups."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from antiaffinity.errors import Unavailable
from antiaffinity.meanings import Meaning
from antiaffinity.model import GroupKey, Level, Observed
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
from antiaffinity_openstack import arguments as nova_arguments
from antiaffinity_openstack import backend as nova
from antiaffinity_openstack import faults as nova_faults
from antiaffinity_openstack import natives as nova_natives
from antiaffinity_openstack import quotas, reading
from antiaffinity_openstack.backend import OpenStackBackend
from antiaffinity_openstack.refusals import MEANINGS
from conformance.defects import on


@on("openstack", launches.a_launch_that_bears_another_members_mark_is_refused)
def does_not_look_at_the_mark(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(nova, "check_mark", lambda placement, whose, machine: None)


@on("openstack", members.a_group_for_every_hard_promise_is_kept_in_the_world)
def ignores_the_zone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(nova_arguments, "_zone", lambda placement, own: {})


@on("openstack", evidence.told_domains_are_the_worlds_and_others_are_not_told)
def does_not_tell_the_host(patch: pytest.MonkeyPatch) -> None:
    domains = reading._domains

    def without(server: Any) -> dict[Level, str]:
        return {level: name for level, name in domains(server).items() if level != "host"}

    patch.setattr(reading, "_domains", without)


@on("openstack", strangers.a_native_group_with_a_strangers_machine_is_not_released)
def deletes_a_server_group_with_members(patch: pytest.MonkeyPatch) -> None:
    def delete(self: OpenStackBackend, key: GroupKey, adopt: object) -> None:
        for group in self._compute.server_groups():
            if nova_natives.is_ours(group.name, key, self._zones()):
                self._compute.delete_server_group(group.id)

    patch.setattr(OpenStackBackend, "_delete_groups", delete)


@on("openstack", members.scaling_out_moves_nobody)
def makes_a_second_server_group_instead_of_finding_the_first(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(nova_natives, "make", _made_at_once)


def _made_at_once(compute: Any, wanted: Any) -> dict[Any, str]:
    groups = {
        native: compute.create_server_group(name=name, **nova_natives._terms(nova_natives.policy_of(native)))
        for name, native in wanted.items()
    }
    return {native: group.id for native, group in groups.items()}


@on("openstack", races.deployers_that_prepare_at_once_share_one_native_group)
def looks_for_a_server_group_and_then_makes_one(patch: pytest.MonkeyPatch) -> None:
    def make(compute: Any, wanted: Any) -> dict[Any, str]:
        there = nova_natives._named(compute, wanted)
        missing = {name: native for name, native in wanted.items() if not there[name]}
        found = {wanted[name]: groups[0].id for name, groups in there.items() if groups}
        return found | _made_at_once(compute, missing)

    patch.setattr(nova_natives, "make", make)


@on("openstack", launches.settling_waits_until_the_place_is_decided)
def does_not_wait_for_the_place(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(nova, "is_decided", lambda server, waited: True)


@on("openstack", limits.without_a_discard_a_failed_machine_is_named_and_seen_as_failed)
def takes_a_failed_server_for_running(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading, "_state", lambda server: reading.STATES.get(server.status, "running"))


@on("openstack", limits.one_member_too_many_is_refused_until_there_is_a_place)
def takes_no_valid_host_for_a_hiccup(patch: pytest.MonkeyPatch) -> None:
    wrong = [_as_a_hiccup(one) for one in MEANINGS]
    patch.setattr(nova_faults, "MEANINGS", wrong)


def _as_a_hiccup(meaning: Meaning) -> Meaning:
    no_host = meaning.words and meaning.words.search("No valid host was found")
    return meaning._replace(error=Unavailable) if no_host else meaning


@on("openstack", limits.a_native_group_is_never_made_larger_than_it_can_be)
def does_not_read_the_quotas(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(quotas, "left", lambda limit, used: None)


@on("openstack", members.a_stopped_member_is_still_the_member)
def gives_a_stopped_servers_place_away(patch: pytest.MonkeyPatch) -> None:
    observed = reading.observed

    def stopped(*given: Any) -> Observed:
        seen = observed(*given)
        return replace(seen, holds=seen.state == "running")

    patch.setattr(nova, "observed", stopped)


@on("openstack", strangers.a_group_whose_name_begins_alike_is_another_group)
def takes_every_name_with_its_prefix_for_its_own(patch: pytest.MonkeyPatch) -> None:
    def begins(name: str, key: GroupKey, zones: object) -> bool:
        return name.startswith(f"{key.owner.replace('/', '-')}-{key.name}-")

    patch.setattr(nova_natives, "is_ours", begins)


@on("openstack", strangers.an_adopted_native_group_must_exist_and_promise_the_same)
def adopts_any_policy(patch: pytest.MonkeyPatch) -> None:
    def adopt(compute: Any, id_: str, wanted: Any) -> dict[Any, str]:
        return dict.fromkeys(wanted, id_)

    patch.setattr(nova_natives, "adopt", adopt)


@on("openstack", faults.releasing_survives_any_lost_request)
def takes_a_lost_answer_for_success(patch: pytest.MonkeyPatch) -> None:
    release = OpenStackBackend.release

    def deaf(self: OpenStackBackend, *given: Any) -> None:
        try:
            release(self, *given)
        except Unavailable:
            return

    patch.setattr(OpenStackBackend, "release", deaf)


@on("openstack", faults.a_refused_launch_survives_any_lost_request)
def does_not_see_failed_servers(patch: pytest.MonkeyPatch) -> None:
    observe = OpenStackBackend.observe

    def healthy(self: OpenStackBackend, *given: Any) -> list[Observed]:
        return [seen for seen in observe(self, *given) if seen.state != "failed"]

    patch.setattr(OpenStackBackend, "observe", healthy)


@on("openstack", strangers.owners_and_names_that_look_alike_are_two)
def names_server_groups_for_people_only(patch: pytest.MonkeyPatch) -> None:
    def name(key: GroupKey, within: str, number: int) -> str:
        return "-".join((*map(nova_natives._clean, (key.owner, key.name)), str(number)))

    patch.setattr(nova_natives, "native_name", name)


@on("openstack", strangers.an_adopted_native_group_is_used_and_never_deleted)
def deletes_an_adopted_server_group(patch: pytest.MonkeyPatch) -> None:
    def delete(self: OpenStackBackend, key: GroupKey, adopt: dict[Level, str]) -> None:
        for id_ in adopt.values():
            self._compute.delete_server_group(id_)

    patch.setattr(OpenStackBackend, "_delete_groups", delete)


@on("openstack", members.a_member_with_a_machine_is_not_released)
def releases_members_without_looking(patch: pytest.MonkeyPatch) -> None:
    release = OpenStackBackend.release

    def group_only(self: OpenStackBackend, key: GroupKey, named: object, adopt: Any) -> None:
        if named is None:
            release(self, key, None, adopt)

    patch.setattr(OpenStackBackend, "release", group_only)


@on("openstack", evidence.members_of_a_native_group_are_told_to_be_in_it)
def does_not_tell_memberships(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(nova, "memberships", lambda groups: {})


@on("openstack", launch_ids.an_id_of_another_group_from_launch_stops_the_run_at_once)
def takes_the_server_of_another_group(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(nova, "check_mark", lambda placement, whose, machine: None)
