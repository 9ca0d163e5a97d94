"""Service engines that outlive a compute host, in one of Avi's three HA modes, on an OpenStack.

A mode that needs another server group makes the engines anew, as a server cannot change its group; the
preview says so before.
"""

from typing import Any

import pulumi
import pulumi_antiaffinity as paa
import pulumi_openstack as openstack

config = pulumi.Config()
mode, engines, buffer = config.require("mode"), config.require_int("engines"), config.require_int("buffer")

# Each mode is a rule of its own, which the preview shows: `survive (host)` or `anti-affinity (host)`.
modes: dict[str, tuple[int, dict[str, Any]]] = {
    # Two engines, never on one host.
    "active-standby": (2, {"level": "host"}),
    # All work; when the fullest host fails, at least min-alive live on.
    "active-active": (engines, {"level": "host", "min_alive": config.require_int("min-alive")}),
    # The fullest host holds at most `buffer` engines, so those needed live on when it fails.
    "n-plus-m": (engines + buffer, {"level": "host", "needed": engines, "buffer": buffer, "failures": 1}),
}
if mode not in modes:
    raise pulumi.RunError(f"mode is {mode!r}: pulumi config set mode {' | '.join(modes)}")
members, words = modes[mode]

group = paa.Group("engine", cloud={"kind": "openstack"}, members=members, ha={"mode": mode, **words})


def engine(member: str, opts: pulumi.ResourceOptions) -> openstack.compute.Instance:
    """One engine, in the group's server group."""
    return openstack.compute.Instance(
        member,
        opts=opts,
        **group.arguments(
            member,
            image_name=config.require("image"),
            flavor_name=config.require("flavor"),
            networks=[{"name": config.require("network")}],
        ),
    )


paa.roll_out(group, engine)

pulumi.export("survives", group.survives)  # how many are left when the fullest host, zone, ... fails
pulumi.export("promised", group.guarantee)
