"""What ran is never a leftover, and what is slow is not failed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.leftovers import machine
from antiaffinity.model import Observed, Placement, State
from antiaffinity.planner.problem import holders
from antiaffinity.testing.turns import Turns
from antiaffinity.waiting import build_timeout, still_building
from core.sky import Sky


@pytest.fixture
def sky() -> Iterator[Sky]:
    """db-0 runs."""
    with lent(Turns()):
        sky = Sky()
        sky.add("db-0", "i-0", "running", "h0", since="1")
        yield sky


def test_a_lost_machine_is_the_member_and_is_told(sky: Sky) -> None:
    sky.add("db-1", "i-1", "lost", "h1", since="1")
    report = sky.roll_out()
    assert (report.launched, report.discarded, report.missing) == ((), (), ())
    assert (report.exit_code, report.strict_exit_code) == (4, 4)
    assert "db-1 (i-1)" in str(report)
    assert "repair it, or delete it yourself to have it made anew" in str(report)
    assert "warning: db-1" in str(report)
    assert sky.gone == []


def test_plan_and_verify_say_it_too(sky: Sky) -> None:
    sky.add("db-1", "i-1", "lost", "h1", since="1")
    for told in (sky.group().plan(), sky.group().verify()):
        assert told.exit_code == 4
        assert [one.member for one in told.findings if one.kind == "lost"] == ["db-1"]


def test_a_lost_machine_counts_in_the_rules_and_keeps_its_place(sky: Sky) -> None:
    sky.add("db-1", "i-1", "lost", "h0", since="1")
    assert sky.group().verify().exit_code == 1
    new = sky.group(4).plan().new()
    assert "h0" not in {placement.domains["host"] for placement in new}


def test_a_lost_machine_is_not_replaced_by_a_repair(sky: Sky) -> None:
    sky.add("db-1", "i-1", "lost", "h0", since="1")
    report = sky.group().roll_out(sky.launch, sky.discard, repair=True)
    assert "i-1" not in sky.gone
    assert "i-1" in {one.instance for one in report.machines}


def test_what_never_ran_is_discarded_and_launched_anew(sky: Sky) -> None:
    sky.add("db-1", "i-1", "failed", "h1", since="1")
    report = sky.roll_out()
    assert (report.discarded, report.launched, report.exit_code) == (("i-1",), ("new-db-1",), 0)


@pytest.mark.parametrize("state", ["running", "stopped", "starting", "lost"])
def test_a_state_that_is_another_after_the_grace_spares_the_machine(sky: Sky, state: State) -> None:
    sky.add("db-1", "i-1", "failed", "h1", since="1")
    looks = 0

    def looking() -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            sky.turns("i-1", state)

    sky.looking = looking
    sky.settling = lambda sky, placement, id_: _running(sky, id_)
    report = sky.roll_out()
    assert (sky.gone, report.launched) == ([], ())


def _running(sky: Sky, id_: str) -> Observed:
    sky.turns(id_, "running")
    return sky.there[id_]


@pytest.mark.parametrize("state", ["failed", "lost"])
def test_a_twin_in_error_beside_a_healthy_machine_is_surplus_and_never_deleted(
    sky: Sky, state: State
) -> None:
    """Older or younger: the healthy one is the member."""
    for since in ("0", "5"):
        sky.add("db-0", "twin", state, "h3", since=since)
        report = sky.roll_out(1)
        assert (report.launched, sky.gone) == ((), [])
        assert [one.instance for one in report.surplus] == ["twin"]


def test_a_launch_of_another_run_that_failed_is_given_up_only_if_it_never_ran(sky: Sky) -> None:
    sky.add("db-1", "i-1", "starting", "h1", since="1")

    def settling(sky: Sky, placement: Placement, id_: str) -> Observed:
        sky.turns(id_, "lost")
        raise aa.NoCapacity("no valid host", remains=machine(sky.there[id_]))

    sky.settling = settling
    report = sky.roll_out()
    assert (sky.gone, report.launched, report.exit_code) == ([], (), 4)


def test_a_machine_of_another_run_that_builds_for_long_ends_the_run_and_stays(sky: Sky) -> None:
    sky.add("db-1", "i-1", "starting", "h1", since="1")
    sky.settling = _slow
    with pytest.raises(aa.Unavailable, match="build_timeout") as error:
        sky.roll_out(3)
    assert (error.value.exit_code, error.value.kind, sky.gone) == (3, "Unavailable", [])
    sky.settling = lambda sky, placement, id_: _running(sky, id_)
    assert sky.roll_out(3).launched == ("new-db-2",)


def test_so_does_one_that_this_run_launched(sky: Sky) -> None:
    def launch(placement: Placement) -> str:
        sky.add(placement.member, "i-1", "starting", "h1", since="2")
        return "i-1"

    sky.settling = _slow
    with pytest.raises(aa.Unavailable, match="build_timeout"):
        sky.roll_out(launch=launch)
    assert (sky.gone, sorted(sky.there)) == ([], ["i-0", "i-1"])


def _slow(sky: Sky, placement: Placement, id_: str) -> Observed:
    raise still_building(id_, 600)


def test_what_this_run_launched_is_discarded_though_it_may_have_run_for_a_moment(sky: Sky) -> None:
    failures = 1

    def settling(sky: Sky, placement: Placement, id_: str) -> Observed:
        nonlocal failures
        if not failures:
            return sky.there[id_]
        failures -= 1
        sky.turns(id_, "lost")
        raise aa.NoCapacity("no", domain={"host": "h1"}, remains=machine(sky.there[id_]))

    sky.settling = settling
    report = sky.roll_out()
    assert (report.discarded, report.exit_code) == (("new-db-1",), 0)


def test_a_launch_that_gives_what_was_there_before_has_it_discarded_by_nobody(sky: Sky) -> None:
    def settling(sky: Sky, placement: Placement, id_: str) -> Observed:
        sky.turns(id_, "lost")
        raise aa.Unavailable("in ERROR", remains=machine(sky.there[id_]))

    sky.settling = settling
    with pytest.raises(aa.InvalidRequest, match="which is the id of db-0"):
        sky.roll_out(launch=lambda placement: "i-0")
    assert sky.gone == []


def test_a_member_that_this_run_did_not_launch_is_said_to_be_none_of_its(sky: Sky) -> None:
    def launch(placement: Placement) -> str:
        sky.add("db-2", "clone", "running", "h3", since="3")
        return sky.launch(placement)

    report = sky.roll_out(3, launch)
    told = [one for one in report.findings if one.kind == "not-launched"]
    assert [one.member for one in told] == ["db-2"]
    assert "db-2 (clone)" in told[0].message
    assert "this run did not launch it" in told[0].message


def test_the_machines_of_earlier_runs_are_no_news(sky: Sky) -> None:
    assert sky.roll_out(1).findings == ()
    assert sky.roll_out(3).findings == ()


@pytest.mark.parametrize(
    ("states", "holder"),
    [
        (("lost", "running"), 1),
        (("running", "lost"), 0),
        (("lost", "lost"), 0),
        (("failed", "lost"), 1),
        (("lost", "leaving"), 0),
        (("running", "running"), 0),
        (("stopped", "running"), 0),
    ],
)
def test_who_holds_a_member(states: tuple[State, State], holder: int) -> None:
    """The oldest; one that is lost only where there is no better one."""
    two = [Observed("db-0", f"i-{n}", state, True, since=str(n)) for n, state in enumerate(states)]
    assert holders(two)["db-0"] is two[holder]


def test_a_wait_is_as_long_as_the_setting_says() -> None:
    assert build_timeout({}, 600) == (600, {})
    assert build_timeout({"build_timeout": 2700, "zone": "a"}, 600) == (2700, {"zone": "a"})
    assert build_timeout({"build_timeout": "90"}, 600)[0] == 90


@pytest.mark.parametrize("said", [0, -1, True, "soon", "", float("nan"), float("inf"), [600]])
def test_what_is_no_time_is_refused(said: object) -> None:
    with pytest.raises(aa.InvalidRequest) as error:
        build_timeout({"build_timeout": said}, 600)
    assert error.value.path == "build_timeout"
