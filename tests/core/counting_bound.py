"""What a group could have had, by counting alone: how many equal members fit, and how evenly.

Every hard rule becomes, after some choice (the emptiest count of a Spread, the fullest domain of a
Survive, the domain of an Affinity), a least and a most for single domains. Domains form a tree, so a
number of members fits if and only if it lies between the sums of those bounds. No code is shared
with the planner, and nothing is searched: that is what lets it judge every step of a long history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import product

from antiaffinity.model import LEVELS, Domain, Level, Lists, Member, Observed
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive
from core.brute_force import Case

Path = tuple[str, ...]
"""A domain: the names from the outermost level inwards to its own; a place has all of them."""

Spot = tuple[str, Path]
"""A member and its place."""


class Over(str):
    """The member of a machine that failed or is leaving."""


Bounds = Mapping[Path, tuple[int, int]]
"""For some domains, how many more members at least and at most."""

MANY = 10**6


class Ground:
    """A case in which every place states every level."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.levels = [lv for lv in LEVELS if any(getattr(one, lv) is not None for one in case.domains)]
        self.domains: dict[Path, Domain] = {self.path(one.names()): one for one in case.domains}
        self.there: list[Spot] = [(_name(s), self.path(s.domains)) for s in case.current if s.holds]
        self._admitted: dict[str, list[Path]] = {}

    def path(self, names: Mapping[Level, str]) -> Path:
        return tuple(names[level] for level in self.levels)

    def depth(self, rule: Rule) -> int:
        """How many names the path of a domain of the rule has."""
        return self.levels.index(rule.level) + 1

    def counts(self, rule: Rule, spots: Iterable[Spot]) -> Counter[Path]:
        depth = self.depth(rule)
        over = _most(rule) is not None
        mine = [spot for spot in spots if rule.concerns(spot[0]) and (over or not isinstance(spot[0], Over))]
        return Counter(place[:depth] for _, place in mine)

    def admitted(self, member: Member) -> list[Path]:
        """Places in service that the lists allow, full or not."""
        key = repr((member.only, member.never, member.stay))
        if key not in self._admitted:
            fitting = [
                path for path, one in self.domains.items() if one.usable and self._listed(member, path)
            ]
            self._admitted[key] = fitting
        return self._admitted[key]

    def _listed(self, member: Member, path: Path) -> bool:
        stay: Lists = {level: [name] for level, name in member.stay.items()}
        inside = all(self._matches(path, lists) for lists in (self.case.only, member.only, stay))
        outside = [{lv: names} for lists in (self.case.never, member.never) for lv, names in lists.items()]
        return inside and not any(self._matches(path, lists) for lists in outside)

    def _matches(self, path: Path, lists: Lists) -> bool:
        return all(
            any(fnmatchcase(path[self.levels.index(level)], pattern) for pattern in patterns)
            for level, patterns in lists.items()
        )

    def room(self, path: Path, member: Member) -> int:
        """How many members like this one the place itself could take now."""
        one = self.domains[path]
        if one.full:
            return 0
        left = [
            int((one.capacity[name] - one.used.get(name, 0)) // float(amount))
            for name, amount in member.size.items()
            if name in one.capacity
        ]
        return max(0, min(left, default=MANY))

    def eligible(self, rule: Rule, members: Iterable[Member]) -> set[Path]:
        """The domains that a Spread compares for these members."""
        depth = self.depth(rule)
        return {path[:depth] for member in members for path in self.admitted(member)}


def _name(seen: Observed) -> str:
    return Over(seen.member) if seen.state in ("failed", "leaving") else seen.member


def _most(rule: Rule) -> int | None:
    """How many may be in a domain, by a rule that says so."""
    if isinstance(rule, AntiAffinity):
        return rule.max_per_domain
    return rule.lose_at_most if isinstance(rule, Survive) and rule.failures == 1 else None


# Hard rules as bounds


def choices(ground: Ground, rule: Rule, member: Member, number: int) -> Iterator[Bounds]:
    """Every way to turn a rule into bounds for so many more members like this one."""
    before = ground.counts(rule, ground.there)
    domains = ground.eligible(rule, [member])
    most = _most(rule)
    if most is not None:
        yield {path: (0, max(0, most - before[path])) for path in domains}
    elif isinstance(rule, Spread):
        yield from _evenly(rule, before, domains, number)
    elif isinstance(rule, Affinity):
        yield from _together(before, domains)
    elif isinstance(rule, Survive):
        yield from _at_risk(rule, before, domains)


def _evenly(rule: Spread, before: Counter[Path], domains: set[Path], number: int) -> Iterator[Bounds]:
    """One choice for each count that the emptiest domain may end with."""
    if rule.min_domains is not None and len(domains) < rule.min_domains:
        yield {path: (0, max(0, rule.max_skew - before[path])) for path in domains}
        return
    emptiest = min((before[path] for path in domains), default=0)
    for least in range(emptiest, emptiest + number + 1):
        most = least + rule.max_skew
        yield {path: (max(0, least - before[path]), max(0, most - before[path])) for path in domains}


def _together(before: Counter[Path], domains: set[Path]) -> Iterator[Bounds]:
    """Where most of them are, and nowhere else."""
    most = max(before.values(), default=0)
    for path in [path for path in domains if before[path] == most]:
        yield {other: (0, MANY if other == path else 0) for other in domains}
    if not any(before[path] == most for path in domains):
        yield dict.fromkeys(domains, (0, 0))


def _at_risk(rule: Survive, before: Counter[Path], domains: set[Path]) -> Iterator[Bounds]:
    """The fullest domain and its count; of two failing the other may hold what is left."""
    assert rule.failures == 2, "counted for two failures only"
    allowed = max(rule.lose_at_most, sum(sorted(before.values())[-2:]))
    for fullest in domains | set(before):
        for count in range(before[fullest], allowed + 1):
            rest = min(count, allowed - count)
            if all(held <= rest for path, held in before.items() if path != fullest):
                yield {p: (0, (count if p == fullest else rest) - before[p]) for p in domains}


# Sums up the tree


def fits(ground: Ground, member: Member, number: int, further: Sequence[Sequence[Bounds]] = ()) -> bool:
    """Whether so many more members like this one have places that break no hard rule more than before."""
    rules = [rule for rule in ground.case.rules if rule.hard and rule.concerns(member.name)]
    asked = [list(choices(ground, rule, member, number)) for rule in rules]
    leaves = {path: (0, ground.room(path, member)) for path in ground.admitted(member)}
    return any(_spanned(leaves, chosen, number) for chosen in product(*asked, *further))


def _spanned(leaves: Bounds, chosen: Sequence[Bounds], number: int) -> bool:
    """Whether the number lies between the least and the most that all bounds together leave."""
    spans = leaves
    while spans:
        outer: dict[Path, tuple[int, int]] = {}
        for path, (least, most) in spans.items():
            for bounds in chosen:
                low, high = bounds.get(path, (0, MANY))
                least, most = max(least, low), min(most, high)
            if least > most:
                return False
            low, high = outer.get(path[:-1], (0, 0))
            outer[path[:-1]] = low + least, high + most
        if () in outer:
            return outer[()][0] <= number <= outer[()][1]
        spans = outer
    return number == 0


def as_even(held: Counter[Path], domains: Iterable[Path], skew: int, number: int) -> list[Bounds]:
    """Bounds, one choice for each emptiest count, that leave these domains no further apart than this."""
    found: list[Bounds] = []
    for least in range(min(held[path] for path in domains) + number + 1):
        if all(held[path] <= least + skew for path in domains):
            found.append({path: (max(0, least - held[path]), least + skew - held[path]) for path in domains})
    return found
