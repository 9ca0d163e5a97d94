"""The ledger of a pool: every claim in one SQLite file, shared by all runs on that file.

Each change is one transaction that takes the write lock first (``BEGIN IMMEDIATE``,
https://www.sqlite.org/lang_transaction.html), reads all claims, judges, and writes all or nothing.
A killed run leaves its claims and no lock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import astuple
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Float,
    String,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    insert,
    inspect,
    or_,
    select,
    update,
)

from antiaffinity.decode import typed
from antiaffinity.errors import Conflict, StillOccupied
from antiaffinity.model import GroupKey, Level, Placement, Size
from antiaffinity_pool.claims import (
    Amounts,
    Claim,
    Launch,
    View,
    refuse_changed,
    refuse_claimed,
    refuse_full,
)
from antiaffinity_pool.lookalikes import composed_data
from antiaffinity_pool.runs import Who
from antiaffinity_pool.store import DAMAGED, PATIENCE, Store, tables

_claims = Table(
    "claims",
    tables,
    Column("owner", String, primary_key=True),
    Column("group", String, primary_key=True),
    Column("member", String, primary_key=True),
    Column("instance", String),
    Column("domains", Text, nullable=False),
    Column("size", Text, nullable=False),
    Column("claimed_at", Float, nullable=False),
    Column("bound_at", Float),
    Column("claimant", String, nullable=False),
)

_launches = Table(
    "launches",
    tables,
    Column("owner", String, primary_key=True),
    Column("group", String, primary_key=True),
    Column("member", String, primary_key=True),
    Column("run", String, nullable=False),
    Column("who", Text, nullable=False),
    Column("begun_at", Float),
    info={"added": "to schema 1, which is read without it"},
)
"""What runs wrote of claims that they launch themselves; one without a row is somebody else's to launch."""

Clock = Callable[[], float]


class Ledger:
    """The claims in one file, as one run (``claimant``) reads and writes them.

    Every method raises Unavailable where the file is locked, full or fails, and InvalidRequest with
    the path "ledger" where it is no ledger of ours or must not be written.
    """

    def __init__(
        self, file: Path, claimant: str, clock: Clock = time.time, patience: float = PATIENCE
    ) -> None:
        self.claimant, self.clock = claimant, clock
        self._store = Store(file, patience)

    def claims(self, key: GroupKey | None = None) -> list[Claim]:
        """The claims of a group, or of all, oldest first; none while the file is new."""
        return self._look() if key is None else self._look(_of(key))

    def held(self, key: GroupKey, member: str) -> Claim | None:
        """The claim of one member."""
        return next(iter(self._look(_of(key), _claims.c.member == member)), None)

    def of_instance(self, instance: str) -> list[Claim]:
        """The claims, of all groups, that this machine is bound to."""
        return self._look(_claims.c.instance == instance)

    def claim(
        self,
        key: GroupKey,
        placements: Sequence[Placement],
        room: Mapping[str, Amounts],
        seen: View,
        who: Who | None = None,
    ) -> None:
        """Claim all of these places, or none; for launches that this run (``who``) begins by itself.

        ``room`` is what the hosts have without any claim, ``seen`` what the plan knew of the group.
        Conflict where a member has a place, the group has changed, or a host has no room. This run's
        own unbound claims of the same members move.
        """
        members = {placement.member for placement in placements}
        with self._store.writing() as connection:
            claims = [c for c in self._read(connection) if not self._is_draft(c, key, members)]
            group = [claim for claim in claims if claim.key == key]
            refuse_claimed(members, group)
            refuse_changed(group, self.claimant, seen)
            refuse_full(placements, claims, room)
            self._delete(connection, key, members)
            self._insert(connection, [self._new(key, p.member, p.domains, p.size) for p in placements])
            if who and members:
                connection.execute(insert(_launches), [self._launch(key, member, who) for member in members])

    def begin(self, key: GroupKey, member: str) -> None:
        """Write that this run begins to launch a member; Conflict where its claim is not there any more."""
        with self._store.writing() as connection:
            found = self._read(connection, _of(key), _claims.c.member == member)
            if not found or found[0].claimant != self.claimant or found[0].instance:
                raise Conflict(f"{found[0] if found else f'{member} was released'}: plan again")
            begun = update(_launches).where(_same(key), _launches.c.member == member)
            connection.execute(begun.values(begun_at=self.clock()))

    def bind(self, key: GroupKey, member: str, instance: str, domains: dict[Level, str], size: Size) -> Claim:
        """Write the instance that holds a member's place; a member without a claim gets one.

        Conflict where another instance holds it, or the instance is another member's.
        """
        with self._store.writing() as connection:
            rivals = or_(_claims.c.member == member, _claims.c.instance == instance)
            found = self._read(connection, _of(key), rivals)
            _refuse_other(found, member, instance)
            claim = next((claim for claim in found if claim.member == member), None)
            claim = claim or self._new(key, member, domains, size)
            bound_at = claim.bound_at or self.clock()
            claim = msgspec.structs.replace(claim, instance=instance, domains=domains, bound_at=bound_at)
            self._delete(connection, key, [member])
            self._insert(connection, [claim])
            return claim

    def release(self, key: GroupKey, members: Iterable[str]) -> None:
        """Give up the places of these members; fine where there are none."""
        with self._store.writing() as connection:
            self._delete(connection, key, members)

    def give_back(self, key: GroupKey, members: Iterable[str]) -> None:
        """Give up this run's own claims that no machine came of; whatever else is there stays."""
        with self._store.writing() as connection:
            group = self._read(connection, _of(key))
            mine = {claim.member for claim in group if self._is_draft(claim, key, {*members})}
            self._delete(connection, key, mine)

    def release_group(self, key: GroupKey) -> None:
        """Forget a group; StillOccupied while a machine holds, or may hold, a place of it."""
        with self._store.writing() as connection:
            group = self._read(connection, _of(key))
            _refuse_occupied(key, [c for c in group if c.instance or c.claimant != self.claimant])
            self._delete(connection, key, [claim.member for claim in group])

    def drop(self, claim: Claim) -> None:
        """Give up a claim that was never bound, unless it has changed since it was read."""
        with self._store.writing() as connection:
            if self._read(connection, _of(claim.key), _claims.c.member == claim.member) == [claim]:
                self._delete(connection, claim.key, [claim.member])

    def _new(self, key: GroupKey, member: str, domains: dict[Level, str], size: Size) -> Claim:
        return Claim(key, member, domains, size, self.clock(), self.claimant)

    def _launch(self, key: GroupKey, member: str, who: Who) -> dict[str, object]:
        written = msgspec.json.encode(who).decode()
        return {"owner": key.owner, "group": key.name, "member": member, "run": self.claimant, "who": written}

    def _is_draft(self, claim: Claim, key: GroupKey, members: Iterable[str]) -> bool:
        """A claim that this run made and has not used yet."""
        mine = claim.claimant == self.claimant and not claim.instance
        return mine and claim.key == key and claim.member in members

    def _look(self, *where: ColumnElement[bool]) -> list[Claim]:
        return self._store.read(lambda connection: self._read(connection, *where))

    def _read(self, connection: Connection, *where: ColumnElement[bool]) -> list[Claim]:
        with self._store.understood():
            return self._understood(connection, *where)

    def _understood(self, connection: Connection, *where: ColumnElement[bool]) -> list[Claim]:
        query = select(_claims).where(*where).order_by(_claims.c.claimed_at, _claims.c.member)
        rows = connection.execute(query)
        try:
            claims = [_claim(row) for row in rows]
            return claims if all(claim.instance for claim in claims) else self._launching(connection, claims)
        except msgspec.MsgspecError as error:
            raise self._store.refused(f"holds a row that is no claim: it {DAMAGED}") from error

    def _launching(self, connection: Connection, claims: Sequence[Claim]) -> list[Claim]:
        """The claims with what their runs wrote of their launches."""
        if not inspect(connection).has_table(_launches.name):
            return [*claims]
        found = {tuple(row[:4]): _begun(row[4], row[5]) for row in connection.execute(select(_launches))}

        def launch(claim: Claim) -> Launch | None:
            return found.get((*astuple(claim.key), claim.member, claim.claimant))

        return [msgspec.structs.replace(claim, launch=launch(claim)) for claim in claims]

    def _insert(self, connection: Connection, claims: Sequence[Claim]) -> None:
        if claims:
            connection.execute(insert(_claims), [_row(claim) for claim in claims])

    def _delete(self, connection: Connection, key: GroupKey, members: Iterable[str]) -> None:
        if rows := [{"named": member} for member in members]:
            for table in (_claims, _launches):
                whose = and_(table.c.owner == key.owner, table.c.group == key.name)
                connection.execute(delete(table).where(whose, table.c.member == bindparam("named")), rows)


def _refuse_other(group: Iterable[Claim], member: str, instance: str) -> None:
    for claim in group:
        if claim.member == member and claim.instance not in ("", instance):
            raise Conflict(f"{claim}, not {instance}: remove one of the two machines, then release {member}")
        if claim.member != member and claim.instance == instance:
            # With a path, so that nobody discards it for a failed launch: it is another member's.
            said = f"{instance} is {claim.member} already: each member needs a machine of its own"
            raise Conflict(said, path="instance")


def _refuse_occupied(key: GroupKey, claims: Sequence[Claim]) -> None:
    if claims:
        raise StillOccupied(
            f"{key}: {'; '.join(map(str, claims))}. A pool cannot see whether a machine runs: "
            f"remove them, then release each member by name",
            ways_out=[f"release {claim.member}" for claim in claims],
        )


def _of(key: GroupKey) -> ColumnElement[bool]:
    return and_(_claims.c.owner == key.owner, _claims.c.group == key.name)


def _same(key: GroupKey) -> ColumnElement[bool]:
    return and_(_launches.c.owner == key.owner, _launches.c.group == key.name)


def _row(claim: Claim) -> dict[str, object]:
    return {
        "owner": claim.key.owner,
        "group": claim.key.name,
        "member": claim.member,
        "instance": claim.instance or None,
        "domains": msgspec.json.encode(claim.domains).decode(),
        "size": msgspec.json.encode(claim.size).decode(),
        "claimed_at": claim.claimed_at,
        "bound_at": claim.bound_at,
        "claimant": claim.claimant,
    }


# Made once: to make one takes longer than to read a row with it.
_domains = msgspec.json.Decoder(dict[Level, str]).decode
_size = msgspec.json.Decoder(Size).decode
_who = msgspec.json.Decoder(Who).decode


def _begun(who: Any, begun_at: Any) -> Launch:
    """A row of a launch as it should be; MsgspecError where it is not."""
    return typed({"who": msgspec.to_builtins(_who(who)), "begun_at": begun_at}, Launch)


def _claim(row: Iterable[Any]) -> Claim:
    """A row as it should be; MsgspecError where it is not."""
    owner, group, member, instance, domains, size, claimed_at, bound_at, claimant = row
    written = {
        "key": {"owner": owner, "name": group},
        "member": member,
        "domains": composed_data(_domains(domains)),  # as the inventory spells them, whoever wrote the row
        "size": _size(size),
        "claimed_at": claimed_at,
        "claimant": claimant,
        "instance": instance or "",
        "bound_at": bound_at,
    }
    if "host" not in written["domains"]:
        raise msgspec.ValidationError("a place without a host")
    return typed(written, Claim)
