# mypy: untyped-calls-exclude=pyVmomi
"""Mistakes in the backend of a cloud whose hosts we choose, and whose DRS rules keep what we chose."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from antiaffinity.model import GroupKey, Observed
from antiaffinity.testing.conformance import drift, evidence, faults, launches, members, races, strangers
from antiaffinity_vcenter import backend as vcenter
from antiaffinity_vcenter import joining, notes, rules, specs
from antiaffinity_vcenter.joining import Joining
from antiaffinity_vcenter.reading import Inventory, Machine
from conformance.defects import on


@on("vcenter", launches.the_mark_travels_in_the_launch)
def writes_the_mark_after_the_launch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(specs, "_marked", lambda own, mark, path: own)


@on("vcenter", members.a_group_for_every_hard_promise_is_kept_in_the_world)
def leaves_the_host_to_vcenter(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(specs, "host_of", lambda placement: None)


@on("vcenter", drift.a_machine_that_was_moved_onto_another_is_found)
def takes_the_first_host_for_the_real_one(patch: pytest.MonkeyPatch) -> None:
    first: dict[str, str] = {}
    place = Inventory.observed

    def remembered(self: Inventory, machine: Machine) -> Observed:
        return place(self, replace(machine, host=first.setdefault(machine.id, machine.host)))

    patch.setattr(Inventory, "observed", remembered)


@on("vcenter", races.two_deployers_of_one_group_end_with_one_group)
def writes_no_rule(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "changes", lambda *given: [])


@on("vcenter", drift.a_cloud_that_moves_machines_leaves_members_apart)
def forgets_to_enable_the_rule(patch: pytest.MonkeyPatch) -> None:
    """And does not look whether it is: vCenter's default is a rule that is there and does nothing."""
    write = rules._operation

    def asleep(*given: Any) -> Any:
        spec = write(*given)
        spec.info.enabled = None
        return spec

    patch.setattr(rules, "_operation", asleep)


@on("vcenter", members.releasing_twice_is_releasing_once)
def leaves_the_rules_behind(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(vcenter, "_stale", lambda *given: [])


@on("vcenter", strangers.a_group_of_the_same_name_belongs_to_its_owner)
def does_not_look_at_the_owner(patch: pytest.MonkeyPatch) -> None:
    def named(self: Inventory, key: GroupKey) -> list[Machine]:
        return [machine for machine in self.machines.values() if machine.key.name == key.name]

    patch.setattr(Inventory, "group", named)


@on("vcenter", faults.a_roll_out_survives_any_lost_request)
def takes_whatever_is_off_for_stopped_by_hand(patch: pytest.MonkeyPatch) -> None:
    observed = Inventory.observed
    patch.setattr(Inventory, "observed", lambda self, one: replace(observed(self, one), started=True))


@on("vcenter", strangers.a_group_of_the_same_name_belongs_to_its_owner)
def resets_the_cluster_with_every_change(patch: pytest.MonkeyPatch) -> None:
    def reset(self: Joining, target: Any, spec: Any) -> None:
        self._center.run(
            lambda: target.ReconfigureComputeResource_Task(spec=spec, modify=False), "changing the rules"
        )

    patch.setattr(Joining, "reconfigure", reset)


@on("vcenter", members.a_group_for_every_hard_promise_is_kept_in_the_world)
def lets_drs_place_at_power_on(patch: pytest.MonkeyPatch) -> None:
    """Before the rule has anybody to keep apart."""
    patch.setattr(joining, "_hold", lambda machines, cluster: iter(()))


@on("vcenter", evidence.members_of_a_native_group_are_told_to_be_in_it)
def tells_rules_by_their_keys(patch: pytest.MonkeyPatch) -> None:
    kept = notes.kept

    def keys(*given: Any) -> Any:
        names, said = kept(*given)
        return tuple(f"rule-{name}" for name in names), said

    patch.setattr(notes, "kept", keys)
