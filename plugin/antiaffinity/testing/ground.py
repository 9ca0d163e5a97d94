"""What a tester's cloud stands on unless told otherwise: equal hosts in racks in zones, and a brisk time."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from difflib import get_close_matches

from msgspec import Struct

from antiaffinity.errors import InvalidRequest
from antiaffinity.testing.world import Place

TEMPO = 10
"""How many seconds go by in a cloud, and in the library, while one does for the tester."""


class Brisk:
    """Real time, only faster: launches race as they do in real clouds, and nobody waits long."""

    def __init__(self) -> None:
        self._start, self._skipped = time.monotonic(), 0.0

    def now(self) -> float:
        return (time.monotonic() - self._start) * TEMPO + self._skipped

    def skip(self, seconds: float) -> None:
        """Let so much time have gone by at once."""
        self._skipped += seconds

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / TEMPO)

    def uniform(self, low: float, high: float) -> float:
        return random.uniform(low, high)


class Shape(Struct, frozen=True):
    """So many zones, racks in each zone, and hosts in each rack."""

    zones: int = 3
    racks: int = 2
    hosts: int = 2

    def places(self, region: str, zones: Sequence[str]) -> list[Place]:
        """The hosts, in the first zones of these: ``z1-r2-h1`` is in rack r2 of zone z1.

        InvalidRequest where the region has fewer zones.
        """
        if self.zones > len(zones):
            raise InvalidRequest(f"{self.zones} zones, but there are only {len(zones)}: {', '.join(zones)}")
        return [
            Place(f"{zone}-r{rack}-h{host}", f"r{rack}", zone, region)
            for zone in zones[: self.zones]
            for rack in range(1, self.racks + 1)
            for host in range(1, self.hosts + 1)
        ]


def shape(text: str) -> Shape:
    """The shape that ``zones=3,racks=2,hosts=2`` says; what is left out is as it is by default."""
    pairs = [word.partition("=") for word in text.replace(" ", "").split(",") if word]
    for key, _, number in pairs:
        _check(key, number)
    return Shape(**{key: int(number) for key, _, number in pairs})


def _check(key: str, number: str) -> None:
    if key not in Shape.__struct_fields__:
        raise InvalidRequest(f"a world has no {key!r}: {nearest(key, Shape.__struct_fields__)}")
    if not number.isdecimal() or int(number) < 1:
        raise InvalidRequest(f"{key} is {number!r}: write a number from 1 on, as in {key}=2")


def nearest(word: str, known: Sequence[str]) -> str:
    """A hint for somebody who wrote another word than those known."""
    near = get_close_matches(word, known, n=1)
    return (f"did you mean {near[0]!r}? " if near else "") + f"known: {', '.join(known) or 'none'}"
