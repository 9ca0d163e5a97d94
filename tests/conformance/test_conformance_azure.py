"""Azure keeps the contract, with zones and without, on an Azure that enforces what the real one does.

Without zones it is tried on one that is in all that is not published as bad as it may be.
"""

from __future__ import annotations

from contextlib import closing

import pytest

from antiaffinity.testing import conformance
from conformance.azure_harness import REGIONAL, ZONAL, Clouds, Region
from conformance.harmful import AZURE
from conformance.ways import cases


@pytest.mark.parametrize(("region", "check"), cases([ZONAL, REGIONAL], ["zones", "fault domains"]))
def test_azure_conforms(region: Region, check: conformance.Check) -> None:
    with closing(Clouds(region, {} if region is ZONAL else AZURE)) as clouds:
        check(clouds.fresh)
