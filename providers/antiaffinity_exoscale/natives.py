"""Anti-affinity groups: what ours are called, and making one where several deployers may be at it.

A group has a name and a description and neither can be changed, so ours carry their mark there
(https://community.exoscale.com/reference/api/compute/anti-affinity-group/). Whether names are unique is not
published, nor what becomes of a group that is deleted with members in it: both are handled here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256

import msgspec
from msgspec import Struct

from antiaffinity import clock
from antiaffinity.backend import Found
from antiaffinity.errors import AntiaffinityError, Conflict, InvalidRequest, LimitExceeded, Unavailable
from antiaffinity.model import GroupKey, Level, Native, Observed
from antiaffinity_exoscale.calls import Api, Shown, is_uuid

SETTLE = 6.0
"""Seconds within which a request to create a group must be through, its operation included."""

ATTEMPTS = 5
LONGEST = 255
"""Characters of a name, and of a description."""

PREFIX = "antiaffinity "


class Mark(Struct, frozen=True, order=True):
    """Whose group it is and what it serves; its JSON, after a word of ours, is the group's description."""

    owner: str
    group: str
    within: str = ""
    number: int = 1
    part: tuple[int, ...] = ()

    @property
    def key(self) -> GroupKey:
        return GroupKey(self.owner, self.group)

    @property
    def description(self) -> str:
        return PREFIX + msgspec.json.encode(self).decode()

    @property
    def name(self) -> str:
        """For people; the hash, over all of it, keeps apart what cannot be spelled."""
        parts = [self.owner, self.group, self.within, str(self.number), "x".join(map(str, self.part))]
        words = [re.sub(r"[^A-Za-z0-9-]", "-", part)[:70] for part in parts if part]
        return "-".join((*words, sha256(self.description.encode()).hexdigest()[:8]))


def mark_of(key: GroupKey, native: Native) -> Mark:
    """The mark of the group that a plan asks for; hard and soft are one, for the group is hard always."""
    mark = Mark(key.owner, key.name, native.within, native.number, native.part)
    if len(mark.description) > LONGEST:
        raise InvalidRequest(
            f"owner and name make a description of {len(mark.description)} characters, but an anti-affinity "
            f"group's holds {LONGEST}: give a shorter owner or group",
            path="owner",
        )
    return mark


def mark_in(group: Shown) -> Mark | None:
    """The mark that a group bears; None for others' groups."""
    description = group.get("description") or ""
    if not description.startswith(PREFIX):
        return None
    try:
        return msgspec.json.decode(description.removeprefix(PREFIX), type=Mark)
    except msgspec.DecodeError:
        return None


def marks(groups: Iterable[Shown], key: GroupKey | None = None) -> dict[str, Mark]:
    """The marks of those groups that are ours, or of this key, by the group's id."""
    found = {group["id"]: mark for group in groups if (mark := mark_in(group))}
    return {id_: mark for id_, mark in found.items() if key in (None, mark.key)}


Served = tuple[dict[Level, str], dict[Level, int], dict[Level, int]]


def serving(groups: Sequence[str], ours: Mapping[str, Mark]) -> Served:
    """The zone that an instance's groups of ours serve, the number of its set and its layer, by rule's level.

    The set is that which all its groups of a covering design have in common.
    """
    mine = [ours[id_] for id_ in groups if id_ in ours]
    within: dict[Level, str] = {"host": mine[0].within} if mine else {}
    common = set.intersection(*(set(mark.part) for mark in mine)) if mine else set()
    part: dict[Level, int] = {"host": common.pop()} if len(common) == 1 else {}
    layer: dict[Level, int] = {"host": mine[0].number} if mine else {}
    return within, part, layer


def found(
    machines: Mapping[GroupKey, list[Observed]], ours: Mapping[str, Mark], owner: str | None
) -> list[Found]:
    """Machines by their marks and groups by theirs, put together by key."""
    keys = sorted({*machines, *(mark.key for mark in ours.values())})
    return [
        Found(
            key, tuple(id_ for id_, m in ours.items() if m.key == key), tuple(machines.get(key, ())), str(key)
        )
        for key in keys
        if owner in (None, key.owner)
    ]


# Making


def adopt(api: Api, id_: str, wanted: Collection[Mark]) -> str:
    """The group that somebody else made, for the one that the plan needs."""
    if len(wanted) > 1:
        raise LimitExceeded(
            f"the plan needs {len(wanted)} anti-affinity groups, and one cannot be adopted for all of them: "
            f"adopt none, or ask for fewer members",
            path="adopt.host",
        )
    if api.find("get-anti-affinity-group", "", id_) is None:
        wrong = "" if is_uuid(id_) else "; ids are UUIDs"
        raise InvalidRequest(
            f"this organization has no anti-affinity group with the id {id_!r}{wrong}", path="adopt.host"
        )
    return id_


def make(api: Api, wanted: Collection[Mark], used: Collection[str]) -> dict[Mark, str]:
    """The ids of the groups with these marks, made where they are not there; one for each.

    Names may not be unique and there is no lock, so this is Fischer's algorithm, on time alone. Who creates
    has seen none, and gives its own up when that took longer than SETTLE. SETTLE later, whoever might also
    have seen none has created or given up: all see the same groups, and take the same one. A group that is
    there and empty may be somebody's whose wait still runs, so it is waited for too; one that is ``used``,
    or has members, has won already.
    """
    for _ in range(ATTEMPTS):
        looked_at, there = clock.now(), _marked(api, wanted)
        if all(len(ids) == 1 and _is_taken(api, mark, ids[0], used) for mark, ids in there.items()):
            return {mark: ids[0] for mark, ids in there.items()}
        refusal = _create(api, [mark for mark, ids in there.items() if not ids], looked_at)
        clock.sleep(SETTLE)
        there = _marked(api, wanted)
        if all(there.values()):
            return {mark: _winner(api, mark, ids, used) for mark, ids in there.items()}
        if refusal:
            raise refusal
    raise Unavailable(f"Exoscale needs more than {SETTLE} s to list and create a group; repeat")


def _marked(api: Api, wanted: Collection[Mark]) -> dict[Mark, list[str]]:
    """The groups with these marks, lowest id first; InvalidRequest where a name of ours is another's."""
    there: dict[Mark, list[str]] = {mark: [] for mark in sorted(wanted)}
    names = {mark.name: mark for mark in wanted}
    for group in api.groups():
        mark = mark_in(group)
        if mark in there:
            there[mark].append(group["id"])
        elif group["name"] in names:
            raise InvalidRequest(
                f"the anti-affinity group {group['name']} ({group['id']}) is called as ours would be, but "
                f"does not bear our mark: adopt it, or delete it",
                path="adopt.host",
            )
    return {mark: sorted(ids) for mark, ids in there.items()}


def _is_taken(api: Api, mark: Mark, group: str, used: Collection[str]) -> bool:
    return group in used or any(api.members(group, [zone]) for zone in serves(api, mark))


def serves(api: Api, mark: Mark) -> list[str]:
    """The zones in which a group of ours may have members."""
    return [mark.within] if mark.within else api.zones


def _create(api: Api, missing: Sequence[Mark], looked_at: float) -> AntiaffinityError | None:
    """Make these groups; a refusal may come from a name that another deployer was quicker with.

    ``looked_at`` is when none of them was seen.
    """
    for number, mark in enumerate(missing):
        started = clock.now() if number else looked_at
        if number and _marked(api, [mark])[mark]:
            continue
        try:
            made = api.change("create-anti-affinity-group", name=mark.name, description=mark.description)
        except Conflict as refusal:
            return refusal
        if clock.now() - started > SETTLE:
            remove(api, made)
    return None


def _winner(api: Api, mark: Mark, ids: Sequence[str], used: Collection[str]) -> str:
    """The one that all deployers take: the first with members, else the first; the others go if empty."""
    if len(ids) == 1:
        return ids[0]
    taken = {id_ for id_ in ids if id_ in used or api.members(id_, api.zones)}
    winner, *losers = sorted(ids, key=lambda id_: (id_ not in taken, id_))
    for loser in losers:
        if loser not in taken:
            remove(api, loser)
    return winner


def remove(api: Api, group: str) -> None:
    """Delete a group that is empty; fine if gone."""
    try:
        api.change("delete-anti-affinity-group", id=group)
    except Conflict:
        if any(one["id"] == group for one in api.groups()):
            raise
