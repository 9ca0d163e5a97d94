"""A deployer is killed at any moment; the next run ends with one machine a member, and nothing left over."""

from __future__ import annotations

import pytest

from real.deployer import Job, Outcome, run_at_once
from real.nova import Nova
from real.truth import Truth

MEMBERS = 2
POINTS = 20
AT_ONCE = 4
"""Points that are tried side by side, each with a group of its own: a run waits more than it works."""

Moment = tuple[int, bool]
"""The number of a request, and whether death comes too late for it."""


def whole_run(nova: Nova) -> Outcome:
    """A run that nobody disturbs: it tells which requests there are."""
    (outcome,) = run_at_once(nova, Job("whole", MEMBERS))
    assert outcome, "was killed"
    return outcome


def one_host_only(nova: Nova) -> None:
    nova.delete_everything()
    for host in nova.hosts[1:]:
        nova.disable_host(host)


@pytest.fixture(scope="module")
def moments(nova_box: Nova) -> list[Moment]:
    """From the first request to the last, by turns just before it and just after it had its effect."""
    nova_box.delete_everything()
    outcome = whole_run(nova_box)
    assert outcome.exit_code == 0
    step = (len(outcome.requests) - 1) / (POINTS - 1)
    return [(1 + round(point * step), bool(point % 2)) for point in range(POINTS)]


def jobs_at(moments: list[Moment]) -> list[Job]:
    return [Job(f"at{n}{'late' * late}", MEMBERS, dies_at=n, too_late=late) for n, late in moments]


def assert_the_next_run_makes_them_whole(nova: Nova, jobs: list[Job]) -> None:
    outcomes = run_at_once(nova, *[Job(job.group, job.members) for job in jobs])
    truth = Truth(nova)
    for job, outcome in zip(jobs, outcomes, strict=True):
        assert outcome
        assert outcome.exit_code == 0, (job, outcome)
        assert truth.is_whole(job.group, MEMBERS), (job, truth.members(job.group), outcome)
    assert truth.statuses() == {"ACTIVE"}
    assert len(truth.server_groups()) == len(jobs), "one for each group"


@pytest.mark.parametrize("part", range(POINTS // AT_ONCE))
def test_the_run_after_a_kill_makes_the_group_whole(nova: Nova, moments: list[Moment], part: int) -> None:
    jobs = jobs_at(moments[part :: POINTS // AT_ONCE])
    assert run_at_once(nova, *jobs) == [None] * AT_ONCE
    assert_the_next_run_makes_them_whole(nova, jobs)


def test_the_run_after_a_kill_amid_a_failing_launch_makes_the_group_whole(nova: Nova) -> None:
    one_host_only(nova)
    refused = whole_run(nova)
    assert refused.exit_code == 3
    posts = [n for n, asked in enumerate(refused.requests, 1) if asked.endswith("/servers")]
    deletes = [n for n, asked in enumerate(refused.requests, 1) if asked.startswith("DELETE")]
    one_host_only(nova)
    jobs = jobs_at([(posts[-1], True), (posts[-1] + 1, True), (deletes[-1], False), (deletes[-1], True)])
    assert run_at_once(nova, *jobs) == [None] * len(jobs)
    nova.enable_host("host2")
    assert_the_next_run_makes_them_whole(nova, jobs)
