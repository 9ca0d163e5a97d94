"""The parts of one domain, best first: outer ones by a heap of keys, places without a key for each."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from heapq import heapify, heappop, heappush, heapreplace
from typing import Any

from antiaffinity.topology import RING, Topology

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

    __slots__ = ("_costs", "_room", "_seed", "_ties")

    def __init__(
        self, topology: Topology, seed: int, costs: tuple[int, ...], room: Sequence[float] | None
    ) -> None:
        self._ties, self._seed = topology.ties, seed
        self._costs, self._room = costs, room

    def key(self, place: int) -> Key:
        """The key of a place."""
        room = self._room[place] if self._room else 0.0
        return (self._costs, 0, -room, (self._ties[place] - self._seed) % RING, place)

    def first(self, places: Sequence[int]) -> int:
        """The best of places that are in the order of the ring."""
        return max(places, key=self._room.__getitem__) if self._room else places[0]

    def others(self, places: Sequence[int]) -> array[int]:
        """All but the best, the second best last."""
        ordered = list(reversed(places))
        if self._room:
            ordered.sort(key=self._room.__getitem__)
        ordered.pop()
        return array("I", ordered)


class Places:
    """Places of which most are empty: these are put in order when the first of them is taken."""

    __slots__ = ("_empty", "_is_ordered", "_next", "_order", "_others", "first")

    def __init__(self, order: Order, empty: array[int], others: list[Key]) -> None:
        heapify(others)
        self._order, self._others = order, others
        self._empty, self._is_ordered = empty, False
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
        if not self._is_ordered:
            self._empty, self._is_ordered = self._order.others(self._empty), True
        self._next = self._order.key(self._empty.pop()) if self._empty else None
