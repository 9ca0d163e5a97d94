"""What a real Nova shows of a server in error after a life, and what a roll-out makes of it."""

from __future__ import annotations

import pytest

from real.deployer import Deployer
from real.nova import Nova
from real.truth import Truth


@pytest.fixture
def deployer(nova: Nova) -> Deployer:
    return Deployer(nova.connect("demo"), nova.machine)


def test_a_member_in_error_after_a_life_is_kept_and_told(nova: Nova, deployer: Deployer) -> None:
    """An operator's reset is what comes of a failed resize, too: the server runs on, and is in ERROR."""
    deployer.roll_out(deployer.group("db", 3, "anti-affinity"))
    truth = Truth(nova)
    before = truth.hosts("db")
    compute = nova.connect("admin").compute
    (broken,) = [one.id for one in truth.servers("db") if one.name == "db-1"]
    compute.reset_server_state(broken, "error")

    report = deployer.roll_out(deployer.group("db", 3, "anti-affinity"))
    assert (report.launched, report.discarded, report.missing) == ((), (), ())
    assert (report.exit_code, deployer.discarded) == (4, [])
    assert {one.member: one.state for one in report.machines}["db-1"] == "lost"
    assert broken in str(report)
    assert "in ERROR, but it ran" in str(report)
    assert truth.hosts("db") == before
    assert deployer.group("db", 3, "anti-affinity").verify().exit_code == 4

    compute.reset_server_state(broken, "active")
    assert deployer.roll_out(deployer.group("db", 3, "anti-affinity")).exit_code == 0
