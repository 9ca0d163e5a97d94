"""The launch arguments of one instance: the user's own with its place and our mark merged in.

Pure: nothing of the user's is changed in place, and merging twice is merging once. Names and rules are
those of RunInstances (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html) and
of ``pulumi_aws.ec2.Instance``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any

from antiaffinity.errors import InvalidRequest
from antiaffinity.merging import (
    another_place,
    keep_mark,
    listing,
    mapping,
    mark_of,
    plain,
    same,
    with_mark,
)
from antiaffinity.model import Placement

SDK_KEYS = (
    "MinCount",
    "MaxCount",
    "Placement",
    "SubnetId",
    "NetworkInterfaces",
    "TagSpecifications",
    "ClientToken",
)

PULUMI_NAMES = {
    "AvailabilityZone": "availability_zone",
    "GroupName": "placement_group",
    "GroupId": "placement_group_id",
    "PartitionNumber": "placement_partition_number",
    "HostId": "host_id",
    "Tenancy": "tenancy",
}
"""EC2's words for a place and Pulumi's; host affinity (``Affinity``) has none."""

PULUMI_KEYS = (*PULUMI_NAMES.values(), "subnet_id", "tags")

OURS_ALONE = ("GroupName", "GroupId", "PartitionNumber", "HostId")
"""What a launch may name only as the placement does: a second group or host would undo the plan."""

LONGEST = 256
"""Characters in the value of a tag
(https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions)."""

GROUP_ID = re.compile(r"pg-[0-9a-f]{8,}")

Arguments = dict[str, Any]


def sdk_arguments(placement: Placement, own: Mapping[str, Any]) -> Arguments:
    """Keyword arguments of boto3's ``run_instances`` for exactly one instance.

    Their ClientToken is that of the member's next instance. Where EC2 answers a launch by hand with
    IdempotentInstanceTerminated, launch it by ``roll_out``, or with a ClientToken of your own.
    InvalidRequest, its ``path`` naming the argument, where an own argument names another place, another
    number of instances, or one of our tags with another value.
    """
    merged = {
        **own,
        **_one_instance(own),
        **_subnet(placement, own),
        "Placement": _place(placement, _mapping(own.get("Placement", {}), "Placement")),
        "TagSpecifications": _tag_specifications(placement, own),
    }
    return {**merged, "ClientToken": _own_token(placement, own) or _token(placement, merged)}


def _own_token(placement: Placement, own: Mapping[str, Any]) -> str:
    """The user's; InvalidRequest where EC2 has told it to be spent."""
    given = str(own.get("ClientToken") or "")
    if given and placement.attempt and given != _token(placement, {**own}):
        raise InvalidRequest(
            f"the instance of {placement.member} that was launched with it has ended: leave it out, or give "
            f"another one for every launch",
            path="ClientToken",
        )
    return given


def _token(placement: Placement, merged: Arguments) -> str:
    """The client token of this launch: the same one asked for again gets the same instance.

    EC2 keeps it for at least 24 hours after its instance has ended, and refuses it then
    (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Run_Instance_Idempotency.html), so whatever the
    member had before is part of it, and so is the number of those that were refused: instances that ended
    more than an hour ago are not listed any more.
    """
    asked = {name: value for name, value in merged.items() if name != "ClientToken"}
    before = sorted({*placement.past, placement.existing} - {""})
    verbatim = [mark_of(placement), before, asked, *([placement.attempt] if placement.attempt else [])]
    return sha256(json.dumps(verbatim, sort_keys=True, default=repr).encode()).hexdigest()


def pulumi_arguments(placement: Placement, own: Mapping[str, Any]) -> Arguments:
    """Keyword arguments of ``pulumi_aws.ec2.Instance``.

    Own values may be Outputs, except for what names a place and for the ``tags`` as a whole: those cannot
    be compared before they are known, which is an InvalidRequest too.
    """
    given = {name: value for name, value in own.items() if value is not None}
    place = {PULUMI_NAMES[name]: value for name, value in _known(placement).items() if name in PULUMI_NAMES}
    place |= _label(placement, "subnet_id")
    alone = [PULUMI_NAMES[name] for name in OURS_ALONE]
    _agree(placement.member, place | _region(placement, given), given, alone)
    if _brings_interfaces(given):
        place.pop("subnet_id", None)
    tags = with_mark(mapping(given.get("tags"), "tags"), _mark(placement, "tags"), "tags")
    return {**own, **place, "tags": tags}


def _known(placement: Placement) -> Arguments:
    """The place in EC2's words, as far as it was chosen or has a group."""
    known: Arguments = {}
    if zone := placement.domains.get("zone"):
        known["AvailabilityZone"] = zone
    for group in placement.native_ids[:1]:  # an instance takes one group
        known[_group_word(group)] = group
    if partition := placement.domains.get("rack"):
        known["PartitionNumber"] = _number(partition)
    if host := placement.ids.get("host", placement.domains.get("host")):
        known |= {"HostId": host, "Tenancy": "host", "Affinity": "host"}
    return known


def _number(partition: object) -> Any:
    """A partition by its number; a preview may not know it yet."""
    return int(partition) if isinstance(partition, str) else partition


def _group_word(group: object) -> str:
    """A group is made by us, and told by its id, where a preview does not know it yet."""
    return "GroupName" if isinstance(group, str) and not GROUP_ID.fullmatch(group) else "GroupId"


def _place(placement: Placement, own: Mapping[str, Any]) -> Arguments:
    """The ``Placement`` of a launch; EC2 takes a zone's name or its id, never both."""
    known = _known(placement)
    zone_id = {"AvailabilityZoneId": placement.ids["zone"]} if "zone" in placement.ids else {}
    alone = (*OURS_ALONE, *(["AvailabilityZoneId"] if "AvailabilityZone" in known else []))
    _agree(placement.member, known | zone_id, own, alone, "Placement.")
    if "AvailabilityZoneId" in own:
        known.pop("AvailabilityZone", None)
    return {**own, **known}


def _subnet(placement: Placement, own: Mapping[str, Any]) -> Arguments:
    """The subnet, in the primary interface where own ones are given: EC2 takes it nowhere else then."""
    subnet = _label(placement, "SubnetId")
    _agree(placement.member, subnet, own)
    interfaces = _mappings(own.get("NetworkInterfaces", ()), "NetworkInterfaces")
    if not subnet or not interfaces:
        return subnet
    primary = next((n for n, each in enumerate(interfaces) if each.get("DeviceIndex") == 0), 0)
    # An interface that exists already lies in its own subnet; EC2 refuses it where the zone disagrees.
    if "NetworkInterfaceId" not in interfaces[primary]:
        _agree(placement.member, subnet, interfaces[primary], path=f"NetworkInterfaces[{primary}].")
        interfaces[primary] = {**interfaces[primary], **subnet}
    return {"NetworkInterfaces": interfaces}


def _label(placement: Placement, name: str) -> Arguments:
    subnet = placement.labels.get("subnet")
    return {name: subnet} if subnet else {}


def _region(placement: Placement, own: Mapping[str, Any]) -> Arguments:
    """The region, to compare with an own one; it is the provider's to set."""
    region = placement.domains.get("region")
    return {"region": region} if region and plain(own.get("region")) else {}


def _brings_interfaces(own: Mapping[str, Any]) -> bool:
    """Whether the instance gets interfaces that exist already, which Pulumi takes instead of a subnet."""
    return not own.keys().isdisjoint({"network_interfaces", "primary_network_interface"})


def _one_instance(own: Mapping[str, Any]) -> Arguments:
    """One launch per member: with more, EC2 would put all of them into one zone."""
    for name in ("MinCount", "MaxCount"):
        if own.get(name, 1) != 1:
            raise InvalidRequest("every member is a launch of its own: give 1, or leave it out", path=name)
    return {"MinCount": 1, "MaxCount": 1}


def _tag_specifications(placement: Placement, own: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Our mark among the tags of the instance; tags of other resources stay as they are."""
    path = "TagSpecifications"
    specifications = _mappings(own.get(path, ()), path)
    for number, each in enumerate(specifications):
        if each.get("ResourceType") == "instance":
            tags = _mappings(each.get("Tags", ()), f"{path}[{number}].Tags")
            marked = _marked(placement, tags, f"{path}[{number}].Tags")
            specifications[number] = {**each, "Tags": marked}
            return specifications
    return [*specifications, {"ResourceType": "instance", "Tags": _marked(placement, [], path)}]


def _marked(placement: Placement, tags: list[Mapping[str, Any]], path: str) -> list[Mapping[str, Any]]:
    mark = _mark(placement, path)
    for number, tag in enumerate(tags):
        if (key := str(tag.get("Key"))) in mark:
            keep_mark(tag.get("Value"), mark[key], f"{path}[{number}]")
    there = {str(tag.get("Key")) for tag in tags}
    return [*tags, *({"Key": key, "Value": value} for key, value in mark.items() if key not in there)]


def _mark(placement: Placement, path: str) -> dict[str, str]:
    """Our mark, as far as EC2 takes such long values."""
    mark = mark_of(placement)
    for key, value in mark.items():
        if len(value) > LONGEST:
            raise InvalidRequest(
                f"{len(value)} characters, but the value of a tag holds {LONGEST}: give a shorter "
                f"{key.removeprefix('antiaffinity-')}",
                path=f"{path}.{key}",
            )
    return mark


def _agree(
    member: str,
    known: Mapping[str, Any],
    own: Mapping[str, Any],
    alone: Collection[str] = (),
    path: str = "",
) -> None:
    """Refuse own arguments that name another place than the known one, or (``alone``) one we do not name."""
    for name, value in own.items():
        if (name in known and not same(value, known[name])) or (name in alone and name not in known):
            raise another_place(member, value, known.get(name), path + name)


def _mapping(value: Any, path: str) -> Mapping[str, Any]:
    return mapping(_not_none(value, path), path)


def _mappings(value: Any, path: str) -> list[Mapping[str, Any]]:
    """A list of the user's, copied so that it can be changed."""
    items = listing(_not_none(value, path), path)
    return [_mapping(each, f"{path}[{number}]") for number, each in enumerate(items)]


def _not_none(value: Any, path: str) -> Any:
    """The value; boto3 takes no None, not even for what is not given."""
    if value is None:
        raise InvalidRequest("is None, which boto3 does not take: leave it out", path=path)
    return value
