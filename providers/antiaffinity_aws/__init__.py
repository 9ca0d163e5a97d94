"""AWS: what EC2 promises, and the launch arguments that ask for it."""

from msgspec.structs import replace

from antiaffinity.guarantee import Cloud, Guarantee, chosen
from antiaffinity_aws.arguments import PULUMI_KEYS, SDK_KEYS, pulumi_arguments, sdk_arguments

GUIDE = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/"

SCALING = "https://docs.aws.amazon.com/autoscaling/ec2/userguide/"

MOVED = "a stopped instance can be moved (modify_instance_placement)"

ZONES = chosen(
    "zone",
    after_launch="kept for life: an instance never leaves its zone",
    page=GUIDE + "using-regions-availability-zones.html",
    caveat="zone names may differ between accounts, zone ids do not",
    limit_read="describe_availability_zones",
)

PARTITIONS = chosen(
    "rack",
    after_launch="kept: an instance stays in its partition; a start may be refused for lack of hardware",
    page=GUIDE + "placement-strategies.html",
    mechanism="partition placement group",
    caveat="at most 7 partitions in a zone; filled evenly only where the launch names the partition",
    limit_read="describe_placement_groups (PartitionCount)",
    groups_per_instance=1,
    joins="stopped",
    lapses=MOVED,
    rules=("anti-affinity", "spread", "survive"),
)
"""A partition is a set of racks that no other partition of its group shares: apart, never together."""

DEDICATED_HOSTS = chosen(
    "host",
    after_launch="kept with host affinity; host recovery moves all of a host to one replacement",
    page=GUIDE + "dedicated-hosts-understanding.html",
    caveat="only on Dedicated Hosts that you allocated, each billed as a whole; no shared host is told; "
    "Pulumi's Instance cannot ask for host affinity: there a restart may change the host",
    limit_read="describe_hosts (AvailableCapacity)",
    joins="stopped",
    lapses=MOVED,
)


def _spread_group(hard: bool) -> Guarantee:
    """Hard only; a soft rule uses the group while it has room, then launches outside it."""
    outside = "" if hard else "; the group has no soft form: when it refuses, the launch goes outside it"
    return Guarantee(
        level="rack",
        rule="anti-affinity",
        hard=hard,
        how="delegated",
        at_launch="REFUSES",
        after_launch="kept while it runs; a stop gives the rack back, and the start may be refused",
        evidence="MEMBERSHIP",
        page=GUIDE + "placement-strategies.html",
        mechanism="spread placement group",
        caveat=f"EC2 never tells the rack; takes no Dedicated Host and no Dedicated Instance{outside}",
        limit=7,
        limit_per="zone",
        limit_read="fixed by EC2",
        running_only=True,
        groups_per_instance=1,
        joins="stopped",
        lapses="a stopped instance can be taken out (modify_instance_placement)",
    )


def _auto_scaling(strategy: str, hard: bool, launch: str) -> Guarantee:
    return Guarantee(
        level="zone",
        rule="spread",
        hard=hard,
        how="delegated",
        at_launch="REFUSES" if hard else "DEGRADES",
        after_launch="evened out later: launches first, ends healthy instances then, unless suspended",
        evidence="DOMAIN",
        page=SCALING + "ec2-auto-scaling-availability-zone-balanced.html",
        mechanism=f"Auto Scaling group ({strategy})",
        caveat=f"{launch}; zones alone, never racks or hosts; scale-in and failures unbalance it for a while",
        most_per_domain=None,
        joins="any time",
        lapses="with every change of the group's zones or size",
    )


AUTO_SCALING = {
    "balanced-best-effort": _auto_scaling(
        "balanced-best-effort", False, "where a zone refuses, another takes its share"
    ),
    "balanced-only": _auto_scaling(
        "balanced-only",
        True,
        "where a zone refuses, the same one is tried again, and the group stays smaller",
    ),
}
"""What an Auto Scaling group promises, for audits: who launches through one does not place by a plan."""

RIGHTS = {
    "topology": (
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeInstanceTypeOfferings",
        "ec2:DescribeSubnets",
        "ec2:DescribePlacementGroups",
        "ec2:DescribeHosts",
    ),
    "observe": ("ec2:DescribeInstances", "ec2:DescribePlacementGroups"),
    "prepare": ("ec2:DescribePlacementGroups", "ec2:CreatePlacementGroup", "ec2:CreateTags"),
    "settle": ("ec2:DescribeInstances", "ec2:DescribePlacementGroups"),
    "bind": (
        "ec2:DescribeInstances",
        "ec2:DescribePlacementGroups",
        "ec2:ModifyInstancePlacement",
        "ec2:CreateTags",
    ),
    "unmark": ("ec2:DescribeInstances", "ec2:DeleteTags"),
    "release": ("ec2:DescribeInstances", "ec2:DescribePlacementGroups", "ec2:DeletePlacementGroup"),
    "groups": ("ec2:DescribeInstances", "ec2:DescribePlacementGroups"),
    "launch": ("ec2:RunInstances", "ec2:CreateTags"),
    "discard": ("ec2:TerminateInstances",),
}
"""https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html."""

# A cluster placement group means near in the network, not the same rack: no promise, so no record.
cloud = Cloud(
    kind="aws",
    title="AWS",
    sdk="boto3",
    call="run_instances",
    words={"region": "Region", "zone": "Availability Zone", "rack": "rack", "host": "Dedicated Host"},
    chosen=("zone", "rack", "host"),
    usual=("region", "zone"),
    guarantees=(
        *ZONES,
        *(_spread_group(hard) for hard in (True, False)),
        *PARTITIONS,
        *DEDICATED_HOSTS,
    ),
    merges={"sdk": sdk_arguments, "pulumi": pulumi_arguments},
    keys={"sdk": SDK_KEYS, "pulumi": PULUMI_KEYS},
    connect_from="antiaffinity_aws.backend",
    settings=(
        *("region_name", "profile_name", "endpoint_url", "tenancy"),
        *("aws_access_key_id", "aws_secret_access_key", "aws_session_token"),
        *("build_timeout", "retry_timeout"),
    ),
    secrets=("aws_secret_access_key", "aws_session_token"),
    identity=("region_name",),
    fleets=tuple(AUTO_SCALING.values()),
    fleets_from={"asg": "antiaffinity_aws.asg"},
    rights=RIGHTS,
)

on_shared_hosts = replace(
    cloud,
    chosen=("zone", "rack"),
    guarantees=tuple(promise for promise in cloud.guarantees if promise.level != "host"),
)
"""What holds without Dedicated Hosts."""

on_dedicated_hosts = replace(
    cloud,
    chosen=("zone", "host"),
    guarantees=tuple(promise for promise in cloud.guarantees if promise.level != "rack"),
)
"""What holds with the setting ``tenancy: host``: no placement group takes a Dedicated Host
(https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/limitations-placement-groups.html)."""
