"""Which native groups each new member is launched into: its set's, and a soft rule's while there is room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, count

from msgspec.structs import replace

from antiaffinity.evidence import Path, path
from antiaffinity.model import Level, Native, Observed, Placement
from antiaffinity.planner.mechanism import Means
from antiaffinity.planner.problem import Saturated

Where = tuple[str, int]
"""The outer domain that a native group, or its limit, counts in ("" for all of them), and its layer."""


def hand_out(
    means: Sequence[Means], placements: Iterable[Placement], there: Sequence[Observed], layer: int
) -> dict[str, tuple[Native, ...]]:
    """The native groups of each new member on one cloud, by its name.

    ``there`` are the cloud's machines of the group; ``layer`` counts the native groups of a stack. A soft
    rule has one layer: after it, members are launched outside its group where that would refuse them.
    """
    found: dict[str, dict[Native, None]] = {}
    groups = [_Groups(one, there, layer) for one in means if one.native and not one.keeper]
    for placement in placements:
        mine = found.setdefault(placement.member, {})
        for group in groups:
            if group.means.rule.concerns(placement.member):
                mine.update(dict.fromkeys(group.take(placement)))
    return {member: tuple(natives) for member, natives in found.items()}


def keep(
    means: Sequence[Means], placements: Iterable[Placement], there: Sequence[Observed], saturated: Saturated
) -> dict[str, tuple[Native, ...]]:
    """The native rules that keep each member where it is or goes, on one cloud, by its name.

    In a stack, and where a soft rule has more members than domains, each of several in one domain is in
    another rule; a hard one that is broken has one all the same, which mends it.
    """
    kept = [_Kept(one, there, saturated) for one in means if one.keeper]
    return {
        one.member: tuple(rule.take(one) for rule in kept if rule.means.rule.concerns(one.member))
        for one in placements
    }


def next_layer(means: Sequence[Means], layer: int, members: int, saturated: Saturated) -> str:
    """Where members go whom no place takes into the groups of this layer, in words; "" if nowhere."""
    delegated = [one for one in means if one.delegated]
    if saturated == "stack" and layer < members and any(one.rule.hard for one in delegated):
        return f"layer {layer + 1} (saturated: stack)"
    if layer == 1 and any(_refuses_softly(one) for one in delegated):
        return "outside the native group of the soft rule"
    return ""


def _refuses_softly(means: Means) -> bool:
    """A soft rule on a mechanism that knows only hard ones."""
    hard_only = means.promise is not None and means.promise.at_launch == "REFUSES"
    return hard_only and not means.rule.hard


class _Kept:
    """The native rules that keep what we choose for one rule: one, or one for each layer of a stack."""

    def __init__(self, means: Means, there: Iterable[Observed], saturated: Saturated) -> None:
        assert means.native is not None
        self.means, self.native = means, means.native
        apart = means.native.kind == "keep anti-affinity"
        self.layered = apart and (saturated == "stack" or not means.rule.hard)
        self.held: dict[Path, list[str]] = {}
        for seen in there:
            if means.rule.concerns(seen.member):
                self._beside(seen.domains).append(seen.instance)

    def take(self, placement: Placement) -> Native:
        """The rule of one member: a machine that is there has its number among those beside it."""
        beside = self._beside(placement.domains)
        me = placement.existing or placement.member
        if me not in beside:
            beside.append(me)
        return replace(self.native, number=beside.index(me) + 1 if self.layered else 1)

    def _beside(self, domains: Mapping[Level, str]) -> list[str]:
        return self.held.setdefault(path(domains, self.native.level), [])


class _Groups:
    """The native groups of one rule, and who is in them."""

    def __init__(self, means: Means, there: Iterable[Observed], layer: int) -> None:
        assert means.native is not None
        assert means.promise is not None
        self.means, self.native, self.promise, self.layer = means, means.native, means.promise, layer
        self.held: Counter[Where] = Counter()
        self.sets: dict[Where, Counter[int]] = {}
        for seen in there:
            if self.promise.level in seen.memberships:
                where = self._outer(seen.domains), seen.layer.get(self.promise.level, 1)
                self.held[where] += 1
                self._in(where)[seen.part.get(self.promise.level, 1)] += 1

    def take(self, placement: Placement) -> list[Native]:
        """The groups that one more member joins."""
        outer = self._outer(placement.domains)
        where = outer, self._layer(outer)
        if not self._open(where):
            return []
        self.held[where] += 1
        within = placement.domains.get(self.means.per, "") if self.means.per else ""
        native = replace(self.native, within=within, number=where[1])
        return [replace(native, part=part) for part in self._parts(where)]

    def _layer(self, outer: str) -> int:
        """The one that the run is in; in a stack that is too large for one, the first with room."""
        if not self.means.delegated:
            return 1
        if not self.means.stacked:
            return self.layer
        return next(n for n in count(self.layer) if self._has_room((outer, n)))

    def _has_room(self, where: Where) -> bool:
        return self.means.takes is None or self.held[where] < self.means.takes

    def _open(self, where: Where) -> bool:
        """The planner keeps hard rules within their room, and knows when a soft one has none."""
        if self.means.rule.hard or not self.means.delegated:
            return True
        outside = self.layer > 1 and _refuses_softly(self.means)
        return not outside and self._has_room(where)

    def _parts(self, where: Where) -> list[tuple[int, ...]]:
        """The pairs that the emptiest set is in."""
        if self.means.sets == 1:
            return [()]
        counts = self._in(where)
        mine = min(range(1, self.means.sets + 1), key=lambda one: (counts[one], one))
        counts[mine] += 1
        return [pair for pair in combinations(range(1, self.means.sets + 1), 2) if mine in pair]

    def _in(self, where: Where) -> Counter[int]:
        return self.sets.setdefault(where, Counter())

    def _outer(self, domains: Mapping[Level, str]) -> str:
        level = self.means.per or self.promise.limit_per
        return "" if level == "group" else domains.get(level, "")
