"""The parts of one domain, best first: outer ones by a heap of keys, places without a key for each."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush, heapreplace
from itertools import islice
from typing import Any

from antiaffinity.ties import LOW, Ties

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
    """How places that nobody of the group is in compare: most room first, then as the group's ties are."""

    __slots__ = ("_costs", "_room", "_ties")

    def __init__(self, ties: Ties, costs: tuple[int, ...], room: list[float] | None) -> None:
        self._ties, self._costs, self._room = ties, costs, room

    def key(self, place: int) -> Key:
        """The key of a place."""
        room = self._room[place] if self._room else 0.0
        return (self._costs, 0, -room, self._ties.tie(place), place)

    def first(self, places: Sequence[int]) -> int:
        """The best of places in one domain."""
        room = self._room
        if room:
            most = max(map(room.__getitem__, places))
            places = [place for place in places if room[place] == most]
        return min(places, key=self._ties.rank)

    def others(self, places: Sequence[int]) -> Iterator[int]:
        """All but the best, in their order."""
        rank, room = self._ties.rank, self._room
        if room:
            return islice(sorted(sorted(places, key=rank), key=room.__getitem__, reverse=True), 1, None)
        return islice(sorted(places, key=rank) if len(places) < MANY else _by_heap(places, rank), 1, None)


MANY = 1000
"""From so many places on a heap that is left half full is quicker than to sort them all."""


def _by_heap(places: Iterable[int], rank: Callable[[int], int]) -> Iterator[int]:
    ranked = [rank(place) << 32 | place for place in places]
    heapify(ranked)
    while ranked:
        yield heappop(ranked) & LOW


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
