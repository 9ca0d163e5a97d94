"""vCenter's own simulator keeps the contract through the real SDK, as far as it can show it.

It stores DRS rules and enforces none: that they keep machines apart is shown on the fake
(``tests/conformance/test_conformance_vcenter.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from antiaffinity.testing import conformance
from antiaffinity.testing.conformance import drift
from real.vcsim_harness import Clouds

NOT_HERE = {
    drift.a_cloud_that_moves_machines_leaves_members_apart: "vcsim has no DRS that moves machines",
}
"""What it cannot show, and why."""


@pytest.fixture
def clouds(vcsim_program: Path, tmp_path: Path) -> Iterator[Clouds]:
    made = Clouds(vcsim_program, tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_vcsim_conforms(check: conformance.Check, clouds: Clouds) -> None:
    check(clouds.fresh)
