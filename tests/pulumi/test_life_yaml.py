"""A group in a YAML program lives through `pulumi` commands, on a pool and on the real Nova.

The long scripts on Nova, and both languages in all of them: languages.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import life
import mishaps
import pytest
from again import afresh
from ground_nova import OpenStack
from ground_pool import Pool
from life import Life, lived
from life_yaml import Yaml, program, resources

from real.nova import Nova

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("pulumi_engine")]


@pytest.fixture(scope="module")
def pool_stack(pulumi_engine: Path) -> Iterator[Life]:
    with lived(Pool(hosts=5), Yaml()) as stack:
        yield stack


@pytest.fixture
def pool(pool_stack: Life) -> Iterator[Life]:
    yield from afresh(pool_stack)


@pytest.fixture
def openstack(nova: Nova) -> Iterator[Life]:
    with lived(OpenStack(nova, hosts=5), Yaml()) as stack:
        yield stack


def test_a_group_on_a_pool_is_previewed_made_kept_and_destroyed(pool: Life) -> None:
    life.made_kept_and_destroyed(pool)


def test_nobody_moves_when_a_group_on_a_pool_grows_and_shrinks(pool: Life) -> None:
    life.grown_and_shrunk(pool)


def test_another_policy_on_a_pool_is_a_change_in_place(pool: Life) -> None:
    life.policy_changed(pool)


def test_one_of_five_on_five_hosts_of_a_pool_is_replaced_and_a_sixth_is_refused(pool: Life) -> None:
    life.one_too_many(pool)
    life.one_replaced(pool)


def test_a_machine_that_was_moved_is_seen_and_one_beside_another_breaks_the_rule(pool: Life) -> None:
    mishaps.moved_and_seen(pool)
    mishaps.broken_and_told(pool)


def test_servers_are_previewed_made_kept_and_destroyed(openstack: Life) -> None:
    life.made_kept_and_destroyed(openstack)


def test_no_server_moves_when_its_group_grows_and_shrinks(openstack: Life) -> None:
    life.grown_and_shrunk(openstack)


def test_a_group_whose_state_is_lost_is_imported_and_kept_while_in_use(pulumi_engine: Path) -> None:
    with lived(Pool(), Yaml()) as lost:
        lost.up().ok()
        mishaps.lost_and_imported(lost)
        mishaps.lost_and_imported_by_the_program(lost)
        mishaps.kept_while_in_use(lost)


def test_a_word_that_the_schema_does_not_know_is_refused_before_anything_is_made(pool: Life) -> None:
    written = resources(pool.ground, pool.settings)
    written["group"]["properties"]["ruels"] = "anti-affinity"
    pool.space.write(program(written))
    assert "ruels" in pool.up().failed().text
    assert pool.is_gone()
