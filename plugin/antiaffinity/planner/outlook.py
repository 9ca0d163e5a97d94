"""What a plan makes of each rule: judged by what will stand once it is carried out, as by verify."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress, repeat

from msgspec.structs import replace

from antiaffinity.planner import admit, place
from antiaffinity.planner.answer import Outlook, RuleOutlook
from antiaffinity.planner.problem import Bound, Kin, Problem, kin
from antiaffinity.planner.rules import AtMost, Count, Skew, layers
from antiaffinity.planner.spreads import begin_spreads
from antiaffinity.planner.tally import OVER, Tally


def outlooks(problem: Problem, draft: place.Draft) -> Iterator[RuleOutlook]:
    """What comes of each rule: a hard one fits, is short (of places, or of domains in use) or broken."""
    begin_spreads(problem, [draft.tally])
    tally = judged(problem, draft)
    short = [name for left in draft.short for name in left.names]
    for n, bound in enumerate(problem.rules):
        verdict = _hard(problem, tally.counts[n]) if bound.rule.hard else _soft(draft.tally.counts[n])
        waits = verdict == "fits" and any(map(bound.rule.concerns, short))
        asked = bound.asked
        yield RuleOutlook(str(asked), asked.level, asked.hard, "short" if waits else verdict)


def judged(problem: Problem, draft: place.Draft) -> Tally:
    """Who will be where, but for what no verdict counts: machines that failed or are leaving."""
    left = tuple(seen for seen in problem.current if seen.state not in OVER)
    if len(left) == len(problem.current):
        return draft.tally
    new = [member for member in problem.members if member.name in draft.placed]
    tally = place.counted(replace(problem, current=left), kin(problem, new), draft.placed)
    begin_spreads(problem, [tally])
    return tally


def _soft(count: Count) -> Outlook:
    return "short" if count.excess() else "fits"


def _hard(problem: Problem, count: Count) -> Outlook:
    """Nobody new oversteps a rule for sure but a Spread, whose domains are not the same to all."""
    if isinstance(count, Skew):
        return "broken" if count.excess_in_use() else _soft(count)
    if not problem.current:
        return "fits"
    if problem.saturated == "stack" and isinstance(count, AtMost) and count.stackable:
        return "broken" if _beyond_layers(problem, count) else "fits"
    return "broken" if count.excess() else "fits"


def _beyond_layers(problem: Problem, count: AtMost) -> int:
    """In a stack no domain holds more layers than an even one has."""
    bare = Tally(problem)
    mine = [member for member in problem.members if count.bound.rule.concerns(member.name)]
    open_ = {domain for one in kin(problem, mine) for domain in _open(problem, bare, count.bound, one)}
    held = {domain: some for domain, some in count.counts.items() if some}
    return max(0, max(held.values(), default=0) - count.most * layers(held, open_, count.most))


def _open(problem: Problem, tally: Tally, bound: Bound, one: Kin) -> Iterator[int]:
    asked = [*admit.fixed(problem, one), *admit.open_now(problem, one, tally.room(one))]
    return compress(problem.topology.codes[bound.level], admit.meet(asked) or repeat(True))
