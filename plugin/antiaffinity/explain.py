"""Why something does not fit: what each requirement leaves, and which way out really helps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import nsmallest

from msgspec.structs import replace

from antiaffinity.model import Member
from antiaffinity.planner import admit, easing, place
from antiaffinity.planner.answer import Shortage
from antiaffinity.planner.matching import Crowd
from antiaffinity.planner.problem import Kin, Problem, kin
from antiaffinity.planner.rules import Count
from antiaffinity.planner.tally import Tally
from antiaffinity.policy import ALL, AntiAffinity
from antiaffinity.topology import Mask

SAMPLES = 3
"""How many places are tried as a pattern for one more."""

MOST = 8
"""Members that a way out names."""

WORK = 2_000_000
"""Ways out are tried while classes by places by tries stay below this: each try is a plan of its own."""


def shortages(problem: Problem, draft: place.Draft) -> Iterator[Shortage]:
    """The accounts of the members that found no place, class by class."""
    if draft.short:
        looks = len(_classes(problem, draft)) * len(problem.topology)
        tries = iter(range(max(SAMPLES, WORK // max(1, looks))))
        for left in draft.short:
            yield _shortage(problem, draft, left, tries)


def _classes(problem: Problem, draft: place.Draft) -> list[Kin]:
    return kin(problem, [member for member in problem.members if member.name not in draft.kept])


def _shortage(problem: Problem, draft: place.Draft, left: place.Left, tries: Iterator[int]) -> Shortage:
    """The account of one class."""
    one, names = left.kin, left.names
    steps = list(_narrowing(problem, _steps(problem, draft, one)))
    who = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    places = f"{len(problem.topology)} {problem.topology.word(problem.topology.leaf)}s"
    kept = "".join(f", {count} {words}{_said(problem, words)}" for words, _, count in steps)
    return Shortage(
        member=names[0],
        message=f"no place for {who}: {places}{kept}{_certainty(problem, draft, left)}",
        conflict=tuple((words, path) for words, path, _ in steps),
        ways_out=tuple(_ways_out(problem, one, names, tries)),
        limit=any(problem.rules[n].never_more for n in one.rules),
    )


def _said(problem: Problem, words: str) -> str:
    """What was read as the reason that places take nothing: two of them are enough to see why."""
    reasons = list(dict.fromkeys(filter(None, _reasons(problem, words))))
    more = f"; and {len(reasons) - 2} more" if len(reasons) > 2 else ""
    return f" ({'; '.join(reasons[:2])}{more})" if reasons else ""


def _reasons(problem: Problem, words: str) -> Iterator[str]:
    domains = problem.topology.domains
    if words == admit.IN_SERVICE:
        yield from (domain.why for domain in domains if not domain.usable)
    elif words == admit.NOT_REFUSING:
        yield from (domain.full for domain in domains)


def _certainty(problem: Problem, draft: place.Draft, left: place.Left) -> str:
    """Whether there is no place, and why, or only none was found."""
    if left.proof:
        return _proven(problem, left.proof)
    return "" if _is_exact(problem, draft) else " (none found: sizes and lists were tried hardest first)"


def _proven(problem: Problem, crowd: Crowd) -> str:
    names, word = crowd.members, problem.topology.word(crowd.level)
    who = ", ".join(names[:SAMPLES]) + (f" and {len(names) - SAMPLES} more" if len(names) > SAMPLES else "")
    if not crowd.domains:
        return f" (proven: no {word} is open to {who})"
    between = f"{crowd.domains} {word}s" if crowd.domains > 1 else f"one {word}"
    return f" (proven: at most {crowd.domains} of {who} fit, with {between} open to any of them, one each)"


def _is_exact(problem: Problem, draft: place.Draft) -> bool:
    """Greedy is exact for one class of members under rules that count all of them, one Spread at most."""
    alike = len(_classes(problem, draft)) == 1
    simple = all(b.rule.kind != "affinity" and b.rule.among == ALL for b in problem.rules)
    spreads = {b.level for b in problem.rules if b.rule.kind == "spread" and b.rule.hard}
    return alike and simple and len(spreads) < 2


Step = tuple[str, str, int]


def _steps(problem: Problem, draft: place.Draft, one: Kin) -> Iterator[Step]:
    """How many places are left after each requirement in turn."""
    so_far: Mask | None = None
    for demand in demands(problem, draft.tally, one):
        so_far = admit.meet([admit.Requirement("", "", so_far), demand])
        yield demand.words, demand.path, len(problem.topology) if so_far is None else sum(so_far)


def demands(problem: Problem, tally: Tally, one: Kin) -> list[admit.Requirement]:
    """Everything that members of this class ask of a place now, each by itself."""
    asked = [*admit.fixed(problem, one), *admit.open_now(problem, one, tally.room(one))]
    return asked + [_rule_demand(problem, tally.counts[n], n) for n in one.rules if _hard(problem, n)]


def _hard(problem: Problem, n: int) -> bool:
    return problem.rules[n].rule.hard


def _rule_demand(problem: Problem, count: Count, n: int) -> admit.Requirement:
    codes = problem.topology.codes[count.bound.level]
    closed = {number: count.blocks(number) for number in set(codes)}
    words = f"open under {count.bound.asked}"
    return admit.Requirement(words, problem.rules[n].path, [not closed[number] for number in codes])


def _narrowing(problem: Problem, steps: Iterable[Step]) -> Iterator[Step]:
    """The requirements that leave less than those before them."""
    before = len(problem.topology)
    for step in steps:
        if step[2] < before:
            yield step
        before = step[2]


def _ways_out(problem: Problem, one: Kin, names: Sequence[str], tries: Iterator[int]) -> Iterator[str]:
    """Each way out was tried: with it, the plan fits."""
    said = set[str]()
    for words, eased in _eased(problem, one, names):
        if words in said or next(tries, None) is None:
            continue
        if not place.draft(eased).short:
            said.add(words)
            yield words


def _eased(problem: Problem, one: Kin, names: Sequence[str]) -> Iterator[tuple[str, Problem]]:
    bare = replace(problem, saturated="refuse")
    yield from _more_places(bare, len(names))
    fewer = len(problem.members) - len(names)
    if fewer:
        words = f"{fewer} members instead of {len(problem.members)} (without {_listed(names)})"
        yield words, _without(bare, names)
    for n in one.rules:
        bound = problem.rules[n]
        if bound.rule.hard:
            yield from easing.rule(bare, n)
    yield from _eased_lists(bare, one)
    if any(isinstance(problem.rules[n].rule, AntiAffinity) and _hard(problem, n) for n in one.rules):
        yield "saturated: stack (then some share)", replace(problem, saturated="stack")
    if one.size:
        free = tuple(replace(member, size={}) for member in problem.members)
        word = problem.topology.word(problem.topology.leaf)
        yield f"smaller members, or a {word} with {_amounts(one)} free for each", replace(bare, members=free)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST]) + (f" and {len(names) - MOST} more" if len(names) > MOST else "")


def _amounts(one: Kin) -> str:
    return ", ".join(f"{resource} {amount:g}" for resource, amount in one.size.items())


def _more_places(problem: Problem, count: int) -> Iterator[tuple[str, Problem]]:
    """More places beside each of the first few, empty and without a name that a list could know."""
    topology = problem.topology
    leaf, word = topology.plain.leaf, topology.word(topology.plain.leaf)
    usable = (one for one in topology.domains if one.usable)
    for domain in nsmallest(SAMPLES, usable, key=lambda one: [*one.names().values()]):
        new = [replace(domain, used={}, full="", **{leaf: f"(new {n})"}) for n in range(count)]
        wider = topology.having([*topology.domains, *new])
        around = "/".join(list(domain.names().values())[:-1])
        words = f"{f'one more {word}' if count == 1 else f'{count} more {word}s'}"
        yield words + (f" in {around}" if around else ""), replace(problem, topology=wider)


def _eased_lists(problem: Problem, one: Kin) -> Iterator[tuple[str, Problem]]:
    if problem.only or problem.never:
        yield "without the group's only and never", replace(problem, only={}, never={})
    names = set(one.members)
    mine = [member for member in problem.members if member.name in names]
    if any(member.only or member.never for member in mine):
        yield f"without only and never of {one.members[0]}", _freed(problem, names, only={}, never={})
    if any(member.stay for member in mine):
        yield f"without stay of {one.members[0]}", _freed(problem, names, stay={})


def _freed(problem: Problem, names: set[str], **fields: object) -> Problem:
    members = tuple(replace(m, **fields) if m.name in names else m for m in problem.members)
    return replace(problem, members=members)


def _without(problem: Problem, names: Sequence[str]) -> Problem:
    gone = set(names)
    return replace(problem, members=tuple[Member, ...](m for m in problem.members if m.name not in gone))
