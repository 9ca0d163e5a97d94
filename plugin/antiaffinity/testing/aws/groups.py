"""Placement groups: named, tagged, pending for a moment, and not deleted with members in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult

from antiaffinity.testing.aws.filters import passes, tags_of, valid_tags
from antiaffinity.testing.aws.nouns import PlacementGroup, Refused
from antiaffinity.testing.aws.request import Ec2Request

MOST_PARTITIONS = 7
LONGEST_NAME = 255
STRATEGIES = ("cluster", "partition", "spread", "precision-time")


class Groups(Ec2Request):
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-groups.html."""

    def create_placement_group(self) -> ActionResult:
        tags = tags_of(self.given("TagSpecifications"), "placement-group")
        self.authorize(*(["CreateTags"] if tags else []))
        name, strategy = self.given("GroupName") or "", self.given("Strategy") or "cluster"
        self._refuse_badly_named(name)
        if strategy not in STRATEGIES:
            raise Refused("InvalidParameterValue", f"Value ({strategy}) for parameter strategy is invalid.")
        group = PlacementGroup(self.state.new_id("pg"), name, strategy, tags=valid_tags(tags))
        self._count_partitions(group)
        self.error_on_dryrun()
        if len(self.state.groups) >= self.settings.group_quota:
            raise Refused(
                "PlacementGroupLimitExceeded",
                f"You have reached the limit of {self.settings.group_quota} placement groups.",
            )
        group.available = self.state.now + self.settings.group_pending
        group.seen = self.state.now + self.settings.group_unseen
        self.state.groups[group.id] = group
        return ActionResult({"PlacementGroup": self._group_shown(group)})

    def describe_placement_groups(self) -> ActionResult:
        names, ids = self.given("GroupNames") or [], self.given("GroupIds") or []
        seen = [group for group in self.state.groups.values() if group.seen <= self.state.now]
        found = [group for group in seen if _named(group, names, ids)]
        self._refuse_unknown(names, (group.name for group in found))
        self._refuse_unknown(ids, (group.id for group in found))
        self.error_on_dryrun()
        shown = [
            self._group_shown(group) for group in found if passes(self._group_words(group), self.filters())
        ]
        return ActionResult({"PlacementGroups": shown})

    def delete_placement_group(self) -> ActionResult:
        name = self.given("GroupName") or ""
        found = [one for one in self.state.groups.values() if name in (one.name, one.id)]
        found = [one for one in found if one.seen <= self.state.now]
        if not found:
            raise Refused("InvalidPlacementGroup.Unknown", f"The Placement Group '{name}' is unknown.")
        if self.state.members(found[0]):
            raise Refused(
                "InvalidPlacementGroup.InUse",
                f"The placement group '{name}' is in use and may not be deleted.",
            )
        self.error_on_dryrun()
        del self.state.groups[found[0].id]
        return EmptyResult()

    def _refuse_badly_named(self, name: str) -> None:
        if not name:
            raise Refused("MissingParameter", "The request must contain the parameter groupName")
        if len(name) > LONGEST_NAME or not name.isascii():
            raise Refused("InvalidParameterValue", f"Value ({name}) for parameter groupName is invalid.")
        if any(group.name == name for group in self.state.groups.values()):
            raise Refused("InvalidPlacementGroup.Duplicate", f"The Placement Group '{name}' already exists.")

    def _count_partitions(self, group: PlacementGroup) -> None:
        """Partitions only for partition groups, a spread level only for spread groups."""
        count, level = self.given("PartitionCount"), self.given("SpreadLevel")
        if count is not None and (group.strategy != "partition" or not 1 <= int(count) <= MOST_PARTITIONS):
            raise Refused(
                "InvalidParameterValue", f"Value ({count}) for parameter partitionCount is invalid."
            )
        if level is not None and (group.strategy != "spread" or level not in ("rack", "host")):
            raise Refused("InvalidParameterValue", f"Value ({level}) for parameter spreadLevel is invalid.")
        if level == "host":
            raise Refused("InvalidParameterCombination", "The spread level host needs an Outpost.")
        group.partitions = int(count or 2) if group.strategy == "partition" else 0
        group.spread_level = "rack" if group.strategy == "spread" else ""

    def _refuse_unknown(self, asked: Iterable[str], found: Iterable[str]) -> None:
        if missing := sorted(set(asked) - set(found)):
            raise Refused("InvalidPlacementGroup.Unknown", f"The Placement Group '{missing[0]}' is unknown.")

    def _group_state(self, group: PlacementGroup) -> str:
        return "available" if group.available <= self.state.now else "pending"

    def _group_shown(self, group: PlacementGroup) -> dict[str, Any]:
        arn = f"arn:aws:ec2:{self.region}:{self.state.account}:placement-group/{group.name}"
        shown: dict[str, Any] = {
            "GroupName": group.name,
            "GroupId": group.id,
            "GroupArn": arn,
            "State": self._group_state(group),
            "Strategy": group.strategy,
            "Tags": [{"Key": key, "Value": value} for key, value in group.tags.items()],
        }
        if group.partitions:
            shown["PartitionCount"] = group.partitions
        if group.spread_level:
            shown["SpreadLevel"] = group.spread_level
        return shown

    def _group_words(self, group: PlacementGroup) -> dict[str, list[str]]:
        """What filters compare."""
        words = {
            "group-name": [group.name],
            "state": [self._group_state(group)],
            "strategy": [group.strategy],
            "spread-level": [group.spread_level] if group.spread_level else [],
            "tag-key": list(group.tags),
        }
        return words | {f"tag:{key}": [value] for key, value in group.tags.items()}


def _named(group: PlacementGroup, names: list[str], ids: list[str]) -> bool:
    return (not names or group.name in names) and (not ids or group.id in ids)
