"""AWS's launch arguments for ``pulumi_aws.ec2.Instance``."""

from __future__ import annotations

from typing import Any

import pytest

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import Placement
from antiaffinity_aws.arguments import pulumi_arguments
from core.aws_placements import IN_GROUP, IN_PARTITION, IN_SUBNET, IN_ZONE, MARK, ON_HOST, placed
from core.outputs import Output


def test_pulumi_gets_the_same_place_in_its_own_words() -> None:
    assert pulumi_arguments(IN_PARTITION, {"ami": "ami-1", "tags": {"Name": "db-0"}}) == {
        "ami": "ami-1",
        "availability_zone": "eu-west-1a",
        "placement_group_id": "pg-0123456789abcdef0",
        "placement_partition_number": 3,
        "tags": {"Name": "db-0", **MARK},
    }
    assert pulumi_arguments(IN_GROUP, {})["placement_group"] == "aa-db-1"
    assert pulumi_arguments(IN_SUBNET, {})["subnet_id"] == "subnet-a"
    assert pulumi_arguments(ON_HOST, {})["host_id"] == "h-0123456789abcdef0"


def test_pulumi_takes_no_subnet_beside_an_interface_that_exists() -> None:
    merged = pulumi_arguments(IN_SUBNET, {"network_interfaces": [{"device_index": 0}]})
    assert "subnet_id" not in merged


def test_outputs_pass_untouched_where_they_name_no_place() -> None:
    ami, name = Output(), Output()
    in_region = placed(domains={"region": "eu-west-1", "zone": "eu-west-1a"})
    merged = pulumi_arguments(in_region, {"ami": ami, "region": name, "tags": {"Name": name}})
    assert merged["ami"] is ami
    assert merged["region"] is name
    assert merged["tags"]["Name"] is name


def test_none_is_pulumi_for_not_given() -> None:
    own = {"subnet_id": None, "tags": None, "placement_group": None, "host_id": None, "key_name": None}
    merged = pulumi_arguments(IN_SUBNET, own)
    assert (merged["subnet_id"], merged["tags"]) == ("subnet-a", MARK)


PULUMI_ELSEWHERE: list[tuple[Placement, dict[str, Any], str]] = [
    (IN_ZONE, {"availability_zone": "eu-west-1b"}, "availability_zone"),
    (IN_ZONE, {"availability_zone": Output()}, "availability_zone"),
    (IN_SUBNET, {"subnet_id": "subnet-b"}, "subnet_id"),
    (IN_SUBNET, {"subnet_id": Output()}, "subnet_id"),
    (IN_SUBNET, {"subnet_id": "subnet-b", "primary_network_interface": {}}, "subnet_id"),
    (IN_GROUP, {"placement_group": "hand-made"}, "placement_group"),
    (IN_ZONE, {"placement_group": Output()}, "placement_group"),
    (IN_GROUP, {"placement_partition_number": 4}, "placement_partition_number"),
    (IN_GROUP, {"host_id": "h-1"}, "host_id"),
    (placed(domains={"region": "eu-west-1"}), {"region": "us-east-1"}, "region"),
    (IN_ZONE, {"tags": Output()}, "tags"),
    (IN_ZONE, {"tags": {"antiaffinity-owner": "me"}}, "tags.antiaffinity-owner"),
    (IN_ZONE, {"tags": {"antiaffinity-owner": Output()}}, "tags.antiaffinity-owner"),
]


@pytest.mark.parametrize(("placement", "own", "path"), PULUMI_ELSEWHERE)
def test_pulumi_arguments_that_name_another_place_are_refused(
    placement: Placement, own: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidRequest) as error:
        pulumi_arguments(placement, own)
    assert error.value.path == path
