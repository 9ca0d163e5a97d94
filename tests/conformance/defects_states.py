"""Mistakes in what a machine's state means, and in how long one is waited for."""

from __future__ import annotations

from typing import Any

import pytest

from antiaffinity import lost
from antiaffinity.errors import Unavailable
from antiaffinity.leftovers import Leftovers
from antiaffinity.model import Machine, Observed, State
from antiaffinity.testing.conformance import states, waits
from antiaffinity_aws import instances
from antiaffinity_azure import reading as azure
from antiaffinity_exoscale import reading as exoscale
from antiaffinity_openstack import backend as nova
from antiaffinity_openstack import reading
from antiaffinity_vcenter import lives
from conformance.defects import on


@on("openstack", states.a_machine_that_ran_and_is_in_error_now_is_kept_and_told)
def takes_every_error_for_a_failed_launch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading, "ran", lambda server: False)


@on("azure", states.a_machine_that_ran_and_is_in_error_now_is_kept_and_told)
def takes_a_view_without_power_for_a_failed_launch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(azure, "_state", _as_failed(azure._state))


@on("exoscale", states.a_machine_that_ran_and_is_in_error_now_is_kept_and_told)
def takes_an_instance_in_error_for_a_failed_launch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(exoscale, "STATES", {**exoscale.STATES, "error": "failed"})


@on("vcenter", states.a_machine_that_ran_and_is_in_error_now_is_kept_and_told)
def takes_an_inaccessible_machine_for_a_failed_launch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("antiaffinity_vcenter.reading.state_of", _as_failed(lives.state_of))


@on("exoscale", states.a_machine_that_ran_and_is_in_error_now_is_kept_and_told)
def says_nothing_of_what_is_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lost, "findings", lambda machines: [])


@on("openstack", states.a_twin_in_error_beside_a_healthy_member_is_named_and_never_deleted)
def takes_a_twin_for_a_leftover(patch: pytest.MonkeyPatch) -> None:
    def named(self: Leftovers, id_: str) -> list[Observed]:
        return [seen for seen in self._ours(self.looks.quietly()) if seen.instance == id_]

    patch.setattr(reading, "ran", lambda server: False)
    patch.setattr(Leftovers, "_never_ran", named)


@on("aws", waits.a_launch_that_takes_long_ends_the_run_and_is_waited_for_by_the_next)
def terminates_what_boots_for_long(patch: pytest.MonkeyPatch) -> None:
    def too_slow(machine: str, seconds: float) -> Unavailable:
        id_, _, member, *_ = machine.split()
        return Unavailable(
            f"{machine} slow: terminate it, or set build_timeout", remains=Machine(id_, member, "")
        )

    patch.setattr(instances, "still_building", too_slow)


@on("openstack", waits.a_launch_that_takes_long_ends_the_run_and_is_waited_for_by_the_next)
def gives_up_without_a_word_of_the_setting(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(nova, "still_building", lambda machine, seconds: Unavailable(f"{machine}: repeat"))


def _as_failed(state: Any) -> Any:
    """A reader of states that knows no machine that is lost."""

    def known(*shown: Any) -> State:
        found: State = state(*shown)
        return "failed" if found == "lost" else found

    return known
