"""``roll_out``: the machines of a Group, in a safe order, attached and verified."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pulumi

from pulumi_antiaffinity.program.attached import Attachment, Verification
from pulumi_antiaffinity.program.group import Group

Machine = TypeVar("Machine", bound=pulumi.CustomResource)


def roll_out(
    group: Group, launch: Callable[[str, pulumi.ResourceOptions], Machine], spare: bool = False
) -> dict[str, Machine]:
    """Declare the machine of every member with ``launch(member, opts)``; the machines by member.

    Each is launched when the one before it has its place, where the cloud would otherwise let them race
    for one. A machine that must be replaced is deleted first, as its place is its own; with ``spare``
    the new one comes first, which needs a free place. Without ``spare`` no machine is launched while
    another one bears the member's mark. ``launch`` must hand ``opts`` on.
    """
    hook = Explaining(group)
    binding = hook.binding if spare else hook.guarding()
    machines: dict[str, Machine] = {}
    attached: dict[str, Attachment] = {}
    for member in group.names:
        cloud = group.record(member)
        before = [] if cloud.side_by_side else list(attached.values())[-1:]
        opts = pulumi.ResourceOptions(
            depends_on=[group, *before],
            delete_before_replace=not spare,
            hooks=binding,
            ignore_changes=list(cloud.pulumi_moved),
        )
        machine = _checked(launch(member, opts), member)
        hook.members[machine._name] = member
        machines[member] = machine
        attached[member] = attach(group, member, machine)
    verify(group, attached)
    return machines


def attach(group: Group, member: str, machine: pulumi.CustomResource) -> Attachment:
    """The Attachment of one machine."""
    opts, id_ = _beside(group, [machine]), _id(group, member, machine)
    return Attachment(f"{group._name}/{member}", group=group, member=member, instance=id_, opts=opts)


def _beside(group: Group, after: list[Any]) -> pulumi.ResourceOptions:
    """Of the Group, but not protected with it: who protects that must still be able to replace a machine."""
    return pulumi.ResourceOptions(parent=group, depends_on=after, protect=False)


def _id(group: Group, member: str, machine: pulumi.CustomResource) -> pulumi.Output[str]:
    """Some clouds know a machine by another id than its resource has."""
    output = group.record(member).pulumi_id
    if not hasattr(machine, output):
        raise pulumi.RunError(
            f"the machine of {member} is a {type(machine).__name__}, which has no output {output!r}, "
            f"by which {group.record(member).title} knows it"
        )
    return getattr(machine, output)  # type: ignore[no-any-return]


def verify(group: Group, attached: dict[str, Attachment]) -> Verification:
    """The Verification of a group, after all its Attachments."""
    return Verification(
        group._name,
        spec=group.spec,
        instances={member: one.instance for member, one in attached.items()},
        opts=_beside(group, list(attached.values())),
    )


def _checked(machine: Any, member: str) -> Any:
    if not isinstance(machine, pulumi.CustomResource):
        raise pulumi.RunError(
            f"launch({member!r}, opts) must return the machine's resource, not {type(machine).__name__}"
        )
    return machine


class Explaining:
    """An error hook: has it said why a machine found no place, when its own provider fails to make it."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.members: dict[str, str] = {}
        hook = pulumi.ErrorHook(f"antiaffinity:{group.in_program}", self._explain)
        self.binding = pulumi.ResourceHookBinding(on_error=[hook])

    async def _explain(self, failed: pulumi.ErrorHookArgs) -> bool:
        """Never asks for another try: what found no place finds none a second later."""
        member = self.members.get(failed.name)
        if member and failed.failed_operation == "create":
            error = next(iter(failed.errors or []), "")
            # Shown by the provider: the SDK's own log waits for the machine's URN, which never comes.
            arguments = {"spec": self.group.spec, "member": member, "error": error, "urn": failed.urn}
            try:
                await pulumi.runtime.invoke_async("antiaffinity:index:explain", arguments, self._options())
            except Exception as unreachable:
                pulumi.log.warn(f"why {member} was not made could not be asked: {unreachable}")
        return False

    def guarding(self) -> pulumi.ResourceHookBinding:
        """The same, and a look before each launch at what a run that was killed left of the member."""
        look = pulumi.ResourceHook(f"antiaffinity:{self.group.in_program}:before", self._look)
        return pulumi.ResourceHookBinding(before_create=[look], on_error=self.binding.on_error)

    async def _look(self, wanted: pulumi.ResourceHookArgs) -> None:
        """Refuses the launch: Pulumi itself would make the member a second time."""
        arguments = {"spec": self.group.spec, "member": self.members.get(wanted.name), "urn": wanted.urn}
        try:
            found = await pulumi.runtime.invoke_async(
                "antiaffinity:index:leftovers", arguments, self._options()
            )
        except Exception as unreachable:
            pulumi.log.warn(f"what is there of {wanted.name} could not be asked: {unreachable}")
            return
        if found and found["message"]:
            raise RuntimeError(found["message"])

    def _options(self) -> pulumi.InvokeOptions:
        return pulumi.InvokeOptions(parent=self.group)
