"""The group's program in Python, as its users write it."""

from __future__ import annotations

from collections.abc import Mapping

from ground_pool import LAUNCH, TERMINATE, TOLD
from life import GROUP, Ground, Settings

from real.pulumi_rig import Project, Workspace, python

POOL = f"""
import pulumi
import pulumi_antiaffinity as paa
from pulumi_command import local

config = pulumi.Config()
group = paa.Group(
    "{GROUP}", cloud={{"kind": "pool", "inventory": "hosts.yaml"}},
    members=config.require_int("members"), rules=config.require("rules"))


def boot(member, opts):
    placed, version = group.arguments(member), config.get(f"version-{{member}}") or "1"
    return local.Command(
        member, create={LAUNCH!r}, update={TOLD!r}, delete={TERMINATE!r}, opts=opts,
        environment={{"MEMBER": member, "VERSION": version, "HOST": placed["host"]}}, triggers=[version])


paa.roll_out(group, boot, spare=config.require_bool("spare"))
"""
OPENSTACK = f"""
import pulumi
import pulumi_antiaffinity as paa
import pulumi_openstack as openstack

config = pulumi.Config()
group = paa.Group(
    "{GROUP}", cloud={{"kind": "openstack"}},
    members=config.require_int("members"), rules=config.require("rules"))


def boot(member, opts):
    return openstack.compute.Instance(member, opts=opts, **group.arguments(
        member, image_name="cirros", flavor_name="m1.nano", networks=[{{"name": "private"}}],
        user_data=config.get(f"version-{{member}}") or "1", metadata={{"role": "db"}}))


paa.roll_out(group, boot, spare=config.require_bool("spare"))
"""
ALONE = f"""
import pulumi
import pulumi_antiaffinity as paa

options = pulumi.ResourceOptions(
    custom_timeouts=pulumi.CustomTimeouts(delete="3s"), import_=IMPORTED)
paa.Group("{GROUP}", members=["db-0", "db-1", "db-2"], rules="anti-affinity", opts=options)
"""
PROGRAMS = {"pool": POOL, "openstack": OPENSTACK}


class Python:
    """Programs that `roll_out` launches in order, attaches and verifies."""

    hooked = True

    def project(self, ground: Ground, settings: Settings) -> Project:
        return python(PROGRAMS[ground.kind])

    def alone(self, imported: str) -> Project:
        return python(ALONE.replace("IMPORTED", repr(imported or None)))

    def workspace(self, project: Project, env: Mapping[str, str]) -> Workspace:
        return Workspace(project, env=env)


class AtOnce(Python):
    """Programs without the helper: every machine is declared, and the engine starts them all at once."""

    def project(self, ground: Ground, settings: Settings) -> Project:
        bare = "for member in group.names:\n    boot(member, None)\n"
        return python(PROGRAMS[ground.kind].partition("paa.roll_out")[0] + bare)
