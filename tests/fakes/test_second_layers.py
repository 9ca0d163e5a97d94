"""A hard rule with more members than its native groups take, `saturated: stack`: a second layer of groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.testing import Place, Turns, World
from antiaffinity.testing.openstack import FakeOpenStack
from aws.deploying import A, B, C, Script, racks, script
from fakes.exoscale_stage import GENEVA, Stage, hypervisors, stage
from fakes.test_openstack_limits import of, quota, rolled_out

RACKS = aa.AntiAffinity("rack")


# AWS: seven in a zone


@pytest.fixture
def deploy() -> Iterator[Script]:
    with script(racks({A: 9, B: 9, C: 9})) as deploy:
        yield deploy


def spread(deploy: Script) -> list[Counter[str]]:
    """For each placement group the racks of its instances."""
    found = []
    for group in deploy.aws.state.groups.values():
        name = {"Name": "placement-group-name", "Values": [group.name]}
        shown = deploy.ec2.describe_instances(Filters=[name])["Reservations"]
        ids = {one["InstanceId"] for reservation in shown for one in reservation["Instances"]}
        there = [machine for machine in deploy.running() if machine.id in ids]
        found.append(Counter(machine.domain("rack") for machine in there))
    return found


def test_the_twenty_second_on_aws_goes_into_a_second_placement_group(deploy: Script) -> None:
    report = deploy.roll_out(deploy.group(22, RACKS, saturated="stack"))
    assert (report.verdict, report.missing) == ("promised", ())
    assert sorted(Counter(deploy.where().values()).values()) == [7, 7, 8]
    assert sorted(sum(group.values()) for group in spread(deploy)) == [1, 21]
    assert all(set(group.values()) == {1} for group in spread(deploy)), "two of a group share a rack"
    assert deploy.asked("RunInstances") == 22, "a launch was refused that was known to be"


def test_the_plan_says_so(deploy: Script) -> None:
    plan = deploy.group(22, RACKS, saturated="stack").plan()
    (told,) = [finding.message for finding in plan.findings if finding.kind == "stacked"]
    assert plan.verdict == "fits"
    assert told == (
        "anti-affinity (rack) is void for some: more members than a spread placement group takes, "
        "stacked in 2 layers of them (saturated: stack)"
    )


def test_one_that_grows_past_its_group_keeps_all_that_it_has(deploy: Script) -> None:
    inside: dict[str, Any] = {"only": {"zone": [A]}, "saturated": "stack"}
    deploy.roll_out(deploy.group(7, RACKS, **inside))
    before = {machine.id for machine in deploy.running()}
    deploy.roll_out(deploy.group(9, RACKS, **inside))
    assert before < {machine.id for machine in deploy.running()}
    assert sorted(sum(group.values()) for group in spread(deploy)) == [2, 7]


def test_who_is_deleted_comes_back_into_the_layer_that_has_room(deploy: Script) -> None:
    inside: dict[str, Any] = {"only": {"zone": [A]}, "saturated": "stack"}
    group = deploy.group(14, RACKS, **inside)
    deploy.roll_out(group)
    first = next(machine for machine in deploy.running() if machine.member == "db-0")
    deploy.kill(aa.Machine(first.id, "db-0", ""))
    deploy.wait()
    asked = deploy.asked("RunInstances")
    assert deploy.roll_out(group).missing == ()
    assert sorted(sum(group.values()) for group in spread(deploy)) == [7, 7]
    assert deploy.asked("RunInstances") == asked + 1


def test_a_refusal_names_the_stack_among_the_ways_out(deploy: Script) -> None:
    with pytest.raises(aa.LimitExceeded) as refused:
        deploy.group(22, RACKS).plan()
    assert "saturated: stack" in " ".join(refused.value.ways_out)


# Exoscale: eight in a group


@pytest.fixture
def exoscale() -> Iterator[Stage]:
    with stage(hypervisors(ch_gva_2=12)) as exoscale:
        yield exoscale


def test_a_full_group_of_exoscales_gets_a_second_beside_it(exoscale: Stage) -> None:
    inside: dict[str, Any] = {"only": {"zone": [GENEVA]}, "saturated": "stack"}
    exoscale.roll_out(8, **inside)
    before = set(exoscale.exo.state.instances)
    report = exoscale.roll_out(10, **inside)
    assert (report.verdict, report.missing) == ("promised", ())
    assert before < set(exoscale.exo.state.instances)
    assert sorted(exoscale.groups.values()) == [2, 8]


# OpenStack: as the quota says


def test_a_server_group_that_the_quota_closes_gets_a_second_beside_it() -> None:
    clock = Turns()
    places = [Place(f"h{number}") for number in range(6)]
    with lent(clock), FakeOpenStack(World(places, clock)) as nova:
        report = rolled_out(of(nova, quota=quota(server_group_members=3)), 5, saturated="stack")
        assert (report.missing, len(nova.world.running())) == ((), 5)
        groups = nova.connection().compute.server_groups()
        assert sorted(len(group.member_ids) for group in groups) == [2, 3]
