"""An oracle for small cases: every way to place the new members, judged by the words of the rules.

It shares no code with the planner: counts are taken anew for every way, by the paths of domains.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import chain, combinations_with_replacement, groupby, product

from msgspec import Struct

from antiaffinity.model import LEVELS, Domain, Level, Lists, Member, Observed
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive

Path = tuple[str | None, ...]
"""A domain: the names from the outermost level inwards to its own."""

Way = tuple[int, ...]
"""For each new member the number of its place."""

Value = tuple[int, ...]
"""The oversteps of the soft rules in order, then the balance of each level, outermost first."""


class Case(Struct, frozen=True):
    """One question to a planner."""

    members: tuple[Member, ...]
    current: tuple[Observed, ...]
    domains: tuple[Domain, ...]
    rules: tuple[Rule, ...]
    only: Lists = {}
    never: Lists = {}


class Oracle:
    """Everything that can be said of a case by looking at all of it."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.levels = [lv for lv in LEVELS if any(getattr(domain, lv) is not None for domain in case.domains)]
        self.at = [self._counted_at(rule) for rule in case.rules]
        self.there = [self._paths(seen.domains) for seen in case.current if seen.holds]
        holding = [seen for seen in case.current if seen.holds]
        self.before = [
            Counter(
                paths[level]
                for seen, paths in zip(holding, self.there, strict=True)
                if rule.concerns(seen.member) and level in paths and counts(rule, seen)
            )
            for rule, level in zip(case.rules, self.at, strict=True)
        ]
        self.places = [self._paths(domain.names()) for domain in case.domains]
        kept = {seen.member for seen in case.current if seen.state not in ("failed", "leaving")}
        self.new = sorted((m for m in case.members if m.name not in kept), key=_trait)
        self.admitted = [[n for n in range(len(self.places)) if self._admits(m, n)] for m in self.new]
        self.balanced = self._balanced()

    # Reading the case

    def _paths(self, names: Mapping[Level, str]) -> dict[Level, Path]:
        """The path of the domain at every level that is known of a place."""
        found: dict[Level, Path] = {}
        for depth, level in enumerate(self.levels):
            if level in names:
                found[level] = tuple(names.get(outer) for outer in self.levels[: depth + 1])
        return found

    def _counted_at(self, rule: Rule) -> Level:
        """A level that is not known here: apart further out is apart, together further in is together."""
        wanted = LEVELS.index(rule.level)
        known = [LEVELS.index(level) for level in self.levels]
        if isinstance(rule, Affinity):
            return LEVELS[min(depth for depth in known if depth >= wanted)]
        return LEVELS[max(depth for depth in known if depth <= wanted)]

    def _balanced(self) -> list[Level]:
        bound = [LEVELS.index(at) for rule, at in zip(self.case.rules, self.at, strict=True) if _binds(rule)]
        return [level for level in self.levels if LEVELS.index(level) > max(bound, default=-1)]

    def _admits(self, member: Member, place: int) -> bool:
        """In service, inside all lists, and at a level that every hard rule can count."""
        case = self.case
        stay: Lists = {level: [name] for level, name in member.stay.items()}
        wanted = [(only, True) for only in (case.only, member.only, stay)]
        wanted += [(never, False) for never in (case.never, member.never)]
        listed = all(
            self._matches(place, level, patterns) is inside
            for lists, inside in wanted
            for level, patterns in lists.items()
        )
        return case.domains[place].usable and listed and self._states(member, place)

    def _states(self, member: Member, place: int) -> bool:
        """A place that lacks a level which a hard rule counts takes no member of that rule."""
        rules = zip(self.case.rules, self.at, strict=True)
        return all(at in self.places[place] for rule, at in rules if rule.hard and rule.concerns(member.name))

    def _matches(self, place: int, level: Level, patterns: Iterable[str]) -> bool:
        path = self.places[place].get(level)
        if path is None:
            return False
        texts = (str(path[-1]), "/".join(str(name) for name in path), self.case.domains[place].ids.get(level))
        return any(fnmatchcase(text, pattern) for pattern in patterns for text in texts if text is not None)

    # Every way

    def ways(self) -> Iterator[Way]:
        """Every way that lists, state and room admit; equal members are not told apart."""
        alike = [list(run) for _, run in groupby(range(len(self.new)), key=lambda n: _trait(self.new[n]))]
        choices = [combinations_with_replacement(self.open(run[0]), len(run)) for run in alike]
        for parts in product(*choices):
            way = tuple(chain.from_iterable(parts))
            if self.has_room(way):
                yield way

    def open(self, n: int) -> list[int]:
        return [place for place in self.admitted[n] if not self.case.domains[place].full]

    def has_room(self, way: Sequence[int]) -> bool:
        """Whether what the members take stays within what the places have."""
        for place in set(way):
            domain = self.case.domains[place]
            here = [self.new[n].size for n, chosen in enumerate(way) if chosen == place]
            for resource, capacity in domain.capacity.items():
                taken = sum(float(size.get(resource, 0)) for size in here)
                if taken and taken + domain.used.get(resource, 0) > capacity:
                    return False
        return True

    def best(self) -> Value | None:
        """The least value of all ways that break no hard rule; None if there is no such way."""
        return min((self.value(way) for way in self.ways() if not self.breaks(way)), default=None)

    # Judging one way

    def after(self, n: int, way: Way) -> Counter[Path]:
        """The members that rule ``n`` counts in each domain."""
        rule, level = self.case.rules[n], self.at[n]
        mine = (place for member, place in zip(self.new, way, strict=True) if rule.concerns(member.name))
        counts = self.before[n].copy()
        counts.update(self.places[place][level] for place in mine if level in self.places[place])
        return counts

    def breaks(self, way: Way) -> list[Rule]:
        """The hard rules that the new members break, or break more than those who are there do."""
        return [
            rule
            for n, rule in enumerate(self.case.rules)
            if rule.hard and self._broken(n, rule, self.after(n, way))
        ]

    def _broken(self, n: int, rule: Rule, after: Counter[Path]) -> bool:
        before, most = self.before[n], _most(rule)
        if most is not None:
            return any(count > max(before[path], most) for path, count in after.items())
        if isinstance(rule, Survive):
            return _lost(rule, after) > max(_lost(rule, before), rule.lose_at_most)
        if isinstance(rule, Affinity):
            return max(after.values(), default=0) < max(before.values(), default=0) + _more(before, after)
        assert isinstance(rule, Spread)
        least = self._least(n, rule, after)
        return any(after[path] > before[path] and after[path] - least > rule.max_skew for path in after)

    def _least(self, n: int, rule: Spread, counts: Counter[Path]) -> int:
        """The least count of the eligible domains, as Kubernetes takes it."""
        eligible = self.eligible(n)
        few = rule.min_domains is not None and len(eligible) < rule.min_domains
        return 0 if few else min((counts[path] for path in eligible), default=0)

    def eligible(self, n: int) -> set[Path]:
        """The domains with a place in service that the lists admit, full or not."""
        rule, level = self.case.rules[n], self.at[n]
        mine = [
            p
            for m, places in zip(self.new, self.admitted, strict=True)
            if rule.concerns(m.name)
            for p in places
        ]
        return {self.places[place][level] for place in mine if level in self.places[place]}

    def value(self, way: Way) -> Value:
        """How good a way is; less is better."""
        soft = (self.overstep(n, way) for n, rule in enumerate(self.case.rules) if not rule.hard)
        return (*soft, *(self._squares(level, way) for level in self.balanced))

    def overstep(self, n: int, way: Way) -> int:
        """How far a soft rule is overstepped.

        Of members too many in a domain the second counts twice, the third three times: two
        domains with one too many are better than one with two.
        """
        rule, after = self.case.rules[n], self.after(n, way)
        most = _most(rule)
        if most is not None:
            return sum(_steps(count - most) for count in after.values())
        if isinstance(rule, Affinity):
            return after.total() - max(after.values(), default=0)
        if isinstance(rule, Spread):
            least = self._least(n, rule, after)
            return sum(_steps(after[path] - least - rule.max_skew) for path in self.eligible(n))
        assert isinstance(rule, Survive)
        return max(0, _lost(rule, after) - rule.lose_at_most)

    def _squares(self, level: Level, way: Way) -> int:
        everybody = chain(self.there, (self.places[place] for place in way))
        counts = Counter(paths[level] for paths in everybody if level in paths)
        return sum(count * count for count in counts.values())


def _trait(member: Member) -> str:
    """Equal for members that nothing but their name tells apart (rules "among" some see the name)."""
    return repr((member.name.rstrip("0123456789"), member.size, member.only, member.never, member.stay))


def counts(rule: Rule, seen: Observed) -> bool:
    """What failed or is leaving is kept away from where so many may be, and counted by no other rule."""
    return seen.state not in ("failed", "leaving") or _most(rule) is not None


def _binds(rule: Rule) -> bool:
    return isinstance(rule, Affinity)


def _most(rule: Rule) -> int | None:
    """With one failing domain, to lose at most M is to have at most M in each."""
    if isinstance(rule, AntiAffinity):
        return rule.max_per_domain
    return rule.lose_at_most if isinstance(rule, Survive) and rule.failures == 1 else None


def _lost(rule: Survive, counts: Counter[Path]) -> int:
    return sum(sorted(counts.values(), reverse=True)[: rule.failures])


def _more(before: Counter[Path], after: Counter[Path]) -> int:
    return after.total() - before.total()


def _steps(beyond: int) -> int:
    return beyond * (beyond + 1) // 2 if beyond > 0 else 0
