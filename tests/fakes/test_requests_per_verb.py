"""No verb asks a cloud more often than its API forces it to."""

from __future__ import annotations

import pytest

from benchmarks.fewest_requests import FEWEST
from benchmarks.requests_per_verb import counts


@pytest.mark.parametrize("kind", FEWEST)
def test_every_verb_makes_the_fewest_requests(kind: str) -> None:
    assert counts(kind) == {verb: fewest for verb, (fewest, _) in FEWEST[kind].items()}
