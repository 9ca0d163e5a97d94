"""The search for few moves that mend what is broken: who goes, so that everybody finds a place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from glob import escape
from itertools import compress, islice, repeat

from msgspec import Struct
from msgspec.structs import replace

from antiaffinity.model import Level, Member
from antiaffinity.planner import admit, place
from antiaffinity.planner.breaks import at_least, broken
from antiaffinity.planner.chains import Chains
from antiaffinity.planner.problem import Problem, kin, natural
from antiaffinity.planner.relocating import Excess, Relocating, overstepped
from antiaffinity.planner.rules import AtMost, Together
from antiaffinity.planner.spreads import begin_spreads
from antiaffinity.planner.tally import Place

TRIALS = 200
"""How many sets of members are tried at most; the first is nearly always right."""

Pins = Mapping[str, tuple[Level, str]]
"""Members that must go into one domain: its level and path."""


class Outcome(Struct, frozen=True):
    """What comes of it when these members go and find new places."""

    gone: tuple[str, ...]
    problem: Problem
    draft: place.Draft
    excess: Excess
    short: frozenset[str]

    @property
    def rank(self) -> tuple[int, int, int]:
        """The less the better: who is left without a place, what stays broken, the moves."""
        return len(self.short), sum(self.excess), len(self.gone)


class Mending:
    """One search. ``going`` are members that have to go whatever the rules make of it."""

    def __init__(self, problem: Problem, going: Sequence[str]) -> None:
        self.problem = problem
        self.broken = broken(problem)
        self._spare: dict[int, bool] = {}
        self.now = self._without(())
        self.going = self._able(going)
        self.fewest = at_least(problem, self.broken)

    def best(self) -> Outcome | None:
        """The best that is found; None where nothing helps."""
        found: Outcome | None = None
        failed: list[Outcome] = []
        for gone, pins in islice(self._ideas(failed), TRIALS):
            for one in self._tried(gone, pins):
                if not self._helps(one):
                    failed.append(one)
                elif found is None or one.rank < found.rank:
                    found = one
            if found and self._done(found):
                break
        return self._fewer(found) if found else None

    def _done(self, found: Outcome) -> bool:
        return not any(found.excess) and len(found.gone) <= max(self.fewest, len(self.going))

    def _able(self, going: Sequence[str]) -> tuple[str, ...]:
        """Those of them that find another place, and make nothing worse by it."""
        able = tuple(going)
        while able and (left := self._without(able).short & {*able}):
            able = tuple(name for name in able if name not in left)
        return able if not able or self._harmless(self._without(able)) else self._one_by_one(able)

    def _one_by_one(self, going: Sequence[str]) -> tuple[str, ...]:
        """As many of them as make nothing worse together."""
        able: tuple[str, ...] = ()
        for name in going[:TRIALS]:
            one = self._without((*able, name))
            able = one.gone if name not in one.short and self._harmless(one) else able
        return able

    # What comes of it

    def _without(self, gone: Sequence[str], pins: Pins | None = None) -> Outcome:
        going = {self._whole.machines[name].instance for name in gone}
        left = tuple(seen for seen in self.problem.current if seen.instance not in going)
        members = tuple(_pinned(member, pins or {}) for member in self.problem.members)
        problem = replace(self.problem, current=left, members=members)
        draft = place.draft(problem)
        begin_spreads(problem, [draft.tally])
        short = frozenset(name for one in draft.short for name in one.names)
        return Outcome(tuple(gone), problem, draft, overstepped(problem, draft.tally), short)

    def _tried(self, gone: Sequence[str], pins: Pins) -> Iterator[Outcome]:
        """With all of them gone; where some then find no place, with the others alone."""
        one = self._without(gone, pins)
        yield one
        if stuck := one.short & {*gone}:
            yield self._without([name for name in gone if name not in stuck], pins)

    def _harmless(self, one: Outcome) -> bool:
        """Whether everybody has a place who had one, and no rule is broken more than it was."""
        worse = any(after > before for after, before in zip(one.excess, self.now.excess, strict=True))
        return not worse and one.short <= self.now.short

    def _helps(self, one: Outcome) -> bool:
        mends = sum(one.excess) < sum(self.now.excess)
        return self._harmless(one) and (mends or (bool(one.gone) and {*one.gone} <= {*self.going}))

    def _fewer(self, found: Outcome) -> Outcome:
        """Whoever need not go after all stays."""
        for name in () if self._done(found) else found.gone:
            if name not in self.going:
                one = self._without([other for other in found.gone if other != name])
                if self._helps(one) and sum(one.excess) <= sum(found.excess):
                    found = one
        return found

    # Whom to try

    def _ideas(self, failed: Sequence[Outcome]) -> Iterator[tuple[Sequence[str], Pins]]:
        yield from ((gone, {}) for gone in self._too_many())
        for n in self.broken:
            yield from self._by_chains(n)
        yield from ((gone, {}) for gone in self._apart())
        yield from ((gone, {}) for gone in self._more(failed))

    def _too_many(self) -> Iterator[list[str]]:
        """One by one, whoever relieves the rules most; of equals the last by name."""
        standing, gone = self._standing(), list(self.going)
        while True:
            if len(gone) >= self.fewest:
                yield list(gone)
            gains = standing.reliefs()
            able = [name for name in self._free if name not in gone and gains[name].hard > 0]
            if not able:
                break
            gone.append(max(able, key=lambda name: (self._elsewhere(name), gains[name])))
            standing.lose(gone[-1])
        if len(gone) < self.fewest:
            yield gone

    def _standing(self) -> Relocating:
        standing = Relocating(self.problem)
        for name in self.going:
            standing.lose(name)
        return standing

    def _by_chains(self, n: int) -> Iterator[tuple[Sequence[str], Pins]]:
        """The fewest moves within one limit per domain: where others choose the places, then as found."""
        count, level = self._whole.tally.counts[n], self.problem.rules[n].level
        if isinstance(count, AtMost):
            moved = self._chains(n, count, level).moved()
            gone = [*self.going, *natural(moved)]
            yield gone, {}
            yield gone, {name: (level, path) for name, path in moved.items()}

    def _chains(self, n: int, count: AtMost, level: Level) -> Chains:
        standing, rule = self._standing(), self.problem.rules[n].rule
        held = {self._path(level, d): held for d, held in standing.tally.counts[n].counts.items()}
        mine = [name for name in self._free if name not in self.going and rule.concerns(name)]
        home = {name: self._path(level, at[level]) for name in mine if level in (at := standing.places[name])}
        codes = self.problem.topology.codes[level]
        goals = {id(open_): self._paths(level, {codes[p] for p in open_}) for open_ in self._open.values()}
        return Chains(count.most, held, home, {name: goals[id(self._open[name])] for name in home})

    def _apart(self) -> Iterator[list[str]]:
        """For members that should be together: all but those of one domain, the fullest first."""
        for n in self.broken:
            count, level = self._whole.tally.counts[n], self.problem.rules[n].level
            if isinstance(count, Together):
                domains = sorted(count.counts, key=lambda d: (-count.counts[d], self._path(level, d)))
                for domain in (*domains, None):
                    apart = (m for m in self._free if self._counts(n, m) and self._at(m, level) != domain)
                    yield list(dict.fromkeys([*self.going, *apart]))

    def _more(self, failed: Sequence[Outcome]) -> Iterator[list[str]]:
        """One more beside those who found no place, then another one."""
        if len([bound for bound in self.problem.rules if bound.rule.hard]) == 1 and not self._uneven:
            return  # chains have found all there is
        for _ in range(2):
            if failed:
                gone = min(failed, key=lambda one: one.rank).gone
                yield from ([*gone, name] for name in self._free if name not in gone)

    @property
    def _uneven(self) -> bool:
        return not all(isinstance(self._whole.tally.counts[n], AtMost) for n in self.broken)

    # Where they could go

    @cached_property
    def _whole(self) -> Relocating:
        """As things stand, with nobody gone."""
        return Relocating(self.problem)

    @cached_property
    def _free(self) -> list[str]:
        """Who may be moved, the last by name first."""
        return list(reversed(natural(self._whole.machines)))

    @cached_property
    def _open(self) -> dict[str, list[int]]:
        """The places that would take each member now, whatever rules say; alike members share one list."""
        tally, found = self._whole.tally, dict[str, list[int]]()
        for one in kin(self.problem, [m for m in self.problem.members if m.name in self._whole.machines]):
            asked = [*admit.fixed(self.problem, one), *admit.open_now(self.problem, one, tally.room(one))]
            places = list(compress(range(len(self.problem.topology)), admit.meet(asked) or repeat(True)))
            found.update(dict.fromkeys(one.members, places))
        return found

    def _elsewhere(self, name: str) -> bool:
        """Whether there is another place for a member within the limits per domain as they stand."""
        alike = id(self._open[name])
        if alike not in self._spare:
            self._spare[alike] = self._fits(name, {})
        return self._spare[alike] or self._fits(name, self._whole.places[name])

    def _fits(self, name: str, here: Place) -> bool:
        """Whether a place takes one more, or takes a member that is in its domain anyway."""
        mine = [count for n, count in enumerate(self._whole.tally.counts) if self._counts(n, name)]
        codes = self.problem.topology.codes
        full = [(codes[c.bound.level], here.get(c.bound.level), c) for c in mine if isinstance(c, AtMost)]
        return any(
            all(c.counts.get(domains[p], 0) - (domains[p] == at) < c.most for domains, at, c in full)
            for p in self._open[name]
        )

    def _counts(self, n: int, name: str) -> bool:
        return self.problem.rules[n].rule.hard and self.problem.rules[n].rule.concerns(name)

    def _at(self, name: str, level: Level) -> int | None:
        return self._whole.places[name].get(level)

    def _paths(self, level: Level, numbers: Iterable[int]) -> list[str]:
        return sorted(self._path(level, number) for number in numbers)

    def _path(self, level: Level, number: int) -> str:
        """The path of a domain; one that vanished from the topology has none that a place has."""
        return self.problem.topology.nodes[level].path(number) if number >= 0 else f"//{number}"


def _pinned(member: Member, pins: Pins) -> Member:
    if member.name not in pins:
        return member
    level, path = pins[member.name]
    return replace(member, stay={**member.stay, level: escape(path)})
