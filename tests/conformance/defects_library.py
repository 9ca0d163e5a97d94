"""Mistakes in the library itself."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from antiaffinity import rollout
from antiaffinity.leftovers import Leftovers
from antiaffinity.model import Observed
from antiaffinity.planner import mechanism
from antiaffinity.planner.problem import holders
from antiaffinity.report import Report
from antiaffinity.rollout import RollOut
from antiaffinity.testing.conformance import drift, launches, limits, members
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
                self._discard_double(seen)

    patch.setattr(RollOut, "_discard_doubles", every)


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
    patch.setattr(rollout, "check_place", lambda placement, seen, levels: None)


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
