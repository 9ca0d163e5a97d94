"""Web servers apart over your own hosts, each made by a command of yours on the host it is given."""

import pulumi
import pulumi_antiaffinity as paa
from pulumi_command import local

config = pulumi.Config()

# The plan. `pulumi preview` prints it: who goes where and why, and what is left when a zone or host fails.
group = paa.Group(
    "web",
    cloud={"kind": "pool", "inventory": "hosts.yaml"},  # beside it: the ledger, who is where
    members=config.require_int("servers"),  # web-0, web-1, ...: or a list of names
    rules=[
        {"anti-affinity": {"level": "host"}},  # never two on one host
        {"spread": {"level": "zone", "max_skew": 1}},  # and evenly over the zones
    ],
    size={"vcpus": 2, "memory_mb": 4096},  # what one server takes of a host's capacity
)


def server(member: str, opts: pulumi.ResourceOptions) -> local.Command:
    """One machine: any resource will do, if it gets `opts` and uses the host."""
    host = group.arguments(member)["host"]
    image = config.require("image")
    return local.Command(
        member,
        create="./machine.sh create",
        delete="./machine.sh delete",
        environment={"MEMBER": member, "HOST": host, "IMAGE": image},
        triggers=[host, image],  # another host or image: the old machine goes first, its place is kept
        opts=opts,
    )


paa.roll_out(group, server)  # launches, writes each into the ledger, judges the rules by what is there

pulumi.export("hosts", {member: group.placement(member)["domains"]["host"] for member in group.names})
pulumi.export("promised", group.guarantee)
