"""Mistakes in the library itself."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from antiaffinity import rollout
from antiaffinity.leftovers import Leftovers
from antiaffinity.model import Observed
from antiaffinity.planner import mechanism
from antiaffinity.planner.mending import Mending
from antiaffinity.planner.problem import holders
from antiaffinity.repairing import Repairs
from antiaffinity.report import Report
from antiaffinity.rollout import RollOut
from antiaffinity.testing.conformance import drift, faults, launches, limits, members, repairs
from antiaffinity_openstack import backend as nova
from antiaffinity_openstack import reading
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
