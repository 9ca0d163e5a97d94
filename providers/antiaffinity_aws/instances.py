"""Instances as boto3 lists them: by marks, by placement group, by id."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from antiaffinity import clock
from antiaffinity.model import MARKS, GroupKey, Placement
from antiaffinity.waiting import still_building
from antiaffinity.whole import BrokenOff, whole
from antiaffinity_aws import launched
from antiaffinity_aws.faults import is_code
from antiaffinity_aws.natives import PlacementGroup
from antiaffinity_aws.reading import Shown, marked

OWNER, GROUP, _ = MARKS

NOT_FOUND = ("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed")

DEAD_TOKEN = ("InvalidNextToken", "InvalidPaginationToken", "ExpiredNextToken")
"""The codes of a token that is not valid, or not any more: those of EC2 and of Auto Scaling
(https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html,
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html)."""


class Instances:
    """The instances of one account in one region; page by page, whatever their number."""

    def __init__(self, ec2: Any, patience: float = launched.PATIENCE) -> None:
        self._ec2, self._patience = ec2, patience

    def of(self, key: GroupKey) -> list[tuple[str, Shown]]:
        """Every instance with the group's mark, and its member; terminated ones too while EC2 lists them."""
        found = self._with({f"tag:{OWNER}": literal(key.owner), f"tag:{GROUP}": literal(key.name)})
        return [(whose[1], shown) for shown in found if (whose := marked(shown)) and whose[0] == key]

    def of_owner(self, owner: str | None) -> Iterator[tuple[GroupKey, str, Shown]]:
        """Every instance that bears a mark, of one owner or of all, and has not ended."""
        marks = {"tag-key": OWNER} if owner is None else {f"tag:{OWNER}": literal(owner)}
        for shown in self._with(marks):
            whose = marked(shown)
            if whose and _exists(shown):
                yield *whose, shown

    def inside(self, *groups: PlacementGroup) -> list[Shown]:
        """The instances in these placement groups that have not ended."""
        names = [group.name for group in groups]
        return list(filter(_exists, self._with({"placement-group-name": names}))) if names else []

    def one(self, id_: str) -> Shown | None:
        """One instance; None where EC2 does not show it, which may come."""
        try:
            found = self._ec2.describe_instances(InstanceIds=[id_])["Reservations"]
        except ClientError as error:
            if is_code(error, *NOT_FOUND):
                return None
            raise
        return next((shown for reservation in found for shown in reservation["Instances"]), None)

    def _with(self, filters: Mapping[str, str | list[str]]) -> Iterator[Shown]:
        wanted = [
            {"Name": name, "Values": [value] if isinstance(value, str) else value}
            for name, value in filters.items()
        ]
        for reservation in pages(self._ec2, "describe_instances", "Reservations", Filters=wanted):
            yield from reservation["Instances"]

    # After a launch

    def when_visible(self, placement: Placement, id_: str) -> Shown:
        """A new instance may not be in a Describe yet."""
        launched.check_id(id_)
        shown = self.shown_within(launched.VISIBLE_AFTER, id_)
        if shown is None:
            raise launched.vanished(placement, id_)
        return shown

    def shown_within(self, seconds: float, id_: str) -> Shown | None:
        """One instance as soon as EC2 shows it; None where it does not in this time."""
        deadline = clock.now() + seconds
        while (shown := self.one(id_)) is None and clock.now() <= deadline:
            clock.sleep(launched.POLL)
        return shown

    def when_decided(self, placement: Placement, shown: Shown) -> Shown:
        """The instance once it runs, is stopped or has ended; one that was stopped is pending again, too."""
        deadline = clock.now() + self._patience
        while (state := shown["State"]["Name"]) in ("pending", "shutting-down"):
            id_ = shown["InstanceId"]
            if clock.now() > deadline:
                raise still_building(f"{id_} of {placement.member} is {state}, and", self._patience)
            clock.sleep(launched.POLL)
            shown = self.one(id_) or {**shown, "State": {"Name": "terminated"}}
        return shown


def pages(ec2: Any, operation: str, part: str, **asked: Any) -> list[Shown]:
    """Everything that a Describe answers, however many pages that are; Unavailable where it has no end."""
    return whole(lambda: _all(ec2, operation, part, asked), f"the list of {operation}")


def _all(ec2: Any, operation: str, part: str, asked: Mapping[str, Any]) -> list[Shown]:
    """No request of ours has a token but those of a next page."""
    try:
        return [shown for page in ec2.get_paginator(operation).paginate(**asked) for shown in page[part]]
    except ClientError as error:
        if is_code(error, *DEAD_TOKEN):
            raise BrokenOff(str(error)) from error
        raise


def literal(value: str) -> str:
    """A tag's value as a filter that finds it; what may be found beside it the caller sorts out."""
    return re.sub(r"[\\*?]", "?", value)


def _exists(shown: Shown) -> bool:
    return bool(shown["State"]["Name"] != "terminated")
