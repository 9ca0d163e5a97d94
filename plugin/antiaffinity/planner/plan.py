"""``plan``: the pure answer to "where does each member go?"; no I/O, no clock, no chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeVar, cast, get_args
from zlib import crc32

from antiaffinity import given
from antiaffinity.errors import InvalidRequest
from antiaffinity.explain import shortages
from antiaffinity.model import Domain, Finding, Level, Lists, Member, Needs, Observed
from antiaffinity.planner import place
from antiaffinity.planner.answer import Plan, Survival
from antiaffinity.planner.astray import astray
from antiaffinity.planner.outlook import outlooks
from antiaffinity.planner.placements import placements
from antiaffinity.planner.problem import Problem, Saturated, bind, holders
from antiaffinity.planner.rules import AtMost
from antiaffinity.planner.uneven import uneven
from antiaffinity.policy import Rule
from antiaffinity.topology import Topology

T = TypeVar("T")

ALIVE = ("starting", "running", "claimed")
"""The states of a machine that serves, or is about to."""


def plan(
    members: Sequence[Member | str],
    current: Sequence[Observed],
    domains: Topology | Sequence[Domain],
    rules: Iterable[Rule],
    *,
    only: Lists | None = None,
    never: Lists | None = None,
    needs: Needs | None = None,
    group: str = "",
    saturated: Saturated = "refuse",
    repair: bool = False,
) -> Plan:
    """Where each member goes, with reasons: existing members stay, new ones go where rules hurt least.

    With ``repair`` the plan's ``moves`` mend hard rules that are broken, where some are found.

    ``current`` is every instance that holds a place; ``group`` seeds the order of equals, so that
    groups do not all begin on the same host. The same input in any order gives the same plan.
    """
    options = {"only": only, "never": never, "needs": needs, "group": group, "saturated": saturated}
    given.check({**options, "repair": repair}, given.Planned)
    members, current = _all(members, (Member, str), "members"), _all(current, (Observed,), "current")
    topology = domains if isinstance(domains, Topology) else Topology(_all(domains, (Domain,), "domains"))
    problem = Problem(
        members=tuple(Member(m) if isinstance(m, str) else m for m in members),
        current=tuple(current),
        topology=topology,
        rules=bind(_all(rules, get_args(Rule), "rules"), topology.levels),
        only=only or {},
        never=never or {},
        needs=needs or Needs(),
        seed=crc32(group.encode()),
        saturated=saturated,
    )
    if repair:
        from antiaffinity.planner.repair import repaired  # which asks for plans itself

        return repaired(problem)
    return solve(problem)


def _all(values: Iterable[T], kinds: tuple[type, ...], path: str) -> Sequence[T]:
    """The values, each of one of these kinds."""
    what = " or ".join(f"a {kind.__name__}" if kind is not str else "a name" for kind in kinds)
    found = given.listed(values, path, what)
    given.check_each(found, kinds, path, what)
    return cast(Sequence[T], found)


def solve(problem: Problem) -> Plan:
    """The plan of a problem."""
    _unique(problem.members)
    return answered(problem, place.draft(problem))


def answered(problem: Problem, draft: place.Draft) -> Plan:
    """A draft as a plan: each place with its reason, each rule with what the draft makes of it."""
    named = {member.name for member in problem.members}
    return Plan(
        placements=placements(problem, draft),
        rules=tuple(outlooks(problem, draft)),
        short=tuple(shortages(problem, draft)),
        surplus=surplus(problem, named),
        survives=tuple(survivals(problem, draft)),
        findings=tuple(findings(problem, draft)),
        wanted=tuple(member.name for member in problem.members),
        words=problem.topology.words,
    )


def _unique(members: Sequence[Member]) -> None:
    seen: dict[str, int] = {}
    if len({member.name for member in members}) == len(members):
        return
    for n, member in enumerate(members):
        if member.name in seen:
            first = seen[member.name]
            raise InvalidRequest(
                f"{member.name!r} is named twice (also members[{first}]); a name is an identity",
                path=f"members[{n}]",
            )
        seen[member.name] = n


def surplus(problem: Problem, named: set[str]) -> tuple[Observed, ...]:
    """Instances of members that are not named any more, and duplicates of a member's holder."""
    there = holders(problem.current)
    found = []
    for seen in problem.current:
        holder = there.get(seen.member)
        extra = holder is not None and holder is not seen
        if seen.member and seen.state != "leaving" and (seen.member not in named or extra):
            found.append(seen)
    return tuple(found)


def survivals(problem: Problem, draft: place.Draft) -> Iterable[Survival]:
    """What is left when the fullest domain of each level fails: of the members that run then.

    Each counts once, by its holder or the place it gets, at every level that this is told at.
    """
    there = [draft.tally.locate(seen.domains) for seen in draft.kept.values() if seen.state in ALIVE]
    for level in problem.topology.real_levels:
        codes = problem.topology.codes[level]
        counts = Counter(codes[number] for number in draft.placed.values())
        counts.update(where[level] for where in there if level in where)
        held = [count for domain, count in counts.items() if _is_told(problem, level, domain)]
        if held:
            yield Survival(level, len(held), max(held), sum(held) - max(held))


def _is_told(problem: Problem, level: Level, domain: int) -> bool:
    """Whether a domain has a name; one that vanished has."""
    return domain < 0 or problem.topology.nodes[level].names[domain] is not None


def findings(problem: Problem, draft: place.Draft) -> Iterable[Finding]:
    """What the reader should know besides."""
    yield from problem.topology.findings
    yield from _stacked(draft)
    yield from _unmatched(problem)
    yield from uneven(problem, draft)
    yield from astray(problem)


def _stacked(draft: place.Draft) -> Iterable[Finding]:
    for count in draft.tally.counts:
        if isinstance(count, AtMost) and count.layers > 1:
            yield Finding(
                "stacked",
                f"{count.bound.asked} is void for some: more members than domains, "
                f"stacked in {count.layers} layers (saturated: stack)",
            )


def _unmatched(problem: Problem) -> Iterable[Finding]:
    """A pattern that matches nothing is a slip of the pen, or a domain that is gone."""
    asked = [("only", problem.only), ("never", problem.never)]
    asked += [("only", member.only) for member in problem.members if member.only]
    asked += [("never", member.never) for member in problem.members if member.never]
    patterns = ((word, lv, p) for word, lists in asked for lv, listed in lists.items() for p in listed)
    for word, level, pattern in dict.fromkeys(patterns):
        nodes = problem.topology.plain.nodes.get(level)
        if nodes is None or not nodes.matching([pattern]):
            yield Finding("no-match", f"{word}.{level}: {pattern!r} matches no {level} here")
