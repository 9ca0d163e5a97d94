"""AWS keeps the contract, on an EC2 that enforces what the real one does."""

from __future__ import annotations

from contextlib import closing
from typing import get_args

import pytest

from antiaffinity.testing import conformance
from conformance.aws_harness import Clouds
from conformance.aws_user import Way
from conformance.ways import cases

WAYS = get_args(Way)


@pytest.mark.parametrize(("way", "check"), cases(WAYS, WAYS))
def test_aws_conforms(way: Way, check: conformance.Check) -> None:
    with closing(Clouds(way)) as clouds:
        check(clouds.fresh)
