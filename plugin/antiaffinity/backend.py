"""The contract of a cloud: a few verbs that change things and report facts; the library judges.

Every verb is idempotent: after a crash anywhere it may be called again and converges. Every verb
raises ``antiaffinity.errors`` only, with the SDK's own error as ``__cause__``. What does not exist
yet is empty, not an error. Nothing here decides whether a rule holds.

A cloud is one import package with a light record (``antiaffinity.guarantee.Cloud``), found through
the entry-point group ``antiaffinity.clouds``, and a module whose ``connect`` gives a ``Backend``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol, runtime_checkable

from msgspec import Struct

from antiaffinity.errors import NotOffered
from antiaffinity.guarantee import Cloud, Guarantee
from antiaffinity.model import Finding, GroupKey, Level, Lists, Native, Needs, Observed, Placement, Size
from antiaffinity.planner.answer import Plan
from antiaffinity.topology import Topology

__all__ = [
    "Backend",
    "Connect",
    "Fleet",
    "FleetOf",
    "Found",
    "Need",
    "Patient",
    "Plan",
    "RecordsHolders",
    "Reservation",
    "ReservesCapacity",
    "Standing",
    "Unmarked",
    "cannot_move",
    "id_of",
    "settled",
]


class Need(Struct, frozen=True):
    """What a launch needs, so that ``topology`` lists only what could matter."""

    key: GroupKey
    sizes: tuple[Size, ...] = ()
    needs: Needs = Needs()
    only: Lists = {}
    never: Lists = {}
    adopt: Mapping[Level, str] = {}
    levels: tuple[Level, ...] = ()
    """The levels that the group's rules name."""
    chosen: tuple[Level, ...] = ()
    """The levels at which they would have us choose, if the cloud had all that it can have."""
    room: bool = True
    """Whether it matters what is left: quotas, and which places are full. Not where machines are judged."""


class Found(Struct, frozen=True):
    """A group of ours that the cloud knows: by its machines' marks, by a native group, or both.

    ``key`` is None where only a native group is left and its name does not tell.
    """

    key: GroupKey | None
    natives: tuple[str, ...] = ()
    instances: tuple[Observed, ...] = ()
    title: str = ""


class Fleet(Struct, frozen=True):
    """Machines that their cloud launches and replaces by itself, as they are now.

    ``zones`` counts those that hold a place in each of its zones; ``promise`` is what the cloud says of it.
    """

    name: str
    promise: Guarantee
    zones: Mapping[str, int]
    instances: tuple[Observed, ...]
    findings: tuple[Finding, ...]

    @property
    def skew(self) -> int:
        """The difference between its fullest and its emptiest zone."""
        return max(self.zones.values(), default=0) - min(self.zones.values(), default=0)


Standing = Literal["ours", "working", "handed out", "overdue", "in doubt", "free"]
"""Whose launch a reserved place waits for: this run's; that of a run that goes on; that of a program that was
handed the place, lately or too long ago; of a run that is gone; of nobody, for it was never begun."""


class Reservation(Struct, frozen=True):
    """A place that is held for a launch which has not reported; ``words`` say by whom and since when."""

    member: str
    standing: Standing
    words: str
    domains: Mapping[Level, str] = {}


@runtime_checkable
class ReservesCapacity(Protocol):
    """What a backend can besides, where capacity is only ours to give (a pool), so that it knows all runs."""

    def begin_run(self) -> None:
        """From now on ``prepare`` reserves places for launches that this run begins, one by one."""

    def end_run(self) -> None:
        """The end of it: what was begun and never bound is in doubt."""

    def begin_launch(self, placement: Placement) -> None:
        """A launch is about to begin; Conflict where its place is not this run's any more."""

    def reservations(self, key: GroupKey) -> list[Reservation]:
        """The places of a group that are held for launches that have not reported."""

    def drop_reservations(self, key: GroupKey, members: Sequence[str]) -> None:
        """Give up those in doubt of these members, and all of launches that were never begun."""

    @property
    def new_ledger(self) -> str:
        """Where a ledger would be made by the next change; "" where there is one."""


@runtime_checkable
class Patient(Protocol):
    """What a backend has besides whose cloud may take requests later: how long one is repeated."""

    retry_timeout: float
    """Seconds; the verbs repeat their own requests, a roll-out its launches."""


@runtime_checkable
class RecordsHolders(Protocol):
    """What a backend can besides, where only its records say whose a machine is (a pool).

    A holder is whoever wrote that down and will give it up, in a word of its own: of two that name the same
    machine only the last one may.
    """

    def hold(self, key: GroupKey, member: str, instance: str, holder: str) -> None:
        """Write who holds a member's place with this machine from now on."""

    def holder(self, key: GroupKey, member: str, instance: str) -> str:
        """Who holds a member's place with this machine; "" where nobody wrote that."""

    def release_held(self, key: GroupKey, member: str, instance: str, holder: str) -> bool:
        """Give up a place with this machine; False, and nothing is given up, where another holder has it."""


class Backend(Protocol):
    """One connected cloud."""

    @property
    def cloud(self) -> Cloud:
        """The record of this cloud."""

    def topology(self, need: Need) -> Topology:
        """The domains that a launch could use now, and what the account's limits leave.

        Capacity is what is free now: instances that run already are part of ``used``.
        """

    def observe(self, key: GroupKey, adopt: Mapping[Level, str]) -> list[Observed]:
        """Every instance with the group's mark that exists, and those that are gone but still listed.

        Instances in a native group of ours without its whole mark, and those of an adopted one that are not
        ours, are reported with member "".
        """

    def instance(self, key: GroupKey, seen: Observed) -> Observed | None:
        """A machine of the group that was there, asked for by its id and not from a list; None: it is gone.

        A list may lag behind and may lack some of what there is; only this tells that a machine is no more.
        Unavailable where the cloud tells neither.
        """

    def prepare(self, key: GroupKey, plan: Plan, adopt: Mapping[Level, str]) -> dict[Native, str]:
        """Make or adopt the native groups the plan delegates to; their ids.

        Several deployers at once end with one. Where capacity is only ours to give (a pool) the
        new placements are claimed, all or none: Conflict when somebody was quicker.
        """

    def settle(self, placement: Placement, outcome: str | Exception) -> Observed:
        """What became of a launch, once its *place* is decided (not until the machine is up).

        ``outcome`` is the id that the launch gave, or its exception. Raises NoCapacity, Conflict
        (lost a race: repeat), LimitExceeded, NotAuthorized or Unavailable, with ``remains`` where
        a failed machine is left; InvalidRequest without ``remains`` where the instance lacks our
        mark. An exception it does not know is raised again unchanged.
        """

    def bind(self, placement: Placement, instance: str | Observed) -> Observed:
        """Check that the instance bears the mark and is in the group; record what is only ours.

        ``instance`` is its id, or what ``settle`` just answered, which need not be asked again.
        A machine that was not launched into the group is an InvalidRequest where the cloud cannot
        add it later; without ``native_ids`` the native groups of ours count that ``natives`` ask for. One
        in them that lacks our mark gets it. Where joining comes before power-on it is called again once
        the machine was started: the answer then says where it really is.
        """

    def unmark(self, key: GroupKey, instance: str) -> None:
        """Take our mark away from an instance, which goes on running and is nobody's of ours then.

        InvalidRequest where it bears no mark of this group. NotOffered where no machine bears one (a pool).
        """

    def move(self, placement: Placement, instance: str) -> Observed:
        """Move a machine of the group to ``placement.domains`` as it is; where it is then.

        It stays a member all the while, and one that is there already stays where it is. NoCapacity
        where the place takes it no more. NotOffered where the record's ``moves`` is False: there a
        machine is replaced, by the user's discard and launch.
        """

    def resolve(self, key: GroupKey, find: Callable[[str], str | None]) -> None:
        """Ask what became of launches that never reported, where only we know of them (a pool's claims).

        ``find(member)`` gives the machine's id, or None if there is none. Nothing to do where the
        cloud is the database.
        """

    def release(self, key: GroupKey, members: Sequence[str] | None, adopt: Mapping[Level, str]) -> None:
        """Remove what we made for these members, or for the group (None).

        StillOccupied while machines are in it; fine if gone. An adopted group is left alone.
        """

    def give_back(self, key: GroupKey, members: Sequence[str]) -> None:
        """Give up what this run claimed for these members and no machine came of, and nothing else.

        Nothing to do where the cloud is the database.
        """

    def groups(self, owner: str | None) -> list[Found]:
        """Every group of ours, or of one owner."""


class Unmarked:
    """A backend of a cloud that reads no marks of machines."""

    def unmark(self, key: GroupKey, instance: str) -> None:
        """Not offered: its machines are known by its records alone, whatever they bear."""
        raise NotOffered(
            f"no mark is read here: the records say whose {instance} is; release the member instead"
        )


def settled(placement: Placement, launched: str | Observed) -> Observed | None:
    """What ``settle`` answered, where that shows the instance in its native groups; None: look at it."""
    if isinstance(launched, str):
        return None
    inside = {id_ for ids in launched.memberships.values() for id_ in ids}
    return launched if inside.issuperset(placement.native_ids) else None


def id_of(launched: str | Observed) -> str:
    """The id of an instance."""
    return launched if isinstance(launched, str) else launched.instance


def cannot_move(cloud: Cloud, instance: str) -> NotOffered:
    """The error of ``move`` on a cloud where its users move no machine."""
    return NotOffered(
        f"{cloud.title} lets nobody but its operator move {instance}: discard it and launch anew"
    )


class Connect(Protocol):
    """Makes a backend from the user's own SDK object, or from settings in the SDK's own words."""

    def __call__(self, client: object, settings: Mapping[str, object]) -> Backend: ...


class FleetOf(Protocol):
    """Looks at a fleet of the cloud's own by its name; InvalidRequest where there is none."""

    def __call__(self, client: object, settings: Mapping[str, object], name: str) -> Fleet: ...
