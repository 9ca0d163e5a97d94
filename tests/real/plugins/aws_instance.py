"""The inputs and outputs of aws:ec2/instance:Instance in the published `pulumi-aws` 7.

https://www.pulumi.com/registry/packages/aws/api-docs/ec2/instance/
"""

from __future__ import annotations

import uuid
from typing import Any

from pulumi_antiaffinity.codec import UNKNOWN
from real.plugins.stand_in import Values

TEXT: Values = {"type": "string"}
NUMBER: Values = {"type": "integer"}
BY_NAME: Values = {"type": "object", "additionalProperties": TEXT}
INPUTS: Values = {
    "ami": TEXT,
    "availabilityZone": TEXT,
    "hostId": TEXT,
    "instanceType": TEXT,
    "keyName": TEXT,
    "placementGroup": TEXT,
    "placementGroupId": TEXT,
    "placementPartitionNumber": NUMBER,
    "subnetId": TEXT,
    "tags": BY_NAME,
    "tenancy": TEXT,
}
"""Left out, and refused: disks, network interfaces, security groups, user data, launch templates, …"""
OUTPUTS: Values = {
    "instanceState": TEXT,
    "primaryNetworkInterfaceId": TEXT,
    "privateIp": TEXT,
    "publicIp": TEXT,
    "tagsAll": BY_NAME,
}
COMPUTED = frozenset(INPUTS) - {"tags", "keyName", "instanceType"}
"""Inputs that EC2 fills in."""
REPLACES = COMPUTED | {"keyName"}
"""As the registry's page says; another type stops the instance, changes it and starts it again."""
SCHEMA: Values = {"inputProperties": INPUTS, "properties": INPUTS | OUTPUTS, "required": [*OUTPUTS]}

PLACE = {
    "availabilityZone": "AvailabilityZone",
    "hostId": "HostId",
    "placementGroup": "GroupName",
    "placementGroupId": "GroupId",
    "placementPartitionNumber": "PartitionNumber",
    "tenancy": "Tenancy",
}
"""Pulumi's words for a place and EC2's."""


def planned(inputs: Values, outputs: Values) -> Values:
    """What a preview shows: what is given, what stays as it is, and the rest unknown."""
    unknown = dict.fromkeys([*OUTPUTS, *COMPUTED], UNKNOWN)
    stays = {key: outputs[key] for key in COMPUTED & {*outputs}}
    return {**unknown, **stays, **inputs}


def request(inputs: Values) -> dict[str, Any]:
    """The arguments of RunInstances; the token is new for each launch."""
    place = {ec2: inputs[key] for key, ec2 in PLACE.items() if key in inputs}
    if "PartitionNumber" in place:
        place["PartitionNumber"] = int(place["PartitionNumber"])
    wanted = {
        "ImageId": inputs["ami"],
        "InstanceType": inputs["instanceType"],
        "KeyName": inputs.get("keyName"),
        "SubnetId": inputs.get("subnetId"),
        "Placement": place,
        "TagSpecifications": [{"ResourceType": "instance", "Tags": tag_list(inputs.get("tags", {}))}],
        "ClientToken": f"terraform-{uuid.uuid4().hex}",
        "MinCount": 1,
        "MaxCount": 1,
    }
    return {key: value for key, value in wanted.items() if value}


def tag_list(tags: Values) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def states(inputs: Values, shown: Values) -> Values:
    """The outputs of an instance that is there."""
    place = shown["Placement"]
    tags = {tag["Key"]: tag["Value"] for tag in shown.get("Tags", ())}
    told = {key: place[ec2] for key, ec2 in PLACE.items() if place.get(ec2)}
    return {
        **inputs,
        **told,
        "ami": shown["ImageId"],
        "instanceState": shown["State"]["Name"],
        "instanceType": shown["InstanceType"],
        "primaryNetworkInterfaceId": next(
            (one["NetworkInterfaceId"] for one in shown["NetworkInterfaces"]), ""
        ),
        "privateIp": shown.get("PrivateIpAddress", ""),
        "publicIp": shown.get("PublicIpAddress", ""),
        "subnetId": shown.get("SubnetId", ""),
        "tags": tags,
        "tagsAll": tags,
    }


IMPORTED = ("ami", "availabilityZone", "instanceType", "placementGroupId", "subnetId", "tags", "tenancy")
"""The inputs of an instance that no program has described yet."""
