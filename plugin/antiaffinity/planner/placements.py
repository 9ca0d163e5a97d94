"""The answer for each member of a draft: its place, and why."""

from __future__ import annotations

from antiaffinity.model import Level, Member, Observed, Placement
from antiaffinity.planner.place import Draft
from antiaffinity.planner.problem import Problem
from antiaffinity.planner.tally import Tally
from antiaffinity.topology import Topology


def placements(problem: Problem, result: Draft) -> tuple[Placement, ...]:
    """Every member's place, in the order of the members as they were given."""
    found = []
    new = _New(problem.topology, result.tally)
    for member in problem.members:
        if member.name in result.kept:
            found.append(_kept(member, result.kept[member.name]))
        elif member.name in result.placed:
            found.append(new.placement(member, result.placed[member.name]))
    return tuple(found)


def _kept(member: Member, seen: Observed) -> Placement:
    return Placement(
        member=member.name,
        domains=seen.domains,
        cloud=seen.cloud,
        ids=seen.ids,
        reason="is there already; a plan moves nobody",
        existing=seen.instance or seen.state,
        size=member.size,
    )


class _New:
    """The placements of new members, with the reason: how few of the group share their domains."""

    def __init__(self, topology: Topology, tally: Tally) -> None:
        *outer, leaf = topology.levels
        self.domains, self.leaf = topology.domains, leaf
        self.is_shared, self.named = topology.plain is not topology, topology.named
        self.names, self.held = topology.columns[leaf], tally.totals[leaf]
        self.around = topology.codes[outer[-1]] if outer else [0] * len(topology)
        self.outer = [(lv, topology.columns[lv], tally.totals[lv], topology.codes[lv]) for lv in outer]
        self.known: dict[int, tuple[dict[Level, str], str]] = {}

    def placement(self, member: Member, place: int) -> Placement:
        domain, name = self.domains[place], self.names[place] or ""
        around = self.around[place]
        where, shares = self.known.get(around) or self._outer(around, place)
        shares += f"{name} {self.held[place]}" if name else ""
        return Placement(
            member=member.name,
            domains=self.named(place) if self.is_shared else {**where, self.leaf: name},
            cloud=domain.provider or "",
            ids=domain.ids,
            labels=domain.labels,
            reason=f"fewest of the group: {shares.removesuffix(', ')}",
            size=member.size,
        )

    def _outer(self, around: int, place: int) -> tuple[dict[Level, str], str]:
        """What all places of one domain have in common."""
        where: dict[Level, str] = {}
        shares = ""
        for level, names, counts, codes in self.outer:
            name = names[place]
            if name:
                where[level] = name
                shares += f"{name} {counts[codes[place]]}, "
        self.known[around] = where, shares
        return where, shares
