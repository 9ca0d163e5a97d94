"""Groups on AWS from the first launch to the last: where machines really are when all is done."""

from __future__ import annotations

import pytest

import antiaffinity as aa
from antiaffinity.steps import Step
from aws.deploying import A, B, C, Script, racks, script

RACKS = aa.AntiAffinity("rack")
ZONES = aa.AntiAffinity("zone")
SEVENS = {A: 8, B: 8, C: 8}


def test_one_spread_group_holds_seven_in_each_of_three_zones() -> None:
    with script(racks(SEVENS)) as deploy:
        report = deploy.roll_out(deploy.group(21, RACKS))
        assert (report.verdict, report.exit_code) == ("promised", 0)
        zones = list(deploy.where().values())
        assert {zone: zones.count(zone) for zone in zones} == {A: 7, B: 7, C: 7}
        assert len(set(deploy.where("rack").values())) == 21
        assert len(deploy.aws.state.groups) == 1


def test_the_twenty_second_is_refused_before_anything_is_made() -> None:
    with script(racks(SEVENS)) as deploy:
        with pytest.raises(aa.LimitExceeded) as refused:
            deploy.roll_out(deploy.group(22, RACKS))
        assert "21" in " ".join((str(refused.value), *refused.value.ways_out))
        assert deploy.asked("RunInstances") == deploy.asked("CreatePlacementGroup") == 0


def test_three_in_three_zones_and_apart_in_racks_where_possible() -> None:
    with script() as deploy:
        report = deploy.roll_out(deploy.group(3, ZONES, aa.AntiAffinity("rack", hard=False)))
        assert report.exit_code == 0
        assert sorted(deploy.where().values()) == [A, B, C]


def test_partitions_hold_two_of_a_group_each() -> None:
    with script(racks({A: 7, B: 7})) as deploy:
        report = deploy.roll_out(deploy.group(28, aa.AntiAffinity("rack", 2)))
        assert (report.verdict, report.exit_code) == ("held", 0)
        there = list(deploy.where("rack").values())
        assert {there.count(rack) for rack in there} == {2}


def test_members_on_dedicated_hosts_are_on_hosts_of_their_own() -> None:
    with script(racks({A: 2, B: 2}), tenancy="host") as deploy:
        for zone in (A, B):
            deploy.ec2.allocate_hosts(AvailabilityZone=zone, InstanceType="m6i.large", Quantity=2)
        report = deploy.roll_out(deploy.group(4, aa.AntiAffinity("host")))
        assert (report.verdict, report.exit_code) == ("held", 0)
        assert len(set(deploy.where("host").values())) == 4


def test_without_dedicated_hosts_apart_in_hosts_is_apart_in_racks() -> None:
    with script() as deploy:
        report = deploy.roll_out(deploy.group(4, aa.AntiAffinity("host")))
        assert (report.verdict, report.exit_code) == ("promised", 0)
        assert len(set(deploy.where("rack").values())) == 4


# Capacity that goes in mid roll-out


def full_after(deploy: Script, launches: int, zone: str) -> object:
    """A progress hook: somebody else takes what is left of a zone once so many are placed."""
    placed = []

    def progress(step: Step) -> None:
        placed.extend([step.member] if step.kind == "placed" else [])
        if len(placed) == launches:
            for place in deploy.aws.world.places.values():
                place.open = place.zone != zone

    return progress


def test_a_hard_spread_ends_where_a_zone_has_no_room_and_names_it() -> None:
    with script(racks({A: 4, B: 4})) as deploy:
        group = deploy.group(6, aa.Spread("zone"))
        with pytest.raises(aa.NoCapacity) as refused:
            group.roll_out(deploy.boot, deploy.kill, progress=full_after(deploy, 2, B))  # type: ignore[arg-type]
        assert refused.value.domain["zone"] == B
        assert B in str(refused.value)
        assert refused.value.report is not None
        zones = list(deploy.where().values())
        assert abs(zones.count(A) - zones.count(B)) <= 1


def test_a_soft_spread_goes_on_in_the_other_zone() -> None:
    with script(racks({A: 4, B: 4})) as deploy:
        group = deploy.group(6, aa.Spread("zone", hard=False))
        report = group.roll_out(deploy.boot, deploy.kill, progress=full_after(deploy, 2, B))  # type: ignore[arg-type]
        zones = list(deploy.where().values())
        assert (zones.count(A), zones.count(B)) == (5, 1)
        assert report.exit_code == 4


def test_a_refused_zone_is_asked_no_second_time_in_a_run() -> None:
    with script(racks({A: 3, B: 3, C: 3})) as deploy:
        for place in deploy.aws.world.places.values():
            place.open = place.zone != A
        deploy.roll_out(deploy.group(4, RACKS))
        assert A not in deploy.where().values()
        assert deploy.asked("RunInstances") <= 5


# Scaling, stopping, replacing


def test_scaling_in_and_out_again_keeps_names_and_places() -> None:
    with script() as deploy:
        deploy.roll_out(deploy.group(5, RACKS))
        before = {machine.member: machine.id for machine in deploy.running()}
        gone = [deploy.id_of(member) for member in ("db-3", "db-4")]
        deploy.ec2.terminate_instances(InstanceIds=gone)
        deploy.wait()
        report = deploy.roll_out(deploy.group(5, RACKS))
        after = {machine.member: machine.id for machine in deploy.running()}
        assert sorted(after) == sorted(before)
        assert {name for name in before if before[name] != after[name]} == {"db-3", "db-4"}
        assert report.exit_code == 0
        assert len(set(deploy.where("rack").values())) == 5


def test_a_terminated_member_comes_back_as_another_instance_each_time() -> None:
    with script() as deploy:
        ids = set()
        for _ in range(3):
            deploy.roll_out(deploy.group(1, RACKS))
            ids.add(deploy.id_of("db-0"))
            deploy.ec2.terminate_instances(InstanceIds=[deploy.id_of("db-0")])
            deploy.wait()
        assert len(ids) == 3


def test_a_stopped_member_whose_place_was_taken_is_told_and_not_launched_twice() -> None:
    with script(racks({A: 2})) as deploy:
        group = deploy.group(2, RACKS)
        deploy.roll_out(group)
        stopped = deploy.id_of("db-0")
        deploy.ec2.stop_instances(InstanceIds=[stopped])
        deploy.wait()
        deploy.roll_out(deploy.group(["web-0"], RACKS, name="web"))
        (seen,) = [one for one in group.machines() if one.member == "db-0"]
        assert (seen.state, seen.holds) == ("stopped", False)
        report = group.verify()
        told = " ".join(finding.message for finding in report.findings)
        assert "db-0" in told
        assert "start may be refused" in told
        assert deploy.roll_out(group).launched == ()
        assert [one.id for one in deploy.running()] == [deploy.id_of("db-1")]


def test_a_lost_answer_and_a_second_run_make_one_machine() -> None:
    with script() as deploy:

        def lost(placement: aa.Placement) -> str:
            deploy.boot(placement)
            raise RuntimeError("the laptop was closed")

        with pytest.raises(aa.Unavailable) as error:
            deploy.group(1, RACKS).roll_out(lost)
        deploy.wait()
        assert error.value.remains is not None
        assert error.value.remains.id == deploy.id_of("db-0")
        report = deploy.roll_out(deploy.group(1, RACKS))
        assert (report.exit_code, report.launched) == (0, ())
        assert len(deploy.running()) == 1


def test_a_subnet_of_each_zone_goes_into_the_launch() -> None:
    with script() as deploy:
        subnets = deploy.ec2.describe_subnets()["Subnets"]
        for subnet in subnets:
            tag = [{"Key": "Name", "Value": "prod"}]
            deploy.ec2.create_tags(Resources=[subnet["SubnetId"]], Tags=tag)
        deploy.roll_out(deploy.group(3, ZONES, needs={"networks": ["prod"]}))
        shown = deploy.ec2.describe_instances()["Reservations"]
        used = {one["SubnetId"] for each in shown for one in each["Instances"]}
        assert used == {subnet["SubnetId"] for subnet in subnets}


def test_members_that_exist_keep_their_subnet_in_the_arguments() -> None:
    with script() as deploy:
        subnets = deploy.ec2.describe_subnets()["Subnets"]
        ids = [subnet["SubnetId"] for subnet in subnets]
        deploy.roll_out(deploy.group(3, ZONES, needs={"networks": ids}))
        shown = deploy.ec2.describe_instances()["Reservations"]
        has = {one["InstanceId"]: one["SubnetId"] for each in shown for one in each["Instances"]}
        roomier = deploy.ec2.create_subnet(
            VpcId=subnets[0]["VpcId"], AvailabilityZone=A, CidrBlock="172.31.128.0/18"
        )["Subnet"]["SubnetId"]
        plan = deploy.group(3, ZONES, needs={"networks": [*ids, roomier]}).plan()
        told = {one.existing: one.arguments(**deploy.aws.machine)["SubnetId"] for one in plan.placements}
        assert told == has
        bare = deploy.group(3, ZONES).plan().placements[0]
        assert "SubnetId" not in bare.arguments(**deploy.aws.machine)


def test_local_and_impaired_zones_are_no_places() -> None:
    with script(
        racks({A: 2, B: 2, C: 2}), local_zones=("us-east-1-bos-1a",), impaired=frozenset({C})
    ) as deploy:
        plan = deploy.group(3, ZONES).plan()
        assert plan.short
        places = {domain.zone: domain.usable for domain in deploy.group(2, ZONES).look().topology.domains}
        assert places == {A: True, B: True, C: False}
        report = deploy.roll_out(deploy.group(2, ZONES))
        assert report.exit_code == 0
        assert sorted(deploy.where().values()) == [A, B]
