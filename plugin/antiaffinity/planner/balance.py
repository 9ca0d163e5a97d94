"""The best balance for members of several classes with one seat each: exchange until nothing helps.

A plan is the best there is if and only if no round of exchanges saves anything: a class takes a seat
of another, or a free one, whose domains then hold one more, while others hold one less. That is a
minimum-cost flow from classes to domains of the level, their racks, their zones; each round is a
negative cycle of what is left of it (Klein's algorithm), found by Bellman and Ford's.
"""

from __future__ import annotations

from collections.abc import Iterator

from antiaffinity.planner.price import Price
from antiaffinity.planner.seated import Seated
from antiaffinity.planner.seats import Ground, Seats
from antiaffinity.planner.tree import Tree

EFFORT = 20_000_000
"""After so many looks at a pair of a class and another, or a domain, the balance found so far is kept."""

Step = tuple[int, int, int]
"""From a node to another, and the ground it goes over; nodes are the classes, then the tree's."""


class Balance:
    """The search for rounds of exchanges; the cheapest way to each node so far, and whence."""

    def __init__(self, seats: Seats, seated: Seated, price: Price) -> None:
        self.seats, self.seated, self.fits = seats, seated, seats.fits
        self.classes = range(len(seats.fits))
        self.tree = Tree(seats, seated, price, first=len(self.classes))
        self.grounds = seats.grounds(price.tolls)
        self.dist: list[int] = []
        self.came: list[tuple[int, int] | None] = []
        self.effort = EFFORT // (1 + len(seats.numbers) // 5000)  # larger sets take longer to meet

    def improve(self) -> bool:
        """Exchange until no round saves anything, which proves the best; False if cut short."""
        while rounds := self._search():
            for steps in rounds:
                self._exchange(steps)
        return self.effort > 0

    def _search(self) -> list[list[Step]]:
        """Rounds that save something, without a node in common; none if there is none."""
        nodes = len(self.classes) + len(self.tree)
        self.dist, self.came = [0] * nodes, [None] * nodes
        while self.effort > 0:
            before = self.dist.copy()
            for number, ground in enumerate(self.grounds):
                self._cross(number, ground)
            self._climb()
            for number, ground in enumerate(self.grounds):
                self._vacate(number, ground)
            if self.dist == before:
                break
            if found := list(self._rounds()):
                return found
        return []

    def _reach(self, node: int, dist: int, came: tuple[int, int]) -> None:
        if dist < self.dist[node]:
            self.dist[node], self.came[node] = dist, came

    def _cross(self, number: int, ground: Ground) -> None:
        """From classes to those whose seats they could take, and to domains with a free seat for them.

        Over one ground all pay alike, so whoever comes cheapest is the best for all it can reach.
        """
        price = [self.dist[one] + ground.cost[one] for one in self.classes]
        left = sorted(self.classes, key=price.__getitem__, reverse=True)  # the dearest first
        homes = self.tree.homes
        while left:
            now = left.pop()
            fits = self.fits[now] & ground.seats
            homes = self._enter(homes, now, number, fits & self.seated.free, price[now])
            if left and price[now] < price[left[0]]:
                left = self._push(left, now, number, fits, price)
            elif not homes:
                break

    def _enter(self, homes: list[int], now: int, number: int, room: int, price: int) -> list[int]:
        """Take a free seat wherever there is one; the homes that somebody else may come to yet."""
        self.effort -= len(homes)
        homes = [home for home in homes if price < self.dist[home]]
        for home in homes if room else ():
            if room & self.tree.within[home]:
                self._reach(home, price, (now, number))
        return homes

    def _push(self, left: list[int], now: int, number: int, fits: int, price: list[int]) -> list[int]:
        """Those whose seat is taken go on from here, at the same price, before the others."""
        self.effort -= len(left)
        held, paid = self.seated.held, price[now]
        pushed = [one for one in left if paid < price[one] and fits & held[one]]
        for one in pushed:
            self._reach(one, self.dist[one] + paid - price[one], (now, number))
            price[one] = paid
        moved = set(pushed)
        return [one for one in left if one not in moved] + pushed if pushed else left

    def _climb(self) -> None:
        """Outwards with one more in each domain, and inwards with one less."""
        tree = self.tree
        for node in tree.nodes:
            self._reach(tree.outer[node], self.dist[node] + tree.more[node], (node, 0))
        for node in reversed(tree.nodes):
            self._reach(node, self.dist[tree.outer[node]] + tree.less[node], (tree.outer[node], 0))

    def _vacate(self, number: int, ground: Ground) -> None:
        """From domains to the classes of which one could leave."""
        dist = self.dist
        homes = sorted(self.tree.homes, key=dist.__getitem__)
        for one in self.classes:
            held = self.seated.held[one] & ground.seats
            for home in homes if held else ():
                if dist[home] - ground.cost[one] >= dist[one]:
                    break
                if held & self.tree.within[home]:
                    self._reach(one, dist[home] - ground.cost[one], (home, number))
                    break

    def _rounds(self) -> Iterator[list[Step]]:
        """The rings among the ways found: each saves more than it costs, or it would not have closed."""
        seen: dict[int, int] = {}
        for start in range(len(self.dist)):
            node: int = start
            while node not in seen and (came := self.came[node]):
                seen[node] = start
                node = came[0]
            if seen.get(node) == start:
                yield self._ring(node)
            seen.setdefault(node, start)

    def _ring(self, last: int) -> list[Step]:
        steps: list[Step] = []
        node = last
        while not steps or node != last:
            came = self.came[node]
            assert came is not None
            steps.append((came[0], node, came[1]))
            node = came[0]
        return steps

    def _exchange(self, steps: list[Step]) -> None:
        """Carry out one round; all seats are chosen before the first changes hands."""
        chosen = [(step, self._seat(*step)) for step in steps]
        for (origin, target, _), seat in chosen:
            if seat is None:
                self.tree.count(origin, target)
            elif origin in self.classes:
                self.seated.put(origin, seat)
            else:
                self.seated.leave(seat)

    def _seat(self, origin: int, target: int, number: int) -> int | None:
        """The seat that changes hands: the roomiest that is taken, the least of those left."""
        seated, ground = self.seated, self.grounds[number].seats
        if origin in self.classes:
            there = seated.held[target] if target in self.classes else seated.free & self.tree.within[target]
            return self.seats.roomiest(origin, self.fits[origin] & ground & there)
        if target in self.classes:
            left = seated.held[target] & ground & self.tree.within[origin]
            return (left & -left).bit_length() - 1
        return None
