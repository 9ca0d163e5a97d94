"""The resource Attachment: one machine as one member, with its place read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from antiaffinity.errors import AntiaffinityError
from antiaffinity.leftovers import bound
from antiaffinity.model import GroupKey, Observed
from antiaffinity.planner.problem import holders
from antiaffinity.sight import backend_of
from antiaffinity.spec import Spec
from pulumi_antiaffinity import inputs as given
from pulumi_antiaffinity.ask import Ask, Change, Diff, Failure, Made, changed, replacing
from pulumi_antiaffinity.codec import Plain, known, reveal, same
from pulumi_antiaffinity.failures import told
from pulumi_antiaffinity.identity import group_id, key_of
from pulumi_antiaffinity.shapes import observed_state, placement_of

if TYPE_CHECKING:
    from antiaffinity.group import Group
    from pulumi_antiaffinity.provider import Provider

TEXTS = {
    "group": "the id of the Group",
    "member": "the member's name, one of the Group's names",
    "instance": "the id of the machine that was launched with the member's arguments",
}
KEYS = (*TEXTS, "placement", *given.CLOUDS)


class Attachments:
    """Attachment for one provider instance."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def check(self, ask: Ask) -> tuple[Plain, list[Failure]]:
        """The inputs, credentials marked as secret."""
        found = given.with_secrets(ask.inputs)
        return found, [*_wrong(found), *self._wrong_cloud(found)]

    def _wrong_cloud(self, inputs: Plain) -> list[Failure]:
        clouds = given.with_clouds(inputs, self.provider.clouds)
        if not known({key: clouds.get(key) for key in given.CLOUDS}):
            return []
        try:
            spec = given.parse({"group": "g", "members": 1, **_clouds(clouds)})
            given.check_clouds(spec)
        except AntiaffinityError as error:
            return [Failure(error.path, told(error))]
        return []

    def diff(self, ask: Ask) -> Diff:
        """Another machine, or another place, is written down; another member is another Attachment."""
        changes: dict[str, Change] = {}
        for key in KEYS:
            old, new = _plain(key, ask.old_inputs), _plain(key, ask.inputs)
            if not same(old, new):
                change = changed(old, new)
                changes[key] = replacing(change) if key in ("group", "member") else change
        return Diff(changes)

    def create(self, ask: Ask) -> Made:
        """Wait until the machine's place is decided, check its mark and its native group, write it down."""
        if ask.preview or not known(ask.inputs):
            return Made("", ask.inputs, ask.inputs)
        return self._attach(ask)

    def update(self, ask: Ask) -> Made:
        """The same for another machine; what was written of the former one is given up first."""
        if ask.preview or not known(ask.inputs):
            return Made(ask.id, ask.inputs, ask.inputs)
        former, instance = reveal(ask.old_inputs.get("instance")), reveal(ask.inputs["instance"])
        if former != instance:
            self._detach(replace(ask, inputs=ask.old_inputs))
        return self._attach(ask)

    def _attach(self, ask: Ask) -> Made:
        inputs = reveal(ask.inputs)
        spec = self._spec(ask.inputs)
        placement = placement_of(inputs["placement"], spec.key)
        with self.provider.connections.group(spec) as group:
            backend = backend_of(group.clouds, placement.cloud)
            seen = bound(backend, placement, backend.settle(placement, inputs["instance"]))
        return _made(ask, spec.key, seen)

    def read(self, ask: Ask) -> Made | None:
        """Where the machine is now; None where the cloud shows it no more."""
        if not ask.inputs:
            return self._imported(ask)
        spec = self._spec(ask.inputs)
        with self.provider.connections.group(spec) as group:
            seen = _instance(group, reveal(ask.inputs["instance"]))
        return _made(ask, spec.key, seen) if seen else None

    def _imported(self, ask: Ask) -> Made | None:
        whose, _, member = ask.id.rpartition("/")
        key = key_of(whose)
        with self.provider.connections.group(self._spec({"group": whose, "member": member})) as group:
            seen = holders(group.machines()).get(member)
            if seen is None:
                return None
            placement = next(p for p in group.plan().placements if p.member == member)
        inputs = {
            "group": group_id(key),
            "member": member,
            "instance": seen.instance,
            "placement": {"member": member, "cloud": placement.cloud, "domains": dict(placement.domains)},
        }
        return _made(replace(ask, inputs=inputs), key, seen)

    def delete(self, ask: Ask) -> None:
        """Give up what only we know of the machine: a place in a pool's ledger."""
        self._detach(ask)

    def _detach(self, ask: Ask) -> None:
        inputs = reveal(ask.inputs or ask.state)
        with self.provider.connections.group(self._spec(ask.inputs or ask.state)) as group:
            backend = backend_of(group.clouds, inputs["placement"].get("cloud") or "")
            if backend.cloud.reported and _instance(group, inputs["instance"]):
                backend.release(group.key, [inputs["member"]], {})

    def _spec(self, inputs: Plain) -> Spec:
        """The group as far as one member needs it."""
        key: GroupKey = key_of(reveal(inputs["group"]))
        bare = {"group": key.name, "owner": key.owner, "members": [reveal(inputs["member"])]}
        return given.parse({**bare, **_clouds(given.with_clouds(inputs, self.provider.clouds))})


def _clouds(inputs: Plain) -> Plain:
    return {key: inputs[key] for key in given.CLOUDS if inputs.get(key) is not None}


def _wrong(inputs: Plain) -> list[Failure]:
    """The inputs that are missing or no text."""
    found = [Failure(key, f"an Attachment has no input {key!r}") for key in inputs if key not in KEYS]
    for key, what in TEXTS.items():
        value = reveal(inputs.get(key))
        if known(value) and not (isinstance(value, str) and value):
            found.append(Failure(key, f"give {what}"))
    placement = reveal(inputs.get("placement"))
    if known(placement) and not isinstance(placement, dict):
        found.append(Failure("placement", "give the Group's placements of this member"))
    return found


def _plain(key: str, inputs: Plain) -> Any:
    """The input without the words in it: a reason is none to do anything."""
    value = inputs.get(key)
    return {**value, "reason": ""} if key == "placement" and isinstance(value, dict) else value


def _instance(group: Group, instance: str) -> Observed | None:
    return next((seen for seen in group.machines() if seen.instance == instance), None)


def _made(ask: Ask, key: GroupKey, seen: Observed) -> Made:
    member = reveal(ask.inputs["member"])
    return Made(f"{group_id(key)}/{member}", {**ask.inputs, **observed_state(seen)}, ask.inputs)
