"""Which of a cloud's promises carries each rule: chosen by us, delegated to it, or nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from antiaffinity.errors import InvalidRequest, LimitExceeded, NotOffered
from antiaffinity.guarantee import Cloud, Guarantee, inward, outward, promises
from antiaffinity.model import Level, Native, Placement
from antiaffinity.planner.problem import Bound, bind
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive
from antiaffinity.topology import Topology

NOTHING_YET: Mapping[Level, bool] = {}


class Means(Struct, frozen=True):
    """How one rule is carried on one cloud.

    ``promise`` is None where nothing carries it (a soft rule that is verified only). ``per`` names
    the outer level that gets one native group for each of its domains.
    """

    rule: Rule
    path: str
    promise: Guarantee | None
    per: Level | None = None

    @property
    def delegated(self) -> bool:
        return self.promise is not None and self.promise.how == "delegated"

    @property
    def implied(self) -> bool:
        """Carried by a promise at another level than the rule's own."""
        return self.promise is not None and self.promise.level != self.rule.level

    def native(self, placement: Placement, number: int) -> Native:
        """The native group that this placement is launched into."""
        assert self.promise is not None
        return Native(
            level=self.promise.level,
            kind="affinity" if isinstance(self.rule, Affinity) else "anti-affinity",
            hard=self.rule.hard,
            max_per_domain=_most(self.rule),
            within=placement.domains.get(self.per, "") if self.per else "",
            number=number,
        )


def _most(rule: Rule) -> int:
    """How many members one domain may hold, which is what native groups count."""
    if isinstance(rule, AntiAffinity):
        return rule.max_per_domain
    return max(1, rule.lose_at_most // rule.failures) if isinstance(rule, Survive) else 1


def carry(
    rules: Sequence[Rule],
    cloud: Cloud,
    levels: Sequence[Level],
    size: int,
    topology: Topology | None,
    adopted: Collection[Level] = (),
    begun: Mapping[Level, bool] = NOTHING_YET,
) -> list[Means]:
    """For each rule what carries it here; ``size`` is the largest number of members to come.

    ``adopted`` are the levels at which a native group is there to be used; ``begun`` says of a level
    whether members are already in native groups for one outer domain each (True) or for all (False).

    Raises NotOffered for a hard rule that nothing carries, LimitExceeded for one that a native
    group is too small for; both before any call that changes something.
    """
    there = replace(cloud, guarantees=tuple(_at_hand(cloud, adopted)))
    found = [_means(rule, n, there, levels) for n, rule in enumerate(rules)]
    found = list(_one_group_each(found, cloud))
    return [_fitting(means, cloud, levels, size, topology, begun) for means in found]


def _at_hand(cloud: Cloud, adopted: Collection[Level]) -> Iterator[Guarantee]:
    for promise in cloud.guarantees:
        if not promise.only_adopted or promise.level in adopted:
            yield promise


def _means(rule: Rule, n: int, cloud: Cloud, levels: Sequence[Level]) -> Means:
    path = f"rules[{n}]"
    for level in _implying(rule):
        promise = _promise(rule, level, cloud, levels)
        if promise:
            return Means(rule, path, promise)
    if rule.hard:
        raise NotOffered(f"{cloud.title} offers nothing for {rule}: {_offers(cloud, rule)}", path=path)
    return Means(rule, path, None)


def _implying(rule: Rule) -> Sequence[Level]:
    """Its own level, then those at which keeping it keeps it here too, nearest first."""
    if isinstance(rule, Spread):
        return (rule.level,)
    return inward(rule.level) if isinstance(rule, Affinity) else outward(rule.level)


def _promise(rule: Rule, level: Level, cloud: Cloud, levels: Sequence[Level]) -> Guarantee | None:
    for promise in promises(cloud.guarantees, level, rule.kind, rule.hard):
        if promise.how == "chosen" and level in levels:
            return promise
        if promise.how == "delegated" and _takes(promise, rule):
            return promise
    return None


def _takes(promise: Guarantee, rule: Rule) -> bool:
    if isinstance(rule, Survive) and rule.failures > 1 and rule.lose_at_most % rule.failures:
        return False
    return promise.most_per_domain is None or _most(rule) <= promise.most_per_domain


def _offers(cloud: Cloud, rule: Rule) -> str:
    """What the cloud has for this kind of rule instead."""
    offered = [
        f"{'hard' if g.hard else 'soft'} at {g.level} ({g.mechanism or 'chosen'})"
        for g in cloud.guarantees
        if g.rule == rule.kind and g.how != "kept"
    ]
    return "it has " + ", ".join(dict.fromkeys(offered)) if offered else "it has none of this kind"


def _one_group_each(found: Sequence[Means], cloud: Cloud) -> Iterator[Means]:
    """Where an instance takes one native group the first hard rule gets it, else the first soft one."""
    single = [m for m in found if m.promise and m.promise.groups_per_instance == 1]
    winner = next((m for m in single if m.rule.hard), single[0] if single else None)
    for means in found:
        if winner is None or means not in single or means is winner or _share(means, winner):
            yield means
        elif means.rule.hard:
            raise NotOffered(
                f"{cloud.title}: an instance takes one {_noun(winner)}, and {winner.path} has it; "
                f"make one of the two soft, then it is verified only",
                path=means.path,
            )
        else:
            yield Means(means.rule, means.path, None)


def _share(one: Means, other: Means) -> bool:
    """Rules that we keep ourselves can all do so in one and the same native group."""
    return not one.delegated and not other.delegated and _noun(one) == _noun(other)


def _noun(means: Means) -> str:
    return means.promise.mechanism if means.promise else ""


def _fitting(
    means: Means,
    cloud: Cloud,
    levels: Sequence[Level],
    size: int,
    topology: Topology | None,
    begun: Mapping[Level, bool],
) -> Means:
    """Split over chosen outer domains where one native group is too small, or where that was begun."""
    promise = means.promise
    if promise is None or not means.delegated:
        return means
    most, split = limit(promise, topology), begun.get(promise.level)
    if not split and (most is None or size <= most):
        return means
    per = _parting(means, promise, levels)
    domains = len(topology.nodes[per].names) if per and topology else 0
    fits = topology is None or most is None or size <= most * domains
    if per and fits and split is not False:
        return Means(means.rule, means.path, promise, per if promise.limit_per == "group" else None)
    if not means.rule.hard:
        return Means(means.rule, means.path, None)
    in_one = domains > 1 and split is False
    takes = Room(most or 0, 1 if in_one else max(domains, 1), per)
    raise _too_small(cloud, promise, size, takes, in_one)


class Room(Struct, frozen=True):
    """What native groups take: so many members, in each of so many domains of a level."""

    most: int
    domains: int
    per: Level | None

    def __str__(self) -> str:
        return f"{self.most} members" + (
            f" in each of {self.domains} {self.per}s" if self.domains > 1 else ""
        )


def _too_small(cloud: Cloud, promise: Guarantee, size: int, room: Room, in_one: bool) -> LimitExceeded:
    takes = f"{cloud.title}: one {promise.mechanism} takes {room} ({promise.limit_read})"
    why = ", and the group was begun in one" if in_one else ""
    anew = [f"release the group and roll it out anew with planned: {size}"] if in_one else []
    return LimitExceeded(
        f"{takes}{why}, but {size} are asked for",
        path="members",
        ways_out=[
            f"at most {room.most * room.domains} members",
            *anew,
            "make the rule soft, then it is verified only",
        ],
    )


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


def bounds(means: Sequence[Means], topology: Topology) -> tuple[Bound, ...]:
    """What of all this the planner has to keep: chosen rules, and the room in native groups."""
    found: list[Bound] = []
    for one in means:
        if one.promise and one.promise.how == "chosen":
            found += _chosen(one, topology.levels)
        elif one.promise and isinstance(one.rule, Affinity):
            found += _around(one, topology.levels)
        elif one.promise:
            found += _room(one, one.promise, topology)
    return tuple(found)


def _around(one: Means, levels: Sequence[Level]) -> Iterator[Bound]:
    """Whom the cloud keeps together inside, we must keep together around it."""
    level = next((lv for lv in outward(one.rule.level)[1:] if lv in levels), None)
    if level:
        yield Bound(replace(one.rule, level=level), level, one.rule, one.path)


def _room(one: Means, promise: Guarantee, topology: Topology) -> Iterator[Bound]:
    """A native group per outer domain, or one that counts per outer domain, is full at its limit."""
    level = one.per or (None if promise.limit_per == "group" else promise.limit_per)
    most = limit(promise, topology)
    if level in topology.levels and most is not None:
        cap = AntiAffinity(level, most, hard=one.rule.hard, among=one.rule.among)
        yield Bound(cap, level, one.rule, one.path, never_more=True)


def _chosen(one: Means, levels: Sequence[Level]) -> Iterator[Bound]:
    assert one.promise is not None
    if one.promise.level not in levels:
        stated = ", ".join(levels)
        raise InvalidRequest(f"no place here states a {one.promise.level}, only {stated}", path=one.path)
    yield from (replace(bound, path=one.path) for bound in bind([one.rule], levels))
