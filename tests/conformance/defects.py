"""Mistakes that people make in a backend or in the library, each with the check that must find it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from msgspec import Struct

from antiaffinity.testing import conformance

Kind = Literal["pool", "openstack", "aws", "azure", "exoscale", "vcenter"]
Plant = Callable[[pytest.MonkeyPatch], None]


class Defect(Struct, frozen=True):
    """A mistake, planted on a cloud, and the check that finds it there."""

    cloud: Kind
    check: conformance.Check
    plant: Plant

    def __str__(self) -> str:
        return f"{self.cloud}-{self.plant.__name__}"


DEFECTS: list[Defect] = []
"""Filled by the modules beside this one."""


def on(cloud: Kind, check: conformance.Check) -> Callable[[Plant], Plant]:
    """Lists a mistake under the cloud that it is planted on."""

    def listed(plant: Plant) -> Plant:
        DEFECTS.append(Defect(cloud, check, plant))
        return plant

    return listed
