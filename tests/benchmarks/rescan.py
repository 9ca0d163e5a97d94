"""The spreader as one would write it in an afternoon: for each member, look at all hosts again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from antiaffinity.model import Domain


def rescan(members: Sequence[str], hosts: Sequence[Domain]) -> dict[str, Domain]:
    """A host of its own for each member: in the emptiest zone, there in the emptiest rack, by name."""
    zones: Counter[str | None] = Counter()
    racks: Counter[tuple[str | None, str | None]] = Counter()
    placed: dict[str, Domain] = {}
    taken: set[str | None] = set()
    for member in members:
        free = [host for host in hosts if host.usable and host.host not in taken]
        best = min(free, key=lambda host: (zones[host.zone], racks[host.zone, host.rack], host.host))
        placed[member] = best
        taken.add(best.host)
        zones[best.zone] += 1
        racks[best.zone, best.rack] += 1
    return placed
