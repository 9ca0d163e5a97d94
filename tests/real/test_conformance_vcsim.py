"""vCenter's own simulator keeps the contract through the real SDK, as far as it can show it.

It stores DRS rules and enforces none: that they keep machines apart is shown on the fake
(``tests/conformance/test_conformance_vcenter.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from antiaffinity.testing import conformance
from antiaffinity.testing.conformance import drift, faults, limits
from real.vcsim_harness import Clouds

NOT_HERE = {
    drift.a_cloud_that_moves_machines_leaves_members_apart: "vcsim has no DRS that moves machines",
    limits.without_a_discard_a_failed_machine_is_named_and_seen_as_failed: "vcsim refuses no launch",
    faults.a_refused_launch_survives_any_lost_request: "vcsim refuses no launch",
}
"""What it cannot show, and why: the fake shows it."""


@pytest.fixture
def clouds(vcsim_program: Path, tmp_path: Path) -> Iterator[Clouds]:
    made = Clouds(vcsim_program, tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(
    "check",
    [check for check in conformance.CHECKS if check not in NOT_HERE],
    ids=lambda check: check.__name__,
)
def test_vcsim_conforms(check: conformance.Check, clouds: Clouds) -> None:
    check(clouds.fresh)
