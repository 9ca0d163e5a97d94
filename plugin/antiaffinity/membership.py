"""Who is in the native groups that carry a rule, told of machines that run: a group may go from under them.

A server group, placement group or scale set can be deleted, and a machine taken out of it, while its members
run. Where they are is still told, or not; but nothing keeps them so any more, and whoever is launched into a
new group is kept apart from nobody who is in none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from antiaffinity.errors import InvalidRequest
from antiaffinity.evidence import sharing
from antiaffinity.model import Finding, Observed, Placement, Severity
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.mechanism import Means, most_in_one
from antiaffinity.planner.problem import natural
from antiaffinity.policy import Affinity, AntiAffinity
from antiaffinity.sight import Sight
from antiaffinity.verdict import connected

SETTLED = ("running", "stopped", "lost")
"""States of machines whose membership is told as it will stay."""

Where = str
"""The outer domain that a limit of the native group counts in; "" where it serves all of them."""


class Outside(Struct, frozen=True):
    """The machines of one rule on one cloud that are in none of the native groups which have the others."""

    means: Means
    machines: tuple[Observed, ...]
    beside: tuple[Observed, ...]
    """All machines of the rule there, these included."""
    cloud: str

    @property
    def noun(self) -> str:
        """What the cloud calls such a group: server group."""
        return self.means.promise.mechanism.partition(" (")[0] if self.means.promise else ""

    def where(self, one: Observed | Placement) -> Where:
        per = self.means.promise.limit_per if self.means.promise else "group"
        return "" if per == "group" else one.domains.get(per, "")

    def near(self) -> list[Observed]:
        """Those that stand where others of the rule do: a group reaches no further."""
        there = [self.where(one) for one in self.beside]
        alone = len(self.beside) == 1 and self.where(self.beside[0]) == ""
        return [one for one in self.machines if alone or there.count(self.where(one)) > 1]


def outside(seen: Sight) -> list[Outside]:
    """For each rule that native groups carry, who is outside them."""
    return [
        found
        for cloud, carried in seen.means.items()
        for means in carried
        if means.native and not means.keeper and (found := _outside(means, seen, cloud)).machines
    ]


def _outside(means: Means, seen: Sight, cloud: str) -> Outside:
    concerned = [member for member in seen.spec.members if means.rule.concerns(member.name)]
    there = [one for one in seen.machines if one.cloud == cloud and one.state in SETTLED and one.member]
    beside = [one for one in there if means.rule.concerns(one.member)]
    left = [one for one in beside if not any(one.memberships.values())]
    if len({one.name for one in concerned} | {one.member for one in beside}) < 2:
        left = []  # there is nobody to be kept apart from
    elif seen.spec.saturated != "stack" and means.rule.hard and means.delegated:
        left += _elsewhere(means, [one for one in beside if one not in left])
    return Outside(means, tuple(left), tuple(beside), cloud)


def _elsewhere(means: Means, members: Sequence[Observed]) -> Iterator[Observed]:
    """Those in other native groups than most, of all that serve one and the same outer domain."""
    level = means.promise.level if means.promise else means.rule.level
    for served in sorted({one.within.get(level, "") for one in members}):
        parts = connected([one for one in members if one.within.get(level, "") == served], level)
        for part in sorted(parts, key=lambda part: (-len(part), min(one.since for one in part)))[1:]:
            yield from part


def findings(seen: Sight) -> Iterator[Finding]:
    """Machines that no native group has, though their rule is carried by one; and edited marks."""
    yield from (Finding("unmarked", _unmarked(one, seen), severity="warning") for one in unmarked(seen))
    yield from _twice(seen)
    for found in outside(seen):
        if left := found.near():
            yield Finding("no-membership", _no_membership(found, left), severity=_weight(found))


def _weight(found: Outside) -> Severity:
    """A soft rule's members may be outside: where its group refuses they are launched there."""
    return "strict" if found.means.rule.hard else "note"


def _no_membership(found: Outside, left: Sequence[Observed]) -> str:
    one, names = len(left) == 1, ", ".join(natural(one.member for one in left))
    kept = f"{'it' if one else 'them'} {_how(found)}"
    lost = f"{names} {'is' if one else 'are'} in no {found.noun}{_of_others(left)}: "
    if not found.means.delegated:
        return f"{lost}where {'it is' if one else 'they are'} now is all that keeps {kept}"
    return f"{lost}nothing keeps {kept} on a move; {_way_in(found, one)}"


def _of_others(left: Sequence[Observed]) -> str:
    return " of the others" if any(any(one.memberships.values()) for one in left) else ""


def _how(found: Outside) -> str:
    return "together" if isinstance(found.means.rule, Affinity) else "apart"


def _way_in(found: Outside, one: bool) -> str:
    them, joins = "it" if one else "them", found.means.promise.joins if found.means.promise else ""
    if joins == "stopped":
        return f"stop, bind and start {them}"
    return f"only machines made anew join one: delete {them} one by one, and roll out after each"


# Marks that somebody edited


def unmarked(seen: Sight) -> list[Observed]:
    """Machines in native groups of ours without our whole mark; an adopted group may have others'."""
    adopted = {*seen.spec.adopt}
    strangers = [one for one in seen.machines if not one.member and one.memberships]
    return [one for one in strangers if not adopted & {*one.memberships}]


def _unmarked(one: Observed, seen: Sight) -> str:
    groups = ", ".join(id_ for ids in one.memberships.values() for id_ in ids)
    missing = _missing(seen)
    whose = f"if it is {' or '.join(missing)}" if missing else "if it is a member's"
    return (
        f"{one.instance} is in {groups}, which is this group's own, without its whole mark: {whose}, bind it "
        f"(antiaffinity bind SPEC MEMBER {one.instance}), else take it out of there"
    )


def check_marked(plan: Plan, seen: Sight) -> None:
    """InvalidRequest before a member would be launched or moved that may be there, without its mark."""
    found = unmarked(seen)
    if found and (plan.new() or plan.moves or plan.short):
        raise InvalidRequest(f"nothing is launched: {'; '.join(_unmarked(one, seen) for one in found)}")


def _missing(seen: Sight) -> list[str]:
    there = {one.member for one in seen.machines}
    return [member.name for member in seen.spec.members if member.name not in there][:5]


def _twice(seen: Sight) -> Iterator[Finding]:
    """A member with two machines beside one without any: its mark may have been edited to the other's."""
    missing, there = _missing(seen), [one for one in seen.machines if one.member and one.state in SETTLED]
    for name in natural({one.member for one in there}) if missing else ():
        machines = [one.instance for one in there if one.member == name]
        if len(machines) > 1:
            words = (
                f"{name} has {len(machines)} machines ({', '.join(sorted(machines))}), {', '.join(missing)} "
                f"has none: if a mark was edited, take it away (antiaffinity unmark SPEC INSTANCE), and bind "
                f"that machine to its member"
            )
            yield Finding("marked-twice", words, member=name, severity="warning")


# Launching beside them


def beside(seen: Sight, new: Iterable[Placement]) -> Iterator[Finding]:
    """New members that would be launched into a group that lacks machines which are there."""
    placements = list(new)
    for found in outside(seen):
        mine = [p for p in placements if p.cloud == found.cloud and found.means.rule.concerns(p.member)]
        near = {found.where(p) for p in mine} & {found.where(one) for one in _unseen(found)}
        if near and found.means.rule.hard:
            going = [p.member for p in mine if found.where(p) in near]
            left = [one.member for one in _unseen(found) if found.where(one) in near]
            yield Finding("beside", _beside(found, going, left), severity="warning")


def _unseen(found: Outside) -> Sequence[Observed]:
    """What we choose ourselves we keep away from machines whose place is told."""
    if found.means.delegated or found.means.promise is None:
        return found.machines
    return [one for one in found.machines if found.means.promise.level not in one.domains]


def _beside(found: Outside, going: Sequence[str], left: Sequence[str]) -> str:
    level = found.means.promise.level if found.means.promise else found.means.rule.level
    told = any(level in one.domains for one in found.machines)
    after = "its place is looked at after the launch" if told else f"no {level} is told, so nobody will see"
    return (
        f"{_some(going)} would be launched into a {found.noun} without {_some(left)}: it keeps nobody "
        f"{_how(found)} from machines that are not in it; {after}"
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(natural(names)[:5]) + more


def clash(found: Iterable[Outside], new: Observed) -> str:
    """Whom a machine that was just launched stands with, or parted from, against a hard rule; "" for nobody.

    Its native group did not keep it from those outside.
    """
    for one in found:
        if one.means.rule.hard and one.means.delegated and one.means.rule.concerns(new.member):
            there = [seen for seen in one.machines if seen.instance != new.instance]
            if words := _clash(one, there, new):
                return words
    return ""


def _clash(found: Outside, there: Sequence[Observed], new: Observed) -> str:
    rule, level = found.means.rule, found.means.rule.level
    crowds = sharing([*there, new], level)
    mine = next((crowd for crowd in crowds.values() if new in crowd), [])
    if isinstance(rule, Affinity):
        apart = [one for one in there if level in one.domains and level in new.domains and one not in mine]
        return f"{level} of its own, apart from {_some([one.member for one in apart])}" if apart else ""
    if not isinstance(rule, AntiAffinity) or len(mine) <= most_in_one(rule):
        return ""
    return f"the {level} of {_some([one.member for one in mine if one is not new])}"
