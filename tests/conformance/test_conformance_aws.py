"""AWS keeps the contract, on an EC2 that enforces what the real one does.

Partitions and hosts are tried on one that is in all that is not published as bad as it may be.
"""

from __future__ import annotations

from contextlib import closing
from typing import get_args

import pytest

from antiaffinity.testing import conformance
from antiaffinity.testing.aws import Settings
from antiaffinity.testing.conformance import launches
from conformance.aws_harness import Clouds
from conformance.aws_user import Way
from conformance.harmful import AWS
from conformance.ways import cases

WAYS = get_args(Way)
NOT_HERE = f"hosts-{launches.a_launch_that_forgets_the_arguments_is_named_and_not_discarded.__name__}"
"""An account all of whose hosts are dedicated has none where a launch that forgets its host could land."""


@pytest.mark.parametrize(("way", "check"), [case for case in cases(WAYS, WAYS) if case.id != NOT_HERE])
def test_aws_conforms(way: Way, check: conformance.Check) -> None:
    settings = Settings() if way == "spread" else Settings(**AWS)
    with closing(Clouds(way, settings)) as clouds:
        check(clouds.fresh)
