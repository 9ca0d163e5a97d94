"""Placement groups: what ours are called and marked, and making one where several deployers may be at it.

The name is the key: it is unique in an account and region, and creating has no client token
(https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreatePlacementGroup.html). Our mark travels in
the call that creates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from botocore.exceptions import ClientError
from msgspec import Struct

from antiaffinity import clock
from antiaffinity.errors import Conflict, InvalidRequest, LimitExceeded, NotOffered, Unavailable
from antiaffinity.model import MARKS, GroupKey, Level, Native, Placement
from antiaffinity_aws.faults import is_code

OWNER, GROUP, _ = MARKS
WITHIN, PART, LAYER = "antiaffinity-within", "antiaffinity-part", "antiaffinity-layer"
"""Tags of a placement group beside owner and group, where they apply."""

LONGEST = 70
"""Characters of one part of a name; EC2's limit for the whole is 255."""

PARTITIONS = 7
"""The most that EC2 makes in a zone; more partitions cost nothing and part more."""

PATIENCE = 60.0
"""Seconds for a new placement group to be seen and usable."""
POLL = 0.5

UNKNOWN = "InvalidPlacementGroup.Unknown"
IN_USE = "InvalidPlacementGroup.InUse"


class PlacementGroup(Struct, frozen=True):
    """A placement group as DescribePlacementGroups tells of it."""

    id: str
    name: str
    strategy: str
    state: str
    level: str
    partitions: int
    tags: Mapping[str, str]

    @property
    def key(self) -> GroupKey | None:
        """Whose it is; None where it does not bear our mark."""
        owner, group = self.tags.get(OWNER), self.tags.get(GROUP)
        return None if owner is None or group is None else GroupKey(owner, group)

    @property
    def within(self) -> dict[Level, str]:
        """The one outer domain that a group of ours serves; most serve all, and count in each zone alone."""
        return {"rack": self.tags[WITHIN]} if self.key and WITHIN in self.tags else {}

    @property
    def part(self) -> tuple[int, ...]:
        """The sets of a covering design that a group of ours holds."""
        return tuple(int(number) for number in self.tags.get(PART, "").split("-") if number)

    @property
    def layer(self) -> int:
        """Which layer of a stack a group of ours is."""
        return int(self.tags.get(LAYER, 1))

    @property
    def is_apart(self) -> bool:
        """Whether being in it says anything of racks; a cluster group is about networks."""
        return self.strategy in ("spread", "partition")


def read(shown: Mapping[str, Any]) -> PlacementGroup:
    tags = {tag["Key"]: tag["Value"] for tag in shown.get("Tags", ())}
    return PlacementGroup(
        shown["GroupId"],
        shown["GroupName"],
        shown["Strategy"],
        shown["State"],
        shown.get("SpreadLevel", ""),
        int(shown.get("PartitionCount", 0)),
        tags,
    )


def all_groups(ec2: Any) -> dict[str, PlacementGroup]:
    """Every placement group of the account in this region, by id; EC2 keeps no more than some hundreds."""
    found = map(read, ec2.describe_placement_groups()["PlacementGroups"])
    return {group.id: group for group in found}


def strategy(native: Native) -> str:
    """What EC2 calls the group that a plan asks for."""
    if native.level != "rack" or native.kind == "affinity":
        raise NotOffered(f"EC2 has no placement group for {native.kind} at {native.level}", path="rules")
    return "partition" if native.kind == "chosen" else "spread"


def native_name(key: GroupKey, native: Native) -> str:
    """The name of a placement group of ours: for people; its hash, over the verbatim parts, for us."""
    sets = "-".join(map(str, native.part))
    spelled = [key.owner, key.name, strategy(native), native.within, sets]
    verbatim = "\0".join((*spelled, str(native.number)))
    parts = [_clean(part) for part in (*spelled, str(native.number)) if part]
    return "-".join((*parts, sha256(verbatim.encode()).hexdigest()[:8]))


def _clean(part: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", part)[:LONGEST]


def marks(key: GroupKey, native: Native) -> dict[str, str]:
    """The tags of a placement group of ours."""
    layer = str(native.number) if native.number > 1 else ""
    told = {WITHIN: native.within, PART: "-".join(map(str, native.part)), LAYER: layer}
    return {OWNER: key.owner, GROUP: key.name} | {name: value for name, value in told.items() if value}


def adopt(ec2: Any, named: str, natives: Iterable[Native]) -> dict[Native, str]:
    """The placement group that somebody else made, for the one that the plan needs; by id or name."""
    wanted = list(natives)
    if len(wanted) > 1:
        raise LimitExceeded(
            f"the plan needs {len(wanted)} placement groups, and one cannot be adopted for all of them: "
            f"adopt none, or ask for fewer members",
            path="adopt.rack",
        )
    group = adopted(all_groups(ec2), named)
    for native in wanted:
        if group.strategy != strategy(native) or group.level not in ("", "rack"):
            raise InvalidRequest(
                f"placement group {named} has the strategy {group.strategy}, but the rules ask for "
                f"{strategy(native)}, and EC2 cannot change it: adopt another, or change the rule",
                path="adopt.rack",
            )
    return dict.fromkeys(wanted, group.id)


def of(placement: Placement, groups: Mapping[str, PlacementGroup]) -> PlacementGroup | None:
    """The placement group of a placement, by its id, by an adopted one's name, or by what ours is called.

    Conflict where it needs one that is not there.
    """
    names = {*placement.native_ids}
    if placement.key and not names:
        names = {native_name(placement.key, native) for native in placement.natives}
    found = [group for group in groups.values() if names & {group.id, group.name}]
    if names and not found:
        raise Conflict(f"placement group {', '.join(sorted(names))} is not there: prepare the group again")
    return found[0] if found else None


def told(placement: Placement, place: Mapping[str, Any]) -> dict[str, PlacementGroup]:
    """The group of ours that an instance tells it is in, by id, where its placement says all about it."""
    key, there = placement.key, (place.get("GroupId"), place.get("GroupName"))
    for native, id_ in zip(placement.natives, placement.native_ids, strict=False):
        if key and there == (id_, name := native_name(key, native)):
            return {id_: PlacementGroup(id_, name, strategy(native), "available", "", 0, marks(key, native))}
    return {}


def adopted(groups: Mapping[str, PlacementGroup], named: str) -> PlacementGroup:
    """The group that ``adopt`` names, by id or name; InvalidRequest where there is none."""
    found = [group for group in groups.values() if named in (group.id, group.name)]
    if not found:
        raise InvalidRequest(f"no placement group of this account and region is {named!r}", path="adopt.rack")
    return found[0]


def make(ec2: Any, key: GroupKey, natives: Iterable[Native]) -> dict[Native, str]:
    """The ids of the plan's placement groups, made where they are not there, and usable."""
    wanted = {native_name(key, native): native for native in natives}
    there = _named(ec2, key, wanted)
    for name in wanted.keys() - there.keys():
        _create(ec2, key, name, wanted[name])
    groups = _when_usable(ec2, key, wanted, there)
    return {native: groups[name].id for name, native in wanted.items()}


def _create(ec2: Any, key: GroupKey, name: str, native: Native) -> None:
    """Fine if another deployer is quicker: the name is the same."""
    tags = [{"Key": mark, "Value": value} for mark, value in marks(key, native).items()]
    count = {"PartitionCount": PARTITIONS} if strategy(native) == "partition" else {}
    try:
        ec2.create_placement_group(
            GroupName=name,
            Strategy=strategy(native),
            TagSpecifications=[{"ResourceType": "placement-group", "Tags": tags}],
            **count,
        )
    except ClientError as error:
        if not is_code(error, "InvalidPlacementGroup.Duplicate"):
            raise


def _when_usable(
    ec2: Any, key: GroupKey, wanted: Mapping[str, Native], there: dict[str, PlacementGroup]
) -> dict[str, PlacementGroup]:
    """A group is pending at first, and a Describe may not show it yet."""
    started = clock.now()
    while missing := [name for name in wanted if name not in there or there[name].state != "available"]:
        if clock.now() - started > PATIENCE:
            raise Unavailable(f"placement group {missing[0]} is not usable after {PATIENCE:.0f} s: repeat")
        clock.sleep(POLL)
        there = _named(ec2, key, wanted)
    return there


def _named(ec2: Any, key: GroupKey, wanted: Mapping[str, Native]) -> dict[str, PlacementGroup]:
    """The groups of these names; InvalidRequest where one is not ours, or not what we make."""
    found = {group.name: group for group in all_groups(ec2).values() if group.name in wanted}
    for name, group in found.items():
        if group.key != key or group.strategy != strategy(wanted[name]):
            raise InvalidRequest(
                f"the name {name} belongs to a placement group ({group.id}, {group.strategy}) that does not "
                f"bear the mark of {key}: delete or rename that group, or adopt it",
                path="group",
            )
    return {name: group for name, group in found.items() if group.state in ("pending", "available")}


def is_deleted(ec2: Any, group: PlacementGroup) -> bool:
    """Whether it is gone now; EC2 itself refuses while an instance is in it."""
    try:
        ec2.delete_placement_group(GroupName=group.name)
    except ClientError as error:
        if is_code(error, IN_USE):
            return False
        if not is_code(error, UNKNOWN):
            raise
    return True
