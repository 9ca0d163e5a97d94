"""Exoscale's lists show a new instance late: nothing that failed stays, and of two runs at once no double."""

from __future__ import annotations

from contextlib import closing

import pytest

import antiaffinity as aa
from antiaffinity.testing import conformance
from antiaffinity.testing.conformance import launch_ids, launches, limits, races
from antiaffinity.testing.conformance.stage import Stage
from antiaffinity.testing.conformance.trials import small
from antiaffinity.testing.exoscale import Settings
from conformance.exoscale_harness import Clouds

CHECKS = (
    races.two_deployers_of_one_group_end_with_one_group,
    races.three_deployers_of_one_group_end_with_one_group,
    races.a_larger_and_a_smaller_run_end_with_the_larger_group,
    limits.one_member_too_many_is_refused_until_there_is_a_place,
    limits.without_room_nothing_failed_is_left,
    limits.a_place_that_refuses_is_left_for_another,
    launches.a_launch_into_another_place_than_was_chosen_is_refused_at_once,
    launch_ids.an_id_of_another_member_from_launch_stops_the_run_at_once,
    launch_ids.a_launch_that_gives_no_id_stops_at_once_and_its_machine_is_found,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_conforms_where_lists_lag(check: conformance.Check) -> None:
    with closing(Clouds(Settings(list_lag=3.0))) as clouds:
        check(clouds.fresh)


def test_what_a_launch_left_that_told_no_id_is_named_when_it_is_discarded() -> None:
    made: list[str] = []
    with closing(Clouds(Settings(list_lag=3.0))) as clouds:
        stage = Stage(clouds.fresh)
        with stage.script(small(stage.trial, 1)) as script:

            def launch(placement: aa.Placement) -> str:
                made.append(script.launch(placement))
                raise OSError("the answer was lost on its way")

            with pytest.raises(OSError, match="lost on its way"):
                script.group.roll_out(launch, script.discard)
        assert script.discarded == made
