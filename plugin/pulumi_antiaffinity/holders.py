"""Which resources of a running update hold a group: what a deletion must know before it removes anything.

Two resources may be one group: one that was renamed without an alias, and one that was made anew before the
old one was deleted. The engine names both by their URNs, and deletes the old one last.
"""

from __future__ import annotations

from msgspec import Struct

from antiaffinity.model import GroupKey
from pulumi_antiaffinity.codec import Plain, known, reveal
from pulumi_antiaffinity.inputs import clouds_in


class Held(Struct, frozen=True):
    """A group as a resource names it; ``clouds`` are the settings of its clouds, None while not known."""

    key: GroupKey
    clouds: Plain | None

    def is_surely(self, other: Held) -> bool:
        """One and the same: a name may be used once on each cloud."""
        return self == other and self.clouds is not None

    def may_be(self, other: Held) -> bool:
        """On doubt yes, for credentials may change, and what is left can be deleted later."""
        kinds = [_kinds(one.clouds) for one in (self, other) if one.clouds is not None]
        return self.key == other.key and all(one == kinds[0] for one in kinds)


def held_in(inputs: Plain) -> Held | None:
    """The group that a Group's inputs, with their clouds, name, once it is known."""
    owner, name = reveal(inputs.get("owner")), reveal(inputs.get("name"))
    if not (isinstance(owner, str) and isinstance(name, str)):
        return None
    clouds = clouds_in(inputs)
    return Held(GroupKey(owner, name), reveal(clouds) if known(clouds) else None)


def _kinds(clouds: Plain) -> object:
    """What each cloud is, by its key."""
    several = clouds.get("clouds") or {"": clouds.get("cloud")}
    return {key: one.get("kind") for key, one in several.items() if isinstance(one, dict)}


class Holders:
    """The Groups of one operation of the engine, which configures its providers anew for each."""

    def __init__(self) -> None:
        self._wanted: dict[str, Held] = {}
        self._staying: set[str] = set()

    def wanted(self, urn: str, held: Held) -> None:
        """The program declares this resource as this group."""
        self._wanted[urn] = held

    def stays(self, urn: str, held: Held) -> None:
        """It is made, changed in place, or kept: a deletion that follows is that of its predecessor."""
        self._wanted[urn] = held
        self._staying.add(urn)

    def gone(self, urn: str) -> None:
        """It is deleted."""
        self._wanted.pop(urn, None)
        self._staying.discard(urn)

    def other(self, urn: str, held: Held) -> str:
        """Another resource that is surely this group; "" where there is none."""
        return next((one for one, its in self._wanted.items() if one != urn and its.is_surely(held)), "")

    def successor(self, urn: str, held: Held) -> str:
        """The resource that may hold a group which is about to be deleted; it may bear the same URN."""
        found = [one for one, its in self._wanted.items() if its.may_be(held)]
        others = [one for one in found if one != urn]
        return next(iter(others), urn if urn in found and urn in self._staying else "")


def disowned(urn: str) -> str:
    """The way out where we see no other holder: it is of another provider, or not in this run."""
    return f"where another resource is this group now, have this one forgotten: pulumi state delete '{urn}'"
