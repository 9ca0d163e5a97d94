"""A Group on a pool that is renamed, replaced, aliased: nothing that runs is lost, on the real engine."""

from __future__ import annotations

from collections.abc import Iterator

import life_renamed
import pytest
from ground_pool import Pool
from life import Life, lived
from life_renamed import Renamed

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("pulumi_engine")]


@pytest.fixture
def group() -> Iterator[Life]:
    """Two members, before the first command; afterwards nothing may be left."""
    with lived(Pool(), Renamed(), members=2) as group:
        yield group
        group.destroy().ok()
        assert group.is_gone()


def test_a_renamed_group_keeps_what_its_new_resource_has_bound(group: Life) -> None:
    life_renamed.renamed(group)


def test_a_replaced_group_is_deleted_before_it_is_made(group: Life) -> None:
    life_renamed.replaced(group)


def test_a_group_that_is_made_before_it_is_deleted_keeps_what_it_has(group: Life) -> None:
    life_renamed.replaced_the_other_way(group)


def test_a_stack_that_a_replaced_group_has_wedged_is_mended_by_the_next_up(
    group: Life,
) -> None:
    life_renamed.wedged(group)


def test_two_resources_that_would_be_one_group_are_refused_at_preview(group: Life) -> None:
    life_renamed.declared_twice(group)


def test_a_protected_group_lets_its_members_go(group: Life) -> None:
    life_renamed.protected(group)


def test_a_member_of_whom_the_group_did_not_hear_is_named_with_the_reason(group: Life) -> None:
    life_renamed.unplaced(group)


def test_an_alias_of_a_group_with_a_number_of_members_says_how_they_are_called(group: Life) -> None:
    life_renamed.aliased_by_number(group)
