"""What no launch evens out: the domains of a Spread that nobody is in, and the ways out that were tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from antiaffinity.model import Finding
from antiaffinity.planner import easing, place
from antiaffinity.planner.mending import Mending
from antiaffinity.planner.outlook import judged, outlooks
from antiaffinity.planner.problem import Problem
from antiaffinity.planner.rules import Skew
from antiaffinity.policy import Rule

WORK = 100_000
"""Ways out are tried while members by places stay below this: each is a plan of its own, moves are many."""


def uneven(problem: Problem, draft: place.Draft) -> Iterator[Finding]:
    """The domains that a Spread compares and nobody is in, and the way out of what launches cannot mend."""
    counts = judged(problem, draft).counts if problem.current else []
    for n, count in enumerate(counts):
        if isinstance(count, Skew) and count.excess():
            yield from _empty(problem, count)
            if count.bound.rule.hard:
                yield _finding(problem, n, count)


def _empty(problem: Problem, count: Skew) -> Iterator[Finding]:
    path = problem.topology.nodes[count.bound.level].path
    for domain in sorted(count.eligible - {d for d, held in count.counts.items() if held}):
        words = f"{count.bound.level} {path(domain)} holds nobody: it is new, or was emptied"
        yield Finding("new-domain", words, domain=path(domain))


def _finding(problem: Problem, n: int, count: Skew) -> Finding:
    path = problem.topology.nodes[count.bound.level].path
    held = ", ".join(f"{path(domain)} {count.counts.get(domain, 0)}" for domain in sorted(count.eligible))
    ways = _ways_out(problem, n, easing.as_uneven(problem, n, count))
    out = f"ways out: {'; '.join(ways)}" if ways else "no way out was found"
    return Finding("uneven", f"{count.bound.asked}: {held}: no launch evens this out; {out}")


def ways_out(problem: Problem, rule: Rule) -> list[str]:
    """What helps where launches would break a rule."""
    n = next((n for n, bound in enumerate(problem.rules) if bound.asked == rule), None)
    if n is None:
        return []
    count = judged(problem, place.draft(problem)).counts[n]
    uneven = easing.as_uneven(problem, n, count) if isinstance(count, Skew) else ()
    return _ways_out(problem, n, chain(uneven, easing.rule(problem, n)))


def _ways_out(problem: Problem, n: int, eased: Iterable[easing.Eased]) -> list[str]:
    """Each was tried: with it the rule fits, and no other hard one is worse off."""
    if len(problem.members) * len(problem.topology) > WORK:
        return ["--repair, where moves are found"]
    before = _amiss(problem, place.draft(problem))
    mended = Mending(problem, ()).best()
    found = {"--repair moves some": _amiss(mended.problem, mended.draft)} if mended else {}
    found.update((words, _amiss(one, place.draft(one))) for words, one in eased)
    return [words for words, left in found.items() if n not in left and left <= before]


def _amiss(problem: Problem, draft: place.Draft) -> set[int]:
    """The numbers of the hard rules that do not fit."""
    return {n for n, one in enumerate(outlooks(problem, draft)) if one.hard and one.verdict != "fits"}
