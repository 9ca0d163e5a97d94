"""Picking places for a class of equal members, best first, from heaps nested like the tree.

A place is judged by (overstepped soft rules; members in its zone, in its rack, ... on itself; less
room; its tie). Counts are shared by everything inside a domain, so the best place of
a domain is the best of its parts, and a placement changes only the domains around it: it costs
O(log places), and no place is looked at twice.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import compress, repeat

from antiaffinity.model import Level
from antiaffinity.planner import admit
from antiaffinity.planner.problem import Kin, Problem
from antiaffinity.planner.rules import Count, Surviving
from antiaffinity.planner.shelf import Heap, Key, Order, Places
from antiaffinity.planner.tally import Tally
from antiaffinity.policy import Affinity
from antiaffinity.topology import Mask, both

NOBODY = -(10**9)
"""A domain number that no domain has: what a rule says of it, it says of every empty domain."""


NOTHING = Heap([])


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
    """One domain with others inside it, best on top."""

    __slots__ = ("heap", "number", "outer", "tier")

    def __init__(self, tier: Tier, number: int, outer: Branch | None) -> None:
        self.tier, self.number, self.outer = tier, number, outer
        self.heap: Heap | Places = NOTHING

    def key(self) -> Key | None:
        """How good its best place is, seen from outside; None if it takes nobody."""
        tier, number = self.tier, self.number
        best = self.heap.first
        if best is None or (tier.hard and tier.closed(number)):
            return None
        costs = tier.costs(number, best[0]) if tier.soft else best[0]
        # Joining tuples is twice as fast here as unpacking one into another.
        return (costs, tier.held.get(number, 0)) + best[1:]  # noqa: RUF005


class Picker:
    """The places left to one class of members."""

    def __init__(self, problem: Problem, tally: Tally, kin: Kin, admitted: Mask | None) -> None:
        self.tally, self.kin = tally, kin
        self.topology, self.ties = problem.topology, problem.topology.ties(problem.seed)
        counts = [tally.counts[n] for n in kin.rules]
        balanced = _balanced(tally.levels, counts)
        self.levels = _telling(tally, counts)
        self.tiers = [Tier(tally, level, counts, balanced[level]) for level in self.levels]
        self.leaf = self.tiers[-1]
        self.no_costs = (0,) * sum(not count.bound.rule.hard for count in counts)
        self.volatile = [count for count in counts if isinstance(count, Surviving)]
        self.eligible = admitted
        self.opened = both(admitted, self.topology.not_full)
        for count in counts:
            count.start(partial(self._eligible, count.bound.level))
        self._build()
        self.add = tally.adder(kin)

    def _eligible(self, level: Level) -> set[int]:
        """The domains that hold a place admitted by lists, needs and state; a full one is one too."""
        return set(compress(self.topology.codes[level], self.eligible or repeat(True)))

    def take(self) -> int | None:
        """Place one more member at the best place left; None if no place is left."""
        while key := self.root.heap.first:
            place: int = key[-1]
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
        for place in compress(range(len(self.topology)), self.opened or repeat(True)):
            if (key := self._key(place)) and not any(t.closed(t.codes[place]) for t in self.tiers):
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
        key = self.root.heap.first
        self._renew(place)
        return self.root.heap.first != key

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
        room = self.tally.room(self.kin).tolist() if self.kin.size else None
        order = Order(self.ties, self.leaf.costs(NOBODY, self.no_costs), room)
        empty, others = self._empty(room), self._others()
        inner = len(self.tiers) - 2
        for part in self.topology.parts(self.levels[inner] if self.branches else None):
            mine = part if empty is None else array("I", [place for place in part if empty[place]])
            keys = [key for place in part if (key := others.get(place))] if others else []
            if mine or keys:
                self._branch(inner, part[0]).heap = Places(order, mine, keys)
        self._gather(inner)

    def _branch(self, depth: int, place: int) -> Branch:
        """The domain of this depth around a place."""
        if depth < 0:
            return self.root
        tier = self.tiers[depth]
        number = tier.codes[place]
        found = self.branches[depth].get(number)
        if found is None:
            found = self.branches[depth][number] = Branch(tier, number, self._branch(depth - 1, place))
        return found

    def _gather(self, depth: int) -> None:
        """Order the domains of this level and outwards anew."""
        for inner in range(depth, -1, -1):
            keys: dict[Branch | None, list[Key]] = {}
            for branch in self.branches[inner].values():
                if key := branch.key():
                    keys.setdefault(branch.outer, []).append(key)
            for outer in self.branches[inner - 1].values() if inner else (self.root,):
                outer.heap = Heap(keys.get(outer, []))

    def _renew(self, place: int) -> None:
        """The place on top changed: bring it and the domains around it up to date."""
        branch = self.branches[-1][self.tiers[-2].codes[place]] if self.branches else self.root
        branch.heap.renew(self._key(place))
        while branch.outer:
            branch.outer.heap.renew(branch.key())
            branch = branch.outer

    # The places themselves

    def _empty(self, room: list[float] | None) -> Mask | None:
        """The open places that are alike but for their room and tie: nobody is there; None for all."""
        size = len(self.topology)
        if self.leaf.closed(NOBODY):
            return [False] * size
        mask = self.opened
        if room:
            fits = [left >= admit.ONE for left in room]
            mask = both(mask, fits if False in fits else None)
        taken = self._taken()
        if taken:
            mask = list(mask or [True] * size)
            for place in taken:
                mask[place] = False
        return mask

    def _others(self) -> dict[int, Key]:
        """The keys of the open places where somebody is, or a rule points."""
        opened = self.opened
        places = (place for place in self._taken() if opened is None or opened[place])
        return {place: key for place in places if (key := self._key(place))}

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
        costs = leaf.costs(place, self.no_costs)
        return (costs, leaf.held.get(place, 0), -room, self.ties.tie(place), place)


def _telling(tally: Tally, counts: Sequence[Count]) -> list[Level]:
    """The levels that can make a difference: with several domains, or with a rule."""
    ruled = {count.bound.level for count in counts}
    nodes = tally.topology.nodes
    return [lv for lv in tally.levels if len(nodes[lv].names) > 1 or lv in ruled or lv == tally.topology.leaf]


def _balanced(levels: Sequence[Level], counts: Iterable[Count]) -> dict[Level, bool]:
    """Counts are balanced at every level that no affinity of these members binds."""
    bound = [levels.index(c.bound.level) for c in counts if isinstance(c.bound.rule, Affinity)]
    return {level: depth > max(bound, default=-1) for depth, level in enumerate(levels)}
