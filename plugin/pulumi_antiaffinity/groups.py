"""The resource Group: a plan for every member, and the native groups that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from antiaffinity import clock, lost
from antiaffinity.errors import AntiaffinityError, Conflict, StillOccupied, Unavailable
from antiaffinity.model import GroupKey
from antiaffinity.planner.answer import Plan
from antiaffinity.preflight import check_kept
from antiaffinity.sight import Sight, backend_of
from antiaffinity.spec import Spec
from pulumi_antiaffinity import changes
from pulumi_antiaffinity import inputs as given
from pulumi_antiaffinity.ask import Ask, Diff, Failure, HalfMade, Made
from pulumi_antiaffinity.codec import Plain, known, reveal
from pulumi_antiaffinity.holders import disowned, held_in
from pulumi_antiaffinity.identity import group_id, key_of
from pulumi_antiaffinity.kept import kept, old_outputs, unchanged
from pulumi_antiaffinity.refusals import explained
from pulumi_antiaffinity.shapes import amiss, native_ids, natives_state, placement_state, plan_state

if TYPE_CHECKING:
    from antiaffinity.group import Group
    from pulumi_antiaffinity.provider import Provider

ATTEMPTS = 5
"""To claim places that other runs are after too."""

MENDED = "; have one of them made anew: pulumi up --replace URN (its URN: pulumi stack --show-urns)"
"""The way out of a rule that running machines break: a plan moves nobody."""

PATIENCE = 300.0
"""Seconds that a deletion waits for machines to be gone; ``customTimeouts.delete`` says otherwise."""


class Groups:
    """Group for one provider instance."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._replaced: set[str] = set()

    def check(self, ask: Ask) -> tuple[Plain, list[Failure]]:
        """The inputs with name and owner, credentials marked as secret."""
        new, old = ask.inputs, ask.old_inputs
        name = _first(new.get("name"), old.get("name"), ask.name)
        owner = _first(new.get("owner"), self.provider.owner, old.get("owner"), given.owner_of(ask.urn))
        found = given.with_secrets({**new, "name": name, "owner": owner})
        return found, [*self._twice(ask, found), *given.failures(self._with_clouds(found))]

    def _twice(self, ask: Ask, inputs: Plain) -> Iterator[Failure]:
        """Two resources of one program that would be one group, told before a machine is launched."""
        if held := held_in(self._with_clouds(inputs)):
            self.provider.holders.wanted(ask.urn, held)
            if other := self.provider.holders.other(ask.urn, held):
                told = f"{other} is the group {held.key} already: give one of them another name"
                yield Failure("name", told)

    def _stays(self, ask: Ask) -> None:
        if held := held_in(self._with_clouds(ask.inputs)):
            self.provider.holders.stays(ask.urn, held)

    def diff(self, ask: Ask) -> Diff:
        """In place, except for another group, another cloud, or native groups that cannot change."""
        diff, reasons = changes.of(ask, self.provider.clouds)
        if not diff.changes:
            self._stays(ask)
        for why in reasons:
            self._replaced.add(ask.urn)
            self.provider.log.warning(
                f"group {reveal(ask.old_inputs.get('name'))} is made anew: {why}", ask.urn
            )
        return diff

    def _with_clouds(self, inputs: Plain) -> Plain:
        return given.with_clouds(inputs, self.provider.clouds)

    # Making and changing

    def create(self, ask: Ask) -> Made:
        """Plan, and make the native groups; in a preview say where everybody would go."""
        inputs = ask.inputs
        self._stays(ask)
        if ask.preview and not known(self._with_clouds(inputs)):
            return Made("", {**inputs, **self._half_known(inputs)}, inputs)
        return self._planned(ask)

    def update(self, ask: Ask) -> Made:
        """Members that are there stay; new ones find their places around them."""
        self._stays(ask)
        if ask.preview and not known(self._with_clouds(ask.inputs)):
            return Made(ask.id, {**ask.inputs, **self._half_known(ask.inputs)}, ask.inputs)
        if not ask.preview:
            self._forget(ask)
        return self._planned(ask)

    def _planned(self, ask: Ask) -> Made:
        spec = self._spec(ask.inputs)
        try:
            with self.provider.connections.group(spec) as group:
                return self._carried_out(ask, group)
        except Unavailable as error:
            if not ask.preview:
                raise
            self.provider.log.warning(f"the preview cannot show new places: {error.message}", ask.urn)
            return Made(
                ask.id, {**ask.inputs, **old_outputs(ask), **self._half_known(ask.inputs)}, ask.inputs
            )

    def _carried_out(self, ask: Ask, group: Group) -> Made:
        for attempt in range(ATTEMPTS):
            seen = self._seen(ask, group)
            plan = group.planned(seen)
            check_kept(plan, seen)
            if ask.preview:
                return self._made(ask, group, seen, plan)
            try:
                plan = group.prepared(plan, seen)
            except Conflict:
                if attempt == ATTEMPTS - 1:
                    raise
                clock.sleep(0.2 * 2**attempt)
            except Unavailable as error:
                raise HalfMade(self._begun(ask, group.spec, error), error) from error
            else:
                return self._made(ask, group, seen, plan)
        raise AssertionError("the last attempt returns or raises")

    def _seen(self, ask: Ask, group: Group) -> Sight:
        """What is there; in the preview of a group that is made anew its machines are gone."""
        seen = group.look()
        return replace(seen, machines=()) if ask.preview and ask.urn in self._replaced else seen

    def _made(self, ask: Ask, group: Group, seen: Sight, plan: Plan) -> Made:
        dropped = self._dropped(ask)
        plan = replace(plan, surplus=tuple(one for one in plan.surplus if one.member not in dropped))
        self._tell(ask, plan)
        there = {} if ask.urn in self._replaced else native_ids(ask.state)
        fresh = {
            p.member: placement_state(p, backend_of(group.clouds, p.cloud), there) for p in plan.placements
        }
        outputs = {
            "placements": kept(ask, fresh),
            "names": [member.name for member in group.spec.members],
            "spec": given.document(self._with_clouds(ask.inputs)),
            "nativeGroups": list(natives_state(plan, there)),
            "unread": [],
            **plan_state(plan, seen),
        }
        return Made(group_id(group.key), {**ask.inputs, **outputs}, ask.inputs)

    def _begun(self, ask: Ask, spec: Spec, error: AntiaffinityError) -> Made:
        """Native groups may be there already: deleting this finds them by owner and name."""
        return Made(group_id(spec.key), {**old_outputs(ask), **ask.inputs}, ask.inputs, (error.message,))

    def _tell(self, ask: Ask, plan: Plan) -> None:
        for outlook in plan.rules:
            if outlook.verdict != "fits":
                told = f"{outlook.rule} is {outlook.verdict}: {outlook.why or outlook.note}"
                self.provider.log.warning(f"{told}{MENDED if outlook.why else ''}", ask.urn)
        self._tell_amiss(ask, plan)
        if ask.preview:
            self.provider.log.info(str(plan), ask.urn)

    def _tell_amiss(self, ask: Ask, plan: Plan) -> None:
        for text in amiss(plan.findings):
            self.provider.log.warning(text, ask.urn)

    def _half_known(self, inputs: Plain) -> Plain:
        """What can be told although something is unknown."""
        needed = {key: inputs.get(key) for key in ("name", "members")}
        if not known(needed):
            return {}
        spec = given.spec_of(needed)
        return {"names": [member.name for member in spec.members]}

    def _forget(self, ask: Ask) -> None:
        """Give up the claims of members that were dropped before a machine came of them."""
        if dropped := self._dropped(ask):
            with self.provider.connections.group(self._spec(ask.old_inputs)) as group:
                _give_up(group, dropped)

    def _dropped(self, ask: Ask) -> set[str]:
        """Members that this update drops: Pulumi deletes their machines at its end."""
        if not ask.old_inputs:
            return set()
        named = {member.name for member in self._spec(ask.inputs).members}
        return {member.name for member in self._spec(ask.old_inputs).members} - named

    def _spec(self, inputs: Plain) -> Spec:
        return given.spec_of(self._with_clouds(inputs))

    # Reading

    def read(self, ask: Ask) -> Made | None:
        """As it is: who is there stays where it is; None where its native groups are gone."""
        key = key_of(ask.id)
        inputs = ask.inputs or self._imported(key, ask.urn)
        if inputs is None:
            return None
        spec = self._spec(inputs)
        with self.provider.connections.group(spec) as group:
            seen = group.look()
            if _gone(ask, group, seen):
                return None
            plan = group.planned(seen)
            made = self._made(replace(ask, inputs=inputs), group, seen, plan)
            self._tell_amiss(ask, plan)
            self._tell_failed(ask, group, seen)
        unread = [] if ask.inputs else [key for key in changes.RULES if key not in inputs]
        return unchanged(ask, replace(made, state={**made.state, "unread": ask.state.get("unread", unread)}))

    def _tell_failed(self, ask: Ask, group: Group, seen: Sight) -> None:
        """A machine that its own provider failed to make: who has no hook to ask with reads it here.

        One that may have run is told, too: nothing replaces it but the user.
        """
        for finding in lost.findings(seen.machines):
            self.provider.log.warning(finding.message, ask.urn)
        for member in sorted({one.member for one in seen.machines if one.state == "failed"}):
            if message := "\n".join(explained(group, seen, member)):
                self.provider.log.warning(message, ask.urn)

    def _imported(self, key: GroupKey, urn: str) -> Plain | None:
        """The inputs that the clouds can tell: who is there."""
        self.provider.needs_cloud("a Group", urn)
        bare = {"name": key.name, "owner": key.owner, "members": 1, **self.provider.clouds}
        with self.provider.connections.group(given.spec_of(bare)) as group:
            members = sorted({seen.member for seen in group.machines() if seen.member})
            begun = any(_found(group))
        if not members and not begun:
            return None
        return {"name": key.name, "owner": key.owner, "members": members or 1}

    # Deleting

    def delete(self, ask: Ask) -> None:
        """Remove the native groups once no machine is left; waits for machines that are going.

        What another resource holds by now is left to it.
        """
        inputs = ask.inputs or ask.state
        held = held_in(self._with_clouds(inputs))
        if held and (holder := self.provider.holders.successor(ask.urn, held)):
            self.provider.log.warning(f"{held.key} is left as it is, as {holder} is this group now", ask.urn)
            return
        spec = self._spec(inputs)
        with self.provider.connections.group(spec) as group:
            _give_up(group, {member.name for member in spec.members})
            self._wait(ask, group.release)
        self.provider.holders.gone(ask.urn)

    def _wait(self, ask: Ask, release: Callable[[], None]) -> None:
        patience = ask.timeout or PATIENCE
        deadline, pause = monotonic() + patience, 0.5
        while True:
            try:
                return release()
            except StillOccupied as error:
                if monotonic() + pause > deadline:
                    error.message += f" (waited {patience:.0f} s; customTimeouts.delete says how long)"
                    error.ways_out = (*error.ways_out, disowned(ask.urn))
                    raise
                self.provider.log.progress(f"waiting up to {patience:.0f} s: {error.message}", ask.urn)
            clock.sleep(pause)
            pause = min(pause * 1.5, 5.0)


def _first(*values: Any) -> Any:
    """The first that says something, though it need not be known yet what."""
    return next((value for value in values if value not in (None, "")), None)


def _gone(ask: Ask, group: Group, seen: Sight) -> bool:
    """Whether nothing is left of a group that had native groups; without any there is nothing to miss."""
    had = bool(reveal(ask.state.get("nativeGroups") or []))
    return had and not seen.machines and not any(_found(group))


def _found(group: Group) -> Iterator[object]:
    """The native groups of ours that the clouds know for it."""
    for backend in group.clouds.values():
        yield from (n for one in backend.groups(group.key.owner) if one.key == group.key for n in one.natives)


def _give_up(group: Group, members: set[str]) -> None:
    """Release claims of members that no machine came of."""
    waiting = [seen for seen in group.machines() if seen.state == "claimed" and seen.member in members]
    for key, backend in group.clouds.items():
        names = [seen.member for seen in waiting if seen.cloud == key]
        if names:
            backend.release(group.key, names, group.spec.adopt)
