"""``plan(repair=True)``: few moves that mend broken hard rules, in an order that breaks nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace

from antiaffinity.model import Finding, Placement
from antiaffinity.planner.answer import Move, Plan
from antiaffinity.planner.astray import MISPLACED
from antiaffinity.planner.breaks import at_least_shown, shown
from antiaffinity.planner.mending import Mending, Outcome
from antiaffinity.planner.plan import answered, solve
from antiaffinity.planner.problem import Problem, natural
from antiaffinity.planner.relocating import Relocating, movable
from antiaffinity.policy import Rule


def repaired(problem: Problem, kept_by_cloud: Sequence[Rule] = ()) -> Plan:
    """The plan with moves, where a hard rule is broken or lists exclude where a member is; else without.

    ``kept_by_cloud`` are the hard rules that the cloud carries itself: it decides where a machine
    that goes by one of them comes to be. No move makes another hard rule worse.
    """
    plain, free = solve(problem), movable(problem)
    there = [seen for seen in problem.current if seen.holds and seen.state not in ("failed", "leaving")]
    excluded = {one.member: one.message for one in plain.findings if one.kind in MISPLACED}
    listed = {name: why for name, why in excluded.items() if name in free}
    reasons = shown(kept_by_cloud, there, free) | listed
    mending = Mending(problem, natural(reasons))
    if not mending.broken and not reasons:
        return plain
    best = mending.best()
    moves = _ordered(problem, _moves(problem, best, reasons, mending)) if best else None
    if best is None or not moves:
        others = [why for name, why in reasons.items() if name not in listed]
        return _with_stuck(_nothing(plain, mending, others), excluded.keys())
    fewest = max(mending.fewest, at_least_shown(kept_by_cloud, there), len({*mending.going} & {*listed}))
    stuck = excluded.keys() - {move.member for move in moves}
    return _with_stuck(_with_moves(plain, best, moves, fewest), stuck)


def _moves(problem: Problem, best: Outcome, reasons: Mapping[str, str], mending: Mending) -> list[Move]:
    targets = {placement.member: placement for placement in answered(best.problem, best.draft).placements}
    machines, standing = movable(problem), Relocating(problem)
    found = []
    for name in natural(best.gone):
        seen, why = machines[name], reasons.get(name) or _why(standing, name, mending.broken)
        found.append(Move(name, seen.instance, seen.domains, targets[name], why))
    return found


def _why(standing: Relocating, name: str, broken: Sequence[int]) -> str:
    """The broken rules that count a member where it is; it may only make room for another."""
    gains = []
    for n in broken:
        bound, where = standing.problem.rules[n], standing.places[name]
        if bound.rule.concerns(name) and bound.level in where and standing.relieves(n, name):
            gains.append(f"{bound.asked} is broken in {bound.level} {standing.path(name, bound.level)}")
    return "; ".join(gains) or "makes room for another"


def _ordered(problem: Problem, moves: Sequence[Move]) -> list[Move] | None:
    """An order in which no hard rule is broken more on the way; None if there is none."""
    standing, left, found = Relocating(problem), list(moves), list[Move]()
    while left:
        safe = next((move for move in left if _is_safe(standing, move)), None)
        if safe is None:
            return None
        left.remove(safe)
        found.append(safe)
    return found


def _is_safe(standing: Relocating, move: Move) -> bool:
    """Make the move; take it back if a rule is broken more by it."""
    before, where = standing.excess, standing.places[move.member]
    to = standing.tally.locate(move.placement.domains)
    standing.lose(move.member)
    closed = standing.closed(move.member, to)
    standing.gain(move.member, to)
    if not closed and all(after <= was for after, was in zip(standing.excess, before, strict=True)):
        return True
    standing.lose(move.member)
    standing.gain(move.member, where)
    return False


def _with_moves(plain: Plan, best: Outcome, moves: Sequence[Move], fewest: int) -> Plan:
    """What the plan makes of the rules once all moves are made; who moves is still where it is."""
    after = answered(best.problem, best.draft)
    moving = {move.member for move in moves}
    stay = {placement.member: placement for placement in plain.placements if placement.member in moving}
    placements = tuple(_leaving(stay[p.member]) if p.member in stay else p for p in after.placements)
    return replace(after, placements=placements, moves=tuple(moves), fewest=fewest, surplus=plain.surplus)


def _leaving(placement: Placement) -> Placement:
    return replace(placement, reason="is there, and is to move: see moves")


def _with_stuck(plan: Plan, members: Collection[str]) -> Plan:
    """Who may not be where it is, and is not moved: which is no proof that nothing would do."""
    words = "{} has to leave, and no place was found that takes it and breaks nothing more"
    found = [Finding("no-repair", words.format(name), name, severity="warning") for name in natural(members)]
    return replace(plan, findings=(*plan.findings, *found))


def _nothing(plain: Plan, mending: Mending, reasons: Sequence[str]) -> Plan:
    """Broken, and nothing found: which is no proof that there is nothing."""
    if mending.problem.saturated == "stack":
        return plain
    rules = [str(mending.problem.rules[n].asked) for n in mending.broken]
    what = "; ".join(dict.fromkeys([*rules, *reasons]))
    if not what:
        return plain
    finding = Finding("no-repair", f"no moves were found that mend what is broken: {what}")
    return replace(plain, findings=(*plain.findings, finding))
