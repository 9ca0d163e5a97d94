"""Web servers apart over the zones and hypervisors of Exoscale.

Both packages log in as the `exo` command does: EXOSCALE_API_KEY and EXOSCALE_API_SECRET.
"""

import pulumi
import pulumi_antiaffinity as paa
import pulumiverse_exoscale as exoscale

config = pulumi.Config()

# Zones we choose; hypervisors only Exoscale can, so there are anti-affinity groups: `pulumi preview` says so.
group = paa.Group(
    "web",
    cloud={"kind": "exoscale", "zones": config.require("zones").split(",")},
    members=config.require_int("servers"),  # web-0, web-1, ...: or a list of names
    rules=[
        {"spread": {"level": "zone", "max_skew": 1}},  # evenly over the zones
        {"anti-affinity": {"level": "host"}},  # never two on one hypervisor: Exoscale refuses
    ],
    planned=config.require_int("planned"),  # an instance cannot change its groups, so those to come count
)


def server(member: str, opts: pulumi.ResourceOptions) -> exoscale.ComputeInstance:
    """One server: your own arguments, with zone, groups and our mark merged in."""
    zone = group.placement(member)["domains"]["zone"]
    template = exoscale.get_template_output(name=config.require("template"), zone=zone)
    return exoscale.ComputeInstance(
        member,
        opts=opts,
        **group.arguments(
            member,
            name=member,
            type=config.require("type"),
            template_id=template.id,
            disk_size=10,  # GiB
            labels={"role": "web"},
        ),
    )


servers = paa.roll_out(group, server)

pulumi.export("zones", {member: one.zone for member, one in servers.items()})
pulumi.export("addresses", {member: one.public_ip_address for member, one in servers.items()})
pulumi.export("promised", group.guarantee)
