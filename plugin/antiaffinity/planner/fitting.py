"""Whether native groups take a group of this size: one for all, one for each outer domain, or several.

Beyond one group's size members are parted by an outer domain first, as they are apart there anyway. Inside
a domain, where an instance may be in several groups, they are cut into sets of half a group's size, with
one group for each two sets: so every two members share a group, which keeps them apart. Where even that does
not take them, a stack (saturated: stack) goes on in a second layer of groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from antiaffinity.errors import LimitExceeded
from antiaffinity.guarantee import Cloud, Guarantee, outward
from antiaffinity.model import Level
from antiaffinity.planner.mechanism import Means
from antiaffinity.planner.problem import Saturated
from antiaffinity.policy import Affinity, AntiAffinity
from antiaffinity.topology import Topology


class Begun(Struct, frozen=True):
    """What the members in native groups of a level are bound to: those can be joined at creation only.

    ``split`` says whether the groups serve one outer domain each, ``sets`` into how many sets the members
    are cut; ``members`` are their names.
    """

    split: bool
    sets: int
    members: tuple[str, ...]


NOTHING_YET: Mapping[Level, Begun] = {}


def fit(
    found: Sequence[Means],
    cloud: Cloud,
    levels: Sequence[Level],
    size: int,
    topology: Topology | None,
    begun: Mapping[Level, Begun] = NOTHING_YET,
    saturated: Saturated = "refuse",
) -> list[Means]:
    """The same means with as many native groups as ``size`` members need, the largest number to come.

    ``topology`` holds the domains that the members may use; None where nothing is connected. Raises
    LimitExceeded for a hard rule that the groups are too small for, naming whom to make anew if that helps,
    unless its members are stacked.
    """
    group = Fitting(cloud, tuple(levels), size, topology, begun, saturated)
    return [group.fitted(means) for means in found]


class Fitting(Struct, frozen=True):
    """A group of this size on one cloud."""

    cloud: Cloud
    levels: tuple[Level, ...]
    size: int
    topology: Topology | None
    begun: Mapping[Level, Begun]
    saturated: Saturated

    def fitted(self, means: Means) -> Means:
        """With one native group, one for each outer domain, or one for each two sets of members."""
        promise = means.promise
        if promise is None or not means.delegated:
            return means
        one = replace(means, room=limit(promise, self.topology))
        there = self.begun.get(promise.level)
        in_one = there is None or not (there.split or there.sets > 1)
        if in_one and (one.room is None or self.size <= one.room):
            return one
        per = _parting(means, promise, self.levels)
        parted = replace(one, per=per if promise.limit_per == "group" else None)
        return self._parted(parted, self._domains(per), there)

    def _parted(self, means: Means, domains: int, there: Begun | None) -> Means:
        needed = self._sets(means, domains)
        joins = there is None or ((there.split or not means.per) and there.sets >= needed)
        if needed and joins:
            return replace(means, sets=max(needed, there.sets if there else 1))
        if self._stacks(means):
            return self._stacked(means, there)
        if means.rule.hard:
            raise self._too_small(means, domains, there)
        return means  # a soft rule uses what room there is

    def _stacks(self, means: Means) -> bool:
        return self.saturated == "stack" and _stackable(means)

    def _stacked(self, means: Means, there: Begun | None) -> Means:
        """In layers of groups as those that are there: who is in one group for all can share no other."""
        if there is None:
            return replace(means, stacked=True)
        per = means.per if there.split else None
        return replace(means, per=per, sets=there.sets, stacked=True)

    def _domains(self, per: Level | None) -> int:
        """How many outer domains part the members; without any topology enough of them."""
        if per is None:
            return 1
        return len(self.topology.nodes[per].names) if self.topology else self.size

    def _sets(self, means: Means, domains: int) -> int:
        """Into how many sets the members of one domain are to be cut; 0 where that does not help."""
        each = -(-self.size // max(domains, 1))
        if means.room is None or each <= means.room:
            return 1
        return -(-each // means.set_size) if _coverable(means) else 0

    def _too_small(self, means: Means, domains: int, there: Begun | None) -> LimitExceeded:
        begun_in_one = there is not None and not there.split
        most, parts = means.room or 0, 1 if begun_in_one else max(domains, 1)
        if there and there.split:
            most = replace(means, sets=there.sets).takes or 0
        where = f" in each of {parts} {_parting(means, _sure(means), self.levels)}s" if parts > 1 else ""
        why = f", and {_names(there.members)} joined for no more, which only a launch can do" if there else ""
        return LimitExceeded(
            f"{self.cloud.title}: one {_sure(means).mechanism} takes {means.room} members{where} "
            f"({_sure(means).limit_read}){why}, but {self.size} are asked for",
            path="members",
            ways_out=[
                f"at most {most * parts} members",
                *([_anew(there, self.size)] if there else []),
                "make the rule soft: it uses the group while there is room",
                *(["saturated: stack, for a second group beside it"] if _stackable(means) else []),
            ],
        )


def _sure(means: Means) -> Guarantee:
    assert means.promise is not None
    return means.promise


def _anew(there: Begun, size: int) -> str:
    """Who is in a group cannot join another: only a new machine can."""
    return f"delete {_names(there.members)}, release the group and roll it out anew with planned: {size}"


def _names(members: Sequence[str]) -> str:
    more = f" and {len(members) - 12} more" if len(members) > 12 else ""
    return ", ".join(members[:12]) + more


def _coverable(means: Means) -> bool:
    """Whether several groups together keep all members apart: where each pair may have one of its own."""
    alone = isinstance(means.rule, AntiAffinity) and means.rule.max_per_domain == 1
    return alone and _sure(means).groups_per_instance is None


def _stackable(means: Means) -> bool:
    """As the planner has it: a hard rule that keeps members apart."""
    return isinstance(means.rule, AntiAffinity) and means.rule.hard and bool(means.room)


def _parting(means: Means, promise: Guarantee, levels: Sequence[Level]) -> Level | None:
    """The level whose domains can have a native group, or a limit, each; who is together takes one."""
    if isinstance(means.rule, Affinity):
        return None
    per = next((level for level in outward(promise.level)[1:] if level in levels), None)
    return per if promise.limit_per in ("group", per) else None


def limit(promise: Guarantee, topology: Topology | None) -> int | None:
    """How many members one native group takes, read live where the cloud tells."""
    live = topology.limits.members_per_native if topology else None
    return promise.limit if live is None else live
