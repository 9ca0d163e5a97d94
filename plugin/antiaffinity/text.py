"""Plans, reports and candidates as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from shlex import join
from typing import TYPE_CHECKING

from antiaffinity.model import LEVELS, Evidence, Finding, GroupKey, Level, Observed, Placement
from antiaffinity.tables import help_lines, short, table

if TYPE_CHECKING:
    from antiaffinity.planner.answer import Move, Plan, RuleOutlook, Shortage, Survival
    from antiaffinity.planner.candidates import Candidate
    from antiaffinity.report import Report, RuleVerdict

Words = Mapping[Level, str]
"""What the group's cloud calls each level."""

EXPECTED: Mapping[Evidence, str] = {
    "DOMAIN": "each machine's place is shown (held)",
    "MEMBERSHIP": "a record, not the machine (promised)",
    "NONE": "none (unproven)",
}

MEANING = {
    "held": "held: the evidence shows it",
    "promised": "promised: written down or vouched for, and refused otherwise; nobody saw the places",
    "unproven": "unproven: nothing shows it, and nothing denies it",
    "broken": "broken: the evidence shows the opposite",
}


def place(domains: Mapping[Level, str]) -> str:
    """A place in short: z1/r1/h1."""
    return short("/".join(domains[level] for level in LEVELS if level in domains)) or "place not known"


def listed(machines: Iterable[Observed]) -> str:
    """Machines in one line: db-0 is i-1, db-1 is claimed."""
    return ", ".join(f"{seen.member or 'not ours'} is {seen.instance or seen.state}" for seen in machines)


def title(key: GroupKey | None, verdict: str) -> str:
    """The first line of an answer about a group."""
    return f"group {key.name} of {key.owner}: {verdict}" if key else f"plan: {verdict}"


def levels_of(*places: Iterable[Mapping[Level, str]]) -> list[Level]:
    """The levels that any of these places names, outermost first."""
    named = {level for domains in places for one in domains for level in one}
    return [level for level in LEVELS if level in named]


def heads(levels: Sequence[Level], words: Words) -> list[str]:
    """The levels in the cloud's own words."""
    return ["cloud" if level == "provider" else words.get(level, level) for level in levels]


# A plan


def plan_text(plan: Plan, spec: str = "SPEC") -> Iterator[str]:
    """A plan: who of the members goes where and why, what the rules make of it, what would be left.

    ``spec`` is the file that commands to type name.
    """
    yield title(plan.key, plan.verdict)
    yield ""
    yield from _placements(plan)
    yield from _section(_moves(plan))
    yield from _section(_outlooks(plan.rules))
    yield from _section(_broken(plan, spec))
    yield from _section(_survivals(plan.survives))
    yield from _section(_surplus(plan.surplus))
    yield from _section(_findings(plan.findings))
    for one in plan.short:
        yield from _section(_shortage(one))
    yield from _section(_shrinking(plan, spec))


def _section(lines: Iterable[str]) -> Iterator[str]:
    """The lines with an empty one before them, if there are any."""
    for n, line in enumerate(lines):
        if n == 0:
            yield ""
        yield line


def _placements(plan: Plan) -> Iterator[str]:
    levels = levels_of((p.domains for p in plan.placements), (p.delegated for p in plan.placements))
    rows = {p.member: [p.member, *(_cell(p, level) for level in levels), *_state(p)] for p in plan.placements}
    for name in plan.wanted:
        rows.setdefault(name, [name, *_names({}, levels), "no place", "see below"])
    return table(["member", *heads(levels, plan.words), "machine", "why"], list(rows.values()))


def _cell(placement: Placement, level: Level) -> str:
    if level in placement.domains:
        return placement.domains[level]
    return f"left to the {placement.delegated[level]}" if level in placement.delegated else ""


def _state(placement: Placement) -> tuple[str, str]:
    return placement.existing or "to launch", placement.reason


def _moves(plan: Plan) -> Iterator[str]:
    if plan.moves:
        proven = ", the fewest possible" if len(plan.moves) <= plan.fewest else ""
        yield f"moves: {len(plan.moves)}{proven}"
        rows = [
            [m.member, m.instance, place(m.domains), destination(m.placement), m.reason] for m in plan.moves
        ]
        yield from table(["member", "machine", "from", "to", "why"], rows)


def destination(placement: Placement) -> str:
    """Where a member is to go, in short: z1/h1, or what is left to the cloud."""
    left = (f"{level} left to the {word}" for level, word in placement.delegated.items())
    return ", ".join(filter(None, ["/".join(placement.domains.values()), *left]))


def _outlooks(rules: Sequence[RuleOutlook]) -> Iterator[str]:
    rows = [[r.rule, strength(r.hard), r.verdict, r.note, EXPECTED[r.evidence]] for r in rules]
    return (
        table(["rule", "strength", "verdict", "carried by", "evidence to expect"], rows) if rows else iter(())
    )


def _broken(plan: Plan, spec: str) -> Iterator[str]:
    """Who breaks which rule, and what would mend it."""
    yield from (f"{one.verdict}: {one.rule}: {one.why}" for one in plan.rules if one.why)
    if any(one.why and one.verdict == "broken" for one in plan.rules) and not plan.moves:
        yield f"  way out  antiaffinity plan {join([spec])} --repair  (the moves; roll-out makes them)"


def strength(hard: bool) -> str:
    """One of the two words."""
    return "hard" if hard else "soft"


def _survivals(survives: Sequence[Survival]) -> Iterator[str]:
    for one in survives:
        which = f"any one {one.level}" if one.domains > 1 else f"the one {one.level} in use"
        left = f"at least {one.left}" if one.left else "none"
        yield f"losing {which} leaves {left} of {one.left + one.lost}"


def _surplus(machines: Sequence[Observed]) -> Iterator[str]:
    for seen in machines:
        name = seen.instance or seen.state
        yield (
            f"surplus: {name} bears the mark of {seen.member} in {place(seen.domains)}, and is not what SPEC "
            f"asks for; nobody deletes it but you"
        )


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    seen: dict[tuple[str, str], None] = {(_weight(one), one.message): None for one in findings}
    return (f"{weight}: {short(message)}" for weight, message in seen)


def _weight(finding: Finding) -> str:
    return finding.severity if finding.severity in ("warning", "broken") else "note"


def _shortage(one: Shortage) -> Iterator[str]:
    yield f"short: {one.message}"
    yield from help_lines(one.conflict, one.ways_out)


def _shrinking(plan: Plan, spec: str) -> Iterator[str]:
    """In the order in which nothing is lost: ``release`` still knows the members that SPEC names."""
    if plan.victims:
        yield f"to go, from the fullest domains: {', '.join(plan.victims)}"
        yield f"delete their machines, then:  antiaffinity release {join([spec, *plan.victims])}"
        yield f"write into SPEC:  members: [{', '.join(plan.members)}]"
        yield "the plan above is what stays"


# A report


def report_text(report: Report) -> Iterator[str]:
    """A group as it stands: each machine with its place, each rule with its verdict."""
    yield title(report.key, _summary(report))
    yield ""
    yield from machines_table(report.machines, report.missing, report.words)
    yield from _section(_moved(report.moved))
    yield from _section(_verdicts(report.rules))
    yield from _section(_meanings(report.rules))
    yield from _section(_surplus(report.surplus))
    yield from _section(_findings(report.findings))


def _moved(moves: Sequence[Move]) -> Iterator[str]:
    for move in moves:
        yield (
            f"moved: {move.member} ({move.instance}) from {place(move.domains)} to "
            f"{destination(move.placement)}: {move.reason}"
        )


def _summary(report: Report) -> str:
    missing = f", {len(report.missing)} missing" if report.missing else ""
    return f"{report.verdict}{missing}"


def machines_table(machines: Sequence[Observed], missing: Sequence[str], words: Words) -> Iterator[str]:
    """The machines of a group by member, and the members that have none."""
    levels = levels_of(seen.domains for seen in machines)
    rows = [
        [seen.member or "(not ours)", seen.instance, seen.state, *_names(seen.domains, levels)]
        for seen in machines
    ]
    claimed = {seen.member for seen in machines}
    rows += [[name, "", "missing", *_names({}, levels)] for name in missing if name not in claimed]
    return (
        table(["member", "machine", "state", *heads(levels, words)], rows) if rows else iter(("no machines",))
    )


def _names(domains: Mapping[Level, str], levels: Sequence[Level]) -> list[str]:
    return [domains.get(level, "") for level in levels]


def _verdicts(rules: Sequence[RuleVerdict]) -> Iterator[str]:
    rows = [[r.rule, strength(r.hard), r.verdict, r.note] for r in rules]
    return table(["rule", "strength", "verdict", "note"], rows) if rows else iter(("no rules",))


def _meanings(rules: Sequence[RuleVerdict]) -> Iterator[str]:
    given = {rule.verdict for rule in rules}
    return (text for verdict, text in MEANING.items() if verdict in given)


# Candidates


def candidates_text(key: GroupKey, member: str, found: Sequence[Candidate], words: Words) -> Iterator[str]:
    """Every place as one member sees it: allowed, best first, or why not."""
    allowed = sum(one.allowed for one in found)
    yield f"{member} of group {key.name}: {allowed} of {len(found)} places allowed"
    yield ""
    levels = levels_of(one.domains for one in found)
    rows = [
        [str(one.rank or ""), *_names(one.domains, levels), _held(one), _costs(one), one.reason]
        for one in found
    ]
    yield from table(["rank", *heads(levels, words), "of the group there", "soft costs", "why not"], rows)


def _held(one: Candidate) -> str:
    return ", ".join(f"{level} {count}" for level, count in one.held.items())


def _costs(one: Candidate) -> str:
    return ", ".join(map(str, one.costs)) if any(one.costs) else ""
