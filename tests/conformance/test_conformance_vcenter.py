"""vCenter keeps the contract, with clusters as zones and with host groups, on one that enforces its rules.

The second way is tried on one that is in all that is not published as bad as it may be.
"""

from __future__ import annotations

from contextlib import closing
from typing import get_args

import pytest

from antiaffinity.testing import conformance
from conformance.harmful import VCENTER
from conformance.vcenter_harness import Clouds, Way
from conformance.ways import cases

WAYS = get_args(Way)


@pytest.mark.parametrize(("way", "check"), cases(WAYS, WAYS))
def test_vcenter_conforms(way: Way, check: conformance.Check) -> None:
    with closing(Clouds(way, {} if way == WAYS[0] else VCENTER)) as clouds:
        check(clouds.fresh)
