"""A pool as a backend: the inventory says what there is, the ledger who holds what.

Nothing here reaches a machine. SQLAlchemy is imported, and the ledger's file made, when there is
something to read or to write: planning on a fresh pool needs neither.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from antiaffinity.backend import Found, Need, Reservation, Standing, Unmarked, cannot_move, id_of
from antiaffinity.colocation import NAMED_ALIKE, Identity
from antiaffinity.decode import decode
from antiaffinity.errors import InvalidRequest, Unavailable
from antiaffinity.guarantee import Cloud
from antiaffinity.model import GroupKey, Level, Native, Observed, Placement
from antiaffinity.planner.answer import Plan
from antiaffinity.topology import Topology
from antiaffinity_pool import cloud, runs
from antiaffinity_pool.claims import Claim, View, never_begun, view
from antiaffinity_pool.inventory import Inventory, agreed
from antiaffinity_pool.occupancy import findings, occupied, room_for
from antiaffinity_pool.settings import Settings as Settings
from antiaffinity_pool.settings import ledger_file
from antiaffinity_pool.waiting import Waiting

if TYPE_CHECKING:
    from antiaffinity_pool.held import HeldLedger

Find = Callable[[str], str | None]
"""Given a member, the id of its machine, or None where there is none."""


def connect(client: object, settings: Mapping[str, object]) -> PoolBackend:
    """A pool by its settings; it has no client. Reads nothing yet."""
    if client is not None:
        raise InvalidRequest("a pool has no client: give inventory, a file with its hosts", path="client")
    plain = {key: os.fspath(v) if isinstance(v, os.PathLike) else v for key, v in settings.items()}
    return PoolBackend(decode(plain, Settings))


class PoolBackend(Unmarked):
    """One pool: an inventory and its ledger, as one run sees them."""

    cloud: Cloud = cloud

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self.inventory = Inventory(Path(settings.base, settings.inventory))
        self.file = ledger_file(settings, self.inventory.file)
        self.timeout, self.clock = settings.claim_timeout, clock
        self._seen: dict[GroupKey, View] = {}
        self._launches: runs.Who | None = None

    def topology(self, need: Need) -> Topology:
        """All hosts with every claim counted as used; findings on what the inventory leaves open."""
        claims = self._claims()
        hosts = occupied(self.inventory.hosts(), claims)
        found = [*findings(hosts, claims, need), *self.inventory.findings()]
        return Topology(hosts, words=cloud.words, findings=found)

    def identity(self) -> Identity:
        """Two connections to one inventory file are one pool; what it runs on only its owner knows."""
        return Identity(str(self.inventory.file.resolve()), NAMED_ALIKE)

    def observe(self, key: GroupKey, adopt: Mapping[Level, str]) -> list[Observed]:
        """Every claim of the group: running once bound, else claimed, and in doubt when it is old.

        ``prepare`` then claims only while the group is as it was seen here.
        """
        claims = self._claims(key)
        self._seen[key] = view(claims, self.claimant)
        return [self._observed(claim) for claim in claims]

    def instance(self, key: GroupKey, seen: Observed) -> Observed | None:
        """A claim of the group as the ledger has it: whole always, for nobody else writes it down."""
        there = (self._observed(claim) for claim in self._claims(key))
        return next((one for one in there if one.instance == seen.instance), None)

    def prepare(self, key: GroupKey, plan: Plan, adopt: Mapping[Level, str]) -> dict[Native, str]:
        """Claim the places of all new members, or none; there are no native groups.

        In a run (``begin_run``) each is free again until its launch begins; else whoever asked has it.

        Conflict where somebody was quicker, the group is not what was observed, or a host is gone.
        """
        if new := plan.new():
            seen = self._seen.get(key, frozenset())
            self._ledger.claim(key, new, room_for(new, self.inventory.named()), seen, self._launches)
        return {}

    def begin_run(self) -> None:
        """From now on, until ``end_run``, what is prepared is launched by this run, one by one."""
        self._launches = runs.me()
        runs.WORKING.add(self.claimant)

    def end_run(self) -> None:
        """What this run began and never bound is in doubt from now on."""
        self._launches = None
        runs.WORKING.discard(self.claimant)

    def begin_launch(self, placement: Placement) -> None:
        """Write that this run begins to launch a member; Conflict where another run has its place now."""
        self._ledger.begin(_key(placement), placement.member)

    def reservations(self, key: GroupKey) -> list[Reservation]:
        """Every place of a group that is held for a launch that has not reported."""
        return [
            Reservation(claim.member, self._standing(claim), str(claim), claim.domains)
            for claim in self._claims(key)
            if not claim.instance
        ]

    def drop_reservations(self, key: GroupKey, members: Sequence[str]) -> None:
        """Give up the places of these members that are in doubt, and all whose launch was never begun."""
        for claim in self._claims(key):
            standing = self._standing(claim)
            if standing == "free" or (standing == "in doubt" and claim.member in members):
                self._ledger.drop(claim)

    @property
    def new_ledger(self) -> str:
        """The ledger's file where there is none yet, else ""."""
        return "" if self._begun() else str(self.file)

    def settle(self, placement: Placement, outcome: str | Exception) -> Observed:
        """The launch's own word: a pool cannot ask. An exception is raised again as it is.

        InvalidRequest where the ledger has the id as that of another member, of whatever group.
        """
        if isinstance(outcome, Exception):
            raise outcome
        if not outcome:
            raise InvalidRequest("the launch gave an empty id: return the machine's name", path="launch")
        self._refuse_anothers(placement, outcome)
        return Observed(placement.member, outcome, "running", holds=True, domains=placement.domains)

    def bind(self, placement: Placement, instance: str | Observed) -> Observed:
        """Write down which machine holds the member's place, and where it was reported to be.

        A machine made by hand gets a place at ``placement.domains``, which must name its host.
        Conflict where another machine holds the place.
        """
        id_ = id_of(instance)
        if not id_:
            raise InvalidRequest("is empty: give the machine's id", path="instance")
        key = _key(placement)
        domains = self._reported(placement, self._held(key, placement.member))
        return self._observed(self._ledger.bind(key, placement.member, id_, domains, placement.size))

    def release(self, key: GroupKey, members: Sequence[str] | None, adopt: Mapping[Level, str]) -> None:
        """Give up the places of these members, bound or not; fine where they have none.

        The whole group (None) is StillOccupied while a machine is bound, or another run's claim may
        have become one: a pool cannot see that it is gone.
        """
        if not self._begun():
            return
        if members is None:
            self._ledger.release_group(key)
        else:
            self._ledger.release(key, members)

    def hold(self, key: GroupKey, member: str, instance: str, holder: str) -> None:
        """Write who holds a member's place with this machine from now on."""
        self._ledger.hold(key, member, instance, holder)

    def holder(self, key: GroupKey, member: str, instance: str) -> str:
        """Who holds a member's place with this machine; "" where nobody wrote that."""
        return self._ledger.holder(key, member, instance) if self._begun() else ""

    def release_held(self, key: GroupKey, member: str, instance: str, holder: str) -> bool:
        """Give up a place with this machine, unless somebody else holds it by now."""
        return not self._begun() or self._ledger.release_held(key, member, instance, holder)

    def give_back(self, key: GroupKey, members: Sequence[str]) -> None:
        """Give up the places that this run claimed for these members and no machine came of.

        What another run made of a member meanwhile stays.
        """
        if self._begun():
            self._ledger.give_back(key, members)

    def groups(self, owner: str | None) -> list[Found]:
        """Every group that has a claim, or those of one owner."""
        claims = sorted(self._claims(), key=lambda claim: claim.key)
        return [
            Found(key, instances=tuple(self._observed(claim) for claim in group))
            for key, group in groupby(claims, key=lambda claim: claim.key)
            if owner in (None, key.owner)
        ]

    def move(self, placement: Placement, instance: str) -> Observed:
        """Not offered: a pool only writes down where machines are."""
        raise cannot_move(cloud, instance)

    def resolve(self, key: GroupKey, find: Find) -> None:
        """Ask what became of the members whose claims are not bound.

        An id is bound; None releases a claim in doubt, and leaves another to the run that may be
        launching right now. Nothing is asked of a launch that was never begun, nor while its run is at
        work. Conflict where the id is another member's machine.
        """
        self.drop_reservations(key, ())
        for claim in self._claims(key):
            if claim.instance or self._standing(claim) == "working":
                continue
            if instance := find(claim.member):
                self._ledger.bind(key, claim.member, instance, claim.domains, claim.size)
            elif self._in_doubt(claim):
                self._ledger.drop(claim)

    @cached_property
    def claimant(self) -> str:
        """This run, in words that also tell people where to look for it."""
        return f"run {os.urandom(3).hex()} (process {os.getpid()})"

    @cached_property
    def _ledger(self) -> HeldLedger:
        try:
            from antiaffinity_pool.held import HeldLedger  # imports SQLAlchemy
        except ModuleNotFoundError as missing:
            raise InvalidRequest(
                "the ledger needs sqlalchemy, which is not installed: pip install 'antiaffinity[pool]'",
                path="ledger",
            ) from missing
        return HeldLedger(self.file, self.claimant, self.clock)

    def _refuse_anothers(self, placement: Placement, id_: str) -> None:
        """A ledger that is locked just now says so when the machine is bound."""
        there: list[Claim] = []
        with suppress(Unavailable):
            there = self._ledger.of_instance(id_) if self._begun() else []
        for claim in there:
            if (claim.key, claim.member) != (placement.key, placement.member):
                raise InvalidRequest(
                    f"launch gave {id_!r} for {placement.member}, which is {claim.member} of {claim.key}: "
                    f"return the machine's id (--launch: print it as the last line)",
                    path="launch",
                )

    def _begun(self) -> bool:
        """Whether there is a ledger yet; one that cannot be looked at is not taken for none."""
        try:
            return self.file.exists() or self.file.is_symlink()
        except OSError as error:
            raise InvalidRequest(f"{self.file}: {error.strerror}", path="ledger") from error

    def _claims(self, key: GroupKey | None = None) -> list[Claim]:
        """The claims of a group, or all; before the first write there are none."""
        if not self._begun():
            return []
        return self._ledger.claims(key)

    def _held(self, key: GroupKey, member: str) -> Claim | None:
        return self._ledger.held(key, member) if self._begun() else None

    def _observed(self, claim: Claim) -> Observed:
        return self._waiting.observed(claim, self._standing(claim))

    def _standing(self, claim: Claim) -> Standing:
        """What may become of a claim without a machine."""
        if claim.claimant == self.claimant and self._launches:
            return "ours"
        if never_begun(claim) and not self._waiting.alive(claim):
            return "free"
        if self._in_doubt(claim):
            return "in doubt" if claim.launch else "overdue"
        return "working" if claim.launch else "handed out"

    def _in_doubt(self, claim: Claim) -> bool:
        return self.clock() >= self._waiting.doubtful_at(claim)

    @property
    def _waiting(self) -> Waiting:
        return Waiting(self.claimant, self.timeout, self.clock)

    def _reported(self, placement: Placement, held: Claim | None) -> dict[Level, str]:
        """Where a machine is: as claimed, or as reported, completed from the inventory."""
        host = placement.domains.get("host")
        if held and host in (None, held.host):
            return held.domains
        if host is None:
            raise InvalidRequest(
                f"{placement.member} has no place yet: say the machine's host (--at host=h1)", path="host"
            )
        return agreed(self.inventory.find(host), placement.domains)


def _key(placement: Placement) -> GroupKey:
    if placement.key is None:
        raise InvalidRequest("this placement comes from a bare plan; ask a group of a connected cloud")
    return placement.key
