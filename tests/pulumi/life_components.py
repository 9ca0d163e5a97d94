"""Groups inside components: two of one resource name, as two teams write them."""

from __future__ import annotations

from ground_pool import LAUNCH, TERMINATE, TOLD
from life import GROUP, Ground, Life, Settings
from life_python import Python

from real.pulumi_rig import Project, python

PROGRAM = f"""
import pulumi
import pulumi_antiaffinity as paa
from pulumi_command import local


class Tier(pulumi.ComponentResource):
    def __init__(self, kind, member):
        super().__init__(f"shop:index:{{kind}}", "tier", None, pulumi.ResourceOptions())
        mine = pulumi.ResourceOptions(parent=self)
        self.group = paa.Group("web", group_name=kind, cloud=CLOUD, members=[member], opts=mine)
        paa.roll_out(self.group, self.boot)

    def boot(self, member, opts):
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(parent=self))
        return local.Command(
            member, create={LAUNCH!r}, update={TOLD!r}, delete={TERMINATE!r}, opts=opts,
            environment={{"MEMBER": member, "VERSION": "1", "HOST": self.group.arguments(member)["host"]}})


Tier("Front", "{GROUP}-0")
Tier("Back", "{GROUP}-1")
"""


class Components(Python):
    """A program of two components, each with a Group of the same resource name."""

    def project(self, ground: Ground, settings: Settings) -> Project:
        return python(PROGRAM.replace("CLOUD", repr({**ground.cloud})))


def two_of_one_name(life: Life) -> None:
    """Both come up, are known to themselves, and go."""
    life.preview().ok()
    life.up().ok()
    assert sorted(life.machines()) == [f"{GROUP}-0", f"{GROUP}-1"]
    assert life.is_still()
