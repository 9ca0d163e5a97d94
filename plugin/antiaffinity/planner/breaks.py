"""What is broken as things stand, and how few moves could mend it at best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from antiaffinity.evidence import sharing, show
from antiaffinity.model import Observed
from antiaffinity.planner.problem import Problem, natural
from antiaffinity.planner.rules import Count, Skew
from antiaffinity.planner.spreads import begin_spreads
from antiaffinity.planner.tally import Tally
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Survive


def broken(problem: Problem) -> list[int]:
    """The numbers of the hard rules that are broken now; a Spread is by an empty domain, too."""
    tally = Tally(problem)
    begin_spreads(problem, [tally])
    return [n for n, count in enumerate(tally.counts) if count.bound.rule.hard and count.excess()]


def at_least(problem: Problem, rules: Iterable[int]) -> int:
    """No repair of these rules has fewer moves: what the worst of them needs by itself."""
    tally = Tally(problem)
    begin_spreads(problem, [tally])
    return max((_needed(tally.counts[n]) for n in rules), default=0)


def _needed(count: Count) -> int:
    """One move takes one member away that is too many, and brings one where there are too few."""
    return _evening(count) if isinstance(count, Skew) else count.excess()


def _evening(count: Skew) -> int:
    held = [count.counts.get(domain, 0) for domain in count.eligible]
    few = count.rule.min_domains is not None and len(held) < count.rule.min_domains
    lowest = range(1) if few else range(max(held, default=0) + 1)
    return min(_into(held, least, least + count.rule.max_skew) for least in lowest)


def _into(held: Sequence[int], least: int, most: int) -> int:
    """The moves that bring all counts between two numbers."""
    return max(sum(max(0, n - most) for n in held), sum(max(0, least - n) for n in held))


def shown(
    rules: Iterable[Rule], machines: Sequence[Observed], free: Mapping[str, Observed]
) -> dict[str, str]:
    """Who has to go by rules that the cloud keeps itself, by what its machines show; and why.

    ``free`` are those that may be moved. The cloud decides where a machine that is launched anew goes.
    """
    found: dict[str, str] = {}
    for rule in rules:
        counts = [seen for seen in machines if rule.concerns(seen.member)]
        for crowd, most, where in _crowds(rule, counts):
            going = [name for name in reversed(natural(seen.member for seen in crowd)) if name in free]
            gone = sum(seen.member in found for seen in crowd)
            left = [name for name in going if name not in found][: max(0, len(crowd) - most - gone)]
            found.update((name, f"{rule} is broken in {where}") for name in left)
    return found


def at_least_shown(rules: Iterable[Rule], machines: Sequence[Observed]) -> int:
    """No repair of these rules has fewer moves: what the worst of them needs by itself."""
    return max((_needed_for(rule, machines) for rule in rules), default=0)


def _needed_for(rule: Rule, machines: Sequence[Observed]) -> int:
    crowds = _crowds(rule, [seen for seen in machines if rule.concerns(seen.member)])
    if isinstance(rule, Survive) and rule.failures > 1:
        fullest = sorted((len(some) for some, _, _ in crowds), reverse=True)[: rule.failures]
        return max(0, sum(fullest) - rule.lose_at_most)
    return sum(len(some) - most for some, most, _ in crowds)


def _crowds(rule: Rule, machines: Sequence[Observed]) -> list[tuple[list[Observed], int, str]]:
    """Machines that share a domain for sure, how many may, and where."""
    there = sharing(machines, rule.level)
    crowds = [(some, f"{rule.level} {show(where)}") for where, some in sorted(there.items())]
    if isinstance(rule, Affinity):
        home = max(there.values(), key=len, default=[])
        return [(some, 0, where) for some, where in crowds if some is not home]
    most = _most(rule, [len(some) for some, _ in crowds])
    return [(some, most, where) for some, where in crowds if len(some) > most]


def _most(rule: Rule, held: Sequence[int]) -> int:
    """How many may share a domain, where others are as they are."""
    if isinstance(rule, AntiAffinity):
        return rule.max_per_domain
    if isinstance(rule, Survive) and sum(sorted(held)[-rule.failures :]) > rule.lose_at_most:
        return max(1, rule.lose_at_most // rule.failures)
    return max(held, default=0)
