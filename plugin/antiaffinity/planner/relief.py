"""What each rule gains when one member goes from a domain; less than nothing where it would break."""

from __future__ import annotations

from collections.abc import Callable
from heapq import nlargest

from antiaffinity.planner.rules import AtMost, Count, Skew, Surviving

Relief = Callable[[int], int]
"""How much less a rule is overstepped with one member fewer in this domain."""


def relief(count: Count) -> Relief:
    """The relief of a rule as its members are counted now.

    Of members too many in a domain the second counts twice, the third three times: the fullest
    domain is relieved first.
    """
    if isinstance(count, AtMost):
        return _too_many(count)
    if isinstance(count, Skew):
        return _uneven(count)
    return _at_risk(count) if isinstance(count, Surviving) else _apart(count)


def _too_many(count: AtMost) -> Relief:
    return lambda domain: max(0, count.counts[domain] - count.most)


def _uneven(count: Skew) -> Relief:
    """Nobody goes from the emptiest domain for nothing: beside it all others hold one more too many."""
    allowed = count.least + count.rule.max_skew
    worse = -sum(max(0, count.counts.get(domain, 0) + 1 - allowed) for domain in count.eligible)

    def relieved(domain: int) -> int:
        if domain not in count.eligible:
            return 0
        held = count.counts[domain]
        return worse if held == count.least else max(0, held - allowed)

    return relieved


def _at_risk(count: Surviving) -> Relief:
    """Too much is at risk in the fullest domains; of several equal ones each has to shrink."""
    fullest = nlargest(count.rule.failures, count.counts.values())
    if sum(fullest) <= count.rule.lose_at_most:
        return lambda domain: 0
    return lambda domain: count.counts[domain] if count.counts[domain] >= fullest[-1] else 0


def _apart(count: Count) -> Relief:
    """Whoever is not with most of the others."""
    most = max(count.counts.values(), default=0)
    unique = list(count.counts.values()).count(most) == 1
    return lambda domain: int(not unique or count.counts[domain] < most)
