"""What a Group's program must know while it runs, and what may come later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from inspect import isawaitable
from typing import Any

import pulumi


def holds_outputs(value: Any) -> bool:
    """Whether something in it is known only later."""
    if isinstance(value, Mapping):
        return any(map(holds_outputs, value.values()))
    if isinstance(value, list | tuple):
        return any(map(holds_outputs, value))
    return isinstance(value, pulumi.Output) or isawaitable(value)


def needed(inputs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What the program itself must know, by path: the members' names, and the cloud of each."""
    members = inputs["members"]
    if not isinstance(members, list | tuple):
        yield "members", members
        members = ()
    yield from _cloud_lists(inputs.get("only"), "only")
    for number, member in enumerate(members):
        if not isinstance(member, Mapping):
            yield f"members[{number}]", member
            continue
        yield f"members[{number}].name", member.get("name")
        yield from _cloud_lists(member.get("only"), f"members[{number}].only")


def _cloud_lists(only: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(only, Mapping):
        yield f"{path}.provider", only.get("provider")
    else:
        yield path, only


def plain_in(value: Any) -> Any:
    """The value without what is known only later, which the plugin checks."""
    if isinstance(value, Mapping):
        kept = {key: one for key, one in value.items() if isinstance(one, Mapping) or not holds_outputs(one)}
        return {key: plain_in(one) for key, one in kept.items()}
    return [plain_in(one) for one in value] if isinstance(value, list | tuple) else value


def first_out(opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
    """A Group that is made anew is deleted first, unless its options say otherwise: two are never one."""
    return pulumi.ResourceOptions.merge(pulumi.ResourceOptions(delete_before_replace=True), opts)


def unplaced(group: str, member: str, placements: Mapping[str, Any]) -> str:
    """Why a Group has no placement of a member that the program gives it."""
    there = ", ".join(sorted(placements)) or "nobody"
    return (
        f"{group} has no placement of {member}: the Group has {there}, as in its state. With --target, "
        f"target the Group too (its URN: pulumi stack --show-urns). With ignore_changes of members, it does "
        f"not hear of new ones. With an alias it keeps its former name, after which a number of members is "
        f"called: give group_name, or the members by name"
    )
