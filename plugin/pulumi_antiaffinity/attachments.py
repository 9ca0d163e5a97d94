"""The resource Attachment: one machine as one member, with its place read back."""

from __future__ import annotations

from collections.abc import Iterable
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from antiaffinity.backend import RecordsHolders
from antiaffinity.errors import AntiaffinityError, InvalidRequest, NoCapacity
from antiaffinity.leftovers import bound
from antiaffinity.model import GroupKey, Observed, Placement
from antiaffinity.planner.problem import holders
from antiaffinity.retry import patiently
from antiaffinity.sight import backend_of
from antiaffinity.spec import Spec
from antiaffinity.text import place
from pulumi_antiaffinity import inputs as given
from pulumi_antiaffinity.ask import Ask, Change, Diff, Failure, Made, changed, replacing
from pulumi_antiaffinity.codec import Plain, known, reveal, same
from pulumi_antiaffinity.failures import told
from pulumi_antiaffinity.identity import group_id, key_of, member_id, member_of
from pulumi_antiaffinity.shapes import observed_state, placement_of

if TYPE_CHECKING:
    from antiaffinity.backend import Backend
    from pulumi_antiaffinity.provider import Provider

TEXTS = {
    "group": "the id of the Group",
    "member": "the member's name, one of the Group's names",
    "instance": "the id of the machine that was launched with the member's arguments",
}
PLACEMENT = {
    **dict.fromkeys(("domains", "ids", "labels", "delegated"), dict),
    **dict.fromkeys(("groups", "inside"), list),
    "cloud": str,
}
ANEW = (
    "the failed machine stays in the state: once there is room have it made anew: "
    "pulumi up --replace URN (its URN: pulumi stack --show-urns)"
)
LEFT = (
    "{member} keeps its place as {instance}: another Attachment, or somebody by hand, bound it since. "
    "If no machine runs there any more: antiaffinity release SPEC {member}"
)
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
            spec = given.parse({"group": "g", "members": 1, **given.clouds_in(clouds)})
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
        return self._attach(ask, new=True)

    def update(self, ask: Ask) -> Made:
        """The same for another machine; what was written of the former one is given up first."""
        if ask.preview or not known(ask.inputs):
            return Made(ask.id, ask.inputs, ask.inputs)
        former, instance = reveal(ask.old_inputs.get("instance")), reveal(ask.inputs["instance"])
        if former != instance:
            self._detach(replace(ask, inputs=ask.old_inputs))
        return self._attach(ask, new=former != instance)

    def _attach(self, ask: Ask, new: bool) -> Made:
        inputs = reveal(ask.inputs)
        spec = self._spec(ask.inputs)
        placement = placement_of(inputs["placement"], spec.key)
        with self.provider.connections.group(spec) as group:
            backend = backend_of(group.clouds, placement.cloud)
            try:
                seen = _at_home(backend, placement, backend.settle(placement, inputs["instance"]), new)
            except NoCapacity as error:
                error.ways_out = (*error.ways_out, ANEW)
                raise
            holder = _hold(ask, backend, spec.key, seen)
        return _made(ask, spec.key, seen, holder)

    def read(self, ask: Ask) -> Made | None:
        """Where the machine is now; None where the cloud shows it no more."""
        if not ask.inputs:
            return self._imported(ask)
        spec = self._spec(ask.inputs)
        seen = _instance(self.provider.connections.machines(spec), reveal(ask.inputs["instance"]))
        if seen is None:
            return None
        self._tell_move(ask, seen)
        return _made(ask, spec.key, seen, ask.state.get("holder"))

    def _tell_move(self, ask: Ask, seen: Observed) -> None:
        """The engine shows drift of inputs only, and a place is none."""
        was = reveal(ask.state.get("domains") or {})
        if was and was != dict(seen.domains):
            moved = f"{seen.instance} has moved from {place(was)} to {place(seen.domains)}"
            self.provider.log.warning(f"the machine of {seen.member} {moved}", ask.urn)

    def _imported(self, ask: Ask) -> Made | None:
        key, member = member_of(ask.id)
        whose = group_id(key)
        self.provider.needs_cloud("an Attachment", ask.urn)
        with self.provider.connections.group(self._spec({"group": whose, "member": member})) as group:
            seen = holders(group.machines()).get(member)
            if seen is None:
                return None
            placement = next(p for p in group.plan().placements if p.member == member)
            holder = _holder(backend_of(group.clouds, placement.cloud), key, seen)
        inputs = {
            "group": whose,
            "member": member,
            "instance": seen.instance,
            "placement": {"member": member, "cloud": placement.cloud, "domains": dict(placement.domains)},
        }
        return _made(replace(ask, inputs=inputs), key, seen, holder)

    def delete(self, ask: Ask) -> None:
        """Give up what only we know of the machine, a place in a pool's ledger, unless others hold it now."""
        self._detach(ask)

    def _detach(self, ask: Ask) -> None:
        inputs, holder = reveal(ask.inputs or ask.state), str(reveal(ask.state.get("holder")) or "")
        member, instance = inputs["member"], inputs["instance"]
        with self.provider.connections.group(self._spec(ask.inputs or ask.state)) as group:
            backend = backend_of(group.clouds, inputs["placement"].get("cloud") or "")
            if isinstance(backend, RecordsHolders) and not backend.release_held(
                group.key, member, instance, holder
            ):
                self.provider.log.warning(LEFT.format(member=member, instance=instance), ask.urn)

    def _spec(self, inputs: Plain) -> Spec:
        """The group as far as one member needs it."""
        key: GroupKey = key_of(reveal(inputs["group"]))
        bare = {"group": key.name, "owner": key.owner, "members": [reveal(inputs["member"])]}
        return given.parse({**bare, **given.clouds_in(given.with_clouds(inputs, self.provider.clouds))})


def _wrong(inputs: Plain) -> list[Failure]:
    """The inputs that are missing or no text."""
    found = [Failure(key, f"an Attachment has no input {key!r}") for key in inputs if key not in KEYS]
    for key, what in TEXTS.items():
        value = reveal(inputs.get(key))
        if known(value) and not (isinstance(value, str) and value):
            found.append(Failure(key, f"give {what}"))
        elif key == "group" and known(value):
            found += _wrong_id(value)
    placement = reveal(inputs.get("placement"))
    if known(placement):
        found += _wrong_placement(placement, reveal(inputs.get("member")))
    return found


def _wrong_placement(placement: Any, member: Any) -> list[Failure]:
    what = "give the Group's placements of this member"
    if not isinstance(placement, dict):
        return [Failure("placement", what)]
    odd = [key for key, type_ in PLACEMENT.items() if not isinstance(placement.get(key) or type_(), type_)]
    if known(member) and placement.get("member") != member:
        odd.append("member")
    return [Failure(f"placement.{key}", what) for key in odd]


def _wrong_id(group: str) -> list[Failure]:
    try:
        key_of(group)
    except InvalidRequest as error:
        return [Failure("group", error.message)]
    return []


def _plain(key: str, inputs: Plain) -> Any:
    """The input without the words in it: a reason is none to do anything."""
    value = inputs.get(key)
    return {**value, "reason": ""} if key == "placement" and isinstance(value, dict) else value


def _instance(machines: Iterable[Observed], instance: str) -> Observed | None:
    return next((seen for seen in machines if seen.instance == instance), None)


def _at_home(backend: Backend, placement: Placement, seen: Observed, new: bool) -> Observed:
    """Bind a machine; a new one that its cloud put elsewhere when it started goes to its place before that.

    Its own provider starts it before a rule can hold for it, and the next member's place may be where it is.
    One that has been moved since stays where it is.
    """
    if new and backend.cloud.moves and seen.state == "running" and _elsewhere(placement, seen):
        return patiently(backend, lambda: backend.move(placement, seen.instance))
    return bound(backend, placement, seen)


def _elsewhere(placement: Placement, seen: Observed) -> bool:
    return any(seen.ids.get(level) != id_ for level, id_ in placement.ids.items())


def _hold(ask: Ask, backend: Backend, key: GroupKey, seen: Observed) -> str:
    """Have our records say that this Attachment holds the place; in which word, "" where there are none."""
    if not isinstance(backend, RecordsHolders):
        return ""
    holder = str(reveal(ask.state.get("holder")) or token_hex(8))
    backend.hold(key, reveal(ask.inputs["member"]), seen.instance, holder)
    return holder


def _holder(backend: Backend, key: GroupKey, seen: Observed) -> str:
    """Who holds the machine's place in our records: an import takes that over."""
    return backend.holder(key, seen.member, seen.instance) if isinstance(backend, RecordsHolders) else ""


def _made(ask: Ask, key: GroupKey, seen: Observed, holder: Any) -> Made:
    state = {**ask.inputs, **observed_state(seen), **({"holder": holder} if holder else {})}
    return Made(member_id(key, reveal(ask.inputs["member"])), state, ask.inputs)
