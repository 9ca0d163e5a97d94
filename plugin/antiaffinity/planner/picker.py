"""Picking places for a class of equal members, best first, from heaps nested like the tree.

A place is judged by (overstepped soft rules; members in its zone, in its rack, ... on itself; less
room; a stable number; name). Counts are shared by everything inside a domain, so the best place of
a domain is the best of its parts, and a placement changes only the domains around it: it costs
O(log places), and no place is looked at twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from heapq import heapify, heappop, heapreplace
from itertools import compress, repeat
from typing import Any

from antiaffinity.model import Level
from antiaffinity.planner import admit
from antiaffinity.planner.problem import Kin, Problem
from antiaffinity.planner.rules import Count, Surviving
from antiaffinity.planner.tally import Tally
from antiaffinity.policy import Affinity

Key = tuple[Any, ...]
"""(costs, members held at each level from here inwards, -room, tie, name, place)"""

NOBODY = -(10**9)
"""A domain number that no domain has: what a rule says of it, it says of every empty domain."""


class Tier:
    """One level as these members see it: the domains' numbers, who is there, the rules counted there."""

    __slots__ = ("codes", "hard", "held", "soft")

    def __init__(self, tally: Tally, level: Level, counts: Sequence[Count], balanced: bool) -> None:
        self.codes = tally.topology.codes[level]
        self.held = tally.totals[level] if balanced else {}
        soft = [count for count in counts if not count.bound.rule.hard]
        self.soft = [(n, count) for n, count in enumerate(soft) if count.bound.level == level]
        self.hard = [c for c in counts if c.bound.rule.hard and c.bound.level == level]

    def closed(self, number: int) -> bool:
        """Whether a hard rule takes no more members in this domain."""
        for count in self.hard:  # noqa: SIM110 (the innermost loop of all: a generator doubles it)
            if count.blocks(number):
                return True
        return False

    def costs(self, number: int, inside: tuple[int, ...]) -> tuple[int, ...]:
        """What one more member in this domain oversteps, by soft rule, added to what is inside."""
        if not self.soft:
            return inside
        costs = list(inside)
        for n, count in self.soft:
            costs[n] += count.cost(number)
        return tuple(costs)


class Branch:
    """One domain with others inside it: the heap of its parts, best on top."""

    __slots__ = ("heap", "inside", "number", "outer", "tier")

    def __init__(self, tier: Tier, number: int, outer: Branch | None) -> None:
        self.tier, self.number, self.outer = tier, number, outer
        self.heap: list[Key] = []
        self.inside: list[Branch] = []

    def key(self) -> Key | None:
        """How good its best place is, seen from outside; None if it takes nobody."""
        tier, number = self.tier, self.number
        if not self.heap or (tier.hard and tier.closed(number)):
            return None
        best = self.heap[0]
        costs = tier.costs(number, best[0]) if tier.soft else best[0]
        # Joining tuples is twice as fast here as unpacking one into another.
        return (costs, tier.held.get(number, 0)) + best[1:]  # noqa: RUF005

    def order(self) -> None:
        """Judge all parts anew."""
        self.heap = [key for part in self.inside if (key := part.key())]
        heapify(self.heap)


class Picker:
    """The places left to one class of members."""

    def __init__(self, problem: Problem, tally: Tally, kin: Kin, admitted: admit.Mask | None) -> None:
        self.problem, self.tally, self.kin = problem, tally, kin
        self.topology = problem.topology
        counts = [tally.counts[n] for n in kin.rules]
        balanced = _balanced(tally.levels, counts)
        self.levels = _telling(tally, counts)
        self.tiers = [Tier(tally, level, counts, balanced[level]) for level in self.levels]
        self.leaf = self.tiers[-1]
        self.no_costs = (0,) * sum(not count.bound.rule.hard for count in counts)
        self.volatile = [count for count in counts if isinstance(count, Surviving)]
        self.add = tally.adder(kin)
        self.eligible = admitted
        self.opened = admit.meet([admit.Requirement("", "", self.eligible), *admit.not_full(problem)])
        for count in counts:
            count.start(partial(self._eligible, count.bound.level))
        self._build()

    def _eligible(self, level: Level) -> set[int]:
        """The domains that hold a place admitted by lists, needs and state; a full one is one too."""
        return set(compress(self.topology.codes[level], self.eligible or repeat(True)))

    def take(self) -> int | None:
        """Place one more member at the best place left; None if no place is left."""
        while self.root.heap:
            place: int = self.root.heap[0][-1]
            if self.volatile and self._stale(place):
                continue
            changed = self.add(place)
            self._renew(place)
            if changed:
                self._reorder(changed)
            return place
        return None

    def keys(self) -> dict[int, Key]:
        """How every place that is left would be judged now, the best with the least key."""
        found: dict[int, Key] = {}
        for place, key in enumerate(self._keys()):
            if key and not any(tier.closed(tier.codes[place]) for tier in self.tiers):
                found[place] = self._whole(place, key)
        return found

    def _whole(self, place: int, key: Key) -> Key:
        """The key of a place, seen from the outermost level."""
        for tier in reversed(self.tiers[:-1]):
            number = tier.codes[place]
            key = (tier.costs(number, key[0]), tier.held.get(number, 0), *key[1:])
        return key

    def _stale(self, place: int) -> bool:
        """A rule over several domains may judge one worse than when its key was made: judge it anew."""
        key = self.root.heap[0]
        self._renew(place)
        return not self.root.heap or self.root.heap[0] != key

    def _reorder(self, changed: Iterable[Count]) -> None:
        """Some rules see all domains of their level with other eyes now."""
        depth = max(self.levels.index(count.bound.level) for count in changed)
        if depth == len(self.tiers) - 1:
            self._build()
        else:
            self._gather(depth)

    # The heaps

    def _build(self) -> None:
        """All heaps, from the counts as they are now."""
        self.root = Branch(self.leaf, 0, None)
        self.branches: list[dict[int, Branch]] = [{} for _ in self.tiers[:-1]]
        keys = self._keys()
        for places in self.topology.parts(self.levels[-2] if self.branches else None):
            heap = [key for place in places if (key := keys[place])]
            if heap:
                heapify(heap)
                self._branch(len(self.tiers) - 2, places[0]).heap = heap
        self._gather(len(self.tiers) - 2)

    def _branch(self, depth: int, place: int) -> Branch:
        """The domain of this depth around a place."""
        if depth < 0:
            return self.root
        tier = self.tiers[depth]
        number = tier.codes[place]
        found = self.branches[depth].get(number)
        if found is None:
            outer = self._branch(depth - 1, place)
            found = self.branches[depth][number] = Branch(tier, number, outer)
            outer.inside.append(found)
        return found

    def _gather(self, depth: int) -> None:
        """Order the domains of this level and outwards anew."""
        for outer in range(depth - 1, -2, -1):
            for branch in self.branches[outer].values() if outer >= 0 else (self.root,):
                branch.order()

    def _renew(self, place: int) -> None:
        """The place on top changed: bring it and the domains around it up to date."""
        branch = self.branches[-1][self.tiers[-2].codes[place]] if self.branches else self.root
        _swap(branch.heap, self._key(place))
        while branch.outer:
            _swap(branch.outer.heap, branch.key())
            branch = branch.outer

    # The places themselves

    def _keys(self) -> list[Key | None]:
        """The key of every place, None where it is closed; those of empty places in one go."""
        opened = self.opened
        closed: list[Key | None] = [None] * len(self.topology)
        keys = closed if self.leaf.closed(NOBODY) else self._empty()
        if opened:
            keys = [key if is_open else None for key, is_open in zip(keys, opened, strict=True)]
        for place in self._taken():
            keys[place] = self._key(place) if opened is None or opened[place] else None
        return keys

    def _empty(self) -> list[Key | None]:
        """The keys of places as if nobody of the group were there."""
        names = self.topology.signs
        costs = self.leaf.costs(NOBODY, self.no_costs)
        seed = self.problem.seed
        places = zip(names, self.topology.ties, range(len(names)))  # noqa: B905 (all of one length)
        if not self.kin.size:
            return [(costs, 0, 0.0, tie ^ seed, name, place) for name, tie, place in places]
        room = self.tally.room(self.kin)
        return [
            (costs, 0, -left, tie ^ seed, name, place) if left >= admit.ONE else None
            for left, (name, tie, place) in zip(room, places, strict=True)
        ]

    def _taken(self) -> set[int]:
        """Places that are not like an empty one: somebody is there, or a rule points there."""
        taken = set(self.leaf.held)
        for count in (*self.leaf.hard, *(count for _, count in self.leaf.soft)):
            taken.update(count.special())
        return {place for place in taken if place >= 0}

    def _key(self, place: int) -> Key | None:
        leaf = self.leaf
        if leaf.closed(place):
            return None
        room = self.tally.room_at(self.kin, place) if self.kin.size else 0.0
        if self.kin.size and room < admit.ONE:
            return None
        tie = self.topology.ties[place] ^ self.problem.seed
        name = self.topology.signs[place]
        return (leaf.costs(place, self.no_costs), leaf.held.get(place, 0), -room, tie, name, place)


def _swap(heap: list[Key], key: Key | None) -> None:
    if key is None:
        heappop(heap)
    else:
        heapreplace(heap, key)


def _telling(tally: Tally, counts: Sequence[Count]) -> list[Level]:
    """The levels that can make a difference: with several domains, or with a rule."""
    ruled = {count.bound.level for count in counts}
    nodes = tally.topology.nodes
    return [lv for lv in tally.levels if len(nodes[lv].names) > 1 or lv in ruled or lv == tally.topology.leaf]


def _balanced(levels: Sequence[Level], counts: Iterable[Count]) -> dict[Level, bool]:
    """Counts are balanced at every level that no affinity of these members binds."""
    bound = [levels.index(c.bound.level) for c in counts if isinstance(c.bound.rule, Affinity)]
    return {level: depth > max(bound, default=-1) for depth, level in enumerate(levels)}
