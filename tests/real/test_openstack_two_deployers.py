"""Several processes roll out at once: every rule holds, and nothing is there twice or left over."""

from __future__ import annotations

import pytest

from real.deployer import Job, Outcome, run_at_once
from real.nova import Nova
from real.truth import Truth

ROUNDS = pytest.mark.parametrize("round_", range(3))


def told(outcomes: list[Outcome | None]) -> str:
    return "\n".join(f"{one.said}\n  " + "\n  ".join(one.steps) if one else "killed" for one in outcomes)


@ROUNDS
def test_two_groups_at_once_are_both_whole(nova: Nova, round_: int) -> None:
    jobs = [Job(group, 2) for group in ("db", "web")]
    outcomes = run_at_once(nova, *jobs)
    truth = Truth(nova)
    assert truth.is_whole("db", 2), told(outcomes)
    assert truth.is_whole("web", 2), told(outcomes)
    assert len(truth.server_groups()) == 2
    assert all(one and one.exit_code == 0 for one in outcomes), told(outcomes)


@ROUNDS
@pytest.mark.parametrize("deployers", [2, 3])
def test_one_group_by_several_deployers_at_once_is_whole(nova: Nova, deployers: int, round_: int) -> None:
    for host in nova.hosts[3:]:
        nova.disable_host(host)
    outcomes = run_at_once(nova, *[Job("db", 3)] * deployers)
    truth = Truth(nova)
    assert truth.is_whole("db", 3), told(outcomes)
    assert len(truth.server_groups()) == 1, told(outcomes)
    assert all(one and one.exit_code == 0 for one in outcomes), told(outcomes)
