"""Whether a fleet of small groups leans on one place: the fullest and the emptiest beside an even share."""

from __future__ import annotations

from collections import Counter

from antiaffinity.model import Domain
from antiaffinity.planner.plan import plan
from antiaffinity.policy import AntiAffinity
from antiaffinity.topology import Topology
from benchmarks.table import AtLeast, AtMost, Row

SIZES = (1, 2, 3)
"""Members in a group."""


def fairness(groups: int, places: int) -> list[Row]:
    """The worst over groups of each size; no time is measured, so the figures are always the same."""
    shares = [_shares(groups, members, places) for members in SIZES]
    what = f"place of {places} after {groups} groups of each of {', '.join(map(str, SIZES))} members"
    return [
        Row(f"fullest {what}", "an even share", max(max(some) for some in shares), AtMost(2)),
        Row(f"emptiest {what}", "an even share", min(min(some) for some in shares), AtLeast(0.5)),
    ]


def _shares(groups: int, members: int, places: int) -> list[float]:
    zones = Topology([Domain(zone=f"zone-{n}") for n in range(places)])
    names = [f"m{n}" for n in range(members)]
    found: Counter[str] = Counter()
    for n in range(groups):
        answer = plan(names, [], zones, [AntiAffinity("zone")], group=f"shop/svc{n}")
        found.update(placement.domains["zone"] for placement in answer.placements)
    return [found[f"zone-{n}"] * places / (groups * members) for n in range(places)]
