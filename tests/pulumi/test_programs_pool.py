"""What programs do with Groups besides their life: components, imports; on a pool, on the real engine."""

from __future__ import annotations

import life_components
import life_renamed
import pytest
from ground_pool import Pool
from life import lived
from life_renamed import Renamed

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("pulumi_engine")]


def test_two_components_may_each_have_a_group_of_one_resource_name() -> None:
    with lived(Pool(), life_components.Components(), members=2) as life:
        life_components.two_of_one_name(life)
        life.destroy().ok()
        assert life.is_gone()


def test_an_import_into_a_stack_that_has_run_says_how_its_provider_hears_of_the_cloud() -> None:
    with lived(Pool(), Renamed(), members=2) as life:
        life_renamed.imported_where_a_stack_has_run(life)
