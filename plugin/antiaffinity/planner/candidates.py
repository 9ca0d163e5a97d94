"""``candidates``: every place for one member, allowed or why not: the check before scheduling."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from antiaffinity.errors import InvalidRequest
from antiaffinity.explain import demands
from antiaffinity.model import Level
from antiaffinity.planner import admit
from antiaffinity.planner.picker import Picker
from antiaffinity.planner.problem import Kin, Problem, kin
from antiaffinity.planner.shelf import Key
from antiaffinity.planner.tally import Tally


class Candidate(Struct, frozen=True):
    """One place as one member sees it.

    ``rank`` counts from 1, best first, None if not allowed; ``costs`` is how far each soft rule
    would be overstepped, in their order (for a soft affinity: minus the members already there);
    ``held`` the members of the group in its domain at each level.
    """

    domains: dict[Level, str]
    allowed: bool
    reason: str
    rank: int | None
    costs: tuple[int, ...] = ()
    held: dict[Level, int] = {}


def candidates(problem: Problem, member: str) -> list[Candidate]:
    """Every place for this member, as if it were not there yet: the best first, then the refused."""
    wanted = [one for one in problem.members if one.name == member]
    if not wanted:
        raise InvalidRequest(f"no member {member!r} in this group", path="member")
    others = tuple(seen for seen in problem.current if seen.member != member)
    alone = replace(problem, current=others)
    [one] = kin(alone, wanted)
    tally = Tally(alone)
    keys = Picker(alone, tally, one, admit.meet(admit.fixed(alone, one))).keys()
    ranked = sorted(place for place, key in keys.items())
    ranked.sort(key=lambda place: keys[place][:-1])
    refused = [place for place in range(len(alone.topology)) if place not in keys]
    found = [_allowed(alone, tally, place, n, keys[place]) for n, place in enumerate(ranked, 1)]
    return found + _refused(alone, tally, one, refused)


def _allowed(problem: Problem, tally: Tally, place: int, rank: int, key: Key) -> Candidate:
    return Candidate(_names(problem, place), True, "", rank, key[0], _held(tally, place))


def _held(tally: Tally, place: int) -> dict[Level, int]:
    codes, totals = tally.topology.codes, tally.totals
    return {level: totals[level].get(codes[level][place], 0) for level in tally.topology.real_levels}


def _names(problem: Problem, place: int) -> dict[Level, str]:
    return problem.topology.named(place)


def _refused(problem: Problem, tally: Tally, one: Kin, places: list[int]) -> list[Candidate]:
    asked = demands(problem, tally, one)
    found = []
    for place in places:
        failed = [demand for demand in asked if demand.mask is not None and not demand.mask[place]]
        reasons = "; ".join(_why(problem, place, demand) for demand in failed) or "closed by a rule"
        found.append(Candidate(_names(problem, place), False, reasons, None, (), _held(tally, place)))
    return sorted(found, key=lambda candidate: tuple(candidate.domains.values()))


def _why(problem: Problem, place: int, demand: admit.Requirement) -> str:
    domain = problem.topology.domains[place]
    said = {admit.IN_SERVICE: domain.why, admit.NOT_REFUSING: domain.full}.get(demand.words, "")
    return f"not {demand.words}" + (f" ({said})" if said else "")
