"""Who holds the places of a ledger, where that is not a run: only the last may give one up."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, ColumnElement, Connection, String, Table, and_, delete, insert, inspect, select

from antiaffinity.model import GroupKey
from antiaffinity_pool.ledger import Ledger
from antiaffinity_pool.store import tables

_holders = Table(
    "holders",
    tables,
    Column("owner", String, primary_key=True),
    Column("group", String, primary_key=True),
    Column("member", String, primary_key=True),
    Column("instance", String, nullable=False),
    Column("holder", String, nullable=False),
    info={"added": "to schema 1, which is read without it"},
)
"""Who wrote last which machine holds a member's place; one without a row is whoever asks to give it up."""


class HeldLedger(Ledger):
    """The same claims, with their holders."""

    def hold(self, key: GroupKey, member: str, instance: str, holder: str) -> None:
        """Write who holds a member's place with this machine; whoever held it before does no more."""
        with self._store.writing() as connection:
            _let_go(connection, key, member)
            words = {"owner": key.owner, "group": key.name, "member": member}
            connection.execute(insert(_holders), [{**words, "instance": instance, "holder": holder}])

    def holder(self, key: GroupKey, member: str, instance: str) -> str:
        """Who holds a member's place with this machine; "" where nobody wrote that."""
        found = self._store.read(lambda connection: _found(connection, key, member, instance))
        return found[0] if found else ""

    def release_held(self, key: GroupKey, member: str, instance: str, holder: str) -> bool:
        """Give up a place with this machine; False, and nothing is given up, where another holder has it."""
        with self._store.writing() as connection:
            there = [claim for claim in self._read(connection) if (claim.key, claim.member) == (key, member)]
            if not there or there[0].instance != instance:
                return True
            if _found(connection, key, member, instance) != ([holder] if holder else []):
                return False
            _let_go(connection, key, member)
            self._delete(connection, key, [member])
            return True

    def release(self, key: GroupKey, members: Iterable[str]) -> None:
        """Give up the places of these members, whoever holds them; fine where there are none."""
        with self._store.writing() as connection:
            for member in (named := [*members]):
                _let_go(connection, key, member)
            self._delete(connection, key, named)


def _found(connection: Connection, key: GroupKey, member: str, instance: str) -> list[str]:
    if not inspect(connection).has_table(_holders.name):
        return []
    whose = and_(_of(key, member), _holders.c.instance == instance)
    return [str(holder) for (holder,) in connection.execute(select(_holders.c.holder).where(whose))]


def _let_go(connection: Connection, key: GroupKey, member: str) -> None:
    connection.execute(delete(_holders).where(_of(key, member)))


def _of(key: GroupKey, member: str) -> ColumnElement[bool]:
    return and_(_holders.c.owner == key.owner, _holders.c.group == key.name, _holders.c.member == member)
