"""Which domains a Spread compares: those open to any of its members, to who is there too, full or not."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import compress, repeat

from antiaffinity.model import Member
from antiaffinity.planner import admit
from antiaffinity.planner.problem import Problem, kin
from antiaffinity.planner.tally import Tally
from antiaffinity.policy import Spread


def eligible(problem: Problem, n: int) -> set[int]:
    """The domains that the members of a rule may use by lists, needs and state, whoever of them it is."""
    codes, names = problem.topology.codes, problem.topology.nodes[problem.rules[n].level].names
    masks = [admit.meet(admit.fixed(problem, one)) for one in kin(problem, _listed(problem, n))]
    found = {d for mask in masks for d in compress(codes[problem.rules[n].level], mask or repeat(True))}
    return {domain for domain in found if names[domain] is not None}


def begin_spreads(problem: Problem, tallies: Iterable[Tally]) -> None:
    """Let each Spread count over all domains open to its members, to those who are there too."""
    rules = [bound.rule for bound in problem.rules]
    for n in [n for n, rule in enumerate(rules) if isinstance(rule, Spread)]:
        open_ = eligible(problem, n)
        for tally in tallies:
            tally.counts[n].start(lambda: open_)  # noqa: B023 (called at once)


def _listed(problem: Problem, n: int) -> Iterable[Member]:
    """The members of a rule that may use different places: of those without own lists one stands for all."""
    mine = [member for member in problem.members if problem.rules[n].rule.concerns(member.name)]
    listed = [member for member in mine if member.only or member.never or member.stay]
    return listed + [member for member in mine if not (member.only or member.never or member.stay)][:1]
