"""What is judged of one instance after its launch, and of the groups that instances and marks tell of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from antiaffinity.backend import Found
from antiaffinity.errors import (
    AntiaffinityError,
    Conflict,
    InvalidRequest,
    NoCapacity,
    Unavailable,
)
from antiaffinity.model import GroupKey, Observed, Placement
from antiaffinity_aws import faults
from antiaffinity_aws.natives import PlacementGroup
from antiaffinity_aws.reading import Shown, why_ended

VISIBLE_AFTER = 60.0
"""Seconds for a new instance to be in a Describe
(https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html)."""

BINDABLE_AFTER = 15.0
"""Seconds to wait for an instance to bind, which somebody may have launched just now or mistyped: ours,
EC2 publishes no figure."""

PATIENCE = 600.0
"""Seconds for EC2 to boot an instance, where ``build_timeout`` does not say, or to end it."""
POLL = 1.0

MOST_IN_ZONE = 7
"""Running instances of a spread group in a zone
(https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/limitations-placement-groups.html)."""


def check_id(id_: str) -> None:
    """InvalidRequest where a launch did not give an instance's id."""
    if not re.fullmatch(r"i-[0-9a-f]{8,17}", id_):
        raise InvalidRequest(
            f'launch returned {id_!r}, which is no instance id: return ["Instances"][0]["InstanceId"]',
            path="launch",
        )


def ended(placement: Placement, shown: Shown) -> AntiaffinityError | None:
    """Why an instance that a launch gave is none any more; None where it is one."""
    if shown["State"]["Name"] != "terminated":
        return None
    code, words = why_ended(shown)
    member, id_ = placement.member, shown["InstanceId"]
    if error := faults.of_end(code, f"{id_} was ended, {words}", placement):
        return error
    if code and code != "Client.UserInitiatedShutdown":
        return Unavailable(f"{id_} of {member} was ended ({code}: {words}): look into it, then launch again")
    return Conflict(
        f"the launch of {member} gave {id_}, which is terminated: somebody ended it, or it is EC2's answer "
        f"to an earlier launch; repeat, and another is launched"
    )


def full_group(
    placement: Placement, group: PlacementGroup, inside: Sequence[Shown], told: str
) -> NoCapacity | None:
    """NoCapacity in a zone where a spread group has all that it takes; None where it has not."""
    zone = placement.domains.get("zone", "")
    running = [
        shown
        for shown in inside
        if shown.get("Placement", {}).get("AvailabilityZone") == zone and shown["State"]["Name"] != "stopped"
    ]
    if len(running) < MOST_IN_ZONE:
        return None
    return NoCapacity(
        f"no room for {placement.member} in {zone}: placement group {group.name} has {len(running)} running "
        f"there, and takes {MOST_IN_ZONE} ({told})",
        domain={str(level): name for level, name in placement.domains.items() if level != "rack"},
    )


def vanished(placement: Placement, id_: str) -> Unavailable:
    return Unavailable(
        f"instance {id_!r} of {placement.member} is not to be seen: look at the launch, then repeat"
    )


def not_offered(offers: Mapping[str, set[str]], zones: Iterable[str], region: str) -> dict[str, str]:
    """For each zone that lacks some of the types, which; InvalidRequest for a type that no zone has."""
    for type_, having in offers.items():
        if not having:
            raise InvalidRequest(
                f"no zone of {region} offers {type_!r}: `aws ec2 describe-instance-type-offerings` lists "
                f"what there is",
                path="size.type",
            )
    lacking = {zone: [type_ for type_, having in offers.items() if zone not in having] for zone in zones}
    return {zone: f"{zone} does not offer {', '.join(types)}" for zone, types in lacking.items() if types}


def found(
    machines: Mapping[GroupKey, list[Observed]], groups: Iterable[PlacementGroup], owner: str | None
) -> list[Found]:
    """Instances and placement groups by their marks, put together by key."""
    named: dict[GroupKey, list[str]] = {key: [] for key in machines}
    for group in groups:
        if group.key:
            named.setdefault(group.key, []).append(group.id)
    return [
        Found(key, tuple(named[key]), tuple(machines.get(key, ())), str(key))
        for key in sorted(named)
        if owner in (None, key.owner)
    ]
