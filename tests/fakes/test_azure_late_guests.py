"""A machine that has its place and whose guest reports late is kept, looked at again, and never deleted."""

from __future__ import annotations

from collections.abc import Iterator
from subprocess import CalledProcessError
from typing import Any

import pytest

import antiaffinity as aa
from antiaffinity.testing.azure import FakeAzure
from antiaffinity.testing.azure.nouns import GROUP
from fakes.azure_deploy import Deploy
from fakes.azure_stage import azure_on, zonal


@pytest.fixture
def azure() -> Iterator[FakeAzure]:
    with azure_on(zonal()) as azure:
        azure.settings.guests_late = 1
        yield azure


class Named(Deploy):
    """A script that does not wait: it names the machine at once."""

    def boot(self, placement: aa.Placement) -> str:
        machines = self.hands.compute.virtual_machines
        machines.begin_create_or_update(GROUP, placement.member, self.body(placement), polling=False)
        return placement.member


class ByCommand(Deploy):
    """A script that runs a command, which fails as the az CLI does."""

    def boot(self, placement: aa.Placement) -> str:
        try:
            return super().boot(placement)
        except Exception as failed:
            raise CalledProcessError(1, ["az", "vm", "create"], stderr=f"ERROR: {failed}") from None


@pytest.mark.parametrize("script", [Deploy, Named, ByCommand])
def test_a_late_guest_that_is_seen_to_run_is_the_member(script: type[Deploy], azure: FakeAzure) -> None:
    azure.settings.failed_view_shows_power = True
    report = script(azure, 2).roll_out()
    assert (report.verdict, report.discarded) == ("held", ())
    assert len(azure.world.running()) == 2


@pytest.mark.parametrize("script", [Deploy, Named, ByCommand])
def test_a_late_guest_that_is_not_seen_to_run_is_kept_for_the_next_run(
    script: type[Deploy], azure: FakeAzure
) -> None:
    with pytest.raises(aa.Unavailable, match="it is left as it is") as late:
        script(azure, 2).roll_out()
    (kept,) = azure.world.running()
    assert _report(late.value).discarded == ()
    azure.settings.failed_view_shows_power = True
    report = script(azure, 2).roll_out()
    assert (report.verdict, report.discarded, len(report.launched)) == ("held", (), 1)
    assert kept.id in {machine.id for machine in azure.world.running()}


def test_one_look_without_the_power_state_is_followed_by_another(azure: FakeAzure) -> None:
    def shown() -> None:
        azure.settings.failed_view_shows_power = True

    azure.world.after(30.0, shown)
    report = Named(azure, 2).roll_out()
    assert (report.verdict, report.discarded) == ("held", ())


def _report(error: aa.AntiaffinityError) -> Any:
    assert error.report
    return error.report
