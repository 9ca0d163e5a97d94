"""OpenStack keeps the contract, on a Nova that enforces what the real one does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from antiaffinity.testing import conformance
from conformance.openstack_harness import Clouds


@pytest.fixture
def clouds() -> Iterator[Clouds]:
    clouds = Clouds()
    yield clouds
    clouds.close()


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_openstack_conforms(check: conformance.Check, clouds: Clouds) -> None:
    check(clouds.fresh)
