"""What roll_out promises, measured on the hosts of a real Nova; the deployer is a plain user of a project."""

from __future__ import annotations

import time

import pytest

import antiaffinity as aa
from real.deployer import Deployer
from real.nova import Nova
from real.truth import Truth


@pytest.fixture
def deployer(nova: Nova) -> Deployer:
    return Deployer(nova.connect("demo"), nova.machine)


@pytest.fixture
def truth(nova: Nova) -> Truth:
    return Truth(nova)


def leave_hosts(nova: Nova, hosts: int) -> None:
    for host in nova.hosts[hosts:]:
        nova.disable_host(host)


def test_every_member_has_its_host_and_one_more_waits_until_a_host_is_added(
    nova: Nova, deployer: Deployer, truth: Truth
) -> None:
    leave_hosts(nova, 3)
    report = deployer.roll_out(deployer.group("db", 3, "anti-affinity"))
    assert (report.verdict, report.exit_code, len(report.launched)) == ("held", 0, 3)
    assert truth.is_whole("db", 3)

    larger = deployer.group("db", 4, "anti-affinity")
    with pytest.raises(aa.NoCapacity, match="shop/prod/db") as refused:
        deployer.roll_out(larger)
    assert refused.value.report
    assert refused.value.report.missing == ("db-3",)
    assert len(deployer.discarded) == 1
    assert truth.is_whole("db", 3), "the failed server is discarded, the others stay"

    nova.enable_host("host4")
    report = deployer.roll_out(larger)
    assert (report.verdict, len(report.launched)) == ("held", 1)
    assert truth.is_whole("db", 4)
    assert len(truth.server_groups()) == 1


def test_a_stack_grows_in_even_layers_and_says_so(nova: Nova, deployer: Deployer, truth: Truth) -> None:
    leave_hosts(nova, 2)
    for members, crowds in ((3, [2, 1]), (4, [2, 2])):
        report = deployer.roll_out(deployer.group("db", members, "anti-affinity", saturated="stack"))
        assert truth.crowds("db") == crowds
        assert truth.statuses() == {"ACTIVE"}
        assert report.exit_code == 0
        assert "stacked" in report.rules[0].note
    assert len(truth.server_groups()) == 2, "one for each layer"


def test_two_each_on_four_hosts_are_eight_and_not_nine(nova: Nova, deployer: Deployer, truth: Truth) -> None:
    leave_hosts(nova, 4)
    two_each = [aa.AntiAffinity("host", max_per_domain=2)]
    report = deployer.roll_out(deployer.group("db", 8, two_each))
    assert (report.verdict, truth.crowds("db")) == ("held", [2, 2, 2, 2])
    with pytest.raises(aa.NoCapacity):
        deployer.roll_out(deployer.group("db", 9, two_each))
    assert truth.crowds("db") == [2, 2, 2, 2]
    assert truth.statuses() == {"ACTIVE"}


def test_a_soft_rule_spreads_first_then_doubles_evenly_and_is_told_to_be_broken(
    nova: Nova, deployer: Deployer, truth: Truth
) -> None:
    leave_hosts(nova, 3)
    report = deployer.roll_out(deployer.group("db", 3, "soft-anti-affinity"))
    assert (report.exit_code, truth.crowds("db")) == (0, [1, 1, 1])
    report = deployer.roll_out(deployer.group("db", 5, "soft-anti-affinity"))
    assert truth.crowds("db") == [2, 2, 1]
    assert (report.verdict, report.exit_code) == ("broken", 4)


def test_affinity_keeps_all_on_one_host(deployer: Deployer, truth: Truth) -> None:
    report = deployer.roll_out(deployer.group("db", 4, "affinity"))
    assert (report.verdict, truth.crowds("db")) == ("held", [4])


def test_the_zones_that_are_listed_are_balanced_and_hosts_differ_inside_them(
    nova: Nova, deployer: Deployer, truth: Truth
) -> None:
    nova.make_zones({"az1": nova.hosts[:2], "az2": nova.hosts[2:4], "az3": nova.hosts[4:]})
    report = deployer.roll_out(deployer.group("db", 4, "anti-affinity", only={"zone": ["az1", "az3"]}))
    assert report.verdict == "held"
    assert truth.is_whole("db", 4)
    assert truth.hosts("db") == nova.hosts[:2] + nova.hosts[4:]


def test_a_group_beyond_the_quota_of_members_has_a_server_group_in_each_zone(
    nova: Nova, deployer: Deployer, truth: Truth
) -> None:
    nova.make_zones({"az1": nova.hosts[:3], "az2": nova.hosts[3:]})
    nova.change_settings({"quota.server_group_members": 3, "quota.server_groups": 2})
    listed = {"zone": ["az1", "az2"]}
    with pytest.raises(aa.LimitExceeded, match="7 are asked for"):
        deployer.roll_out(deployer.group("db", 7, "anti-affinity", only=listed))
    assert (truth.servers("db"), truth.server_groups()) == ([], [])

    report = deployer.roll_out(deployer.group("db", 6, "anti-affinity", only=listed))
    assert report.verdict == "held"
    assert truth.is_whole("db", 6)
    assert len(truth.server_groups()) == 2

    with pytest.raises(aa.LimitExceeded, match="quota"):
        deployer.roll_out(deployer.group("web", 2, "anti-affinity"))
    assert truth.servers("web") == []
    assert len(truth.server_groups()) == 2
    assert deployer.discarded == []


def test_a_group_lives_on_with_what_is_there(deployer: Deployer, truth: Truth) -> None:
    group = deployer.group("db", 2, "anti-affinity")
    first = deployer.roll_out(group).launched
    assert deployer.roll_out(group).launched == (), "all are there"

    deployer.conn.compute.delete_server(first[1])
    while len(truth.servers("db")) > 1:
        time.sleep(0.2)
    assert len(deployer.roll_out(group).launched) == 1, "who was deleted is replaced, alone"
    assert truth.is_whole("db", 2)

    report = deployer.roll_out(deployer.group("db", 1, "anti-affinity"))
    assert [seen.member for seen in report.surplus] == ["db-1"]
    assert truth.is_whole("db", 2), "surplus is named and not deleted"
