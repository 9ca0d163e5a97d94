"""``place``: the placements of a Group put into machines that a program declares already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pulumi

from pulumi_antiaffinity.program.attached import Verification
from pulumi_antiaffinity.program.group import Group
from pulumi_antiaffinity.program.rollout import Explaining, attach, verify

Merge = Callable[[str, dict[str, Any]], Mapping[str, Any]]
"""``merge(member, own)`` answers a machine's arguments, from the program's own (in snake_case)."""


def place(group: Group, machines: Mapping[str, str], merge: Merge | None = None) -> Placed:
    """From here on give each machine of a program the place of a member; ``attach()`` after the last one.

    ``machines`` says by a resource's name which member it is: ``{"shop-a": "web-0"}``; where several
    resources bear that name, ``type::name`` as its URN ends. ``merge`` is for machines that have words of
    their own for a host, as those of a pool do; without it they get ``group.arguments(member, **own)``.

    Each machine depends on the Group, and, where the cloud would let them race for a place, on the
    machine declared before it. What must be replaced is deleted first, unless its ``opts`` say otherwise.

    Seen is only what this process declares after this call: no machine of a remote component (awsx and
    the like), of a component that was declared before, or of a program in another language. It is made
    of Pulumi's stack transformations, as its newer stack transforms lose the dependency on the Group,
    and ``pulumi destroy`` would begin with it.
    """
    _check(group, machines)
    placed = Placed(group, machines, merge or _merged_by(group))
    pulumi.runtime.register_stack_transformation(placed._transformed)
    return placed


class Placed:
    """The machines that ``place`` has found so far: ``machines`` by member."""

    def __init__(self, group: Group, wanted: Mapping[str, str], merge: Merge) -> None:
        self.machines: dict[str, pulumi.CustomResource] = {}
        self._group, self._wanted, self._merge = group, dict(wanted), merge
        self._hook = Explaining(group)
        self._guarding = self._hook.guarding()

    def attach(self) -> Verification:
        """Attach and verify the machines: to be called once, when all of them are declared."""
        missing = [name for name, member in self._wanted.items() if member not in self.machines]
        if missing:
            raise pulumi.RunError(
                f"no machine {' or '.join(missing)} was declared between place() and attach(): check the "
                f"name; machines of remote components, and of components declared before, are not seen"
            )
        self._wanted = {}  # what comes later is none of these: mocks keep transformations for the next test
        found = self.machines.items()
        return verify(self._group, {member: attach(self._group, member, one) for member, one in found})

    def _transformed(
        self, args: pulumi.ResourceTransformationArgs
    ) -> pulumi.ResourceTransformationResult | None:
        machine, member = args.resource, self._member(args)
        if member is None or not isinstance(machine, pulumi.CustomResource):
            return None
        self._refuse_second(member, args)
        props = self._merge(member, {key: value for key, value in args.props.items() if value is not None})
        opts = pulumi.ResourceOptions.merge(args.opts, self._options(member, args.opts))
        self.machines[member] = machine
        self._hook.members[args.name] = member
        return pulumi.ResourceTransformationResult({**args.props, **props}, opts)

    def _member(self, args: pulumi.ResourceTransformationArgs) -> str | None:
        """Whose machine it is; what is only read (``Instance.get``) is launched by nobody here."""
        if args.opts.id is not None:
            return None
        return self._wanted.get(f"{args.type_}::{args.name}", self._wanted.get(args.name))

    def _options(self, member: str, theirs: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
        cloud = self._group.record(member)
        before = [] if cloud.side_by_side else list(self.machines.values())[-1:]
        first = True if theirs.delete_before_replace is None else theirs.delete_before_replace
        hooks = self._guarding if first else self._hook.binding
        return pulumi.ResourceOptions(
            depends_on=[self._group, *before],
            delete_before_replace=first,
            hooks=hooks,
            ignore_changes=list(cloud.pulumi_moved),
        )

    def _refuse_second(self, member: str, args: pulumi.ResourceTransformationArgs) -> None:
        if member in self.machines:
            raise pulumi.RunError(
                f"two resources are called {args.name!r}: say which one is {member}'s machine by its type "
                f"too, e.g. {args.type_}::{args.name}"
            )


def _check(group: Group, machines: Mapping[str, str]) -> None:
    """Each machine is one member, and each member one machine."""
    for name, member in machines.items():
        if member not in group.names:
            raise pulumi.RunError(
                f"{name}: {group._name} has no member {member!r}; there are {', '.join(group.names)}"
            )
    twice = {member for member in machines.values() if list(machines.values()).count(member) > 1}
    if twice:
        raise pulumi.RunError(f"{' and '.join(sorted(twice))}: two machines cannot be one member")


def _merged_by(group: Group) -> Merge:
    return lambda member, own: group.arguments(member, **own)
