"""What one could ask for instead: a problem with one requirement eased, in words that say which."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from glob import escape

from msgspec.structs import replace

from antiaffinity.model import Level
from antiaffinity.planner.problem import Bound, Problem
from antiaffinity.planner.rules import Skew
from antiaffinity.planner.spreads import begin_spreads, eligible
from antiaffinity.planner.tally import Tally
from antiaffinity.policy import Rule, Spread, Survive

Eased = tuple[str, Problem]

NAMES = 8
"""A list of more domains than this is no way out that somebody would write."""


def rule(problem: Problem, n: int) -> Iterator[Eased]:
    """A rule that asks for less."""
    bound = problem.rules[n]
    for field in ("max_per_domain", "max_skew", "lose_at_most"):
        if hasattr(bound.rule, field):
            yield _one_more(problem, n, bound, field)
    if isinstance(bound.rule, Spread):
        yield from _fewer_domains(problem, n, bound.rule)
    yield f"{bound.path} soft (hard: false)", with_rule(problem, n, replace(bound.rule, hard=False))


def _one_more(problem: Problem, n: int, bound: Bound, field: str) -> Eased:
    more = replace(bound.rule, **{field: getattr(bound.rule, field) + 1})
    # With one failing domain the planner counts "lose at most" as a maximum per domain.
    said = "lose_at_most" if isinstance(bound.asked, Survive) else field
    return f"{said} {getattr(more, field)} in {bound.path}", with_rule(problem, n, more)


def as_uneven(problem: Problem, n: int, count: Skew) -> Iterator[Eased]:
    """A Spread that allows for what comes of it, or compares fewer domains."""
    skew = count.rule.max_skew + count.excess()
    words = f"max_skew {skew} in {problem.rules[n].path}"
    yield words, with_rule(problem, n, replace(count.rule, max_skew=skew))
    yield from _fewer_domains(problem, n, count.rule)


def _fewer_domains(problem: Problem, n: int, spread: Spread) -> Iterator[Eased]:
    """A Spread that wants no more domains than there are, or leaves out those that hold nobody."""
    bound, open_ = problem.rules[n], eligible(problem, n)
    if spread.min_domains is not None and spread.min_domains > len(open_):
        least, words = (len(open_), f"min_domains {len(open_)}") if open_ else (None, "no min_domains")
        yield f"{words} in {bound.path}", with_rule(problem, n, replace(spread, min_domains=least))
    tally = Tally(problem)
    begin_spreads(problem, [tally])
    yield from _left_out(problem, bound.level, [d for d in open_ if not tally.counts[n].counts.get(d)])


def _left_out(problem: Problem, level: Level, empty: Collection[int]) -> Iterator[Eased]:
    """First those that take nobody now: what others take they may go on taking."""
    codes, domains = problem.topology.codes[level], problem.topology.domains
    taking = {code for code, domain in zip(codes, domains, strict=True) if domain.usable and not domain.full}
    for some in dict.fromkeys((tuple(sorted({*empty} - taking)), tuple(sorted(empty)))):
        if 0 < len(some) <= NAMES:
            yield never(problem, level, [problem.topology.nodes[level].path(domain) for domain in some])


def never(problem: Problem, level: Level, paths: Sequence[str]) -> Eased:
    """The group's list with these domains in it, too."""
    listed = [*problem.never.get(level, ()), *map(escape, paths)]
    words = f"never: {{{level}: [{', '.join(map(escape, paths))}]}}"
    return words, replace(problem, never={**problem.never, level: listed})


def with_rule(problem: Problem, n: int, rule: Rule) -> Problem:
    """The same with another rule in its place."""
    rules = list(problem.rules)
    rules[n] = replace(rules[n], rule=rule)
    return replace(problem, rules=tuple(rules))
