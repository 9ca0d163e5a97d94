"""Taking an instance into a group: the mark, and the placement group if it is stopped.

EC2 moves stopped instances alone
(https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstancePlacement.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiaffinity.errors import InvalidRequest
from antiaffinity.marks import bears
from antiaffinity.model import Placement
from antiaffinity_aws import natives
from antiaffinity_aws.natives import PlacementGroup
from antiaffinity_aws.reading import Shown, group_in, marked


def join(ec2: Any, placement: Placement, shown: Shown, groups: Mapping[str, PlacementGroup]) -> bool:
    """Move and mark an instance as far as it needs that; whether anything was changed.

    InvalidRequest where it is another member's, runs outside the placement group, or is nobody's and runs.
    """
    _check_not_anothers(placement, shown)
    inside, wanted = group_in(shown, groups), natives.of(placement, groups)
    is_there = wanted is None or wanted == inside
    _check_may_be_marked(placement, shown, is_there and inside is not None)
    if wanted and not is_there:
        _move(ec2, placement, shown, wanted)
    if marked(shown) is None and placement.key:
        _mark(ec2, shown, placement.key.marks(placement.member))
        return True
    return not is_there


def _check_not_anothers(placement: Placement, shown: Shown) -> None:
    if marked(shown) not in (None, (placement.key, placement.member)):
        raise InvalidRequest(f"{_bears(placement, shown)}: it stays what it is", path="instance")


def _check_may_be_marked(placement: Placement, shown: Shown, inside: bool) -> None:
    """Nobody's instance can become a member inside the placement group, or while it is stopped."""
    if marked(shown) is None and not inside and not _is_stopped(shown):
        raise InvalidRequest(f"{_bears(placement, shown)}: stop it, then bind it", path="instance")


def _bears(placement: Placement, shown: Shown) -> str:
    return bears(placement, marked(shown), f"instance {shown['InstanceId']}")


def _is_stopped(shown: Shown) -> bool:
    return bool(shown["State"]["Name"] == "stopped")


def _move(ec2: Any, placement: Placement, shown: Shown, group: PlacementGroup) -> None:
    id_ = shown["InstanceId"]
    if not _is_stopped(shown):
        raise InvalidRequest(
            f"instance {id_} is not in placement group {group.name}, and EC2 moves only a stopped one: stop "
            f"it, bind it, start it; or launch with placement.arguments",
            path="instance",
        )
    partition = placement.domains.get("rack")
    number = {"PartitionNumber": int(partition)} if partition else {}
    ec2.modify_instance_placement(InstanceId=id_, GroupName=group.name, **number)


def _mark(ec2: Any, shown: Shown, marks: Mapping[str, str]) -> None:
    tags = [{"Key": key, "Value": value} for key, value in marks.items()]
    ec2.create_tags(Resources=[shown["InstanceId"]], Tags=tags)
