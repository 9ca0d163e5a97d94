"""The typed resources Attachment and Verification of a Python program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from pulumi_antiaffinity.program.estate import Settings
from pulumi_antiaffinity.program.group import Group


class Attachment(pulumi.CustomResource):
    """One machine as one member: waits until its place is decided, checks it, writes it down.

    ``group`` is the Group, or its id with ``placement`` beside it. Never changes the machine; but a
    new one that its cloud started elsewhere than in its place is moved there, where the cloud can.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        group: Group | pulumi.Input[str],
        member: pulumi.Input[str],
        instance: pulumi.Input[str],
        placement: pulumi.Input[Mapping[str, Any]] | None = None,
        cloud: pulumi.Input[Settings] | None = None,
        clouds: pulumi.Input[Mapping[str, Settings]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        theirs = {"cloud": cloud, "clouds": clouds}
        if isinstance(group, Group):
            theirs = {**theirs, **group.clouds_given}
            placement = placement or pulumi.Output.from_input(member).apply(group.placement)
        props = {
            "group": group.id if isinstance(group, Group) else group,
            "member": member,
            "instance": instance,
            "placement": placement,
            **theirs,
            **dict.fromkeys(("domains", "state", "memberships", "holder")),
        }
        super().__init__("antiaffinity:index:Attachment", resource_name, props, opts)

    @property
    @pulumi.getter
    def instance(self) -> pulumi.Output[str]:
        """The machine's id."""
        return pulumi.get(self, "instance")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def domains(self) -> pulumi.Output[dict[str, str]]:
        """Where the machine is, by level, as its cloud shows it."""
        return pulumi.get(self, "domains")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def state(self) -> pulumi.Output[str]:
        """What the machine does: running, stopped, failed, leaving."""
        return pulumi.get(self, "state")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def memberships(self) -> pulumi.Output[dict[str, list[str]]]:
        """The native groups that the machine is in, by level."""
        return pulumi.get(self, "memberships")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def holder(self) -> pulumi.Output[str | None]:
        """The word by which a pool's ledger knows this very Attachment; None on other clouds."""
        return pulumi.get(self, "holder")  # type: ignore[no-any-return]


class Verification(pulumi.CustomResource):
    """The rules of a Group, judged by where its machines are; a broken hard rule fails the update."""

    def __init__(
        self,
        resource_name: str,
        *,
        spec: pulumi.Input[Mapping[str, Any]],
        instances: pulumi.Input[Mapping[str, pulumi.Input[str]]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        outputs = ("verdict", "rules", "skew", "surplus", "missing", "findings", "summary")
        props = {"spec": spec, "instances": instances, **dict.fromkeys(outputs)}
        super().__init__("antiaffinity:index:Verification", resource_name, props, opts)

    @property
    @pulumi.getter
    def verdict(self) -> pulumi.Output[str]:
        """The worst verdict of all rules: held, promised, unproven, broken."""
        return pulumi.get(self, "verdict")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def rules(self) -> pulumi.Output[list[dict[str, Any]]]:
        """Each rule with its verdict and the evidence for it."""
        return pulumi.get(self, "rules")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def skew(self) -> pulumi.Output[dict[str, int]]:
        """By level how many more machines the fullest domain in use has than the emptiest."""
        return pulumi.get(self, "skew")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def surplus(self) -> pulumi.Output[list[str]]:
        """Machines that bear the group's mark and are no member's."""
        return pulumi.get(self, "surplus")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def missing(self) -> pulumi.Output[list[str]]:
        """Members without a machine."""
        return pulumi.get(self, "missing")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def findings(self) -> pulumi.Output[list[str]]:
        """What one should know."""
        return pulumi.get(self, "findings")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def summary(self) -> pulumi.Output[str]:
        """The group as it stands, as a table for people."""
        return pulumi.get(self, "summary")  # type: ignore[no-any-return]
