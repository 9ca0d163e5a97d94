"""Which of equal places is first: fair over the domains of every level, in another order for each group.

Of equals the place is first whose outermost domain ranks first for the group, then the one inside it, and
so on. A rank is a hash of the domain and the group's seed (rendezvous hashing): every domain is as often
first as any other, and one that is full or closed leaves its share to all the others alike.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Mapping, Sequence
from zlib import crc32

from antiaffinity.model import Level

LANE = 8
"""Numbers of 32 bits lie 64 bits apart in one long int: no product of two runs into the next."""

LOW = (1 << 32) - 1


class Numbers:
    """A number of 32 bits for each domain of a level, told by its name or path alone; no two are equal."""

    def __init__(self, signs: Sequence[str | None]) -> None:
        numbers = array("Q", map(crc32, map(str.encode, map(str, signs))))
        self.each = numbers if len(set(numbers)) == len(numbers) else _apart(numbers, signs)
        self._long = int.from_bytes(self.each.tobytes(), sys.byteorder)
        self._ones = int.from_bytes((1).to_bytes(LANE, sys.byteorder) * len(numbers), sys.byteorder)

    def mixed(self, seed: int) -> array[int]:
        """Each number hashed with the seed, all at once: as MurmurHash3 ends, which keeps them different."""
        ones = self._ones
        mixed = self._long ^ seed * ones
        for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
            mixed ^= mixed >> shift & (LOW >> shift) * ones
            mixed = mixed * factor & LOW * ones
        return array("Q", mixed.to_bytes(LANE * len(self.each), sys.byteorder))


class Ties:
    """The order of equals for one group: ``ranks`` has those of each level's domains, the least first."""

    def __init__(
        self, seed: int, numbers: Mapping[Level, Numbers], codes: Mapping[Level, Sequence[int]]
    ) -> None:
        self.seed = seed
        self.ranks = {level: some.mixed(seed) for level, some in numbers.items()}
        *outer, leaf = self.ranks
        self.rank = self.ranks[leaf].__getitem__
        self._outer = [(codes[level], self.ranks[level]) for level in outer]

    def tie(self, place: int) -> int:
        """Of equal places the one with the least is first."""
        tie = 0
        for codes, ranks in self._outer:
            tie = tie << 32 | ranks[codes[place]]
        return tie << 32 | self.rank(place)


def _apart(numbers: array[int], signs: Sequence[str | None]) -> array[int]:
    """Give another number to all but the first, by name, of those that share one."""
    used = set(numbers)
    first: dict[int, int] = {}
    for one in sorted(range(len(numbers)), key=lambda one: str(signs[one])):
        if first.setdefault(numbers[one], one) != one:
            numbers[one] = _unused(str(signs[one]).encode(), used)
            used.add(numbers[one])
    return numbers


def _unused(sign: bytes, used: set[int]) -> int:
    while (number := crc32(sign)) in used:
        sign += b"+"
    return number
