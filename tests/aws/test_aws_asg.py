"""Auto Scaling groups, audited: where their instances are, and what nobody promises of them."""

from __future__ import annotations

from typing import Any

import pytest

import antiaffinity as aa
from antiaffinity.backend import Fleet
from antiaffinity_aws import AUTO_SCALING
from antiaffinity_aws.asg import fleet, judged
from antiaffinity_aws.natives import PlacementGroup
from aws.deploying import A, B, C, aws, racks

SPREAD = PlacementGroup("pg-1", "apart", "spread", "available", "rack", 0, {})
CLUSTER = PlacementGroup("pg-2", "near", "cluster", "available", "", 0, {})
PARTITION = PlacementGroup("pg-3", "parts", "partition", "available", "", 7, {})


def group(zones: dict[str, int], **more: Any) -> dict[str, Any]:
    """An answer of DescribeAutoScalingGroups."""
    instances = [
        {"InstanceId": f"i-{zone}-{number}", "AvailabilityZone": zone, "LifecycleState": "InService"}
        for zone, count in zones.items()
        for number in range(count)
    ]
    told = {"AutoScalingGroupName": "web", "AvailabilityZones": [*zones], "MaxSize": 10}
    return {**told, "Instances": instances, **more}


def kinds(found: Fleet) -> set[str]:
    return {finding.kind for finding in found.findings}


def test_an_even_group_is_still_no_more_than_best_effort() -> None:
    found = judged(group({A: 2, B: 2, C: 1}), None)
    assert (found.skew, found.zones) == (1, {A: 2, B: 2, C: 1})
    assert kinds(found) == {"best-effort", "rebalanced", "racks-open"}
    assert not found.promise.hard


def test_an_uneven_group_is_told_with_its_numbers() -> None:
    found = judged(group({A: 5, B: 1, C: 0}), SPREAD)
    assert found.skew == 5
    (uneven,) = [finding for finding in found.findings if finding.kind == "uneven"]
    assert f"{A} 5, {B} 1, {C} 0" in uneven.message


def test_balanced_only_is_the_nearest_to_hard() -> None:
    only = {"CapacityDistributionStrategy": "balanced-only"}
    found = judged(group({A: 1, B: 1}, AvailabilityZoneDistribution=only), SPREAD)
    assert "best-effort" not in kinds(found)
    assert found.promise is AUTO_SCALING["balanced-only"]
    assert (found.promise.hard, found.promise.level) == (True, "zone")


def test_one_zone_is_one_place() -> None:
    assert "one-zone" in kinds(judged(group({A: 3}), None))


def test_a_suspended_rebalance_leaves_it_uneven() -> None:
    found = judged(group({A: 3, B: 0}, SuspendedProcesses=[{"ProcessName": "AZRebalance"}]), None)
    assert {"not-rebalanced", "uneven"} <= kinds(found)


@pytest.mark.parametrize(
    ("inside", "size", "kind"),
    [(CLUSTER, 3, "racks-open"), (PARTITION, 3, "partitions-open"), (SPREAD, 15, "too-large")],
)
def test_its_placement_group_is_judged(inside: PlacementGroup, size: int, kind: str) -> None:
    assert kind in kinds(judged(group({A: 1, B: 1}, MaxSize=size), inside))


def test_a_spread_group_that_is_large_enough_is_no_finding() -> None:
    found = judged(group({A: 1, B: 1}, MaxSize=14), SPREAD)
    assert not {"racks-open", "too-large"} & kinds(found)


def test_who_is_on_the_way_out_is_told_apart() -> None:
    shown = group({A: 3})
    for one, life in zip(shown["Instances"], ("Terminating:Wait", "Pending", "Terminated"), strict=True):
        one["LifecycleState"] = life
    found = judged(shown, None)
    assert [seen.state for seen in found.instances] == ["leaving", "starting", "gone"]
    assert found.zones == {A: 2}


def test_a_group_of_the_account_is_found_by_its_name() -> None:
    with aws(racks({A: 3, B: 3})) as (fake, _):
        session = fake.session()
        scaling = session.client("autoscaling")
        scaling.create_launch_configuration(
            LaunchConfigurationName="web", ImageId="ami-0abc", InstanceType="m6i.large"
        )
        scaling.create_auto_scaling_group(
            AutoScalingGroupName="web", LaunchConfigurationName="web", MinSize=4, MaxSize=4,
            AvailabilityZones=[A, B],
        )  # fmt: skip
        found = fleet(session, {}, "web")
        assert len(found.instances) == sum(found.zones.values()) == 4
        assert "uneven" in kinds(found) or found.skew <= 1


def test_a_group_that_is_not_there_is_named() -> None:
    with aws(racks({A: 1})) as (fake, _):
        with pytest.raises(aa.InvalidRequest, match="'nowhere'") as error:
            fleet(fake.session(), {}, "nowhere")
        assert error.value.path == "asg"
