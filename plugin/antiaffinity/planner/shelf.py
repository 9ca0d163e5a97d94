"""The parts of one domain, best on top: outer ones by a heap of keys, places without a key for each."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush, heapreplace
from typing import Any

Key = tuple[Any, ...]
"""(costs, members held at each level from here inwards, -room, tie, place)"""


class Heap:
    """Parts that each have a key."""

    __slots__ = ("keys",)

    def __init__(self, keys: list[Key]) -> None:
        heapify(keys)
        self.keys = keys

    def top(self) -> Key | None:
        """The best part's key."""
        return self.keys[0] if self.keys else None

    def renew(self, key: Key | None) -> None:
        """The best part has another key now, or takes nobody any more."""
        if key is None:
            heappop(self.keys)
        else:
            heapreplace(self.keys, key)


class Order:
    """How places that nobody of the group is in compare: most room first, then the stable hash."""

    def __init__(
        self, costs: tuple[int, ...], ties: Sequence[int], seed: int, room: array[float] | None
    ) -> None:
        self.costs, self.room = costs, room
        self.ties = array("I", map(seed.__xor__, ties))

    def key(self, place: int) -> Key:
        """The key of a place."""
        room = self.room[place] if self.room else 0.0
        return (self.costs, 0, -room, self.ties[place], place)

    def best(self, places: Sequence[int]) -> int:
        """The first of some places."""
        if self.room:
            most = max(map(self.room.__getitem__, places))
            places = [place for place in places if self.room[place] == most]
        return min(places, key=self.ties.__getitem__)

    def best_last(self, places: Iterable[int]) -> array[int]:
        """The places, to be popped one by one."""
        ordered = sorted(places, key=self.ties.__getitem__, reverse=True)
        if self.room:
            ordered.sort(key=self.room.__getitem__)
        return array("I", ordered)


class Places:
    """Places of which most are empty: these are put in order when the first of them is taken."""

    __slots__ = ("_best", "_empty", "_order", "_ordered", "_others")

    def __init__(self, order: Order, empty: Sequence[int], others: list[Key]) -> None:
        self._order, self._empty = order, empty
        self._ordered: array[int] | None = None
        self._best = order.key(order.best(empty)) if empty else None
        self._others = others
        heapify(others)

    def top(self) -> Key | None:
        """The best place's key."""
        if self._best_is_empty():
            return self._best
        return self._others[0] if self._others else None

    def renew(self, key: Key | None) -> None:
        """The best place has another key now, or takes nobody any more."""
        if self._best_is_empty():
            self._next()
        else:
            heappop(self._others)
        if key is not None:
            heappush(self._others, key)

    def _best_is_empty(self) -> bool:
        return self._best is not None and not (self._others and self._others[0] < self._best)

    def _next(self) -> None:
        if self._ordered is None:
            self._ordered = self._order.best_last(self._empty)
            self._ordered.pop()
        self._best = self._order.key(self._ordered.pop()) if self._ordered else None
