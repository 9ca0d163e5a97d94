"""Exoscale keeps the contract, on an organization that enforces what the real one does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from antiaffinity.testing import conformance
from conformance.exoscale_harness import Clouds


@pytest.fixture
def clouds() -> Iterator[Clouds]:
    clouds = Clouds()
    yield clouds
    clouds.close()


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_exoscale_conforms(check: conformance.Check, clouds: Clouds) -> None:
    check(clouds.fresh)
