"""Azure keeps the contract, with zones and without, on an Azure that enforces what the real one does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from antiaffinity.testing import conformance
from conformance.azure_harness import REGIONAL, ZONAL, Clouds, Region


@pytest.fixture(params=[ZONAL, REGIONAL], ids=["zones", "fault domains"])
def clouds(request: pytest.FixtureRequest) -> Iterator[Clouds]:
    region: Region = request.param
    clouds = Clouds(region)
    yield clouds
    clouds.close()


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_azure_conforms(check: conformance.Check, clouds: Clouds) -> None:
    check(clouds.fresh)
