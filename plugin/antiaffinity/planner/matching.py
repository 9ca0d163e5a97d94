"""Members of several classes, at most one to a domain: a place for each if there is a way at all.

Members of one class are interchangeable, so a search for a free seat looks at a class once (Kuhn's
augmenting paths), however many its members are. A search that fails is a proof: the classes it
met have more members than all the domains they can use (Hall's theorem).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from antiaffinity.model import Level
from antiaffinity.planner.admit import Reach
from antiaffinity.planner.balance import Balance
from antiaffinity.planner.price import priced
from antiaffinity.planner.problem import Problem
from antiaffinity.planner.seated import Seated
from antiaffinity.planner.seats import Seats
from antiaffinity.planner.tally import Tally
from antiaffinity.policy import AntiAffinity


class Crowd(Struct, frozen=True):
    """The proof that some find no place: these members have so few domains between them, for one each."""

    members: tuple[str, ...]
    domains: int
    level: Level


class Matched(Struct, frozen=True):
    """A place for as many members as can have one, and for each class with somebody left over the proof."""

    places: dict[str, int]
    proofs: dict[int, Crowd]


def level_of(problem: Problem, reaches: Sequence[Reach]) -> Level | None:
    """The level at which every member needs a domain of its own; None where matching is no answer.

    It is one where there are several classes and all hard rules are anti-affinity: one of them with at
    most one member of all classes in a domain, the others at that level or inside it, which it implies
    but for members that are there already.
    """
    binding = sorted({n for reach in reaches for n in reach.kin.rules if problem.rules[n].rule.hard})
    if len(reaches) < 2 or not all(isinstance(problem.rules[n].rule, AntiAffinity) for n in binding):
        return None
    levels = problem.topology.levels
    single = [problem.rules[n].level for n in binding if _one_each(problem, n, reaches)]
    outermost = min((problem.rules[n].level for n in binding), key=levels.index, default=None)
    return outermost if outermost in single else None


def _one_each(problem: Problem, n: int, reaches: Sequence[Reach]) -> bool:
    rule = problem.rules[n].rule
    most = rule.max_per_domain if isinstance(rule, AntiAffinity) else 0
    return most == 1 and all(n in reach.kin.rules for reach in reaches)


def matched(problem: Problem, level: Level, reaches: Sequence[Reach], placed: Mapping[str, int]) -> Matched:
    """Begin with the places found so far; seat the rest as far as possible, then balance.

    As many members as possible have a place: proven for whatever lists and sizes. The balance is
    the best there is for them (outermost level first, after soft anti-affinity), unless the search
    was cut short (``balance.EFFORT``) or a soft rule does not add up domain by domain: then it is
    that of the places found so far.
    """
    tally = Tally(problem)
    seats = Seats(problem, tally, level, reaches)
    seated = Seated(seats, placed)
    proofs = dict(_seat_the_rest(seats, seated, level))
    price = priced(problem, tally, level, reaches)
    if price:
        Balance(seats, seated, price).improve()
    tolls = price.tolls if price else [None] * len(reaches)
    return Matched(seated.places(placed, tolls), proofs)


def _seat_the_rest(seats: Seats, seated: Seated, level: Level) -> list[tuple[int, Crowd]]:
    """Seat whoever has no place; for each class that cannot, why."""
    found = []
    for one, reach in enumerate(seats.reaches):
        while seated.held[one].bit_count() < len(reach.kin.members):
            met = seated.add(one)
            if met:
                found.append((one, _crowd(seats, met, level)))
                break
    return found


def _crowd(seats: Seats, classes: Sequence[int], level: Level) -> Crowd:
    usable = 0
    for one in classes:
        usable |= seats.fits[one]
    members = [name for one in sorted(classes) for name in seats.reaches[one].kin.members]
    return Crowd(tuple(members), usable.bit_count(), level)
