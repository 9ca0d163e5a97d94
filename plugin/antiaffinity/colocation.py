"""What makes two domains the same place, where several clouds are under one rule.

A cloud that is connected twice (two accounts, subscriptions or projects, two sessions) shows one and the same
zone under two keys, perhaps under two names. Each connection says what it knows of that: its ``Identity``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from antiaffinity.model import LEVELS, Level

NAMED_ALIKE: Mapping[Level, str] = dict.fromkeys(LEVELS, "")


class Identity(Struct, frozen=True):
    """What is known of the places of one connection beyond it.

    ``provider`` is a text that all connections to one provider have, and no other; "" where that cannot be
    known. ``spaces`` names by level what its names are unique in: those of one space are compared, "" being
    the provider's own; names of a level that is left out say nothing beyond this connection. ``ids`` has by
    level the id in that space of each name, where connections name the same place differently. ``around`` is
    where all of it lies, for what its domains do not tell. ``doubt`` says what would have to be known.
    """

    provider: str
    spaces: Mapping[Level, str] = {}
    ids: Mapping[Level, Mapping[str, str]] = {}
    around: Mapping[Level, str] = {}
    doubt: str = ""


class Told(Protocol):
    """A connected cloud that says what its places are beyond it; one that does not compares with none."""

    def identity(self) -> Identity:
        """Asked only where an estate has several connections of its kind."""


class Colocation:
    """The clouds of one estate: which of them are one provider, and how their names compare.

    ``kinds`` says by key what kind each is, "" for one that knows only what was reported (its machines may
    run on any of the others); ``identities`` what those of a kind that is there several times tell.
    """

    def __init__(self, kinds: Mapping[str, str], identities: Mapping[str, Identity]) -> None:
        self._kinds = kinds
        self._identities = {key: one for key, one in identities.items() if _has_twin(key, identities)}
        self._unknown = {key for key, one in identities.items() if not one.provider}
        self._doubts = {key: one.doubt for key, one in identities.items()}

    @property
    def is_shared(self) -> bool:
        """Whether two of the clouds are one provider."""
        return bool(self._identities)

    def where(self, cloud: str, domains: Mapping[Level, str]) -> dict[Level, str]:
        """Where something lies, in names that are the same for the same place; what has none is left out."""
        one = self._identities.get(cloud)
        if one is None:
            return {**domains}
        told = {**one.around, **domains, "provider": self._provider(one)}
        named = {level: _named(one, level, told[level]) for level in LEVELS if level in told}
        return {level: name for level, name in named.items() if name is not None}

    def whole(self, cloud: str, domains: Mapping[Level, str]) -> dict[Level, str]:
        """The same with nothing left out: a name that says nothing beyond its cloud is that cloud's own."""
        found, one = self.where(cloud, domains), self._identities.get(cloud)
        for level in domains.keys() if one else ():
            space = self.space(cloud, level)
            if level not in found:
                found[level] = f"{domains[level]} of {cloud}"
            elif space:
                found[level] = f"{found[level]} of {space}"
        return {level: found[level] for level in LEVELS if level in found}

    def _provider(self, one: Identity) -> str:
        return "+".join(key for key, other in self._identities.items() if other.provider == one.provider)

    def space(self, cloud: str, level: Level) -> str:
        """What a cloud's names of a level are unique in: those of different spaces cannot be compared."""
        if level == "provider":
            reported = self._kinds.get(cloud, cloud) == ""
            return cloud if cloud in self._unknown else "reported" if reported else ""
        one = self._identities.get(cloud)
        return one.spaces.get(level, cloud) if one else ""

    def doubt(self, cloud: str) -> str:
        """What is not known of a cloud's places, and would have to be; "" where that is not told."""
        if self._kinds.get(cloud, cloud) == "":
            return "an inventory does not say what its hosts run on"
        return self._doubts.get(cloud, "")


def _has_twin(key: str, identities: Mapping[str, Identity]) -> bool:
    provider = identities[key].provider
    return bool(provider) and [one.provider for one in identities.values()].count(provider) > 1


def _named(one: Identity, level: Level, name: str) -> str | None:
    return one.ids[level].get(name) if level in one.ids else name


ALONE = Colocation({}, {})
"""One cloud: its names are its places."""
