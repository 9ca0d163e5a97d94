"""An Auto Scaling group, looked at: where its instances are, and how little of that is promised.

Auto Scaling places by zone alone, and evens out later what it could not place
(https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-benefits.html). Nothing here changes one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from antiaffinity.backend import Fleet
from antiaffinity.errors import InvalidRequest
from antiaffinity.model import Finding, Observed, State
from antiaffinity.retry import retry_timeout
from antiaffinity_aws import AUTO_SCALING
from antiaffinity_aws.connecting import service
from antiaffinity_aws.faults import answered
from antiaffinity_aws.instances import pages
from antiaffinity_aws.natives import PlacementGroup, all_groups

RIGHTS = ("autoscaling:DescribeAutoScalingGroups", "ec2:DescribePlacementGroups")

BEST_EFFORT = "balanced-best-effort"
"""What a group does that says nothing."""

MOST_IN_ZONE = 7
"""Running instances of a spread placement group in a zone."""


@answered()
def fleet(client: object, settings: Mapping[str, object], name: str) -> Fleet:
    """The Auto Scaling group of this name; InvalidRequest where there is none."""
    patience, settings = retry_timeout(settings)
    scaling = service("autoscaling", client, settings, patience)
    asked = {"AutoScalingGroupNames": [name]}
    found = list(pages(scaling, "describe_auto_scaling_groups", "AutoScalingGroups", **asked))
    if not found:
        raise InvalidRequest(f"no Auto Scaling group here is called {name!r}", path="asg")
    groups = all_groups(service("ec2", client, settings, patience))
    named = {group.name: group for group in groups.values()}
    return judged(found[0], named.get(found[0].get("PlacementGroup", "")))


def judged(shown: Mapping[str, Any], group: PlacementGroup | None) -> Fleet:
    """What DescribeAutoScalingGroups tells, in our words; pure."""
    strategy = shown.get("AvailabilityZoneDistribution", {}).get("CapacityDistributionStrategy", BEST_EFFORT)
    instances = tuple(_observed(one) for one in shown.get("Instances", ()))
    there = Counter(seen.domains["zone"] for seen in instances if seen.holds)
    zones = {zone: there[zone] for zone in sorted({*shown.get("AvailabilityZones", ()), *there})}
    findings = (*_about_zones(shown, zones, strategy), *_about_racks(shown, zones, group))
    promise = AUTO_SCALING.get(strategy, AUTO_SCALING[BEST_EFFORT])
    return Fleet(shown["AutoScalingGroupName"], promise, zones, instances, findings)


def _observed(shown: Mapping[str, Any]) -> Observed:
    """One instance; Auto Scaling's members have no name but their id."""
    state = _state(shown.get("LifecycleState", ""))
    id_ = shown["InstanceId"]
    holds = state not in ("gone", "stopped")
    return Observed(id_, id_, state, holds, {"zone": shown["AvailabilityZone"]})


def _state(life: str) -> State:
    """https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html.

    Those of a warm pool go by the same words after ``Warmed:``
    (https://docs.aws.amazon.com/autoscaling/ec2/userguide/warm-pool-instance-lifecycle.html).
    """
    word = life.removeprefix("Warmed:")
    if word in ("Terminated", "Detached"):
        return "gone"
    if word.startswith(("Terminating", "Detaching")):
        return "leaving"
    if word.startswith("Pending"):
        return "starting"
    return "stopped" if word in ("Stopped", "Hibernated") else "running"


def _about_zones(shown: Mapping[str, Any], zones: Mapping[str, int], strategy: str) -> Iterator[Finding]:
    skew = max(zones.values(), default=0) - min(zones.values(), default=0)
    if skew > 1:
        counts = ", ".join(f"{zone} {count}" for zone, count in zones.items())
        yield Finding("uneven", f"its zones differ by {skew}: {counts}")
    if len(zones) == 1:
        yield Finding("one-zone", f"all of it is in {next(iter(zones))}: a second zone is a second place")
    if strategy != "balanced-only":
        yield Finding(
            "best-effort",
            f"{strategy}: where a zone refuses, Auto Scaling launches in another; balanced-only would rather "
            f"launch nothing",
        )
    if any(one.get("ProcessName") == "AZRebalance" for one in shown.get("SuspendedProcesses", ())):
        yield Finding("not-rebalanced", "AZRebalance is suspended: what is uneven stays so")
    else:
        yield Finding(
            "rebalanced",
            "Auto Scaling may end healthy instances to even out the zones: suspend AZRebalance where that "
            "does harm",
        )


def _about_racks(
    shown: Mapping[str, Any], zones: Mapping[str, int], group: PlacementGroup | None
) -> Iterator[Finding]:
    if group is None or not group.is_apart:
        held = f"placement group {group.name} is a {group.strategy} group" if group else "no placement group"
        yield Finding("racks-open", f"{held}: inside a zone its instances may share a rack, or a host")
    elif group.strategy == "spread" and shown.get("MaxSize", 0) > MOST_IN_ZONE * len(zones):
        most = MOST_IN_ZONE * len(zones)
        yield Finding(
            "too-large",
            f"it may grow to {shown['MaxSize']}, but spread group {group.name} takes {MOST_IN_ZONE} running "
            f"in a zone, {most} in all",
        )
    elif group.strategy == "partition":
        yield Finding(
            "partitions-open", "Auto Scaling names no partition: several instances may be in the same one"
        )
