"""A Group on the real Nova that is renamed or replaced: no server is lost, and none waited for."""

from __future__ import annotations

from collections.abc import Iterator

import life_renamed
import pytest
from ground_nova import OpenStack
from life import Life, lived
from life_renamed import Renamed

from real.nova import Nova

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("pulumi_engine")]


@pytest.fixture
def group(nova: Nova) -> Iterator[Life]:
    """Two members, before the first command; afterwards nothing may be left."""
    with lived(OpenStack(nova), Renamed(), members=2) as group:
        yield group
        group.destroy().ok()
        assert group.is_gone()


def test_a_renamed_group_leaves_its_server_group_to_its_new_resource(group: Life) -> None:
    life_renamed.renamed(group)


def test_a_replaced_group_is_deleted_before_it_is_made(group: Life) -> None:
    life_renamed.replaced(group)


def test_a_group_that_is_made_before_it_is_deleted_keeps_its_servers(group: Life) -> None:
    life_renamed.replaced_the_other_way(group)
