"""Mistakes in the backend of AWS that a group of a few members in a small World never shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count, islice
from typing import Any

import pytest
from msgspec.structs import replace

from antiaffinity.model import GroupKey, Level, Observed, Placement
from antiaffinity.testing.conformance import large, members
from antiaffinity_aws import arguments, backend, launched, natives, reading
from antiaffinity_aws.backend import AwsBackend
from antiaffinity_aws.instances import Instances
from antiaffinity_aws.reading import Shown
from conformance.defects import on

PAGE = 5


@on("aws", large.a_group_larger_than_a_native_group_is_kept_apart)
def takes_a_partition_group_for_a_spread_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(natives, "strategy", lambda native: "partition")


@on("aws", large.a_group_larger_than_a_native_group_is_kept_apart)
def reads_one_page_of_instances(patch: pytest.MonkeyPatch) -> None:
    every = Instances._with

    def page(self: Instances, filters: Mapping[str, str]) -> Iterator[Shown]:
        return islice(every(self, filters), PAGE)

    patch.setattr(Instances, "_with", page)


@on("aws", large.a_group_larger_than_a_native_group_is_kept_apart)
def launches_all_into_one_zone(patch: pytest.MonkeyPatch) -> None:
    known = arguments._known

    def first(placement: Placement) -> dict[str, Any]:
        return {**known(placement), "AvailabilityZone": "us-east-1a"}

    patch.setattr(arguments, "_known", first)


@on("aws", large.a_group_larger_than_a_native_group_is_kept_apart)
def tells_a_group_by_its_name(patch: pytest.MonkeyPatch) -> None:
    _seen_as(
        patch, lambda seen: replace(seen, memberships=_each(seen.memberships, lambda id_: f"{id_}-name"))
    )


def _each(memberships: Mapping[Level, tuple[str, ...]], change: Callable[[str], str]) -> dict[Level, Any]:
    return {level: tuple(map(change, ids)) for level, ids in memberships.items()}


@on("aws", large.a_group_larger_than_a_native_group_is_kept_apart)
def makes_another_group_each_time(patch: pytest.MonkeyPatch) -> None:
    numbers, name = count(1), natives.native_name
    patch.setattr(natives, "native_name", lambda key, native: f"{name(key, native)}-{next(numbers) // 9}")


@on("aws", large.a_group_larger_than_a_native_group_is_kept_apart)
def marks_no_placement_group(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(natives, "marks", lambda key, native: {})


@on("aws", members.a_group_for_every_hard_promise_is_kept_in_the_world)
def sees_every_instance_in_the_first_zone(patch: pytest.MonkeyPatch) -> None:
    _seen_as(patch, lambda seen: replace(seen, domains={**seen.domains, "zone": "us-east-1a"}))


@on("aws", large.a_group_larger_than_a_native_group_is_kept_apart)
def takes_an_instance_that_runs_for_a_stopped_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading, "STATES", {**reading.STATES, "running": "stopped"})


@on("aws", large.a_group_larger_than_a_native_group_is_kept_apart)
def forgets_the_placement_group_of_an_instance(patch: pytest.MonkeyPatch) -> None:
    _seen_as(patch, lambda seen: replace(seen, memberships={}))


@on("aws", large.a_group_larger_than_a_native_group_is_kept_apart)
def does_not_count_who_runs(patch: pytest.MonkeyPatch) -> None:
    _seen_as(patch, lambda seen: replace(seen, holds=False))


@on("aws", large.a_large_group_is_found_and_leaves_nothing)
def lists_no_placement_groups(patch: pytest.MonkeyPatch) -> None:
    found = launched.found
    patch.setattr(launched, "found", lambda machines, groups, owner: found(machines, (), owner))


@on("aws", large.a_large_group_is_found_and_leaves_nothing)
def leaves_the_placement_group(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AwsBackend, "_delete_groups", lambda self, key, adopt: None)


@on("aws", large.a_large_group_is_found_and_leaves_nothing)
def releases_while_the_last_member_runs(patch: pytest.MonkeyPatch) -> None:
    of = Instances.of

    def but_one(self: Instances, key: GroupKey) -> list[tuple[str, Shown]]:
        return [one for one in of(self, key) if one[1]["State"]["Name"] == "terminated"]

    release = AwsBackend.release

    def careless(self: AwsBackend, *given: Any) -> None:
        with pytest.MonkeyPatch.context() as inside:
            inside.setattr(Instances, "of", but_one)
            inside.setattr(natives, "is_deleted", lambda ec2, group: True)
            release(self, *given)

    patch.setattr(AwsBackend, "release", careless)


def _seen_as(patch: pytest.MonkeyPatch, change: Callable[[Observed], Observed]) -> None:
    observed = reading.observed
    patch.setattr(backend, "observed", lambda *given: change(observed(*given)))
