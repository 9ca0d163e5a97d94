"""Mistakes in the library itself."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from antiaffinity import keeping, launch_ids, rollout
from antiaffinity.launch_ids import LaunchIds
from antiaffinity.leftovers import Leftovers
from antiaffinity.model import Observed
from antiaffinity.planner import admit, mechanism, repair
from antiaffinity.planner.mending import Mending
from antiaffinity.planner.problem import holders
from antiaffinity.repairing import Repairs
from antiaffinity.report import Report
from antiaffinity.rollout import RollOut
from antiaffinity.testing.conformance import drift, faults, launches, limits, members, repairs, service
from antiaffinity.testing.conformance import launch_ids as ids
from antiaffinity_aws import backend as aws
from antiaffinity_openstack import backend as nova
from antiaffinity_openstack import reading
from antiaffinity_vcenter import places as vcenter_places
from conformance.defects import on


@on("openstack", limits.without_room_nothing_failed_is_left)
def never_discards(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Leftovers, "remove", lambda self, machine, why: None)


@on("pool", launches.an_error_of_the_users_own_comes_out_unchanged)
def does_not_discard_without_an_id(patch: pytest.MonkeyPatch) -> None:
    remove = Leftovers.remove

    def only_with_id(self: Leftovers, machine: Any, why: str) -> None:
        if machine.id:
            remove(self, machine, why)

    patch.setattr(Leftovers, "remove", only_with_id)


@on("openstack", ids.a_launch_whose_machine_vanished_does_not_cost_another_runs_its_own)
def takes_whatever_is_new_for_what_a_launch_left(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LaunchIds, "last", lambda self, placement: None)


@on("openstack", members.a_replacement_may_come_before_its_predecessor_goes)
def discards_a_double_of_another_run(patch: pytest.MonkeyPatch) -> None:
    def every(self: RollOut, machines: list[Observed]) -> None:
        there = holders(machines)
        for seen in machines:
            if there.get(seen.member, seen) is not seen:
                self.discard_double(seen)

    patch.setattr(RollOut, "discard_doubles", every)


@on("openstack", members.a_replacement_may_come_before_its_predecessor_goes)
def takes_the_youngest_for_the_holder(patch: pytest.MonkeyPatch) -> None:
    def youngest(machines: list[Observed]) -> dict[str, Observed]:
        return {seen.member: seen for seen in sorted(machines, key=lambda seen: seen.since)}

    patch.setattr("antiaffinity.group.holders", youngest)


@on("openstack", drift.machines_that_never_stay_end_a_run)
def launches_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rollout, "MOST_LAUNCHES", -1)


@on("aws", launches.a_launch_into_another_place_than_was_chosen_is_refused_at_once)
def binds_a_machine_in_another_zone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rollout, "check_place", lambda placement, seen: None)


@on("pool", members.surplus_members_are_named_and_never_deleted)
def forgets_surplus(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("antiaffinity.group._extra", lambda machine, there, named: False)


@on("pool", limits.a_soft_rule_that_is_short_is_told_apart_from_a_hard_one)
def tells_a_broken_soft_rule_as_done(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Report, "exit_code", property(lambda self: 0))


@on("openstack", drift.a_machine_that_was_moved_onto_another_is_found)
def trusts_a_server_group_more_than_the_host(patch: pytest.MonkeyPatch) -> None:
    observed = reading.observed

    def blind(*given: Any) -> Observed:
        return replace(observed(*given), domains={})

    patch.setattr(nova, "observed", blind)


@on("openstack", limits.what_the_record_does_not_declare_is_refused)
def goes_on_without_a_promise(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(mechanism, "_means", _whatever)


@on("pool", limits.what_the_record_does_not_declare_is_refused)
def goes_on_without_a_promise_on_a_pool(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(mechanism, "_means", _whatever)


def _whatever(rule: Any, n: int, cloud: Any, levels: Any) -> mechanism.Means:
    """The first promise at the rule's own level, or none."""
    found = [one for one in cloud.guarantees if (one.level, one.rule) == (rule.level, rule.kind)]
    return mechanism.Means(rule, f"rules[{n}]", found[0] if found else None)


@on("openstack", repairs.a_broken_rule_is_mended_by_the_one_move_it_needs)
def does_not_see_what_a_cloud_lets_break(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("antiaffinity.sight.Sight.kept_by_clouds", lambda self: [])


@on("pool", repairs.a_plan_names_the_move_and_changes_nothing)
def moves_everybody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Mending, "_too_many", lambda self: iter([list(self._free)]))
    patch.setattr(Mending, "_done", lambda self, found: True)


@on("pool", repairs.a_broken_rule_is_mended_by_the_one_move_it_needs)
def keeps_the_place_of_a_machine_that_was_taken_away(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Leftovers, "take_away", Leftovers.remove)


@on("openstack", repairs.without_a_discard_nothing_is_replaced)
def begins_a_repair_that_it_cannot_end(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Repairs, "_check", lambda self, plan: None)


@on("openstack", faults.a_repair_survives_any_lost_request)
def takes_a_lost_member_for_mended(patch: pytest.MonkeyPatch) -> None:
    """A run that died between discard and launch left nothing broken, and one member fewer."""
    planned = RollOut._planned

    def mended(self: RollOut, seen: Any) -> Any:
        plan = planned(self, seen)
        some = bool(seen.machines) and self.repairs is not None
        return replace(plan, placements=tuple(p for p in plan.placements if p.existing)) if some else plan

    patch.setattr(RollOut, "_planned", mended)


def _goes_on_in_vain(patch: pytest.MonkeyPatch) -> None:
    """As the library did: the same member three times."""
    patch.setattr(Repairs, "wanted", lambda self, plan, seen: bool(plan.moves) and len(self.made) < 3)


@on("openstack", repairs.a_repair_that_does_not_help_ends_after_one_move)
def repeats_a_repair_in_vain_on_openstack(patch: pytest.MonkeyPatch) -> None:
    _goes_on_in_vain(patch)


@on("vcenter", repairs.a_repair_that_does_not_help_ends_after_one_move)
def repeats_a_repair_in_vain_on_vcenter(patch: pytest.MonkeyPatch) -> None:
    _goes_on_in_vain(patch)


@on("pool", repairs.a_repair_that_does_not_help_ends_after_one_move)
def repeats_a_repair_in_vain_on_a_pool(patch: pytest.MonkeyPatch) -> None:
    _goes_on_in_vain(patch)


@on("aws", repairs.a_repair_that_does_not_help_ends_after_one_move)
def repeats_a_repair_in_vain_on_aws(patch: pytest.MonkeyPatch) -> None:
    _goes_on_in_vain(patch)


@on("azure", repairs.a_repair_that_does_not_help_ends_after_one_move)
def says_nothing_of_a_repair_in_vain(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Repairs, "stuck", lambda self, plan: ())


@on("exoscale", repairs.a_repair_that_does_not_help_ends_after_one_move)
def does_not_look_after_a_move(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Repairs, "look", lambda self: self.run.looks.sight())


@on("openstack", service.a_member_where_lists_exclude_it_now_is_told_by_verify_too)
def verify_looks_at_no_places(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(keeping, "misplaced", lambda seen: ())


@on("exoscale", service.a_member_on_a_place_out_of_service_is_told)
def verify_looks_at_no_places_in_service(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(keeping, "misplaced", lambda seen: ())


@on("vcenter", service.a_member_on_a_place_out_of_service_is_told)
def takes_every_host_for_one_in_service(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(vcenter_places, "_out_of_service", lambda host, seen: "")


@on("pool", service.a_member_on_a_place_out_of_service_is_moved_by_a_repair_or_named)
def leaves_who_is_out_of_service(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(repair, "MISPLACED", ("excluded",))


@on("aws", service.a_member_on_a_place_out_of_service_is_told)
def only_notes_who_is_out_of_service(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Report, "exit_code", property(lambda self: 0))


@on("azure", service.a_member_on_a_place_out_of_service_is_told)
def judges_lists_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(admit, "_lists", lambda one: iter(()))
    patch.setattr("antiaffinity.topology.Topology.usable", None)


@on("pool", ids.a_launch_that_gives_no_id_stops_at_once_and_its_machine_is_found)
def takes_any_words_for_an_id(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(launch_ids, "is_name", lambda text: True)


@on("aws", ids.an_id_of_another_member_from_launch_stops_the_run_at_once)
def asks_nobody_whose_an_id_is(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LaunchIds, "checked", lambda self, backend, placement, given, machines: given)
    patch.setattr(aws, "check_mark", lambda placement, whose, machine: None)
