"""Each rule as the planner counts it: what a domain may still take, and what it would cost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from heapq import nlargest
from typing import Protocol, TypeVar

from antiaffinity.planner.problem import Bound
from antiaffinity.policy import Affinity, AntiAffinity, Spread, Survive


class Count(Protocol):
    """One rule, counting its members by domain number."""

    bound: Bound
    counts: dict[int, int]

    def blocks(self, domain: int) -> bool:
        """Whether one more member there would break the rule, or break it more."""

    def cost(self, domain: int) -> int:
        """How far one more member there would overstep the rule, for a soft rule."""

    def add(self, domain: int) -> bool:
        """Count a member; True if other domains must be judged anew."""

    def start(self, eligible: Callable[[], set[int]]) -> None:
        """Begin a class of members that may use these domains."""

    def special(self) -> Iterable[int]:
        """The domains of which the rule thinks otherwise than of an empty one."""

    def excess(self) -> int:
        """How far the rule is overstepped now."""


class AtMost:
    """At most so many members in each domain; ``layers`` are stacked one by one."""

    def __init__(self, bound: Bound, rule: AntiAffinity) -> None:
        self.bound, self.most, self.layers = bound, rule.max_per_domain, 1
        self.stackable = rule.hard and isinstance(bound.asked, AntiAffinity)
        self.counts: dict[int, int] = {}

    def blocks(self, domain: int) -> bool:
        return self.counts.get(domain, 0) >= self.most * self.layers

    def cost(self, domain: int) -> int:
        return max(0, self.counts.get(domain, 0) + 1 - self.most)

    def add(self, domain: int) -> bool:
        self.counts[domain] = self.counts.get(domain, 0) + 1
        return False

    def start(self, eligible: Callable[[], set[int]]) -> None:
        pass

    def special(self) -> Iterable[int]:
        return self.counts

    def excess(self) -> int:
        return sum(count - self.most for count in self.counts.values() if count > self.most)


Where = TypeVar("Where")


def layers(held: Mapping[Where, int], open_: Collection[Where], most: int) -> int:
    """How many layers a stack has somewhere where it is even: as many as all its members together need.

    Or one more than a domain that takes more still: what a full one does not take, others have to.
    """
    in_use = {where: -(-count // most) for where, count in held.items()}
    needed = -(-sum(held.values()) // (most * max(1, len({*held, *open_}))))
    least = min((in_use.get(where, 0) for where in open_), default=needed)
    return max(needed, min(least + 1, max(in_use.values(), default=0)))


class Surviving:
    """The ``failures`` fullest domains together hold at most ``lose_at_most``."""

    def __init__(self, bound: Bound, rule: Survive) -> None:
        self.bound, self.rule = bound, rule
        self.counts: dict[int, int] = {}
        self.most = float("inf")

    def decide(self, most: int) -> None:
        """Take no more than so many in a domain: the rule would, but then all others could take less."""
        self.most = most

    def _lost(self, domain: int | None = None) -> int:
        others = (count for place, count in self.counts.items() if place != domain)
        one = () if domain is None else (self.counts.get(domain, 0) + 1,)
        return sum(nlargest(self.rule.failures, (*others, *one)))

    def blocks(self, domain: int) -> bool:
        if self.counts.get(domain, 0) >= self.most:
            return True
        lost = self._lost(domain)
        return lost > self.rule.lose_at_most and lost > self._lost()

    def cost(self, domain: int) -> int:
        return max(0, self._lost(domain) - self.rule.lose_at_most)

    def add(self, domain: int) -> bool:
        self.counts[domain] = self.counts.get(domain, 0) + 1
        return False

    def start(self, eligible: Callable[[], set[int]]) -> None:
        pass

    def special(self) -> Iterable[int]:
        return self.counts

    def excess(self) -> int:
        return max(0, self._lost() - self.rule.lose_at_most)


class Skew:
    """Counts of eligible domains differ by at most ``max_skew`` (Kubernetes' skew)."""

    def __init__(self, bound: Bound, rule: Spread) -> None:
        self.bound, self.rule = bound, rule
        self.counts: dict[int, int] = {}
        self.eligible: set[int] = set()
        self.decided = False
        self.least = self.at_least = 0

    def decide(self, domains: Iterable[int]) -> None:
        """Compare these domains for all members, whichever of them one class of members may use."""
        self.eligible, self.decided = set(domains), True
        self._find_least()

    def start(self, eligible: Callable[[], set[int]]) -> None:
        if not self.decided:
            self.eligible = eligible()
        self._find_least()

    def special(self) -> Iterable[int]:
        return self.counts

    def _find_least(self) -> None:
        counts = [self.counts.get(domain, 0) for domain in self.eligible]
        few = self.rule.min_domains is not None and len(counts) < self.rule.min_domains
        self.least = 0 if few or not counts else min(counts)
        self.at_least = -1 if few else counts.count(self.least)

    def _skew(self, domain: int) -> int:
        return self.counts.get(domain, 0) + 1 - self.least

    def blocks(self, domain: int) -> bool:
        return self._skew(domain) > self.rule.max_skew

    def cost(self, domain: int) -> int:
        return max(0, self._skew(domain) - self.rule.max_skew)

    def add(self, domain: int) -> bool:
        self.counts[domain] = self.counts.get(domain, 0) + 1
        if domain in self.eligible and self.counts[domain] - 1 == self.least:
            self.at_least -= 1
            if self.at_least == 0:
                self._find_least()
                return True
        return False

    def excess(self) -> int:
        most = max((self.counts.get(domain, 0) for domain in self.eligible), default=0)
        return max(0, most - self.least - self.rule.max_skew)

    def excess_in_use(self) -> int:
        """The same among domains that somebody is in: an empty one may be new, and proves nothing."""
        used = Skew(self.bound, self.rule)
        used.counts = self.counts
        used.decide(domain for domain in self.eligible if self.counts.get(domain))
        return used.excess()


class Together:
    """All members in one domain: the ``anchor``; several where more than one may still become it."""

    def __init__(self, bound: Bound) -> None:
        self.bound = bound
        self.counts: dict[int, int] = {}
        self.anchor: set[int] | None = None

    def decide(self, domain: int) -> None:
        """Make this domain the anchor."""
        self.anchor = {domain}

    def blocks(self, domain: int) -> bool:
        return self.anchor is not None and domain not in self.anchor

    def cost(self, domain: int) -> int:
        return -self.counts.get(domain, 0)

    def add(self, domain: int) -> bool:
        self.counts[domain] = self.counts.get(domain, 0) + 1
        if self.bound.rule.hard and self.anchor != {domain}:
            self.anchor = {domain}
            return True
        return False

    def special(self) -> Iterable[int]:
        return self.counts if self.anchor is None else (*self.counts, *self.anchor)

    def start(self, eligible: Callable[[], set[int]]) -> None:
        if self.counts and self.bound.rule.hard and self.anchor is None:
            self.anchor = self.fullest()

    def fullest(self) -> set[int]:
        """The domains that most of the members are in."""
        most = max(self.counts.values(), default=0)
        return {domain for domain, count in self.counts.items() if count == most}

    def excess(self) -> int:
        return sum(self.counts.values()) - max(self.counts.values(), default=0)


def counting(bound: Bound) -> Count:
    """The counter of a rule."""
    rule = bound.rule
    if isinstance(rule, AntiAffinity):
        return AtMost(bound, rule)
    if isinstance(rule, Spread):
        return Skew(bound, rule)
    if isinstance(rule, Affinity):
        return Together(bound)
    return Surviving(bound, rule)
