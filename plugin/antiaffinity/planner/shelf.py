"""The parts of one domain, best first: outer ones by a heap of keys, places without a key for each."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush, heapreplace
from itertools import islice
from typing import Any

from antiaffinity.topology import Topology

Key = tuple[Any, ...]
"""(costs, members held at each level from here inwards, -room, tie, place)"""


class Heap:
    """Parts that each have a key; ``first`` is the best of them."""

    __slots__ = ("_keys", "first")

    def __init__(self, keys: list[Key]) -> None:
        heapify(keys)
        self._keys = keys
        self.first = keys[0] if keys else None

    def renew(self, key: Key | None) -> None:
        """The best part has another key now, or takes nobody any more."""
        if key is None:
            heappop(self._keys)
        else:
            heapreplace(self._keys, key)
        self.first = self._keys[0] if self._keys else None


class Order:
    """How places that nobody of the group is in compare: most room first, then round the ring of ties.

    Every group begins at another point of the ring, its seed.
    """

    __slots__ = ("_costs", "_room", "_seed", "_tie")

    def __init__(
        self, topology: Topology, seed: int, costs: tuple[int, ...], room: list[float] | None
    ) -> None:
        self._tie, self._seed = topology.tie, seed
        self._costs, self._room = costs, room

    def key(self, place: int) -> Key:
        """The key of a place."""
        room = self._room[place] if self._room else 0.0
        return (self._costs, 0, -room, self._tie(place, self._seed), place)

    def first(self, places: Sequence[int]) -> int:
        """The best of places that are in the order of the ring."""
        return max(places, key=self._room.__getitem__) if self._room else places[0]

    def others(self, places: array[int]) -> Iterator[int]:
        """All but the best, in their order."""
        room = self._room
        best_first = array("I", sorted(places, key=room.__getitem__, reverse=True)) if room else places
        return islice(best_first, 1, None)


class Places:
    """Places of which most are empty: these are put in order when the first of them is taken."""

    __slots__ = ("_empty", "_next", "_order", "_others", "_rest", "first")

    def __init__(self, order: Order, empty: array[int], others: list[Key]) -> None:
        if others:
            heapify(others)
        self._order, self._others = order, others
        self._empty = empty
        self._rest: Iterator[int] | None = None
        self._next = order.key(order.first(empty)) if empty else None
        self._choose()

    def renew(self, key: Key | None) -> None:
        """The best place has another key now, or takes nobody any more."""
        if self.first is self._next:
            self._step()
        else:
            heappop(self._others)
        if key is not None:
            heappush(self._others, key)
        self._choose()

    def _choose(self) -> None:
        self.first = self._next
        if self._others and (self._next is None or self._others[0] < self._next):
            self.first = self._others[0]

    def _step(self) -> None:
        if self._rest is None:
            self._rest = self._order.others(self._empty)
        place = next(self._rest, None)
        self._next = None if place is None else self._order.key(place)
