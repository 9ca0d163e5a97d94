"""The contract once more, on clouds that are in all that is not published as bad as they may be.

Clouds with more than one way of keeping machines apart are tried so in their second way, by their own file;
in their first way that is for `make soak`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from antiaffinity.testing import aws, conformance, exoscale
from conformance import aws_harness, azure_harness, exoscale_harness, openstack_harness, vcenter_harness
from conformance.harmful import AWS, AZURE, EXOSCALE, OPENSTACK, OTHERS, SETTINGS, VCENTER

CLOUDS: dict[str, Callable[[], Any]] = {
    "openstack": lambda: openstack_harness.Clouds(OPENSTACK),
    "exoscale": lambda: exoscale_harness.Clouds(exoscale.Settings(**EXOSCALE)),
    "aws": lambda: aws_harness.Clouds("spread", aws.Settings(**AWS)),
    "azure": lambda: azure_harness.Clouds(azure_harness.ZONAL, AZURE),
    "vcenter": lambda: vcenter_harness.Clouds("host groups", VCENTER),
}
OF_TWO_WAYS = ("aws", "azure", "vcenter")


def cases() -> list[Any]:
    return [
        pytest.param(cloud, check, marks=marks, id=f"{cloud}-{check.__name__}")
        for cloud in CLOUDS
        for marks in ([pytest.mark.soak] if cloud in OF_TWO_WAYS else [],)
        for check in conformance.CHECKS
    ]


@pytest.mark.parametrize(("cloud", "check"), cases())
def test_a_harmful_cloud_conforms(cloud: str, check: conformance.Check) -> None:
    with closing(CLOUDS[cloud]()) as clouds:
        check(clouds.fresh)


@pytest.mark.parametrize("cloud", SETTINGS)
def test_every_switch_has_a_harmful_value_or_a_reason_for_none(cloud: str) -> None:
    own, harmful = SETTINGS[cloud]
    reasons = {name.partition(".")[2] for name in OTHERS if name.startswith(f"{cloud}.")}
    assert {*harmful} | reasons == {*own.__struct_fields__}
    assert not {*harmful} & reasons
    assert [name for name, value in harmful.items() if value == getattr(own, name)] == []
