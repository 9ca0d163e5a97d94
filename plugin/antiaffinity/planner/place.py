"""The plan: keep who is there, then place the hardest first, each where it hurts the rules least."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from antiaffinity.model import Level, Observed
from antiaffinity.planner import admit, matching
from antiaffinity.planner.admit import Reach
from antiaffinity.planner.picker import Picker
from antiaffinity.planner.problem import Kin, Problem, holders, kin
from antiaffinity.planner.rules import Count, Skew, Surviving, Together
from antiaffinity.planner.spreads import eligible
from antiaffinity.planner.tally import Tally
from antiaffinity.policy import AntiAffinity, Spread, Survive
from antiaffinity.topology import both

TRIALS = 200
"""How many choices are tried for a rule: the domains of an affinity that nobody has begun yet."""


Choice = int | frozenset[int]
"""What is decided of a rule: the domain of an affinity, the most of a Survive, what a Spread compares."""


WORK = 1_000_000
"""Members are placed in turn while their number by that of the places stays below this."""


class Left(Struct, frozen=True):
    """The members of a class that found no place, and the proof of it where there is one."""

    kin: Kin
    names: tuple[str, ...]
    proof: matching.Crowd | None = None


class Draft(Struct):
    """Who was placed where, and who found no place."""

    tally: Tally
    kept: dict[str, Observed]
    placed: dict[str, int]
    short: list[Left]
    layers: int = 1


def draft(problem: Problem) -> Draft:
    """Place every member that is not there yet; nobody who is there moves."""
    there = holders(problem.current)
    kept = {member.name: there[member.name] for member in problem.members if member.name in there}
    missing = [member for member in problem.members if member.name not in kept]
    reaches = hardest_first(problem, kin(problem, missing))
    loose = _loose(problem, reaches)
    first = _decided(problem, kept, reaches, {}, loose)
    if compared := _worsened(problem, first):
        return _decided(problem, kept, reaches, compared, loose)
    level = matching.level_of(problem, reaches)
    if level is None:
        return first
    if first.layers == 1:
        return _matched(problem, level, reaches, first)
    # Before anybody shares: is there a way without?
    bare = replace(problem, saturated="refuse")
    apart = _matched(bare, level, reaches, _decided(bare, kept, reaches, {}, loose))
    return first if apart.short else apart


def _worsened(problem: Problem, first: Draft) -> dict[int, Choice]:
    """The domains of all hard Spreads, where one is more uneven to all members than to each class of them."""
    spreads = [n for n, one in enumerate(problem.rules) if isinstance(one.rule, Spread) and one.rule.hard]
    if not spreads or not first.placed:
        return {}
    before, after = Tally(problem).counts, first.tally.counts
    compared = {n: frozenset(eligible(problem, n)) for n in spreads}
    for n in spreads:
        for count in (before[n], after[n]):
            count.start(partial(set, compared[n]))
    return dict(compared) if any(after[n].excess() > before[n].excess() for n in spreads) else {}


def _matched(problem: Problem, level: Level, reaches: Sequence[Reach], first: Draft) -> Draft:
    """The draft with a place for everybody who can have one, and the best balance."""
    better = matching.matched(problem, level, reaches, first.placed)
    kins = [reach.kin for reach in reaches]
    tally = first.tally if better.places == first.placed else counted(problem, kins, better.places)
    short = []
    for n, proof in better.proofs.items():
        names = tuple(name for name in reaches[n].kin.members if name not in better.places)
        short.append(Left(reaches[n].kin, names, proof))
    return Draft(tally, first.kept, better.places, short)


def counted(problem: Problem, classes: Iterable[Kin], places: Mapping[str, int]) -> Tally:
    """Who is there, and who has one of these places."""
    tally = Tally(problem)
    for one in classes:
        add = tally.adder(one)
        for name in one.members:
            if name in places:
                add(places[name])
    return tally


def hardest_first(problem: Problem, classes: Sequence[Kin]) -> list[Reach]:
    """Fewest places first, then most rules, then the biggest."""
    tally = Tally(problem)
    if len(classes) == 1:  # nobody competes with it: what is open now the picker finds out
        return [Reach(classes[0], admit.meet(admit.fixed(problem, classes[0])), None)]
    reaches = [_reach(problem, tally, one) for one in classes]
    return sorted(reaches, key=lambda reach: _hardness(problem, reach))


def _reach(problem: Problem, tally: Tally, one: Kin) -> Reach:
    admitted = admit.meet(admit.fixed(problem, one))
    now = admit.meet(admit.open_now(problem, one, tally.room(one)))
    return Reach(one, admitted, both(admitted, now))


def _hardness(problem: Problem, reach: Reach) -> tuple[float, int, float, str]:
    one = reach.kin
    places = len(problem.topology) if reach.open is None else sum(reach.open)
    return places, -len(one.rules), -sum(one.size.values()), one.members[0]


def _loose(problem: Problem, classes: Sequence[Reach]) -> list[int]:
    """Hard rules that leave a choice which all members must follow, and which the first may get wrong."""
    wanted = [n for n in sorted({n for one in classes for n in one.kin.rules}) if problem.rules[n].rule.hard]
    if all(isinstance(problem.rules[n].rule, AntiAffinity | Spread) for n in wanted):
        return []
    counts = Tally(problem).counts
    return [n for n in wanted if _leaves_choice(counts[n])]


def _leaves_choice(count: Count) -> bool:
    """The domain of an affinity that has none yet, or several; how uneven a Survive may be."""
    return isinstance(count, Surviving) or (isinstance(count, Together) and len(count.fullest()) != 1)


def _decided(
    problem: Problem,
    kept: dict[str, Observed],
    classes: Sequence[Reach],
    choices: Mapping[int, Choice],
    loose: list[int],
) -> Draft:
    """Try the choices of each loose rule in turn until everybody fits."""
    first = _place_all(problem, kept, classes, choices)
    if not loose or not first.short:
        return first
    n, *others = loose
    best = first
    for choice in islice(_choices(problem, n, classes), TRIALS):
        tried = _decided(problem, kept, classes, {**choices, n: choice}, others)
        if not tried.short:
            return tried
        best = min(best, tried, key=_missing)
    return best


def _missing(one: Draft) -> int:
    return sum(len(left.names) for left in one.short)


def _choices(problem: Problem, n: int, classes: Sequence[Reach]) -> Iterable[int]:
    rule = problem.rules[n].rule
    if isinstance(rule, Survive):  # the most in any one domain, evenest first
        return range(rule.lose_at_most // rule.failures, rule.lose_at_most)
    return _roomiest(problem, n, classes)


def _roomiest(problem: Problem, n: int, classes: Sequence[Reach]) -> Iterable[int]:
    """The domains that could hold all members of the affinity by size, most room first."""
    level = problem.rules[n].level
    mine = [one.kin for one in classes if n in one.kin.rules]
    smallest = min(mine, key=lambda one: sum(one.size.values()))
    room: dict[int, int] = {}
    tally = Tally(problem)
    tally.counts[n].start(set)
    wanted = sum(len(one.members) for one in mine)
    slots = tally.room(smallest) if smallest.size else [wanted] * len(problem.topology)
    for number, left in zip(problem.topology.codes[level], slots, strict=True):
        room[number] = room.get(number, 0) + int(max(0, min(left, wanted)) + 1 - admit.ONE)
    able = (d for d, left in room.items() if left >= wanted and not tally.counts[n].blocks(d))
    path = problem.topology.nodes[level].path
    return sorted(able, key=lambda d: (-room[d], path(d)))


def _place_all(
    problem: Problem, kept: dict[str, Observed], classes: Sequence[Reach], choices: Mapping[int, Choice]
) -> Draft:
    tally = Tally(problem)
    for n, choice in choices.items():
        _decide(tally.counts[n], choice)
    result = Draft(tally, kept, {}, [])
    if any(isinstance(choice, frozenset) for choice in choices.values()) and _is_quick(problem, classes):
        _place_in_turn(problem, result, classes)
        return result
    for one in classes:
        left = _place(problem, result, one)
        while left and problem.saturated == "stack" and _layer(result, one):
            before = len(left)
            left = _place(problem, result, _rest(one, left))
            if len(left) == before:
                break
        if left:
            result.short.append(Left(one.kin, left))
    return result


def _is_quick(problem: Problem, classes: Sequence[Reach]) -> bool:
    return sum(len(reach.kin.members) for reach in classes) * len(problem.topology) < WORK


def _place_in_turn(problem: Problem, result: Draft, classes: Sequence[Reach]) -> None:
    """One by one, the hardest that finds a place now: others fill the emptier domains of a Spread for it."""
    waiting = {reach.kin.members: reach.kin.members for reach in classes}
    turns = list(classes)
    while turns:
        one = turns.pop(0)
        names = waiting[one.kin.members]
        if names and not _place(problem, result, _rest(one, names[:1])):
            waiting[one.kin.members] = names[1:]
            turns = list(classes)
    result.short = [Left(one.kin, names) for one in classes if (names := waiting[one.kin.members])]


def _decide(count: Count, choice: Choice) -> None:
    if isinstance(count, Skew):
        assert isinstance(choice, frozenset)
        count.decide(choice)
    if isinstance(count, Together | Surviving):
        assert isinstance(choice, int)
        count.decide(choice)


def _layer(result: Draft, one: Reach) -> bool:
    result.layers += 1
    return result.tally.stack(one.kin.rules)


def _rest(one: Reach, left: tuple[str, ...]) -> Reach:
    return replace(one, kin=replace(one.kin, members=left))


def _place(problem: Problem, result: Draft, one: Reach) -> tuple[str, ...]:
    """Place the members of one class; the names of those left over."""
    picker = Picker(problem, result.tally, one.kin, one.admitted)
    for done, name in enumerate(one.kin.members):
        place = picker.take()
        if place is None:
            return one.kin.members[done:]
        result.placed[name] = place
    return ()
