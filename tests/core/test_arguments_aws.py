"""AWS's launch arguments for boto3's ``run_instances``: the user's own, the place and the mark."""

from __future__ import annotations

from typing import Any

import pytest

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import Placement
from antiaffinity_aws.arguments import sdk_arguments
from core.aws_placements import (
    IN_GROUP,
    IN_PARTITION,
    IN_SUBNET,
    IN_ZONE,
    MARK_TAGS,
    NAME,
    ON_HOST,
    RACK,
    placed,
)


def refused(placement: Placement, own: dict[str, Any]) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as error:
        sdk_arguments(placement, own)
    return error.value


def test_a_launch_names_its_zone_and_carries_the_mark() -> None:
    merged = sdk_arguments(IN_ZONE, {"ImageId": "ami-1"})
    assert len(merged.pop("ClientToken")) == 64
    assert merged == {
        "ImageId": "ami-1",
        "MinCount": 1,
        "MaxCount": 1,
        "Placement": {"AvailabilityZone": "eu-west-1a"},
        "TagSpecifications": [{"ResourceType": "instance", "Tags": MARK_TAGS}],
    }


def test_the_subnet_of_the_zone_goes_with_it() -> None:
    assert sdk_arguments(IN_SUBNET, {})["SubnetId"] == "subnet-a"


def test_with_own_interfaces_the_subnet_goes_into_the_primary_one() -> None:
    second = {"DeviceIndex": 1, "SubnetId": "subnet-admin"}
    first = {"DeviceIndex": 0, "Groups": ["sg-1"]}
    merged = sdk_arguments(IN_SUBNET, {"NetworkInterfaces": [second, first]})
    assert merged["NetworkInterfaces"] == [second, {**first, "SubnetId": "subnet-a"}]
    assert "SubnetId" not in merged


def test_an_interface_that_exists_already_keeps_its_own_subnet() -> None:
    own = {"NetworkInterfaces": [{"DeviceIndex": 0, "NetworkInterfaceId": "eni-1"}]}
    assert sdk_arguments(IN_SUBNET, own)["NetworkInterfaces"] == own["NetworkInterfaces"]


def test_without_a_known_subnet_the_user_may_choose_one_in_the_zone() -> None:
    merged = sdk_arguments(IN_ZONE, {"SubnetId": "subnet-of-a"})
    assert merged["SubnetId"] == "subnet-of-a"
    assert merged["Placement"] == {"AvailabilityZone": "eu-west-1a"}


def test_a_spread_group_is_named() -> None:
    assert sdk_arguments(IN_GROUP, {})["Placement"] == {
        "AvailabilityZone": "eu-west-1a",
        "GroupName": "aa-db-1",
    }


def test_a_shared_group_goes_by_its_id_and_a_rack_by_its_partition_number() -> None:
    assert sdk_arguments(IN_PARTITION, {})["Placement"] == {
        "AvailabilityZone": "eu-west-1a",
        "GroupId": "pg-0123456789abcdef0",
        "PartitionNumber": 3,
    }


def test_a_dedicated_host_is_named_and_kept_across_restarts() -> None:
    place = sdk_arguments(ON_HOST, {})["Placement"]
    assert (place["HostId"], place["Tenancy"], place["Affinity"]) == ("h-0123456789abcdef0", "host", "host")


def test_own_tags_are_joined_for_the_instance_and_kept_for_the_rest() -> None:
    volume = {"ResourceType": "volume", "Tags": [NAME]}
    instance = {"ResourceType": "instance", "Tags": [NAME]}
    merged = sdk_arguments(IN_ZONE, {"TagSpecifications": [volume, instance]})
    assert merged["TagSpecifications"] == [
        volume,
        {"ResourceType": "instance", "Tags": [NAME, *MARK_TAGS]},
    ]


def test_own_placement_settings_that_name_no_place_are_kept() -> None:
    merged = sdk_arguments(IN_GROUP, {"Placement": {"Tenancy": "default"}})
    assert merged["Placement"]["Tenancy"] == "default"


def test_the_zone_id_may_stand_for_the_zone_but_never_beside_its_name() -> None:
    merged = sdk_arguments(IN_ZONE, {"Placement": {"AvailabilityZoneId": "euw1-az3"}})
    assert merged["Placement"] == {"AvailabilityZoneId": "euw1-az3"}


SAME_AGAIN: list[tuple[Placement, dict[str, Any]]] = [
    (IN_ZONE, {"MinCount": 1, "MaxCount": 1}),
    (IN_ZONE, {"Placement": {"AvailabilityZone": "eu-west-1a"}}),
    (IN_SUBNET, {"SubnetId": "subnet-a"}),
    (IN_GROUP, {"Placement": {"GroupName": "aa-db-1"}}),
    (IN_PARTITION, {"Placement": {"PartitionNumber": 3, "GroupId": "pg-0123456789abcdef0"}}),
    (ON_HOST, {"Placement": {"HostId": "h-0123456789abcdef0", "Tenancy": "host"}}),
    (IN_ZONE, {"TagSpecifications": [{"ResourceType": "instance", "Tags": MARK_TAGS}]}),
]


@pytest.mark.parametrize(("placement", "own"), SAME_AGAIN)
def test_saying_the_same_again_changes_nothing(placement: Placement, own: dict[str, Any]) -> None:
    assert sdk_arguments(placement, own) == sdk_arguments(placement, {})


ELSEWHERE: list[tuple[Placement, dict[str, Any], str]] = [
    (IN_ZONE, {"Placement": {"AvailabilityZone": "eu-west-1b"}}, "Placement.AvailabilityZone"),
    (IN_ZONE, {"Placement": {"AvailabilityZoneId": "euw1-az1"}}, "Placement.AvailabilityZoneId"),
    (placed(ids={}), {"Placement": {"AvailabilityZoneId": "euw1-az3"}}, "Placement.AvailabilityZoneId"),
    (IN_SUBNET, {"SubnetId": "subnet-b"}, "SubnetId"),
    (
        IN_SUBNET,
        {"NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": "subnet-b"}]},
        "NetworkInterfaces[0].SubnetId",
    ),
    (IN_GROUP, {"Placement": {"GroupName": "hand-made"}}, "Placement.GroupName"),
    (IN_GROUP, {"Placement": {"GroupId": "pg-0123456789abcdef0"}}, "Placement.GroupId"),
    (IN_ZONE, {"Placement": {"GroupName": "hand-made"}}, "Placement.GroupName"),
    (IN_GROUP, {"Placement": {"HostId": "h-1"}}, "Placement.HostId"),
    (ON_HOST, {"Placement": {"Tenancy": "dedicated"}}, "Placement.Tenancy"),
    (IN_PARTITION, {"Placement": {"PartitionNumber": 4}}, "Placement.PartitionNumber"),
    (IN_GROUP, {"Placement": {"PartitionNumber": 4}}, "Placement.PartitionNumber"),
]


@pytest.mark.parametrize(("placement", "own", "path"), ELSEWHERE)
def test_an_own_argument_that_names_another_place_is_refused(
    placement: Placement, own: dict[str, Any], path: str
) -> None:
    error = refused(placement, own)
    assert error.path == path
    assert "leave it to the placement" in error.message


@pytest.mark.parametrize("name", ["MinCount", "MaxCount"])
def test_more_than_one_instance_in_a_launch_is_refused(name: str) -> None:
    assert refused(IN_ZONE, {name: 3}).path == name


def test_a_tag_that_overwrites_the_mark_is_refused() -> None:
    tags = [NAME, {"Key": "antiaffinity-group", "Value": "mine"}]
    error = refused(IN_ZONE, {"TagSpecifications": [{"ResourceType": "instance", "Tags": tags}]})
    assert error.path == "TagSpecifications[0].Tags[1]"


@pytest.mark.parametrize(
    ("own", "path"),
    [
        ({"Placement": "eu-west-1a"}, "Placement"),
        ({"Placement": None}, "Placement"),
        ({"NetworkInterfaces": None}, "NetworkInterfaces"),
        ({"TagSpecifications": [None]}, "TagSpecifications[0]"),
        ({"TagSpecifications": {"Name": "db-0"}}, "TagSpecifications"),
        ({"TagSpecifications": ["Name"]}, "TagSpecifications[0]"),
        ({"TagSpecifications": [{"ResourceType": "instance", "Tags": NAME}]}, "TagSpecifications[0].Tags"),
        ({"NetworkInterfaces": ["eni-1"]}, "NetworkInterfaces[0]"),
    ],
)
def test_arguments_of_the_wrong_shape_are_named(own: dict[str, Any], path: str) -> None:
    assert refused(IN_SUBNET, own).path == path


def test_a_member_that_exists_repeats_where_it_is() -> None:
    there = placed(existing="i-1", native_ids=("aa-db-1",), natives=(RACK,))
    again, first = (sdk_arguments(one, {}) for one in (there, IN_GROUP))
    tokens = {merged.pop("ClientToken") for merged in (again, first)}
    assert again == first
    assert len(tokens) == 2, "EC2 would answer a second launch with the first one's instance"
