"""Web servers apart over the Availability Zones and racks of an AWS region.

Both packages log in as the `aws` command does, and look for the region in AWS_REGION or `aws:region`:
pulumi config set aws:region eu-central-1
"""

import pulumi
import pulumi_antiaffinity as paa
import pulumi_aws as aws

config = pulumi.Config()
wanted = {"name": "name", "values": [config.require("image")]}
image = aws.ec2.get_ami(owners=["amazon"], filters=[wanted], most_recent=True)

# Zones we choose; racks only EC2 can, so it gets a spread placement group, and `pulumi preview` says so.
# They go to your default VPC. Subnets of your own, by id or Name tag: needs={"networks": ["web-a", "web-b"]}.
group = paa.Group(
    "web",
    cloud={"kind": "aws", "region_name": aws.config.region},
    members=config.require_int("servers"),  # web-0, web-1, ...: or a list of names
    rules=[
        {"spread": {"level": "zone", "max_skew": 1}},  # evenly over the zones
        {"anti-affinity": {"level": "rack"}},  # never two on one rack: EC2 refuses
    ],
    size={"type": config.require("type")},
)


def server(member: str, opts: pulumi.ResourceOptions) -> aws.ec2.Instance:
    """One server: your own arguments, with zone, placement group and our mark merged in."""
    return aws.ec2.Instance(
        member,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["ami"])),
        **group.arguments(
            member,
            ami=image.id,
            instance_type=config.require("type"),
            tags={"Name": member, "role": "web"},
        ),
    )


servers = paa.roll_out(group, server)

pulumi.export("zones", {member: one.availability_zone for member, one in servers.items()})
pulumi.export("addresses", {member: one.private_ip for member, one in servers.items()})
pulumi.export("promised", group.guarantee)
