"""What EC2 shows, read as our nouns: instances, zones, subnets, Dedicated Hosts.

States: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import inf
from typing import Any

from antiaffinity.colocation import Identity
from antiaffinity.errors import InvalidRequest
from antiaffinity.model import MARKS, Domain, GroupKey, Level, Observed, State
from antiaffinity_aws.natives import PlacementGroup

STATES: dict[str, State] = {
    "pending": "starting",
    "running": "running",
    "stopping": "stopped",
    "stopped": "stopped",
    "shutting-down": "leaving",
    "terminated": "gone",
}

Shown = Mapping[str, Any]
"""A part of an answer of boto3's."""


def tags_of(shown: Shown) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in shown.get("Tags", ())}


def marked(shown: Shown) -> tuple[GroupKey, str] | None:
    """Whose machine it is: group and member; None where it does not bear our whole mark."""
    tags = tags_of(shown)
    owner, group, member = (tags.get(mark) for mark in MARKS)
    if owner is None or group is None or member is None:
        return None
    return GroupKey(owner, group), member


def observed(
    shown: Shown, member: str, groups: Mapping[str, PlacementGroup], around: Mapping[Level, str]
) -> Observed:
    """What an instance shows; ``around`` is where all of them lie.

    A stopped one in a spread group gives its rack away; elsewhere its place waits for it.
    """
    state, group = shown["State"]["Name"], group_in(shown, groups)
    memberships: dict[Level, tuple[str, ...]] = {"rack": (group.id,)} if group else {}
    return Observed(
        member=member,
        instance=shown["InstanceId"],
        state=STATES.get(state, "running"),
        holds=_holds(state, group),
        domains={**around, **_domains(shown)},
        ids=_ids(shown),
        labels={"subnet": subnet} if (subnet := shown.get("SubnetId")) else {},
        memberships=memberships,
        within=group.within if group else {},
        layer={"rack": group.layer} if group else {},
        since=_born(shown),
        note=_note(state, group),
    )


def group_in(shown: Shown, groups: Mapping[str, PlacementGroup]) -> PlacementGroup | None:
    """The placement group of an instance, where it parts racks."""
    place = shown.get("Placement", {})
    named = (one for one in groups.values() if one.name == place.get("GroupName"))
    group = groups.get(place.get("GroupId", "")) or next(named, None)
    return group if group and group.is_apart else None


def _holds(state: str, group: PlacementGroup | None) -> bool:
    if state == "terminated":
        return False
    return state != "stopped" or group is None or group.strategy != "spread"


def _ids(shown: Shown) -> dict[Level, str]:
    """The zone's id, as a plan has it: a member that exists keeps its whole placement."""
    zone = shown.get("Placement", {}).get("AvailabilityZoneId")
    return {"zone": zone} if zone else {}


def _domains(shown: Shown) -> dict[Level, str]:
    place = shown.get("Placement", {})
    partition = place.get("PartitionNumber")
    told: dict[Level, str | None] = {
        "zone": place.get("AvailabilityZone"),
        "rack": str(partition) if partition else None,
        "host": place.get("HostId"),
    }
    return {level: name for level, name in told.items() if name}


def _born(shown: Shown) -> str:
    """When it was made: a start after a stop sets the launch time anew, but not its first interface's."""
    attached = [one.get("Attachment", {}).get("AttachTime") for one in shown.get("NetworkInterfaces", ())]
    times = [time for time in (shown.get("LaunchTime"), *attached) if isinstance(time, datetime)]
    return min(times).isoformat() if times else ""


def _note(state: str, group: PlacementGroup | None) -> str:
    if state == "stopped" and group and group.strategy == "spread":
        return "stopped: its rack is free for others, and a start may be refused for lack of one"
    return ""


def why_ended(shown: Shown) -> tuple[str, str]:
    """The code and the words of an instance's end."""
    reason = shown.get("StateReason", {})
    return reason.get("Code", ""), reason.get("Message", "")


# Places


def zones(
    shown: Iterable[Shown], region: str, missing: Mapping[str, str], subnets: Mapping[str, Shown] | None
) -> list[Domain]:
    """The zones as places, by id: AWS tells them in no order.

    ``missing`` says why a zone is none for these launches; ``subnets`` is None where nobody asked for one.
    """
    real = [zone for zone in shown if zone.get("ZoneType", "availability-zone") == "availability-zone"]
    return [
        _zone(zone, region, missing.get(zone["ZoneName"], ""), subnets)
        for zone in sorted(real, key=lambda zone: str(zone["ZoneId"]))
    ]


def _zone(shown: Shown, region: str, missing: str, subnets: Mapping[str, Shown] | None) -> Domain:
    name = shown["ZoneName"]
    why = "" if shown["State"] == "available" else f"AWS says that {name} is {shown['State']}"
    subnet = (subnets or {}).get(name)
    return Domain(
        region=region,
        zone=name,
        ids={"zone": shown["ZoneId"]},
        networks=None if subnets is None else subnet["Networks"] if subnet else [],
        labels={"subnet": subnet["SubnetId"]} if subnet else {},
        usable=not (why or missing),
        why=why or missing,
        full=f"subnet {subnet['SubnetId']} has no free address" if subnet and _free(subnet) == 0 else "",
    )


def subnets_by_zone(shown: Iterable[Shown], wanted: Sequence[str]) -> dict[str, Shown]:
    """In each zone the wanted subnet with most free addresses; wanted are ids and Name tags.

    InvalidRequest where a wanted one is not there, or where they lie in several VPCs: security groups are
    those of one.
    """
    subnets = [subnet for subnet in shown if names_of(subnet) & {*wanted}]
    _all_there(subnets, wanted)
    _one_vpc(subnets)
    found: dict[str, Shown] = {}
    for subnet in sorted(subnets, key=lambda one: (-_free(one), one["SubnetId"])):
        found.setdefault(subnet["AvailabilityZone"], {**subnet, "Networks": list(wanted)})
    return found


def _free(subnet: Shown) -> float:
    """Its free addresses; only those of IPv4 are counted, and in a subnet of IPv6 alone they never end.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Subnet.html (Ipv6Native).
    """
    return inf if subnet.get("Ipv6Native") else float(subnet["AvailableIpAddressCount"])


def names_of(subnet: Shown) -> set[str]:
    """What needs.networks may call a subnet."""
    return {subnet["SubnetId"], *(name for key, name in tags_of(subnet).items() if key == "Name")}


def _all_there(subnets: Sequence[Shown], wanted: Sequence[str]) -> None:
    known = {name for subnet in subnets for name in names_of(subnet)}
    for number, name in enumerate(wanted):
        if name not in known:
            raise InvalidRequest(
                f"no subnet here has the id or the Name {name!r}", path=f"needs.networks[{number}]"
            )


def _one_vpc(subnets: Sequence[Shown]) -> None:
    by_vpc = {subnet["VpcId"]: subnet["SubnetId"] for subnet in subnets}
    if len(by_vpc) > 1:
        told = " and ".join(f"{subnet} in {vpc}" for vpc, subnet in sorted(by_vpc.items())[:2])
        raise InvalidRequest(
            f"these subnets lie in several VPCs ({told}): name those of one, by their ids",
            path="needs.networks",
        )


def partitions(zones: Iterable[Domain], count: int) -> list[Domain]:
    """Every zone's partitions; EC2 takes a partition's number in any zone."""
    return [_inner(zone, {"rack": str(number)}) for zone in zones for number in range(1, count + 1)]


def dedicated(zones: Iterable[Domain], hosts: Iterable[Shown], types: Sequence[str]) -> list[Domain]:
    """The Dedicated Hosts of every zone, by id."""
    ordered = sorted(hosts, key=lambda host: str(host["HostId"]))
    return [
        _host(zone, host, types)
        for zone in zones
        for host in ordered
        if host.get("AvailabilityZone") == zone.zone
    ]


def _host(zone: Domain, shown: Shown, types: Sequence[str]) -> Domain:
    id_, state = shown["HostId"], shown.get("State", "available")
    room = {
        one["InstanceType"]: one["AvailableCapacity"]
        for one in shown.get("AvailableCapacity", {}).get("AvailableInstanceCapacity", ())
    }
    strange = [type_ for type_ in types if type_ not in room]
    why = f"Dedicated Host {id_} is {state}" if state != "available" else ""
    why = why or (f"Dedicated Host {id_} takes no {strange[0]}" if strange else "")
    full = [type_ for type_ in types or room if not room.get(type_)]
    place = _inner(zone, {"host": id_}, {"host": id_})
    return _with(
        place,
        usable=place.usable and not why,
        why=place.why or why,
        full=place.full or (f"Dedicated Host {id_} has no room for {full[0]}" if full else ""),
    )


def _inner(zone: Domain, names: dict[str, str], ids: dict[Level, str] | None = None) -> Domain:
    return _with(zone, **names, ids={**zone.ids, **(ids or {})})


def _with(domain: Domain, **changes: Any) -> Domain:
    from msgspec.structs import replace

    return replace(domain, **changes)


def identity(
    partition: str, around: Mapping[Level, str], zones: Iterable[Shown], tells_hosts: bool
) -> Identity:
    """What an account's names mean to others; the racks and partitions of two accounts cannot be compared."""
    ids = {zone["ZoneName"]: zone["ZoneId"] for zone in zones if zone.get("ZoneId")}
    spaces: dict[Level, str] = {"region": "", "zone": "", "host": ""}
    return Identity(
        partition,
        {**spaces, "rack": ""} if tells_hosts else spaces,
        {"zone": ids},
        around,
        doubt="EC2 tells no rack, and a placement group is of one account",
    )
