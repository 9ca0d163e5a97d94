"""A group on the real Nova lives through `pulumi` commands alone, on the real engine."""

from __future__ import annotations

from collections.abc import Iterator

import life
import mishaps
import pytest
import ten_runs
from ground_nova import OpenStack
from life import Life, lived
from life_python import Python

from real.nova import Nova

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("pulumi_engine")]


@pytest.fixture
def group(nova: Nova) -> Iterator[Life]:
    """Three members on six hosts, before the first command."""
    with lived(OpenStack(nova), Python()) as group:
        yield group


def test_a_group_is_previewed_made_kept_and_destroyed(group: Life) -> None:
    life.made_kept_and_destroyed(group)


def test_nobody_moves_when_a_group_grows_and_shrinks(group: Life) -> None:
    life.grown_and_shrunk(group)


def test_another_policy_makes_the_group_anew_and_says_why(group: Life) -> None:
    life.policy_changed(group)


def test_a_machine_that_was_moved_is_seen_and_one_beside_another_breaks_the_rule(group: Life) -> None:
    mishaps.moved_and_seen(group)
    mishaps.broken_and_told(group)


@pytest.mark.soak
def test_members_that_share_a_host_under_a_soft_rule_are_a_warning(nova: Nova) -> None:
    with lived(OpenStack(nova), Python(), members=2, rules="soft-anti-affinity") as group:
        mishaps.soft_and_told(group)


def test_one_of_five_is_replaced_on_five_hosts_and_a_sixth_is_refused(nova: Nova) -> None:
    with lived(OpenStack(nova, hosts=5), Python(), members=5) as group:
        life.one_too_many(group)
        life.one_replaced(group)


@pytest.mark.soak
def test_a_spare_without_a_free_host_is_refused_and_one_with_a_free_host_comes_first(nova: Nova) -> None:
    with lived(OpenStack(nova, hosts=5), Python(), members=5, spare=True) as group:
        mishaps.explained_without_room(group)
        nova.enable_host("host6")
        group.space.up("--replace", group.urn("db-2")).ok()
        assert group.is_apart()
        life.replaced_with_a_spare(group)


def test_a_group_whose_state_is_lost_is_imported_and_kept_while_in_use(group: Life) -> None:
    mishaps.found_again(group)
    mishaps.lost_and_not_doubled(group)
    mishaps.lost_and_imported(group)
    mishaps.lost_and_imported_by_the_program(group)
    mishaps.kept_while_in_use(group)


def test_five_members_are_on_five_hosts_at_the_engines_default_parallelism(nova: Nova) -> None:
    ended = list(ten_runs.runs(nova, Python(), 1))
    assert [one.whole for one in ended] == [True]
