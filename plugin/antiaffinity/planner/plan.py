"""``plan``: the pure answer to "where does each member go?"; no I/O, no clock, no chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import compress, repeat
from zlib import crc32

from antiaffinity.errors import InvalidRequest
from antiaffinity.explain import shortages
from antiaffinity.model import Domain, Finding, Lists, Member, Needs, Observed
from antiaffinity.planner import admit, place
from antiaffinity.planner.answer import Plan, RuleOutlook, Survival
from antiaffinity.planner.problem import Problem, Saturated, bind, holders, kin
from antiaffinity.planner.rules import AtMost, Skew
from antiaffinity.planner.tally import Tally
from antiaffinity.policy import Rule, Spread
from antiaffinity.topology import Topology


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
    topology = domains if isinstance(domains, Topology) else Topology(domains)
    problem = Problem(
        members=tuple(Member(m) if isinstance(m, str) else m for m in members),
        current=tuple(current),
        topology=topology,
        rules=bind(rules, topology.levels),
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


def solve(problem: Problem) -> Plan:
    """The plan of a problem."""
    _unique(problem.members)
    return answered(problem, place.draft(problem))


def answered(problem: Problem, draft: place.Draft) -> Plan:
    """A draft as a plan: each place with its reason, each rule with what the draft makes of it."""
    named = {member.name for member in problem.members}
    return Plan(
        placements=place.placements(problem, draft),
        rules=tuple(outlooks(problem, draft)),
        short=tuple(shortages(problem, draft)),
        surplus=surplus(problem, named),
        survives=tuple(survivals(problem, draft.tally)),
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


def outlooks(problem: Problem, draft: place.Draft) -> Iterable[RuleOutlook]:
    """What the plan makes of each rule."""
    before = Tally(problem) if problem.current else None
    begin_spreads(problem, [draft.tally, before] if before else [draft.tally])
    forgive_new_domains(before)
    short = [left.names for left in draft.short]
    for n, bound in enumerate(problem.rules):
        excess = draft.tally.counts[n].excess()
        started = before.counts[n] if before else None
        waiting = any(bound.rule.concerns(name) for names in short for name in names)
        verdict: str = "fits"
        if bound.rule.hard and started and started.excess() and excess:
            verdict = "broken"
        elif waiting or (excess and not bound.rule.hard):
            verdict = "short"
        yield RuleOutlook(str(bound.asked), bound.asked.level, bound.asked.hard, verdict)  # type: ignore[arg-type]


def begin_spreads(problem: Problem, tallies: Iterable[Tally]) -> None:
    """Let each Spread count over all domains open to its members, to those who are there too.

    A hard one needs that only where somebody is there: nobody new has overstepped it.
    """
    rules = [bound.rule for bound in problem.rules]
    spreads = [n for n, rule in enumerate(rules) if isinstance(rule, Spread)]
    for n in [n for n in spreads if problem.current or not rules[n].hard]:
        codes = problem.topology.codes[problem.rules[n].level]
        masks = [admit.meet(admit.fixed(problem, one)) for one in kin(problem, _listed(problem, n))]
        eligible = {domain for mask in masks for domain in compress(codes, mask or repeat(True))}
        for tally in tallies:
            tally.counts[n].start(lambda: eligible)  # noqa: B023 (called at once)


def forgive_new_domains(before: Tally | None) -> None:
    """A domain that nobody is in may be new: it breaks no Spread that the others keep."""
    for count in before.counts if before else ():
        if isinstance(count, Skew):
            occupied = {domain for domain in count.eligible if count.counts.get(domain)}
            count.start(lambda: occupied)  # noqa: B023 (called at once)


def _listed(problem: Problem, n: int) -> Iterable[Member]:
    """The members of a rule that may use different places: of those without own lists one stands for all."""
    mine = [member for member in problem.members if problem.rules[n].rule.concerns(member.name)]
    listed = [member for member in mine if member.only or member.never or member.stay]
    return listed + [member for member in mine if not (member.only or member.never or member.stay)][:1]


def survivals(problem: Problem, tally: Tally) -> Iterable[Survival]:
    """What is left when the fullest domain of each level fails."""
    members = sum(tally.totals[problem.topology.leaf].values()) if tally.levels else 0
    for level in tally.levels:
        counts = tally.totals[level]
        used = sum(1 for count in counts.values() if count)
        lost = max(counts.values(), default=0)
        if used:
            yield Survival(level, used, lost, members - lost)


def findings(problem: Problem, draft: place.Draft) -> Iterable[Finding]:
    """What the reader should know besides."""
    yield from problem.topology.findings
    yield from _stacked(draft)
    yield from _unmatched(problem)
    yield from _empty(problem, draft)
    yield from _outside(problem, draft)


def _stacked(draft: place.Draft) -> Iterable[Finding]:
    for count in draft.tally.counts:
        if isinstance(count, AtMost) and count.layers > 1:
            yield Finding(
                "stacked",
                f"{count.bound.asked} is void for some: more members than domains, "
                f"stacked in {count.layers} layers (saturated: stack)",
            )


def _empty(problem: Problem, draft: place.Draft) -> Iterable[Finding]:
    """Domains that a Spread compares and nobody is in, while others hold more than it allows beside them."""
    for count in draft.tally.counts:
        if isinstance(count, Skew) and problem.current and count.excess():
            nodes = problem.topology.nodes[count.bound.level]
            for domain in sorted(count.eligible - {d for d, held in count.counts.items() if held}):
                words = f"{count.bound.level} {nodes.path(domain)} holds nobody: it is new, or was emptied"
                yield Finding("new-domain", words, domain=nodes.path(domain))


def _unmatched(problem: Problem) -> Iterable[Finding]:
    """A pattern that matches nothing is a slip of the pen, or a domain that is gone."""
    asked = [("only", problem.only), ("never", problem.never)]
    asked += [("only", member.only) for member in problem.members if member.only]
    asked += [("never", member.never) for member in problem.members if member.never]
    patterns = ((word, lv, p) for word, lists in asked for lv, listed in lists.items() for p in listed)
    for word, level, pattern in dict.fromkeys(patterns):
        nodes = problem.topology.nodes.get(level)
        if nodes is None or not nodes.matching([pattern]):
            yield Finding("no-match", f"{word}.{level}: {pattern!r} matches no {level} here")


def _outside(problem: Problem, draft: place.Draft) -> Iterable[Finding]:
    """Members that stay although the lists exclude where they are."""
    if not (problem.only or problem.never or any(m.only or m.never for m in problem.members)):
        return
    lists = {member.name: member for member in problem.members}
    matching = cache(lambda level, *patterns: problem.topology.nodes[level].matching(patterns))
    for name, seen in draft.kept.items():
        where = problem.topology.locate(seen.domains)
        member = lists[name]
        for only, never in ((problem.only, problem.never), (member.only, member.never)):
            for level, number in where.items():
                nodes = problem.topology.nodes[level]
                out = level in only and number not in matching(level, *only[level])
                if out or (level in never and number in matching(level, *never[level])):
                    yield Finding(
                        "excluded",
                        f"{name} stays in {level} {nodes.path(number)}, which the lists exclude now",
                        member=name,
                        domain=nodes.path(number),
                    )
