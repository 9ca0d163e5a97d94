"""The fake AWS's placement groups: apart in the World, limited, named once, and not deleted in use."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from antiaffinity.testing.aws.nouns import Eighth
from fakes.aws_stage import A, B, account, racks, refusal


def test_members_of_a_spread_group_run_on_racks_of_their_own() -> None:
    with account(racks(3, each=4)) as user:
        group = user.group()
        for _ in range(3):
            user.boot(A, group)
        assert sorted(user.on_racks().values()) == [1, 1, 1]


def test_without_a_group_instances_share_a_rack() -> None:
    with account() as user:
        for _ in range(3):
            user.boot(A)
        assert list(user.on_racks().values()) == [3]


def test_without_a_free_rack_there_is_no_capacity() -> None:
    with account(racks(2)) as user:
        group = user.group()
        for _ in range(2):
            user.boot(A, group)
        assert refusal(lambda: user.boot(A, group)) == "InsufficientInstanceCapacity"


@pytest.mark.parametrize("code", get_args(Eighth))
def test_a_zone_takes_seven_running_members_of_a_spread_group(code: Eighth) -> None:
    with account(racks(9, 9), eighth=code) as user:
        group = user.group()
        members = [user.boot(A, group) for _ in range(7)]
        assert refusal(lambda: user.boot(A, group)) == code
        user.boot(B, group)
        user.stop(members[0])
        user.boot(A, group)
        assert len(user.world.running()) == 8


def test_a_partition_shares_no_rack_with_another() -> None:
    with account(racks(4, each=2)) as user:
        group = user.group("partition", PartitionCount=7)
        ids = [user.boot(A, group, Place={"PartitionNumber": n}) for n in (1, 1, 2, 2, 3)]
        rack = {id_: user.machine(id_).domain("rack") for id_ in ids}
        assert rack[ids[0]] == rack[ids[1]]
        assert len({rack[ids[0]], rack[ids[2]], rack[ids[4]]}) == 3
        shown = [user.shown(id_)["Placement"]["PartitionNumber"] for id_ in ids]
        assert shown == [1, 1, 2, 2, 3]


def test_who_names_no_partition_gets_an_emptiest_one() -> None:
    with account(racks(4)) as user:
        group = user.group("partition", PartitionCount=3)
        ids = [user.boot(A, group) for _ in range(3)]
        assert {user.shown(id_)["Placement"]["PartitionNumber"] for id_ in ids} == {1, 2, 3}


def test_partitions_need_racks_of_their_own() -> None:
    with account(racks(2)) as user:
        group = user.group("partition", PartitionCount=7)
        for number in (1, 2):
            user.boot(A, group, Place={"PartitionNumber": number})
        asked = {"PartitionNumber": 3}
        assert refusal(lambda: user.boot(A, group, Place=asked)) == "InsufficientInstanceCapacity"


def test_a_partition_out_of_range_is_refused() -> None:
    with account() as user:
        group = user.group("partition", PartitionCount=2)
        asked = {"PartitionNumber": 3}
        assert refusal(lambda: user.boot(A, group, Place=asked)) == "InvalidParameterValue"
        assert refusal(lambda: user.boot(A, Place=asked)) == "InvalidParameterCombination"


def test_a_name_is_taken_once() -> None:
    with account() as user:
        user.group(name="db")
        again = refusal(lambda: user.group("partition", name="db", PartitionCount=2))
        assert again == "InvalidPlacementGroup.Duplicate"


def test_a_new_group_is_pending_at_first_and_takes_nobody() -> None:
    with account(group_pending=2.0) as user:
        made = user.ec2.create_placement_group(GroupName="db", Strategy="spread")["PlacementGroup"]
        assert made["State"] == "pending"
        code = refusal(lambda: user.boot(A, made["GroupId"]))
        assert code == "InvalidPlacementGroup.Unknown"
        user.wait()
        user.boot(A, made["GroupId"])
        (shown,) = user.ec2.describe_placement_groups()["PlacementGroups"]
        assert shown["State"] == "available"


def test_a_new_group_may_not_be_in_a_describe_yet() -> None:
    with account(group_unseen=3.0) as user:
        user.ec2.create_placement_group(GroupName="db", Strategy="spread")
        assert user.ec2.describe_placement_groups()["PlacementGroups"] == []
        named = refusal(lambda: user.ec2.describe_placement_groups(GroupNames=["db"]))
        assert named == "InvalidPlacementGroup.Unknown"
        user.wait()
        assert len(user.ec2.describe_placement_groups()["PlacementGroups"]) == 1


def test_tags_travel_in_the_call_that_creates_and_are_found_by() -> None:
    tags = [{"ResourceType": "placement-group", "Tags": [{"Key": "team", "Value": "a*b"}]}]
    with account() as user:
        group = user.group(TagSpecifications=tags)
        user.group(name="other")
        found = user.ec2.describe_placement_groups(Filters=[{"Name": "tag:team", "Values": [r"a\*b"]}])
        assert [one["GroupId"] for one in found["PlacementGroups"]] == [group]


@pytest.mark.parametrize("stopped", [False, True])
def test_a_group_with_a_member_is_not_deleted(stopped: bool) -> None:
    with account() as user:
        member = user.boot(A, user.group(name="db"))
        if stopped:
            user.stop(member)
        code = refusal(lambda: user.ec2.delete_placement_group(GroupName="db"))
        assert code == "InvalidPlacementGroup.InUse"
        user.end(member)
        user.ec2.delete_placement_group(GroupName="db")
        assert user.ec2.describe_placement_groups()["PlacementGroups"] == []


def test_an_account_has_so_many_groups() -> None:
    with account(group_quota=1) as user:
        user.group()
        assert refusal(lambda: user.group(name="more")) == "PlacementGroupLimitExceeded"


WRONG: list[dict[str, Any]] = [
    {"GroupName": "x" * 256, "Strategy": "spread"},
    {"GroupName": "db", "Strategy": "spread", "PartitionCount": 2},
    {"GroupName": "db", "Strategy": "partition", "PartitionCount": 8},
    {"GroupName": "db", "Strategy": "partition", "SpreadLevel": "rack"},
]


@pytest.mark.parametrize("asked", WRONG, ids=lambda asked: " ".join(sorted(asked)))
def test_what_no_group_can_be_is_refused(asked: dict[str, Any]) -> None:
    with account() as user:
        code = refusal(lambda: user.ec2.create_placement_group(**asked))
        assert code == "InvalidParameterValue"


def test_only_a_stopped_instance_changes_its_group() -> None:
    with account() as user:
        group, member = user.group(name="db"), user.boot(A)

        def move() -> None:
            user.ec2.modify_instance_placement(InstanceId=member, GroupName="db")

        assert refusal(move) == "IncorrectInstanceState"
        user.stop(member)
        move()
        assert user.shown(member)["Placement"]["GroupId"] == group
        user.ec2.modify_instance_placement(InstanceId=member, GroupName="")
        assert not user.shown(member)["Placement"].get("GroupName")
