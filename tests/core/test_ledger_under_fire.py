"""Eight deployers on one ledger, three of them killed: no place is given twice and no claim is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.fire import play

SEEDS = [0]
"""A round takes some ten seconds of two cores; ``python tests/core/fire.py --rounds 10`` plays ten."""


@pytest.mark.parametrize("seed", SEEDS)
def test_no_place_is_given_twice_and_no_claim_lost_under_fire(seed: int, tmp_path: Path) -> None:
    found = play(seed, tmp_path)
    assert found.wrong == []
    assert found.claims > 0  # else nobody was killed amid its work
