"""The typed resource Group of a Python program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

import pulumi
from msgspec.structs import replace

from antiaffinity import registry
from antiaffinity.errors import AntiaffinityError
from antiaffinity.guarantee import Cloud
from antiaffinity.model import GroupKey, Level, Member, Needs, Placement
from antiaffinity.policy import Ha, Rule
from antiaffinity.spec import Saturated, Spec
from pulumi_antiaffinity import inputs as given
from pulumi_antiaffinity.identity import key_of
from pulumi_antiaffinity.program.estate import Settings, kinds_in, kinds_of, plain
from pulumi_antiaffinity.program.known import first_out, holds_outputs, needed, plain_in, unplaced
from pulumi_antiaffinity.shapes import placement_of

T = TypeVar("T")
UNKNOWN: Any = pulumi.output.UNKNOWN


class Group(pulumi.CustomResource):
    """Machines to be kept apart (or together): where each of them goes, and what the cloud promises.

    Takes SPEC's keys; ``group_name`` is the group's name where it is not the resource's. A preview shows
    the real plan as soon as the inputs are known. Wrong inputs fail it, each named by its path.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        members: pulumi.Input[int | Sequence[str | Mapping[str, Any] | Member]],
        rules: pulumi.Input[str | Rule | Sequence[str | Mapping[str, Any] | Rule]] = (),
        ha: pulumi.Input[Ha | Mapping[str, Any]] | None = None,
        size: pulumi.Input[Mapping[str, float | str]] | None = None,
        only: pulumi.Input[Mapping[Level, Sequence[str]]] | None = None,
        never: pulumi.Input[Mapping[Level, Sequence[str]]] | None = None,
        needs: pulumi.Input[Needs | Mapping[str, Any]] | None = None,
        saturated: pulumi.Input[Saturated] | None = None,
        planned: pulumi.Input[int] | None = None,
        adopt: pulumi.Input[Mapping[Level, str]] | None = None,
        owner: pulumi.Input[str] | None = None,
        group_name: pulumi.Input[str] | None = None,
        cloud: pulumi.Input[Settings] | None = None,
        clouds: pulumi.Input[Mapping[str, Settings]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "name": group_name,
            "owner": owner,
            "members": plain(members),
            "rules": plain([rules] if isinstance(rules, Rule) else rules) or None,
            "ha": plain(ha),
            "size": size,
            "only": only,
            "never": never,
            "needs": plain(needs),
            "saturated": saturated,
            "planned": planned,
            "adopt": adopt,
            "cloud": cloud,
            "clouds": clouds,
        }
        self._inputs = {key: value for key, value in inputs.items() if value is not None}
        self._kinds = kinds_in(self._inputs) or kinds_of(opts)
        self._parent = opts.parent if opts else None
        super().__init__("antiaffinity:index:Group", resource_name, {**inputs, **_OUTPUTS}, first_out(opts))

    @property
    def in_program(self) -> str:
        """What tells this Group from others of its program: two components may each have one of its name."""
        if self._parent is None:
            return self._name
        return f"{self._parent.pulumi_resource_type}:{self._parent.pulumi_resource_name}:{self._name}"

    @property
    def names(self) -> list[str]:
        """The members' names, known while the program runs."""
        return [member.name for member in self._spec.members]

    @property
    @pulumi.getter
    def owner(self) -> pulumi.Output[str]:
        """Whose group it is: ``<project>/<stack>`` unless told otherwise."""
        return pulumi.get(self, "owner")  # type: ignore[no-any-return]

    @property
    @pulumi.getter(name="name")
    def group_name(self) -> pulumi.Output[str]:
        """The group's name: the resource's unless told otherwise."""
        return pulumi.get(self, "name")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def placements(self) -> pulumi.Output[dict[str, Any]]:
        """Where each member goes: its cloud, domains, and launch arguments."""
        return pulumi.get(self, "placements")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def verdict(self) -> pulumi.Output[str]:
        """Whether everybody has a place: fits, short, or broken by what is there."""
        return pulumi.get(self, "verdict")  # type: ignore[no-any-return]

    @property
    @pulumi.getter(name="rulesOutlook")
    def rules_outlook(self) -> pulumi.Output[list[dict[str, Any]]]:
        """Each rule with what the plan makes of it, and the evidence to expect."""
        return pulumi.get(self, "rules_outlook")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def survives(self) -> pulumi.Output[list[dict[str, Any]]]:
        """By level how many members are left when the fullest domain fails."""
        return pulumi.get(self, "survives")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def skew(self) -> pulumi.Output[dict[str, int]]:
        """By level how many more members the fullest domain in use has than the emptiest."""
        return pulumi.get(self, "skew")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def guarantee(self) -> pulumi.Output[list[str]]:
        """What the cloud really promises for each rule, and its caveat."""
        return pulumi.get(self, "guarantee")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def findings(self) -> pulumi.Output[list[str]]:
        """What one should know."""
        return pulumi.get(self, "findings")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def summary(self) -> pulumi.Output[str]:
        """The plan as a table for people."""
        return pulumi.get(self, "summary")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def spec(self) -> pulumi.Output[dict[str, Any]]:
        """The SPEC as one object, its cloud included: what a Verification judges by."""
        return pulumi.get(self, "spec")  # type: ignore[no-any-return]

    @property
    @pulumi.getter(name="nativeGroups")
    def native_groups(self) -> pulumi.Output[list[dict[str, Any]]]:
        """The cloud's own groups that carry the rules, with their ids."""
        return pulumi.get(self, "native_groups")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def unread(self) -> pulumi.Output[list[str]]:
        """The inputs that an import could not read from the cloud."""
        return pulumi.get(self, "unread")  # type: ignore[no-any-return]

    @property
    def clouds_given(self) -> dict[str, Any]:
        """The clouds of this very Group, for its Attachments; empty where the provider has them."""
        return {key: self._inputs[key] for key in given.CLOUDS if key in self._inputs}

    def placement(self, member: str) -> pulumi.Output[dict[str, Any]]:
        """Where one member goes."""
        if not holds_outputs(self._inputs["members"]):
            self._check_member(member)
        return self.placements.apply(lambda placements: self._placed(placements, member), True)

    def record(self, member: str) -> Cloud:
        """The record of the cloud that a member goes to: what it takes and promises."""
        kind = self._kinds[self._cloud_of(member)]
        return _refused(lambda: registry.record(kind))

    def arguments(self, member: str, /, **own: Any) -> dict[str, Any]:
        """Your own arguments of the member's machine with its placement and our mark merged in.

        For the one machine resource of its cloud, with ``**``. Each value is known or unknown by itself.
        An own argument that names another place is refused.
        """
        cloud = self.record(member)
        merge, keys = cloud.merges["pulumi"], cloud.keys["pulumi"]
        everywhere: Any = dict.fromkeys(cloud.chosen, UNKNOWN)
        anywhere = Placement(member, everywhere, ids=everywhere, native_ids=(UNKNOWN,), key=key_of("o/g"))
        _refused(lambda: merge(anywhere, own))
        mine = {key: self._merged(member, key, cloud, own) for key in keys}
        return {**{key: value for key, value in own.items() if key not in keys}, **mine}

    def _merged(self, member: str, key: str, cloud: Cloud, own: Mapping[str, Any]) -> pulumi.Output[Any]:
        """One launch argument, in the dialect of the cloud's Pulumi package."""
        merge, mine = cloud.merges["pulumi"], {key: own[key]} if key in own else {}

        def value(planned: Any, own: Mapping[str, Any]) -> Any:
            placements, *whose = (UNKNOWN, UNKNOWN) if planned is UNKNOWN else planned
            if UNKNOWN in (placements, *whose):
                return UNKNOWN
            placed = placement_of(self._placed(placements, member), GroupKey(*whose))
            return merge(placed, own).get(key)

        if not holds_outputs(mine):  # most do not, and every Output costs the program time
            return self._planned.apply(lambda planned: value(planned, mine), run_with_unknowns=True)
        both = pulumi.Output.all(self._planned, mine)
        return both.apply(lambda found: value(*found), run_with_unknowns=True)

    def _placed(self, placements: Any, member: str) -> Any:
        """The placement of one member; a RunError where this run did not plan for it."""
        if placements is UNKNOWN or member in placements:
            return placements if placements is UNKNOWN else placements[member]
        raise pulumi.RunError(unplaced(self._name, member, placements))

    @cached_property
    def _planned(self) -> pulumi.Output[Any]:
        return pulumi.Output.all(self.placements, self.owner, self.group_name)

    def _cloud_of(self, member: str) -> str:
        spec = self._spec
        self._check_member(member)
        if not self._kinds:
            raise pulumi.RunError(
                f"{self._name}: the kind of its cloud must be known when the program runs: give cloud as a "
                f"plain dict, here, in a paa.Provider, or as configuration antiaffinity:cloud"
            )
        if "" in self._kinds:
            return ""
        one = self._members[member]
        return given.pinned(one, replace(spec, clouds={key: {} for key in self._kinds})) or _open(one)

    def _check_member(self, member: str) -> None:
        if member not in self._members:
            raise pulumi.RunError(f"{self._name} has no member {member!r}; there are {', '.join(self.names)}")

    @cached_property
    def _members(self) -> dict[str, Member]:
        return {member.name: member for member in self._spec.members}

    @cached_property
    def _spec(self) -> Spec:
        """As much of the SPEC as the program itself must know."""
        for path, value in needed(self._inputs):
            if holds_outputs(value):
                raise pulumi.RunError(
                    f"{self._name}: {path} must be a plain value, so that the program knows who there is"
                )
        known: dict[str, Any] = {key: plain_in(self._inputs.get(key)) for key in ("members", "only")}
        known = {key: value for key, value in known.items() if value is not None}
        name = self._inputs.get("name")
        plain = name if isinstance(name, str) else self._name
        return _refused(lambda: given.spec_of({"name": plain, "owner": "program", **known}))


_OUTPUTS = dict.fromkeys(
    [
        *("placements", "verdict", "rulesOutlook", "survives", "skew", "guarantee", "findings"),
        *("summary", "spec", "nativeGroups", "unread"),
    ]
)


def _open(member: Member) -> str:
    raise pulumi.RunError(
        f"{member.name}: pin it to one cloud, e.g. only: {{provider: [dc]}}; plan() tells which"
    )


def _refused(work: Callable[[], T]) -> T:
    """The user's mistake as the user's, without a traceback."""
    try:
        return work()
    except AntiaffinityError as error:
        raise pulumi.RunError(str(error)) from error
