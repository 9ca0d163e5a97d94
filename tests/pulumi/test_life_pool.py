"""A group on a pool lives through `pulumi` commands alone, on the real engine."""

from __future__ import annotations

from collections.abc import Iterator

import life
import mishaps
import pytest
from ground_pool import Pool
from life import Life, lived
from life_python import Python

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("pulumi_engine")]


@pytest.fixture
def group() -> Iterator[Life]:
    """Three members on six hosts, before the first command."""
    with lived(Pool(), Python()) as group:
        yield group


def test_a_group_is_previewed_made_kept_and_destroyed(group: Life) -> None:
    life.made_kept_and_destroyed(group)


def test_nobody_moves_when_a_group_grows_shrinks_and_gets_another_policy(group: Life) -> None:
    life.grown_and_shrunk(group)
    life.policy_changed(group)


def test_a_machine_that_was_moved_is_seen_and_one_beside_another_breaks_the_rule(group: Life) -> None:
    mishaps.moved_and_seen(group)
    mishaps.broken_and_told(group)


def test_members_that_share_a_host_under_a_soft_rule_are_a_warning() -> None:
    with lived(Pool(), Python(), members=2, rules="soft-anti-affinity") as group:
        mishaps.soft_and_told(group)


def test_one_of_as_many_members_as_hosts_is_replaced_and_one_more_is_refused() -> None:
    with lived(Pool(hosts=5), Python(), members=5) as group:
        life.one_too_many(group)
        life.one_replaced(group)


def test_one_of_five_is_replaced_on_six_hosts_before_it_is_deleted() -> None:
    with lived(Pool(), Python(), members=5) as group:
        group.up().ok()
        life.replaced_with_a_spare(group)


def test_a_group_whose_state_is_lost_is_imported_and_kept_while_in_use(group: Life) -> None:
    mishaps.found_again(group)
    mishaps.lost_and_imported(group)
    mishaps.lost_and_imported_by_the_program(group)
    mishaps.kept_while_in_use(group)
