"""The places of several connections to one provider: each is counted where it really is.

Domains that are the same place are one node of the tree, whatever their clouds call them. What each
connection offers there stays a place of its own, one level further in, with its own names, ids and room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import cast

from antiaffinity.colocation import Colocation
from antiaffinity.model import LEVELS, Domain, Level, Lists
from antiaffinity.topology import Mask, Topology, both

OFFER = cast("Level", "place")
"""What one connection offers in a domain; no rule is about it."""


class SharedTopology(Topology):
    """The same domains as ``plain``, in the tree of the places that they are."""

    def __init__(self, plain: Topology, colocation: Colocation) -> None:
        super().__init__(plain.domains, plain.limits, plain.words, plain.findings)
        self._plain, self._colocation = plain, colocation

    @property
    def plain(self) -> Topology:
        return self._plain

    @property
    def real_levels(self) -> tuple[Level, ...]:
        return self.levels[:-1]

    @cached_property
    def columns(self) -> dict[Level, list[str | None]]:
        told = [self.where(domain.names()) for domain in self.domains]
        found: dict[Level, list[str | None]] = {
            level: [one.get(level) for one in told] for level in LEVELS if any(level in one for one in told)
        }
        nodes = self._plain.nodes[self._plain.leaf]
        return {**found, OFFER: [nodes.path(place) for place in range(len(told))]}

    def having(self, domains: Sequence[Domain]) -> Topology:
        return SharedTopology(self._plain.having(domains), self._colocation)

    def where(self, domains: Mapping[Level, str]) -> Mapping[Level, str]:
        return self._colocation.whole(domains.get("provider", ""), domains)

    def named(self, place: int) -> dict[Level, str]:
        return self.domains[place].names()

    def listed(self, only: Lists, never: Lists, stay: Mapping[Level, str]) -> Mask | None:
        mask: Mask | None = None
        for level, patterns in [*only.items(), *((level, [name]) for level, name in stay.items())]:
            mask = both(mask, self.within(level, patterns))
        for level, patterns in never.items():
            mask = both(mask, self.within(level, patterns, inside=False))
        return mask

    def within(self, level: Level, patterns: Sequence[str], inside: bool = True) -> Mask:
        """By the names that each cloud has for its own domains, or by those that all share."""
        own, shared = self._plain.within(level, patterns), super().within(level, patterns)
        return [(one or other) is inside for one, other in zip(own, shared, strict=True)]
