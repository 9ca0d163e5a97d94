"""The suite finds what people get wrong: each planted mistake fails the check that is there for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from antiaffinity.testing import conformance
from antiaffinity.testing.conformance import Fresh
from conformance import (
    aws_harness,
    azure_harness,
    defects_answers,
    defects_aws,
    defects_aws_large,
    defects_azure,
    defects_azure_large,
    defects_exoscale,
    defects_exoscale_large,
    defects_library,
    defects_membership,
    defects_openstack,
    defects_pool,
    defects_states,
    defects_vcenter,
    exoscale_harness,
    vcenter_harness,
)
from conformance.defects import DEFECTS, Defect
from conformance.openstack_harness import Clouds
from conformance.pool_harness import PoolHarness

PLANTED = (
    defects_answers,
    defects_aws,
    defects_aws_large,
    defects_azure,
    defects_azure_large,
    defects_exoscale,
    defects_exoscale_large,
    defects_library,
    defects_membership,
    defects_openstack,
    defects_pool,
    defects_states,
    defects_vcenter,
)


@pytest.fixture
def clouds(tmp_path: Path) -> Iterator[dict[str, Fresh]]:
    nova, exoscale, aws = Clouds(), exoscale_harness.Clouds(), aws_harness.Clouds()
    azure, vcenter = azure_harness.Clouds(azure_harness.ZONAL), vcenter_harness.Clouds()
    yield {
        "pool": lambda clock: PoolHarness(tmp_path, clock),
        "openstack": nova.fresh,
        "exoscale": exoscale.fresh,
        "aws": aws.fresh,
        "azure": azure.fresh,
        "vcenter": vcenter.fresh,
    }
    nova.close()
    exoscale.close()
    aws.close()
    vcenter.close()
    azure.close_unchecked()


@pytest.mark.parametrize("defect", DEFECTS, ids=str)
def test_a_planted_defect_is_found(
    defect: Defect, clouds: dict[str, Fresh], monkeypatch: pytest.MonkeyPatch
) -> None:
    defect.plant(monkeypatch)
    with pytest.raises(AssertionError):
        defect.check(clouds[defect.cloud])


def test_every_check_that_finds_a_defect_is_run_on_the_healthy_clouds() -> None:
    assert {defect.check for defect in DEFECTS} <= {*conformance.CHECKS}
    assert {defect.plant.__module__ for defect in DEFECTS} == {module.__name__ for module in PLANTED}
    assert len({str(defect) for defect in DEFECTS}) == len(DEFECTS) >= 24
