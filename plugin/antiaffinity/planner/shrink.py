"""Shrinking: who goes, so that what stays is spread best."""

from __future__ import annotations

from msgspec.structs import replace

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import Observed
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.plan import solve
from antiaffinity.planner.problem import Problem, holders, natural
from antiaffinity.planner.tally import Place, Tally


def shrunk(problem: Problem, by: int) -> Plan:
    """The plan without ``by`` members: those not there first, then the last of the fullest domains."""
    if not 0 < by < len(problem.members):
        most = len(problem.members) - 1
        raise InvalidRequest(f"of {most + 1} members 1 to {most} can go, not {by}", path="shrink")
    there = holders(problem.current)
    absent = [name for name in _last_first(problem) if name not in there]
    victims = absent[:by]
    tally = Tally(problem)
    while len(victims) < by:
        victims.append(_fullest(problem, tally, there, victims))
    gone = set(victims)
    staying = tuple(member for member in problem.members if member.name not in gone)
    current = tuple(seen for seen in problem.current if seen.member not in gone)
    plan = solve(replace(problem, members=staying, current=current))
    return replace(plan, members=tuple(member.name for member in staying), victims=tuple(victims))


def _last_first(problem: Problem) -> list[str]:
    return list(reversed(natural(member.name for member in problem.members)))


def _fullest(problem: Problem, tally: Tally, there: dict[str, Observed], gone: list[str]) -> str:
    """The next victim, taken from the fullest domain, outermost level first; the highest name of equals."""
    left = [name for name in _last_first(problem) if name in there and name not in gone]
    places = {name: tally.locate(there[name].domains) for name in left}
    victim = max(left, key=lambda name: _crowd(tally, places[name]))
    for level, number in places[victim].items():
        tally.totals[level][number] -= 1
    return victim


def _crowd(tally: Tally, place: Place) -> tuple[int, ...]:
    return tuple(tally.totals[level][place[level]] if level in place else 0 for level in tally.levels)
