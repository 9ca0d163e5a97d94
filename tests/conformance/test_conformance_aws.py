"""AWS keeps the contract, on an EC2 that enforces what the real one does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest

from antiaffinity.testing import conformance
from conformance.aws_harness import Clouds
from conformance.aws_user import Way


@pytest.fixture(params=get_args(Way))
def clouds(request: pytest.FixtureRequest) -> Iterator[Clouds]:
    clouds = Clouds(request.param)
    yield clouds
    clouds.close()


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_aws_conforms(check: conformance.Check, clouds: Clouds) -> None:
    check(clouds.fresh)
