"""Why something does not fit: what each requirement leaves, and which way out really helps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from antiaffinity.model import Member
from antiaffinity.planner import admit, place
from antiaffinity.planner.answer import Shortage
from antiaffinity.planner.problem import Bound, Kin, Problem
from antiaffinity.planner.rules import Count
from antiaffinity.planner.tally import Tally
from antiaffinity.policy import AntiAffinity, Spread, Survive


def shortage(problem: Problem, draft: place.Draft, one: Kin, names: Sequence[str]) -> Shortage:
    """The account of the members of one class that found no place."""
    steps = list(_steps(problem, draft, one))
    who = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    word = problem.topology.leaf
    left = ", ".join(f"{count} {words}" for words, _, count in steps)
    exact = "" if _is_exact(problem, one) else " (none found; sizes and lists were tried hardest first)"
    return Shortage(
        member=names[0],
        message=f"no place for {who}: of {len(problem.topology)} {word}s {left}{exact}",
        conflict=tuple((words, path) for words, path, _ in _narrowing(problem, steps)),
        ways_out=tuple(_ways_out(problem, one, names)),
        limit=any(problem.rules[n].never_more for n in one.rules),
    )


def _is_exact(problem: Problem, one: Kin) -> bool:
    """Greedy is exact for one class of members under one set of rules."""
    return len(one.members) == len(problem.members) and all(
        problem.rules[n].rule.kind != "affinity" for n in one.rules
    )


Step = tuple[str, str, int]


def _steps(problem: Problem, draft: place.Draft, one: Kin) -> Iterator[Step]:
    """How many places are left after each requirement in turn."""
    so_far: admit.Mask | None = None
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
    return admit.Requirement(words, f"rules[{n}]", [not closed[number] for number in codes])


def _narrowing(problem: Problem, steps: Sequence[Step]) -> Iterator[Step]:
    before = len(problem.topology)
    for step in steps:
        if step[2] < before:
            yield step
        before = step[2]


def _ways_out(problem: Problem, one: Kin, names: Sequence[str]) -> Iterator[str]:
    """Each way out was tried: with it, the plan fits."""
    for words, eased in _eased(problem, one, names):
        if not place.draft(eased).short:
            yield words


def _eased(problem: Problem, one: Kin, names: Sequence[str]) -> Iterator[tuple[str, Problem]]:
    bare = replace(problem, saturated="refuse")
    for n in one.rules:
        bound = problem.rules[n]
        if bound.rule.hard:
            yield from _eased_rule(bare, n, bound)
    yield from _eased_lists(bare, one)
    fewer = len(problem.members) - len(names)
    if fewer:
        yield f"{fewer} members instead of {len(problem.members)}", _without(bare, names)
    if any(isinstance(problem.rules[n].rule, AntiAffinity) and _hard(problem, n) for n in one.rules):
        yield "saturated: stack (then some share)", replace(problem, saturated="stack")
    if one.size:
        free = tuple(replace(member, size={}) for member in problem.members)
        yield "smaller members, or more room", replace(bare, members=free)


def _eased_rule(problem: Problem, n: int, bound: Bound) -> Iterator[tuple[str, Problem]]:
    rule = bound.rule
    if isinstance(rule, AntiAffinity):
        more = replace(rule, max_per_domain=rule.max_per_domain + 1)
        most = more.max_per_domain
        words = f"lose_at_most {most}" if isinstance(bound.asked, Survive) else f"{most} per {rule.level}"
        yield f"rules[{n}]: {words}", _with_rule(problem, n, more)
    elif isinstance(rule, Spread):
        more_skew = replace(rule, max_skew=rule.max_skew + 1)
        yield f"rules[{n}]: max_skew {more_skew.max_skew}", _with_rule(problem, n, more_skew)
    elif isinstance(rule, Survive):
        losing = replace(rule, lose_at_most=rule.lose_at_most + 1)
        yield f"rules[{n}]: lose_at_most {losing.lose_at_most}", _with_rule(problem, n, losing)
    soft = replace(rule, hard=False)
    yield f"rules[{n}]: hard: false", _with_rule(problem, n, soft)


def _with_rule(problem: Problem, n: int, rule: AntiAffinity | Spread | Survive | object) -> Problem:
    rules = list(problem.rules)
    rules[n] = replace(rules[n], rule=rule)
    return replace(problem, rules=tuple(rules))


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
