"""Groups in components on a pool, on the real engine."""

from __future__ import annotations

import life_components
import pytest
from ground_pool import Pool
from life import lived

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("pulumi_engine")]


def test_two_components_may_each_have_a_group_of_one_resource_name() -> None:
    with lived(Pool(), life_components.Components(), members=2) as life:
        life_components.two_of_one_name(life)
        life.destroy().ok()
        assert life.is_gone()
