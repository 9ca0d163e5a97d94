"""VMware's own simulator keeps the contract through the real SDK, as far as it can show it.

It stores DRS rules and enforces none: what DRS would move an operator's hand moves here, as far as the rules
that are stored let it. Refusals are shown on the fake (``tests/conformance/test_conformance_vcenter.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from antiaffinity.testing import conformance
from antiaffinity.testing.conformance import answers, faults, limits, states, waits
from conformance import defects_vcenter as planted
from conformance.defects import DEFECTS, Defect
from real.vcsim_harness import Clouds

NOT_HERE = {
    limits.without_a_discard_a_failed_machine_is_named_and_seen_as_failed: "vcsim refuses no launch",
    faults.a_refused_launch_survives_any_lost_request: "vcsim refuses no launch",
    states.a_machine_that_ran_and_is_in_error_now_is_kept_and_told: "every machine of it is connected",
    states.a_twin_in_error_beside_a_healthy_member_is_named_and_never_deleted: "every machine is connected",
    answers.a_list_that_lacks_a_member_launches_nobody: "it shows every configuration",
    answers.a_list_that_lacks_a_new_machine_launches_nobody_again: "it shows every configuration",
    waits.a_launch_that_takes_long_ends_the_run_and_is_waited_for_by_the_next: "nobody slows it down",
}
"""What it cannot show, and why: the fake shows it."""

UNSEEN = {
    planted.lets_drs_place_at_power_on: "a machine starts where it is",
    planted.resets_the_cluster_with_every_change: "modify=False does what True does",
}
"""Defects that it does not show, and why."""

LONG = (
    faults.scaling_out_survives_any_lost_request,
    faults.a_replacement_survives_any_lost_request,
)
"""Sweeps that differ little from that of a roll-out."""


def _cases() -> list[Any]:
    return [
        pytest.param(check, id=check.__name__, marks=[pytest.mark.soak] if check in LONG else [])
        for check in conformance.CHECKS
        if check not in NOT_HERE
    ]


def _seen() -> list[Defect]:
    ours = (one for one in DEFECTS if one.plant.__module__ == planted.__name__)
    return [one for one in ours if one.plant not in UNSEEN]


@pytest.fixture
def clouds(vcsim_program: Path, tmp_path: Path) -> Iterator[Clouds]:
    made = Clouds(vcsim_program, tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("check", _cases())
def test_vcsim_conforms(check: conformance.Check, clouds: Clouds) -> None:
    check(clouds.fresh)


@pytest.mark.parametrize("defect", _seen(), ids=str)
def test_a_planted_defect_is_found_on_vcsim(
    defect: Defect, clouds: Clouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    defect.plant(monkeypatch)
    with pytest.raises(AssertionError):
        defect.check(clouds.fresh)
