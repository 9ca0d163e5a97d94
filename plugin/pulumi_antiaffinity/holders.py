"""Which resources of a running update hold a group: what a deletion must know before it removes anything.

Two resources may be one group: one that was renamed without an alias, and one that was made anew before the
old one was deleted. The engine names both by their URNs, and deletes the old one last.
"""

from __future__ import annotations

from antiaffinity.model import GroupKey
from pulumi_antiaffinity.codec import Plain, reveal


class Holders:
    """The Groups of one operation of the engine, which configures its providers anew for each."""

    def __init__(self) -> None:
        self._wanted: dict[str, GroupKey] = {}
        self._staying: set[str] = set()

    def wanted(self, urn: str, key: GroupKey) -> None:
        """The program declares this resource as this group."""
        self._wanted[urn] = key

    def stays(self, urn: str, key: GroupKey) -> None:
        """It is made, changed in place, or kept: a deletion that follows is that of its predecessor."""
        self._wanted[urn] = key
        self._staying.add(urn)

    def gone(self, urn: str) -> None:
        """It is deleted."""
        self._wanted.pop(urn, None)
        self._staying.discard(urn)

    def other(self, urn: str, key: GroupKey) -> str:
        """Another resource that is this group; "" where there is none."""
        return next((one for one, its in self._wanted.items() if its == key and one != urn), "")

    def successor(self, urn: str, key: GroupKey) -> str:
        """The resource that holds a group which is about to be deleted; it may bear the same URN."""
        itself = urn if urn in self._staying and self._wanted[urn] == key else ""
        return self.other(urn, key) or itself


def key_in(inputs: Plain) -> GroupKey | None:
    """The group that a Group's inputs name, once it is known."""
    owner, name = reveal(inputs.get("owner")), reveal(inputs.get("name"))
    return GroupKey(owner, name) if isinstance(owner, str) and isinstance(name, str) else None


def disowned(urn: str) -> str:
    """The way out where we see no other holder: it is of another provider, or not in this run."""
    return f"where another resource is this group now, have this one forgotten: pulumi state delete '{urn}'"
