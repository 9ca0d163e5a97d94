"""Moving on within one limit per domain, with the fewest moves: cheapest chains, one after the other.

Whoever is too many in a domain goes to one with room, or to one that somebody leaves for another.
A chain costs its moves; who was moved before goes on for nothing, and back for less than that.
Taking the cheapest chain each time ends with the fewest moves of all: these are the successive
shortest paths of a flow in which every arc carries one member (Ahuja, Magnanti, Orlin:
Network Flows, chapter 9).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence

Chain = list[tuple[str, str]]
"""Who goes, and to which domain."""


class Chains:
    """The members of one rule that may move, by the paths of domains.

    ``held`` counts everybody in a domain, ``home`` says where those are that may move, and ``goals``
    where each of them could go, in the order of preference.
    """

    def __init__(
        self, most: int, held: Mapping[str, int], home: Mapping[str, str], goals: Mapping[str, Sequence[str]]
    ) -> None:
        self.most, self.held = most, Counter(held)
        self.home, self.where, self.goals = home, dict(home), goals
        self.inside: dict[str, set[str]] = {}
        for name, domain in home.items():
            self.inside.setdefault(domain, set()).add(name)

    def moved(self) -> dict[str, str]:
        """Who moves, and to which domain; some stay too many where no chain is left."""
        full = sorted(domain for domain, held in self.held.items() if held > self.most)
        # Single moves first: while there are only these, no chain is cheaper.
        for find in (self._single, self._cheapest):
            for domain in full:
                while self.held[domain] > self.most and (chain := find(domain)):
                    self._follow(chain)
        return {name: at for name, at in self.where.items() if at != self.home[name]}

    def _follow(self, chain: Chain) -> None:
        for name, to in chain:
            self.inside[self.where[name]].discard(name)
            self.held[self.where[name]] -= 1
            self.where[name] = to
            self.inside.setdefault(to, set()).add(name)
            self.held[to] += 1

    def _single(self, domain: str) -> Chain:
        for name in sorted(self.inside.get(domain, ())):
            for to in self.goals[name]:
                if self.held[to] < self.most:
                    return [(name, to)]
        return []

    def _cheapest(self, start: str) -> Chain:
        """By Bellman and Ford's search, for going back saves a move."""
        cost, came = {start: 0}, dict[str, tuple[str, str]]()
        queue = deque([start])
        while queue:
            domain = queue.popleft()
            for name in sorted(self.inside.get(domain, ())):
                for to, paid in self._next(name):
                    if to != start and (to not in cost or cost[domain] + paid < cost[to]):
                        cost[to], came[to] = cost[domain] + paid, (domain, name)
                        queue.append(to)
        ends = [(paid, to) for to, paid in cost.items() if to != start and self.held[to] < self.most]
        return _chain(min(ends)[1], came) if ends else []

    def _next(self, name: str) -> list[tuple[str, int]]:
        """Where a member can go on to, and what that costs."""
        here, home = self.where[name], self.home[name]
        if here == home:
            return [(to, 1) for to in self.goals[name] if to != home]
        return [(home, -1), *((to, 0) for to in self.goals[name] if to not in (here, home))]


def _chain(end: str, came: Mapping[str, tuple[str, str]]) -> Chain:
    """From its end: who goes there, who takes that one's place, and so on."""
    chain = []
    while end in came:
        domain, name = came[end]
        chain.append((name, end))
        end = domain
    return chain
