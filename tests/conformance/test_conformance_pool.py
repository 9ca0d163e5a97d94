"""The pool keeps the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from antiaffinity.testing import conformance
from conformance.pool_harness import PoolHarness


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_a_pool_conforms(check: conformance.Check, tmp_path: Path) -> None:
    check(lambda clock: PoolHarness(tmp_path, clock))
