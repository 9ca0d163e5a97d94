"""The domains around the seats as a tree with a price on each branch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from antiaffinity.model import Level
from antiaffinity.planner.price import Price
from antiaffinity.planner.seated import Seated
from antiaffinity.planner.seats import Seats

Domain = tuple[Level, int]


class Tree:
    """Nodes are numbered from ``first``, inner ones before those around them, the root last.

    ``more`` and ``less`` say what one new member more, or one less, costs in the domain of a node;
    ``within`` which seats lie in each home, the innermost nodes.
    """

    def __init__(self, seats: Seats, seated: Seated, price: Price, first: int) -> None:
        self.price, self.first = price, first
        paths = [self._path(seats.inside[number][0]) for number in seats.numbers]
        by_level = zip(*reversed(paths), strict=True)  # each level in the order of the ranks
        self.domains = [domain for level in by_level for domain in dict.fromkeys(level)]
        self.root = first + len(self.domains)
        self.nodes = range(first, self.root)
        numbers = dict(zip(self.domains, self.nodes, strict=True))
        chains = [[numbers[domain] for domain in path] + [self.root] for path in paths]
        self.outer = dict(pair for chain in chains for pair in pairwise(chain))
        self.within = _within(chains)
        self.homes = sorted(self.within)
        self.new = dict.fromkeys([*self.nodes, self.root], 0)
        self._fill(seated, chains)

    def _fill(self, seated: Seated, chains: Sequence[Sequence[int]]) -> None:
        """Count who is seated, and judge every domain."""
        for seat in seated.holder:
            for node in chains[seat]:
                self.new[node] += 1
        self.more, self.less = dict.fromkeys(self.nodes, 0), dict.fromkeys(self.nodes, 0)
        for node in self.nodes:
            self._judge(node)

    def __len__(self) -> int:
        return len(self.domains) + 1

    def _path(self, place: int) -> list[Domain]:
        codes = self.price.problem.topology.codes
        return [(level, codes[level][place]) for level in self.price.outer]

    def count(self, origin: int, target: int) -> None:
        """One more in the domain that is left outwards, or one less in the one entered inwards."""
        node, change = (origin, 1) if self.outer.get(origin) == target else (target, -1)
        self.new[node] += change
        self._judge(node)

    def _judge(self, node: int) -> None:
        level, domain = self.domains[node - self.first]
        self.more[node] = self.price.one_more(level, domain, self.new[node])
        self.less[node] = self.price.one_less(level, domain, self.new[node])


def _within(chains: Sequence[Sequence[int]]) -> dict[int, int]:
    found: dict[int, int] = {}
    for seat, chain in enumerate(chains):
        found[chain[0]] = found.get(chain[0], 0) | 1 << seat
    return found
