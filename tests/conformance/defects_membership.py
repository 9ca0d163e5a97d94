"""Mistakes about native groups and marks that somebody edits under machines that run."""

from __future__ import annotations

import pytest

from antiaffinity import joining
from antiaffinity.testing.conformance import membership
from conformance.defects import on


@on("openstack", membership.members_whose_native_group_is_gone_are_told)
@on("aws", membership.members_whose_native_group_is_gone_are_told)
@on("azure", membership.members_whose_native_group_is_gone_are_told)
@on("exoscale", membership.members_whose_native_group_is_gone_are_told)
def says_nothing_of_a_group_that_is_gone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("antiaffinity.membership.findings", lambda seen: iter(()))


@on("vcenter", membership.members_whose_native_group_is_gone_are_told)
def says_nothing_of_a_rule_that_is_gone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("antiaffinity.keeping._left_out", lambda *given: [])


@on("openstack", membership.a_launch_beside_members_without_their_group_is_told_before)
@on("aws", membership.a_launch_beside_members_without_their_group_is_told_before)
@on("exoscale", membership.a_launch_beside_members_without_their_group_is_told_before)
def launches_beside_them_as_if_a_new_group_had_them(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("antiaffinity.membership.beside", lambda seen, new: iter(()))


@on("openstack", membership.a_machine_in_our_group_without_our_mark_stops_the_run)
@on("aws", membership.a_machine_in_our_group_without_our_mark_stops_the_run)
@on("azure", membership.a_machine_in_our_group_without_our_mark_stops_the_run)
@on("exoscale", membership.a_machine_in_our_group_without_our_mark_stops_the_run)
@on("vcenter", membership.a_machine_in_our_group_without_our_mark_stops_the_run)
def launches_a_second_one_beside_a_machine_without_its_mark(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("antiaffinity.membership.unmarked", lambda seen: [])


@on("openstack", membership.a_mark_that_was_edited_to_another_members_is_told)
@on("aws", membership.a_mark_that_was_edited_to_another_members_is_told)
@on("azure", membership.a_mark_that_was_edited_to_another_members_is_told)
@on("exoscale", membership.a_mark_that_was_edited_to_another_members_is_told)
@on("vcenter", membership.a_mark_that_was_edited_to_another_members_is_told)
def says_nothing_of_an_edited_mark(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("antiaffinity.membership._twice", lambda seen: iter(()))


@on("openstack", membership.a_marked_machine_outside_its_native_group_is_not_bound)
@on("exoscale", membership.a_marked_machine_outside_its_native_group_is_not_bound)
@on("azure", membership.a_marked_machine_outside_its_native_group_is_not_bound)
def binds_whatever_bears_a_mark(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("antiaffinity.binding._as_it_is", lambda group, planned, there, others: planned)


@on("openstack", membership.nobody_stays_beside_a_member_that_its_native_group_does_not_have)
def trusts_a_new_group_to_keep_apart_whom_it_does_not_have(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(joining, "clash", lambda found, new: "")
