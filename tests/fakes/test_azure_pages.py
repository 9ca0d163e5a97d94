"""A list of Azure's that breaks off after a page is no shorter list, and surely none of nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from antiaffinity.errors import Unavailable
from antiaffinity.testing.azure import FakeAzure
from fakes.azure_deploy import Deploy
from fakes.azure_stage import azure_on, zonal


@pytest.fixture
def azure() -> Iterator[FakeAzure]:
    with azure_on(zonal()) as azure:
        yield azure


@pytest.mark.parametrize("status", ["404", "400"])
@pytest.mark.parametrize("lost", [1, 2])
def test_a_page_whose_link_is_gone_has_the_list_begun_anew(azure: FakeAzure, status: str, lost: int) -> None:
    deploy = Deploy(azure, 3)
    deploy.roll_out()
    azure.settings.page_size, azure.settings.links_lost = 1, lost
    azure.settings.links_lost_as = status  # type: ignore[assignment]
    report = deploy.roll_out()
    assert (report.verdict, report.launched, report.missing) == ("held", (), ())


@pytest.mark.parametrize("status", ["404", "400"])
def test_a_list_that_never_comes_to_its_end_is_unavailable_and_launches_nobody(
    azure: FakeAzure, status: str
) -> None:
    deploy = Deploy(azure, 3)
    deploy.roll_out()
    azure.settings.page_size, azure.settings.links_lost = 1, 10_000
    azure.settings.links_lost_as = status  # type: ignore[assignment]
    for verb in (deploy.roll_out, deploy.group.verify, deploy.group.plan, deploy.group.release):
        with pytest.raises(Unavailable, match="broke off"):
            verb()
    assert len(azure.world.running()) == 3


def test_a_resource_group_that_is_not_there_yet_is_empty(azure: FakeAzure) -> None:
    azure.state.groups.clear()
    assert Deploy(azure, 3).group.machines() == []
