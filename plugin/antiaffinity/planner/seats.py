"""The domains of one level that take one more member each, as several classes of members see them.

A set of seats is an int with one bit for each: what a class fits, who holds what and what is free
meet in one operation. Of equals the highest bit is the first, in the order of their ranks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, repeat

from msgspec import Struct

from antiaffinity.model import Level
from antiaffinity.planner.admit import Reach
from antiaffinity.planner.problem import Problem
from antiaffinity.planner.tally import Tally
from antiaffinity.topology import Mask, both

DIGITS = bytes([48, 49]) + bytes(254)
"""Turns the bytes 0 and 1 into the digits that ``int`` reads, far faster than adding up bits."""

Toll = list[int] | None
"""What one more member costs at each place, at the rule's level and inside it; None: the same at all."""


class Ground(Struct, frozen=True):
    """Seats at which each class pays alike: nothing, where nobody is and no soft rule counts inside."""

    seats: int
    cost: Sequence[int]
    """By class."""


def each(bits: int) -> Iterator[int]:
    """The seats of a set, the first of equals first."""
    while bits:
        seat = bits.bit_length() - 1
        yield seat
        bits ^= 1 << seat


def bits(flags: Iterable[bool]) -> int:
    """The set of the seats that are flagged, the highest first."""
    return int(bytes(flags).translate(DIGITS) or b"0", 2)


class Seats:
    """Who fits where: ``fits`` says for each class the seats it may take, as things stand at the start."""

    def __init__(self, problem: Problem, tally: Tally, level: Level, reaches: Sequence[Reach]) -> None:
        self.problem, self.tally, self.reaches = problem, tally, reaches
        self.codes = problem.topology.codes[level]
        self.inside = problem.topology.parts(level)
        self.ties = problem.topology.ties(problem.seed)
        rank = self.ties.ranks[level].__getitem__
        self.numbers = sorted(range(len(self.inside)), key=rank, reverse=True)
        self.seat = {number: seat for seat, number in enumerate(self.numbers)}
        unblocked = {reach.kin.rules: _unblocked(problem, tally, reach.kin.rules) for reach in reaches}
        self.masks = [both(reach.open, unblocked[reach.kin.rules]) for reach in reaches]
        self.fits = [self.where(set(compress(self.codes, mask or repeat(True)))) for mask in self.masks]
        self.rooms: dict[int, Sequence[float]] = {}

    def where(self, numbers: set[int]) -> int:
        """The seats among these domains."""
        return bits(map(numbers.__contains__, reversed(self.numbers)))

    def held(self, places: Iterable[int]) -> int:
        """The seats that these places lie in."""
        return sum(1 << self.seat[self.codes[place]] for place in places)

    def roomiest(self, one: int, bits: int) -> int:
        """The seat of a set with most room for a class."""
        if not self.reaches[one].kin.size:
            return bits.bit_length() - 1
        return max(each(bits), key=lambda seat: max(self._room(one, p) for p in self._open(one, seat)))

    def place(self, one: int, seat: int, toll: Toll) -> int:
        """The best place for a class in a domain: cheapest, then roomiest, then first of equals."""
        places, tie = self._open(one, seat), self.ties.tie
        return min(places, key=lambda p: (toll[p] if toll else 0, -self._room(one, p), tie(p)))

    def _open(self, one: int, seat: int) -> list[int]:
        mask = self.masks[one]
        return [place for place in self.inside[self.numbers[seat]] if mask is None or mask[place]]

    def _room(self, one: int, place: int) -> float:
        kin = self.reaches[one].kin
        if not kin.size:
            return 0.0
        if one not in self.rooms:
            self.rooms[one] = self.tally.room(kin)
        return self.rooms[one][place]

    def grounds(self, tolls: Sequence[Toll]) -> list[Ground]:
        """The seats by what each class pays there."""
        everywhere = (1 << len(self.numbers)) - 1
        if all(toll is None for toll in tolls):
            return [Ground(everywhere, [0] * len(tolls))]
        alike: dict[tuple[int, ...], int] = {}
        columns = [self._cheapest(one, toll) for one, toll in enumerate(tolls)]
        for seat, costs in enumerate(zip(*columns, strict=True)):
            alike[costs] = alike.get(costs, 0) | 1 << seat
        return [Ground(seats, costs) for costs, seats in sorted(alike.items())]

    def _cheapest(self, one: int, toll: Toll) -> list[int]:
        """What a class pays at each seat; nothing where it does not fit."""
        costs = [0] * len(self.numbers)
        if toll:
            paid = self.where({self.codes[place] for place, cost in enumerate(toll) if cost})
            for seat in each(self.fits[one] & paid):
                costs[seat] = min(toll[place] for place in self._open(one, seat))
        return costs


def _unblocked(problem: Problem, tally: Tally, rules: Sequence[int]) -> Mask | None:
    """The places that no hard rule closes as things stand."""
    mask: Mask | None = None
    for n in rules:
        count = tally.counts[n]
        if count.bound.rule.hard:
            closed = {number for number in count.special() if count.blocks(number)}
            codes = problem.topology.codes[count.bound.level]
            if closed:
                mask = both(mask, [number not in closed for number in codes])
    return mask
