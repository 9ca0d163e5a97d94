"""One suite for each way in which a cloud keeps machines apart; the sweeps of most are for `make soak`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from antiaffinity.testing import conformance
from antiaffinity.testing.conformance import faults, races

LONG = (faults.__name__, races.__name__)


def cases(ways: Sequence[Any], names: Sequence[str]) -> list[Any]:
    """(way, check) for every check; the first way is the usual one."""
    return [
        pytest.param(way, check, id=f"{name}-{check.__name__}", marks=_marks(way is not ways[0], check))
        for way, name in zip(ways, names, strict=True)
        for check in conformance.CHECKS
    ]


def _marks(unusual: bool, check: conformance.Check) -> list[pytest.MarkDecorator]:
    return [pytest.mark.soak] if unusual and check.__module__ in LONG else []
