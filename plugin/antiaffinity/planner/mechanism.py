"""Which of a cloud's promises carries each rule: chosen by us, delegated to it, or nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from antiaffinity.errors import InvalidRequest, NotOffered
from antiaffinity.guarantee import Cloud, Guarantee, inward, outward, promises
from antiaffinity.model import Level, Native
from antiaffinity.planner.problem import Bound, bind
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive
from antiaffinity.topology import Topology


class Means(Struct, frozen=True):
    """How one rule is carried on one cloud.

    ``promise`` is None where nothing carries it (a soft rule that is verified only). ``keeper`` is the native
    rule that keeps what we chose once it is launched; ``unkept`` those that keep such rules here, where none
    of them keeps this one. ``room`` is how many
    members one native group takes (None: any number); ``per`` names the outer level that gets native groups
    for each of its domains. With ``sets`` there is one group for each two sets of members in a domain, so
    that every two members share a group (else 1). Where it is ``stacked``, members beyond one layer's room
    go into the groups of the next.
    """

    rule: Rule
    path: str
    promise: Guarantee | None
    room: int | None = None
    per: Level | None = None
    sets: int = 1
    stacked: bool = False
    keeper: Guarantee | None = None
    unkept: tuple[Guarantee, ...] = ()

    @property
    def delegated(self) -> bool:
        return self.promise is not None and self.promise.how == "delegated"

    @property
    def implied(self) -> bool:
        """Carried by a promise at another level than the rule's own."""
        return self.promise is not None and self.promise.level != self.rule.level

    @property
    def unsaid(self) -> bool:
        """Placed by another level, which says nothing sure of the rule's own."""
        return self.promise is not None and self.promise.how == "chosen" and self.promise.evidence == "NONE"

    @property
    def native(self) -> Native | None:
        """The native group that members are launched into, as it is where one has all; None without."""
        if self.keeper:
            return self._kept()
        if self.promise is None or not (self.delegated or self.promise.mechanism):
            return None
        if not self.delegated:
            return Native(self.promise.level, "chosen", hard=True, max_per_domain=0)
        kind = "affinity" if isinstance(self.rule, Affinity) else "anti-affinity"
        return Native(self.promise.level, kind, self.rule.hard, most_in_one(self.rule))

    def _kept(self) -> Native:
        kind = "keep affinity" if isinstance(self.rule, Affinity) else "keep anti-affinity"
        return Native(self.rule.level, kind, self.rule.hard, most_in_one(self.rule), among=self.rule.among)

    @property
    def set_size(self) -> int:
        """How many members a set has: two of them fill a group."""
        return max(1, (self.room or 2) // 2)

    @property
    def takes(self) -> int | None:
        """How many members all native groups of one domain take, in one layer."""
        return self.room if self.sets == 1 else self.sets * self.set_size


EVERYTHING_TOLD: Mapping[Level, str] = {}


def most_in_one(rule: Rule) -> int:
    """How many members one domain may hold, which is what native groups count."""
    if isinstance(rule, AntiAffinity):
        return rule.max_per_domain
    return max(1, rule.lose_at_most // rule.failures) if isinstance(rule, Survive) else 1


def carry(
    rules: Sequence[Rule],
    cloud: Cloud,
    levels: Sequence[Level],
    adopted: Collection[Level] = (),
    untold: Mapping[Level, str] = EVERYTHING_TOLD,
) -> list[Means]:
    """For each rule what carries it here, whatever the group's size.

    ``adopted`` are the levels at which a native group is there to be used; ``untold`` says why no place
    states a level. Raises NotOffered for a hard rule that nothing carries, before any call that changes
    something.
    """
    there = replace(cloud, guarantees=tuple(_at_hand(cloud, adopted)))
    found = [_means(rule, n, there, levels, untold) for n, rule in enumerate(rules)]
    return list(_one_group_each(found, cloud))


def choosing(rules: Sequence[Rule], cloud: Cloud, adopted: Collection[Level] = ()) -> tuple[Level, ...]:
    """The levels at which we would choose for these rules, if the cloud had all that it can have."""
    there = replace(cloud, guarantees=tuple(_at_hand(cloud, adopted)))
    promised = [_carrying(rule, there, cloud.chosen) for rule in rules]
    return tuple(dict.fromkeys(p.level for p in promised if p and p.how == "chosen"))


def _at_hand(cloud: Cloud, adopted: Collection[Level]) -> Iterator[Guarantee]:
    for promise in cloud.guarantees:
        if not promise.only_adopted or promise.level in adopted:
            yield promise


def _means(rule: Rule, n: int, cloud: Cloud, levels: Sequence[Level], untold: Mapping[Level, str]) -> Means:
    path, promise = f"rules[{n}]", _carrying(rule, cloud, levels)
    if promise is None and rule.hard:
        why = next((untold[level] for level in _implying(rule) if level in untold), "")
        instead = why or _instead(cloud, rule)
        raise NotOffered(f"{cloud.title} offers nothing for {rule}: {instead}", path=path)
    if isinstance(rule, Affinity) and promise and rule.level in cloud.chosen and rule.level not in levels:
        raise InvalidRequest(_narrower(rule, promise, cloud), path=path)
    kept = _keeping(rule, promise, cloud)
    keeper = next((one for one in kept if _takes(one, rule)), None)
    return Means(rule, path, promise, keeper=keeper, unkept=() if keeper else tuple(kept))


def _narrower(rule: Rule, promise: Guarantee, cloud: Cloud) -> str:
    return (
        f"no place on {cloud.title} states its {rule.level} now, and all in one {promise.level} is not what "
        f"{rule} says: let places state it, or write level: {promise.level}"
    )


def _keeping(rule: Rule, promise: Guarantee | None, cloud: Cloud) -> list[Guarantee]:
    """What keeps rules of this strength where we chose at the rule's own level."""
    if promise is None or (promise.how, promise.level) != ("chosen", rule.level):
        return []
    return promises(cloud.guarantees, rule.level, rule.kind, rule.hard, ("kept",))


def _carrying(rule: Rule, cloud: Cloud, levels: Sequence[Level]) -> Guarantee | None:
    """The nearest promise that keeps the rule."""
    found = (_promise(rule, level, cloud, levels) for level in _implying(rule))
    return next(filter(None, found), None)


def _implying(rule: Rule) -> Sequence[Level]:
    """Its own level, then those at which keeping it keeps it here too, nearest first."""
    if isinstance(rule, Spread):
        return (rule.level,)
    return inward(rule.level) if isinstance(rule, Affinity) else outward(rule.level)


def _promise(rule: Rule, level: Level, cloud: Cloud, levels: Sequence[Level]) -> Guarantee | None:
    for promise in promises(cloud.guarantees, level, rule.kind, rule.hard):
        if promise.how == "chosen" and level in levels and not _across(rule, promise):
            return replace(promise, evidence="NONE") if _not_told(rule, promise) else promise
        if promise.how == "delegated" and _takes(promise, rule):
            return promise
    return None


def _takes(promise: Guarantee, rule: Rule) -> bool:
    if isinstance(rule, Survive) and rule.failures > 1 and rule.lose_at_most % rule.failures:
        return False
    return promise.most_per_domain is None or most_in_one(rule) <= promise.most_per_domain


def _instead(cloud: Cloud, rule: Rule) -> str:
    """What the cloud has for this kind of rule, and why its outer levels are no help."""
    across = [g.level for level in _implying(rule) for g in _lying_across(rule, level, cloud)]
    if not across:
        return _offers(cloud, rule)
    return (
        f"it tells no {rule.level}, and two {across[0]}s may share one; {_offers(cloud, rule)}: say what a "
        f"{across[0]} is there, so that it is what shares a {rule.level}, and write level: {across[0]}"
    )


def _lying_across(rule: Rule, level: Level, cloud: Cloud) -> list[Guarantee]:
    found = promises(cloud.guarantees, level, rule.kind, rule.hard)
    return [promise for promise in found if _across(rule, promise)]


def _across(rule: Rule, promise: Guarantee) -> bool:
    """Whether what is apart at the promise's level may be together at the rule's."""
    return promise.encloses == "hosts" and _is_between(rule, promise)


def _not_told(rule: Rule, promise: Guarantee) -> bool:
    """Whether nobody says that what is apart at the promise's level is apart at the rule's."""
    return promise.encloses == "not told" and _is_between(rule, promise)


def _is_between(rule: Rule, promise: Guarantee) -> bool:
    """Whether the rule's level lies between that of the promise and hosts."""
    return rule.level not in (promise.level, "host") and not isinstance(rule, Affinity)


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
    if level in topology.levels and one.takes is not None and not one.stacked:
        cap = AntiAffinity(level, one.takes, hard=one.rule.hard, among=one.rule.among)
        yield Bound(cap, level, one.rule, one.path, never_more=True)


def _chosen(one: Means, levels: Sequence[Level]) -> Iterator[Bound]:
    assert one.promise is not None
    if one.promise.level not in levels:
        stated = ", ".join(levels)
        raise InvalidRequest(f"no place here states a {one.promise.level}, only {stated}", path=one.path)
    yield from (replace(bound, path=one.path) for bound in bind([one.rule], levels))
