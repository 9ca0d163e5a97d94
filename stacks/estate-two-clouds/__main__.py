"""One group over a pool of your own hosts (dc) and an OpenStack (eu), so that either may fail."""

from typing import Any

import pulumi
import pulumi_antiaffinity as paa
import pulumi_openstack as openstack
from pulumi_command import local

config = pulumi.Config()
clouds = {"dc": {"kind": "pool", "inventory": "hosts.yaml"}, "eu": {"kind": "openstack"}}
rules: list[dict[str, Any]] = [
    {"spread": {"level": "provider", "max_skew": 1}},  # half here, half there
    {"anti-affinity": {"level": "zone"}},  # and no two in one zone of either: so no two on one host
]

# A program declares another resource for each cloud, so it must know first who goes where: ask, then pin.
# Asked again later, members that have a machine are told where it is.
told = paa.plan("web", members=config.require_int("servers"), rules=rules, clouds=clouds)
cloud_of = {member: told["placements"][member]["cloud"] for member in told["names"]}
group = paa.Group(
    "web",
    members=[{"name": member, "only": {"provider": [key]}} for member, key in cloud_of.items()],
    rules=rules,
    clouds=clouds,
)


def on_our_hosts(member: str, opts: pulumi.ResourceOptions) -> local.Command:
    """A machine of our own, made by a command on the host it is given."""
    host = group.arguments(member)["host"]
    where = {"MEMBER": member, "HOST": host}
    create, delete = "./machine.sh create", "./machine.sh delete"
    return local.Command(member, create=create, delete=delete, environment=where, triggers=[host], opts=opts)


def on_openstack(member: str, opts: pulumi.ResourceOptions) -> openstack.compute.Instance:
    """A server, in the zone and the server group it is given."""
    image, flavor = config.require("image"), config.require("flavor")
    networks = [{"name": config.require("network")}]
    own = {"image_name": image, "flavor_name": flavor, "networks": networks}
    return openstack.compute.Instance(member, opts=opts, **group.arguments(member, **own))


boot = {"dc": on_our_hosts, "eu": on_openstack}
paa.roll_out(group, lambda member, opts: boot[cloud_of[member]](member, opts))

pulumi.export("clouds", cloud_of)
