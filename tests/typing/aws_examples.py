"""Launch arguments as ``run_instances`` takes them, checked by mypy against the types of EC2's requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from antiaffinity.model import GroupKey, Native, Placement

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client
    from types_boto3_ec2.type_defs import RunInstancesRequestTypeDef, TagTypeDef

RACK = Native(level="rack", kind="anti-affinity", hard=True, max_per_domain=1)
KEY = GroupKey("shop/prod", "db")

MARK: list[TagTypeDef] = [
    {"Key": "antiaffinity-owner", "Value": "shop/prod"},
    {"Key": "antiaffinity-group", "Value": "db"},
    {"Key": "antiaffinity-member", "Value": "db-0"},
]

SPREAD = Placement(
    member="db-0",
    key=KEY,
    domains={"zone": "eu-west-1a"},
    ids={"zone": "euw1-az3"},
    labels={"subnet": "subnet-a"},
    natives=(RACK,),
    native_ids=("aa-db-1",),
)
SPREAD_OWN: RunInstancesRequestTypeDef = {
    "ImageId": "ami-0abc",
    "InstanceType": "m6i.large",
    "MinCount": 1,
    "MaxCount": 1,
    "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "db-0"}]}],
}
SPREAD_MERGED: RunInstancesRequestTypeDef = {
    "ImageId": "ami-0abc",
    "InstanceType": "m6i.large",
    "MinCount": 1,
    "MaxCount": 1,
    "ClientToken": "37856cafe4351d8ee631414a9a8ba77c83df27d7971d03bc5c105cf257f3ebf1",
    "SubnetId": "subnet-a",
    "Placement": {"AvailabilityZone": "eu-west-1a", "GroupName": "aa-db-1"},
    "TagSpecifications": [
        {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "db-0"}, *MARK]},
    ],
}

PARTITION = Placement(
    member="db-0",
    key=KEY,
    domains={"zone": "eu-west-1a", "rack": "2"},
    labels={"subnet": "subnet-a"},
    natives=(RACK,),
    native_ids=("pg-0123456789abcdef0",),
)
PARTITION_OWN: RunInstancesRequestTypeDef = {
    "ImageId": "ami-0abc",
    "MinCount": 1,
    "MaxCount": 1,
    "ClientToken": "t-1",
    "NetworkInterfaces": [{"DeviceIndex": 0, "Groups": ["sg-1"]}],
    "TagSpecifications": [{"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "db-0"}]}],
}
PARTITION_MERGED: RunInstancesRequestTypeDef = {
    "ImageId": "ami-0abc",
    "MinCount": 1,
    "MaxCount": 1,
    "ClientToken": "t-1",
    "NetworkInterfaces": [{"DeviceIndex": 0, "Groups": ["sg-1"], "SubnetId": "subnet-a"}],
    "Placement": {
        "AvailabilityZone": "eu-west-1a",
        "GroupId": "pg-0123456789abcdef0",
        "PartitionNumber": 2,
    },
    "TagSpecifications": [
        {"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "db-0"}]},
        {"ResourceType": "instance", "Tags": MARK},
    ],
}

DEDICATED = Placement(
    member="db-0",
    key=KEY,
    domains={"zone": "eu-west-1a", "host": "h-0123456789abcdef0"},
    ids={"zone": "euw1-az3", "host": "h-0123456789abcdef0"},
)
DEDICATED_OWN: RunInstancesRequestTypeDef = {
    "ImageId": "ami-0abc",
    "MinCount": 1,
    "MaxCount": 1,
    "Placement": {"AvailabilityZoneId": "euw1-az3"},
}
DEDICATED_MERGED: RunInstancesRequestTypeDef = {
    "ImageId": "ami-0abc",
    "MinCount": 1,
    "MaxCount": 1,
    "ClientToken": "774b786ec141f4dc1ffedc5b3f58b42fedfe05021d5b27a077a0d3bb24a161e7",
    "Placement": {
        "AvailabilityZoneId": "euw1-az3",
        "HostId": "h-0123456789abcdef0",
        "Tenancy": "host",
        "Affinity": "host",
    },
    "TagSpecifications": [{"ResourceType": "instance", "Tags": MARK}],
}

EXAMPLES = {
    "spread group": (SPREAD, SPREAD_OWN, SPREAD_MERGED),
    "partition": (PARTITION, PARTITION_OWN, PARTITION_MERGED),
    "dedicated host": (DEDICATED, DEDICATED_OWN, DEDICATED_MERGED),
}


def boot(ec2: EC2Client, placement: Placement, own: RunInstancesRequestTypeDef) -> str:
    """A launch as users write it."""
    return ec2.run_instances(**placement.arguments(**own))["Instances"][0]["InstanceId"]
