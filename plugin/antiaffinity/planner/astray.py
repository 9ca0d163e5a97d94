"""Who runs where it may not be: by lists, needs, size, or because the place is out of service or gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from antiaffinity.model import Finding, Level, Observed
from antiaffinity.planner.admit import ONE, Requirement, fixed
from antiaffinity.planner.problem import Kin, Problem, holders, kin
from antiaffinity.topology import Topology, room

MISPLACED = ("excluded", "out-of-service")
"""The kinds of finding that say so."""


def astray(problem: Problem) -> Iterator[Finding]:
    """One finding for each reason why a member may not be where it is, and why.

    A place that is told at an outer level is judged by all that lie in it, one that is not told by none.
    """
    there = {name: seen for name, seen in holders(problem.current).items() if _stands(seen)}
    members = [member for member in problem.members if member.name in there]
    if not (members and problem.topology.domains):
        return
    alone = replace(problem, rules=(), topology=problem.topology.plain)
    for one in kin(alone, members):
        standing = _Standing(alone, one)
        for name in one.members:
            yield from standing.findings(name, there[name])


def _stands(seen: Observed) -> bool:
    return seen.holds and seen.state not in ("claimed", "failed", "leaving", "gone")


class _Standing:
    """What a class of members asks of every place, held against where they are."""

    def __init__(self, problem: Problem, one: Kin) -> None:
        self.topology, self.kin = problem.topology, one
        asked = (*fixed(problem, one), *self._sizes())
        self.asked = [each for each in asked if each.mask and self._is_told(each)]
        self._inside: dict[tuple[Level, int], Sequence[int]] = {}

    def findings(self, name: str, seen: Observed) -> Iterator[Finding]:
        level, number = _place(self.topology, seen.domains)
        if level is None:
            return
        where = f"{_at(level)} {seen.domains[level]}"
        if number is None:
            words = f"{name} is {where}, which is not among the places any more"
            yield Finding("out-of-service", words, name, seen.domains[level], "warning")
            return
        path = self.topology.nodes[level].path(number)
        places = self._places(level, number)
        for each in dict.fromkeys(each.path for each in self.asked if not _meets(each, places)):
            kind = "excluded" if each else "out-of-service"
            words = self._words(name, f"{_at(level)} {path}", each, places[0])
            yield Finding(kind, words, name, path, "warning")

    def _places(self, level: Level, number: int) -> Sequence[int]:
        if level == self.topology.leaf:
            return (number,)
        if (level, number) not in self._inside:
            codes = self.topology.codes[level]
            self._inside[level, number] = [place for place, code in enumerate(codes) if code == number]
        return self._inside[level, number]

    def _words(self, name: str, where: str, path: str, place: int) -> str:
        word, _, level = path.partition(".")
        if not path:
            why = self.topology.domains[place].why or "it is marked as not usable"
            return f"{name} is {where}, which is out of service: {why}"
        if word == "stay":
            return f"{name} has to stay in {level} {self.kin.stay[level]}, and is {where}"  # type: ignore[index]
        if word in ("only", "never"):
            return f"{name} stays {where}, which the lists exclude now"
        return f"{name} is {where}, which does not hold what it needs any more ({path})"

    def _is_told(self, asked: Requirement) -> bool:
        """Whether the level of a list is one that places here tell."""
        word, _, level = asked.path.partition(".")
        return word not in ("only", "never", "stay") or level in self.topology.levels

    def _sizes(self) -> Iterator[Requirement]:
        """A place that never had so much, even if it were empty."""
        whole = {resource: self._whole(resource) for resource in self.kin.size}
        if whole:
            held = room(whole.__getitem__, self.kin.size)
            yield Requirement("large enough", "size", [most >= ONE for most in held])

    def _whole(self, resource: str) -> list[float]:
        return [domain.capacity.get(resource, float("inf")) for domain in self.topology.domains]


def _at(level: Level) -> str:
    return f"on {level}" if level == "host" else f"in {level}"


def _meets(asked: Requirement, places: Sequence[int]) -> bool:
    return any(asked.mask[place] for place in places) if asked.mask else True


def _place(topology: Topology, domains: Mapping[Level, str]) -> tuple[Level | None, int | None]:
    """The innermost domain that a machine tells, by its level and number; no number where it is gone.

    No level where it tells none that is known here, or one of several of the name.
    """
    told = [level for level in topology.levels if level in domains]
    if not told:
        return None, None
    level = told[-1]
    if (number := topology.locate(domains).get(level)) is not None:
        return level, number
    called = topology.nodes[level].called.get(domains[level], [])
    if len(called) == 1:
        return level, called[0]  # around which something has another name by now
    outer = topology.levels[: topology.levels.index(level)]
    return (None, None) if called and not all(lv in domains for lv in outer) else (level, None)
