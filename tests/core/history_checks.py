"""What is checked after every step of a group's life; counts places anew and asks the planner nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations_with_replacement

from antiaffinity.model import Member, Observed
from antiaffinity.planner.answer import Plan
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive
from core.brute_force import Case
from core.counting_bound import Bounds, Ground, Path, Spot, as_even, fits

INEXACT = "none found"
"""What a plan says where its search may have missed a place."""

TRIES = 4000
"""How far a way for a mixed lot of members is searched before a step stays unjudged."""


def holders(current: Sequence[Observed]) -> dict[str, Observed]:
    """The oldest living instance of each member."""
    alive = [seen for seen in current if seen.state not in ("failed", "leaving")]
    oldest_last = sorted(alive, key=lambda seen: (seen.since, seen.instance), reverse=True)
    return {seen.member: seen for seen in oldest_last}


class Checked:
    """One plan beside the case it answers."""

    def __init__(self, case: Case, plan: Plan) -> None:
        self.case, self.plan = case, plan
        self.ground = Ground(case)
        self.here = holders(case.current)
        self.new = [member for member in case.members if member.name not in self.here]
        placed = {placement.member: placement for placement in plan.placements}
        self.placed = placed
        self.spots: list[Spot] = [
            (member.name, self.ground.path(placed[member.name].domains))
            for member in self.new
            if member.name in placed
        ]
        self.after = [*self.ground.there, *self.spots]
        self.waiting = [member for member in self.new if member.name not in placed]

    def complaints(self) -> Iterator[str]:
        """What is wrong with the plan; nothing, one hopes."""
        yield from self._moves()
        yield from self._impossible()
        yield from (f"{rule} is broken by {self.spots}" for rule in self.case.rules if self._breaks(rule))
        yield from self._uneven()

    # Nobody moves

    def _moves(self) -> Iterator[str]:
        for member in self.case.members:
            seen, placement = self.here.get(member.name), self.placed.get(member.name)
            if seen and (not placement or placement.domains != seen.domains):
                yield f"{member.name} is moved from {seen.domains}"
            if placement and placement.existing != (seen.instance if seen else ""):
                yield f"{member.name} is taken for {placement.existing or 'new'}"

    # New members are where they may be, and can be

    def _impossible(self) -> Iterator[str]:
        members = {member.name: member for member in self.new}
        for name, place in self.spots:
            if place not in self.ground.admitted(members[name]) or self.ground.domains[place].full:
                yield f"{name} may not be in {place}"
        for place in {place for _, place in self.spots}:
            taken = sum(_vcpus(members[name]) for name, spot in self.spots if spot == place)
            domain = self.ground.domains[place]
            if taken + domain.used.get("vcpus", 0) > domain.capacity.get("vcpus", float("inf")):
                yield f"{place} holds more than it can"

    # Hard rules

    def _breaks(self, rule: Rule) -> bool:
        return rule.hard and bool(self.spots) and breaks(self.ground, rule, self.new, self.spots)

    # Nobody is left out for nothing

    def alike(self) -> bool:
        """Whether all who are to be placed are equal for every rule."""
        return len({_trait(self.case.rules, member) for member in self.new}) == 1

    def avoidable(self) -> bool | None:
        """Whether one more of those who wait could have had a place; None where that is not found out."""
        if self.alike():
            more = range(len(self.spots) + 1, len(self.new) + 1)
            return any(fits(self.ground, self.new[0], number) for number in more)
        found = False
        for one in _one_of_each(self.case.rules, self.waiting):
            lot = [member for member in self.new if member.name in self.placed] + [one]
            way = Search(self.ground, lot).found()
            if way is None:
                return None
            found = found or way
        return found

    def claims_exact(self) -> bool:
        return not any(INEXACT in shortage.message for shortage in self.plan.short)

    # Evenness

    def _uneven(self) -> Iterator[str]:
        """Skew grows only as far as counting says that it must."""
        if not self.spots or not self.alike():
            return
        rules = self.case.rules
        if all(isinstance(rule, AntiAffinity | Survive) and rule.hard for rule in rules):
            yield from self._skewed(lambda spots: Counter(place[:1] for _, place in spots), 1, "skew")
        first = next((rule for rule in rules if not rule.hard), None)
        choosy = any(isinstance(rule, Spread | Affinity) and rule.hard for rule in rules)
        if isinstance(first, Spread) and first.among == ("*",) and not choosy:
            yield from self._skewed(partial(self.ground.counts, first), first.max_skew, str(first))

    def _skewed(
        self, counted: Callable[[Iterable[Spot]], Counter[Path]], allowed: int, words: str
    ) -> Iterator[str]:
        there = counted(self.ground.there)
        depth = len(next(iter(counted(self.spots))))
        domains = {place[:depth] for place in self.ground.admitted(self.new[0])}
        before, after = _skew(domains, there), _skew(domains, counted(self.after))
        if after > max(before, allowed):
            choices: list[Bounds] = as_even(there, domains, after - 1, len(self.spots))
            if fits(self.ground, self.new[0], len(self.spots), [choices]):
                yield f"{words} grew from {before} to {after}, and {after - 1} was to be had"


def _skew(domains: set[Path], counts: Counter[Path]) -> int:
    return max(counts[path] for path in domains) - min(counts[path] for path in domains)


def _vcpus(member: Member) -> float:
    return float(member.size.get("vcpus", 0))


def _trait(rules: Sequence[Rule], member: Member) -> str:
    concerned = [n for n, rule in enumerate(rules) if rule.concerns(member.name)]
    return repr((member.size, member.only, member.never, member.stay, concerned))


def _one_of_each(rules: Sequence[Rule], members: Sequence[Member]) -> list[Member]:
    return list({_trait(rules, member): member for member in members}.values())


# Rules by their words


def breaks(ground: Ground, rule: Rule, new: Sequence[Member], spots: Sequence[Spot]) -> bool:
    """Whether new members break a rule, or break it more than those who are there do."""
    before = ground.counts(rule, ground.there)
    after = ground.counts(rule, [*ground.there, *spots])
    if isinstance(rule, AntiAffinity):
        return any(count > max(before[path], rule.max_per_domain) for path, count in after.items())
    if isinstance(rule, Survive):
        return _lost(rule, after) > max(_lost(rule, before), rule.lose_at_most)
    if isinstance(rule, Affinity):
        more = after.total() - before.total()
        return max(after.values(), default=0) < max(before.values(), default=0) + more
    least = _least(rule, after, ground.eligible(rule, [m for m in new if rule.concerns(m.name)]))
    return any(count > max(before[path], least + rule.max_skew) for path, count in after.items())


def _lost(rule: Survive, counts: Counter[Path]) -> int:
    return sum(sorted(counts.values(), reverse=True)[: rule.failures])


def _least(rule: Spread, counts: Counter[Path], eligible: set[Path]) -> int:
    few = rule.min_domains is not None and len(eligible) < rule.min_domains
    return 0 if few else min((counts[path] for path in eligible), default=0)


def overstep(ground: Ground, rule: Rule, spots: Sequence[Spot]) -> int:
    """How far a rule is overstepped; of members too many in a domain the second counts twice."""
    counts = ground.counts(rule, spots)
    if isinstance(rule, Survive) and rule.failures > 1:
        return max(0, _lost(rule, counts) - rule.lose_at_most)
    if isinstance(rule, Affinity):
        return counts.total() - max(counts.values(), default=0)
    if isinstance(rule, Spread):
        eligible = ground.eligible(rule, [m for m in ground.case.members if rule.concerns(m.name)])
        allowed = _least(rule, counts, eligible) + rule.max_skew
        return sum(_steps(counts[path] - allowed) for path in eligible)
    most = rule.max_per_domain if isinstance(rule, AntiAffinity) else rule.lose_at_most
    return sum(_steps(count - most) for count in counts.values())


def _steps(beyond: int) -> int:
    return beyond * (beyond + 1) // 2 if beyond > 0 else 0


class Search:
    """Looks for any way to place a mixed lot of members; gives up after so many tries."""

    def __init__(self, ground: Ground, members: Sequence[Member]) -> None:
        self.ground = ground
        self.members = sorted(members, key=lambda member: len(ground.admitted(member)))
        self.rules = [rule for rule in ground.case.rules if rule.hard]
        self.tries = 0

    def found(self) -> bool | None:
        """True or False for sure; None where the tries did not suffice."""
        way = self._place([], self.ground.there)
        return None if not way and self.tries >= TRIES else way

    def _place(self, spots: list[Spot], everybody: Sequence[Spot]) -> bool:
        if len(spots) == len(self.members):
            return not any(breaks(self.ground, rule, self.members, spots) for rule in self.rules)
        member = self.members[len(spots)]
        for place in self.ground.admitted(member):
            self.tries += 1
            if self.tries >= TRIES:
                return False
            spot = (member.name, place)
            if self._allows(member, place, spots) and self._place([*spots, spot], [*everybody, spot]):
                return True
        return False

    def _allows(self, member: Member, place: Path, spots: Sequence[Spot]) -> bool:
        sizes = {one.name: _vcpus(one) for one in self.members}
        beside = sum(sizes[name] for name, spot in spots if spot == place)
        domain = self.ground.domains[place]
        left = domain.capacity.get("vcpus", float("inf")) - domain.used.get("vcpus", 0) - beside
        if domain.full or left < _vcpus(member):
            return False
        way = [*spots, (member.name, place)]
        lasting = [rule for rule in self.rules if not isinstance(rule, Spread)]
        return not any(breaks(self.ground, rule, self.members, way) for rule in lasting)


# Shrinking


def value(ground: Ground, spots: Sequence[Spot]) -> tuple[int, ...]:
    """How good a group is: hard rules, soft rules in order, balance from outside inwards; less is better."""
    rules = ground.case.rules
    hard = sum(overstep(ground, rule, spots) for rule in rules if rule.hard)
    soft = [overstep(ground, rule, spots) for rule in rules if not rule.hard]
    return hard, *soft, *(_squares(spots, depth + 1) for depth in range(len(ground.levels)))


def _squares(spots: Sequence[Spot], depth: int) -> int:
    counts = Counter(place[:depth] for _, place in spots)
    return sum(count * count for count in counts.values())


def without(spots: Sequence[Spot], gone: Sequence[str]) -> list[Spot]:
    return [spot for spot in spots if spot[0] not in gone]


def best_without(ground: Ground, there: Mapping[str, Path], by: int) -> tuple[int, ...]:
    """The best value after so many of those who are there go: all ways are tried."""
    cells: dict[str, list[str]] = {}
    for name, place in there.items():
        cells.setdefault(repr((place, [r.concerns(name) for r in ground.case.rules])), []).append(name)
    ways = combinations_with_replacement(cells, by)
    counts = (Counter(way) for way in ways)
    taken = ([name for cell, n in way.items() for name in cells[cell][:n]] for way in counts)
    return min(value(ground, without(ground.there, gone)) for gone in taken if len(gone) == by)


def shrink_complaints(case: Case, plan: Plan, by: int) -> Iterator[str]:
    """What is wrong with the victims."""
    names, here = [member.name for member in case.members], holders(case.current)
    if len(set(plan.victims)) != by or [n for n in names if n not in plan.victims] != list(plan.members):
        yield f"of {names} go {plan.victims} and stay {plan.members}"
    going = [name for name in plan.victims if name in here]
    if going and set(names) - set(here) - set(plan.victims):
        yield f"{going} go before those who are not there"


def shrink_value(case: Case, plan: Plan) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """The value after the victims went, and the best there is; None where nobody goes who is there.

    Where a member has doubles or remains, or somebody is counted who is not asked, that is another
    question: None too.
    """
    here, ground = holders(case.current), Ground(case)
    named = {
        member.name: ground.path(here[member.name].domains) for member in case.members if member.name in here
    }
    going = [name for name in plan.victims if name in named]
    counted = Counter(name for name, _ in ground.there)
    if not going or any(counted[name] != 1 for name in named):
        return None
    absent = [member.name for member in case.members if member.name not in named]
    ground.there = without(ground.there, absent)
    return value(ground, without(ground.there, going)), best_without(ground, named, len(going))
