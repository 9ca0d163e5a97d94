"""A group in a TypeScript program lives on the real engine, on a pool and on the real Nova.

The program is type-checked against the SDK that is generated from the schema. The long scripts on Nova, and
both languages in all of them: languages.py.
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
from life import GROUP, Life, lived
from life_typescript import TypeScript

from real.nova import Nova
from real.pulumi_result import Result

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def pool_stack(sdk_modules: Path) -> Iterator[Life]:
    with lived(Pool(hosts=5), TypeScript(sdk_modules)) as stack:
        yield stack


@pytest.fixture
def pool(pool_stack: Life) -> Iterator[Life]:
    yield from afresh(pool_stack)


@pytest.fixture
def openstack(nova: Nova, sdk_modules: Path) -> Iterator[Life]:
    with lived(OpenStack(nova, hosts=5), TypeScript(sdk_modules)) as stack:
        yield stack


def test_a_group_on_a_pool_is_previewed_made_kept_and_destroyed(pool: Life) -> None:
    life.made_kept_and_destroyed(pool)


def test_nobody_moves_when_a_group_on_a_pool_grows_and_shrinks(pool: Life) -> None:
    life.grown_and_shrunk(pool)


def test_one_of_five_on_five_hosts_of_a_pool_is_replaced_and_a_sixth_is_refused(pool: Life) -> None:
    life.one_too_many(pool)
    life.one_replaced(pool)


def test_a_group_whose_state_is_lost_is_imported_and_kept_while_in_use(sdk_modules: Path) -> None:
    with lived(Pool(), TypeScript(sdk_modules)) as lost:
        lost.up().ok()
        mishaps.lost_and_imported_by_the_program(lost)
        mishaps.kept_while_in_use(lost)


def test_servers_are_shown_with_their_zones_made_and_their_group_grows(openstack: Life) -> None:
    shown = openstack.preview().ok()
    assert life.shows_the_plan(shown, openstack.settings)
    planned = shown.properties("db-1")
    assert planned.get("availabilityZone") != "nova", "no zone is asked for where no rule speaks of zones"
    assert planned["metadata"]["role"] == "db"
    assert planned["metadata"]["antiaffinity-member"] == "db-1"
    openstack.up().ok()
    three = openstack.machines()
    openstack.change(members=5)
    grows = openstack.preview().ok()
    assert changed(grows) == {GROUP, "db-3", "db-4", "db/db-3", "db/db-4"}
    openstack.up().ok()
    assert openstack.is_apart()
    assert {member: openstack.machines()[member] for member in three} == three
    assert openstack.is_still()
    openstack.destroy().ok()
    assert openstack.is_gone()


def changed(shown: Result) -> set[str]:
    """The names of what changes."""
    return {name for _, name in shown.steps}
