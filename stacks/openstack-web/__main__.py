"""Web servers apart over the availability zones and compute hosts of an OpenStack.

Both packages log in as the `openstack` client does: OS_CLOUD names an entry of clouds.yaml.
"""

import pulumi
import pulumi_antiaffinity as paa
import pulumi_openstack as openstack

config = pulumi.Config()

# Zones we choose; hosts only Nova can, so it gets a server group, and `pulumi preview` says so.
group = paa.Group(
    "web",
    cloud={"kind": "openstack"},
    members=config.require_int("servers"),  # web-0, web-1, ...: or a list of names
    rules=[
        {"spread": {"level": "zone", "max_skew": 1}},  # evenly over the zones
        {"anti-affinity": {"level": "host"}},  # never two on one host: Nova refuses
    ],
)


def server(member: str, opts: pulumi.ResourceOptions) -> openstack.compute.Instance:
    """One server: your own arguments, with zone, server group and our mark merged in."""
    return openstack.compute.Instance(
        member,
        opts=opts,  # one after the other: servers booted at once race for a host
        **group.arguments(
            member,
            image_name=config.require("image"),
            flavor_name=config.require("flavor"),
            networks=[{"name": config.require("network")}],
            metadata={"role": "web"},
        ),
    )


servers = paa.roll_out(group, server)

pulumi.export("zones", {member: one.availability_zone for member, one in servers.items()})
pulumi.export("addresses", {member: one.access_ip_v4 for member, one in servers.items()})
pulumi.export("promised", group.guarantee)
