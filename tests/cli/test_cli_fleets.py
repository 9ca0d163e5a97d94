"""`audit --asg`: an Auto Scaling group on an AWS that really has one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from antiaffinity.testing.ground import Shape
from antiaffinity.testing.park import Park
from cli.shell import ask


@pytest.fixture
def group() -> Iterator[str]:
    """The name of an Auto Scaling group of four, over two zones."""
    import boto3

    park = Park(Shape(zones=2))
    with park.standing_in("aws"):
        scaling = boto3.client("autoscaling")
        scaling.create_launch_configuration(
            LaunchConfigurationName="web", ImageId="ami-0abc", InstanceType="m6i.large"
        )
        zones = ["us-east-1a", "us-east-1b"]
        scaling.create_auto_scaling_group(
            AutoScalingGroupName="web",
            LaunchConfigurationName="web",
            MinSize=4,
            MaxSize=4,
            AvailabilityZones=zones,
        )
        yield "web"
    park.close()


def test_a_fleet_is_told_with_its_zones_and_what_is_promised(group: str) -> None:
    told = ask("audit", "--cloud", "aws", "--asg", group)
    assert "4 instances" in told.out
    assert "us-east-1a" in told.out
    assert "soft spread over the zone (delegated: Auto Scaling group (balanced-best-effort))" in told.out


def test_a_fleet_as_json_ends_with_4_where_its_zones_are_uneven(group: str) -> None:
    told = ask("audit", "--cloud", "aws", "--asg", group, "--json")
    fleet = told.json["fleet"]
    assert (fleet["cloud"], fleet["name"], sum(fleet["zones"].values())) == ("aws", "web", 4)
    assert told.code == (4 if fleet["skew"] > 1 else 0)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("--cloud aws --asg nowhere", 2, "no Auto Scaling group here is called 'nowhere'"),
        ("--asg web", 2, "--cloud aws --asg NAME"),
        ("--cloud openstack --asg web", 1, "OpenStack has nothing that is called asg"),
        ("", 2, "--cloud aws --asg NAME"),
    ],
)
def test_what_cannot_be_audited_says_why(group: str, words: str, code: int, said: str) -> None:
    told = ask("audit", *words.split())
    assert (told.code, said in told.out + told.err) == (code, True), told
