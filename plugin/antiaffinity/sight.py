"""Looking: what a group's clouds hold and offer now, and the plan that follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeVar
from zlib import crc32

from msgspec import Struct
from msgspec.structs import replace

from antiaffinity.backend import Backend, Need
from antiaffinity.colocation import ALONE, Colocation
from antiaffinity.errors import InvalidRequest, NotOffered
from antiaffinity.evidence import Path, path
from antiaffinity.guarantee import Cloud, outward
from antiaffinity.left_open import left_open, without
from antiaffinity.model import Domain, Level, Member, Observed, Placement
from antiaffinity.nodes import settled_by_lists
from antiaffinity.planner.admit import fixed, meet, open_now
from antiaffinity.planner.fitting import Begun, fit
from antiaffinity.planner.mechanism import Means, bounds, carry, choosing
from antiaffinity.planner.problem import Bound, Problem, kin, natural
from antiaffinity.planner.tally import Tally
from antiaffinity.policy import AntiAffinity, Rule, Spread
from antiaffinity.resources import check_resources
from antiaffinity.several_clouds import colocation, in_estate, joined, keyed
from antiaffinity.spec import Spec
from antiaffinity.topology import Topology

Clouds = Mapping[str, Backend]
"""Connected clouds by their key in the estate; a cloud that stands alone has the key ""."""

Somewhere = TypeVar("Somewhere", Observed, Placement, Observed | Placement)


class Refusal(Struct, frozen=True):
    """A domain that refused a launch in this run."""

    cloud: str
    domain: dict[Level, str]
    message: str


class Sight(Struct, frozen=True, dict=True):
    """One look at a group: its machines, the places there are, and how each cloud carries each rule."""

    spec: Spec
    machines: tuple[Observed, ...]
    topology: Topology
    means: dict[str, list[Means]]
    topologies: dict[str, Topology]
    past: dict[str, tuple[str, ...]] = {}
    """By member the instances that are gone but still listed."""
    colocation: Colocation = ALONE
    left_open: dict[str, tuple[Level, ...]] = {}
    """By cloud the levels at which nothing asks for a domain."""

    @cached_property
    def instances(self) -> dict[str, Observed]:
        """The machines by their ids; of several with one id the first."""
        return {one.instance: one for one in reversed(self.machines) if one.instance}

    def problem(self, refused: Sequence[Refusal] = ()) -> Problem:
        """What the planner is asked."""
        topology = _refusing(self.topology, refused) if refused else self.topology
        return self.problem_of(topology, self._bounds(topology))

    def problem_of(self, topology: Topology, rules: tuple[Bound, ...] = ()) -> Problem:
        """The same over these places, and by these rules."""
        return Problem(
            members=self.spec.members,
            current=self.machines,
            topology=topology,
            rules=rules,
            only=self.spec.only,
            never=self.spec.never,
            needs=self.spec.needs,
            seed=crc32(str(self.spec.key).encode()),
            saturated=self.spec.saturated,
        )

    def located(self, one: Somewhere) -> Somewhere:
        """A machine, or where one goes, by the names that are the same on all clouds."""
        if not self.colocation.is_shared:
            return one
        return replace(one, domains=self.colocation.where(one.cloud, one.domains))

    def kept_by_clouds(self) -> list[Rule]:
        """The hard rules that a cloud carries itself; that a stack is apart by layers no place shows."""
        stacks = self.spec.saturated == "stack"
        hard = [
            (n, rule)
            for n, rule in enumerate(self.spec.rules)
            if rule.hard and not (stacks and isinstance(rule, AntiAffinity))
        ]
        return [rule for n, rule in hard if any(found[n].delegated for found in self.means.values())]

    def eligible(self, rule: Rule) -> frozenset[Path]:
        """The domains that count for a rule: those that a Spread compares, or that a stack finds room in.

        In service and open to the members by lists and needs; full ones only count for a Spread.
        """
        stacks = _stacks(self.spec, rule)
        if not compares(self.spec, rule):
            return frozenset()
        level = next((lv for lv in _counting(rule) if lv in self.topology.levels), None)
        return frozenset(self._open(rule, level, stacks)) if level else frozenset()

    def _open(self, rule: Rule, level: Level, now: bool) -> Iterator[Path]:
        problem = self.problem_of(self.topology, self._counted())
        problem = replace(problem, members=_concerned(self.spec, rule))
        tally = Tally(problem)
        for one in kin(problem, problem.members):
            asked = [*fixed(problem, one), *(open_now(problem, one, tally.room(one)) if now else ())]
            mask = meet(asked)
            for place, domain in enumerate(self.topology.domains):
                if (mask is None or mask[place]) and getattr(domain, level) is not None:
                    yield path(self.topology.where(domain.names()), level)

    def _counted(self) -> tuple[Bound, ...]:
        """The rules as the planner counts them; none where it cannot."""
        try:
            return self._bounds(self.topology)
        except (NotOffered, InvalidRequest):
            return ()

    def _bounds(self, topology: Topology) -> tuple[Bound, ...]:
        found = {cloud: bounds(means, topology) for cloud, means in self.means.items()}
        first, *others = found.values()
        if any(other != first for other in others):
            raise NotOffered(
                "one rule over clouds that carry it at different levels is not written yet; "
                "put the clouds into groups of their own",
                path="clouds",
            )
        return first


def _stacks(spec: Spec, rule: Rule) -> bool:
    return spec.saturated == "stack" and isinstance(rule, AntiAffinity) and rule.hard


def compares(spec: Spec, rule: Rule) -> bool:
    """Whether its verdict depends on domains that hold nobody."""
    return _stacks(spec, rule) or isinstance(rule, Spread)


def _counting(rule: Rule) -> Sequence[Level]:
    """The levels at which a rule can be counted, best first."""
    return outward(rule.level) if isinstance(rule, AntiAffinity) else (rule.level,)


def _concerned(spec: Spec, rule: Rule) -> tuple[Member, ...]:
    return tuple(member for member in spec.members if rule.concerns(member.name))


def look(spec: Spec, clouds: Clouds, known: Sequence[Observed] | None = None) -> Sight:
    """Ask every cloud what it could still take of the group, and what it holds if that is not known."""
    every, by = places(spec, clouds), colocation(clouds)
    check_resources(spec, (domain for topology in every.values() for domain in topology.domains))
    there = listed(spec, clouds) if known is None else known
    machines = tuple(existing(there))
    records = {key: backend.cloud for key, backend in clouds.items()}
    means = carried(spec, records, every, machines)
    here = {key: [one for one in machines if one.cloud == key] for key in clouds}
    open_ = {key: left_open(spec, records[key], every[key], means[key], here[key]) for key in clouds}
    topologies = {key: without(topology, open_[key]) for key, topology in every.items()}
    return Sight(
        spec=spec,
        machines=machines,
        topology=joined(list(topologies.values()), by),
        means=carried(spec, records, topologies, machines) if any(open_.values()) else means,
        topologies=topologies,
        past=_past(there),
        colocation=by,
        left_open=open_,
    )


def places(spec: Spec, clouds: Clouds, room: bool = True) -> dict[str, Topology]:
    """By cloud the places that launches could use now."""
    needs = {key: replace(_need(spec, backend.cloud), room=room) for key, backend in clouds.items()}
    return {key: keyed(backend.topology(needs[key]), key) for key, backend in clouds.items()}


def carried(
    spec: Spec,
    clouds: Mapping[str, Cloud],
    topologies: Mapping[str, Topology],
    machines: Sequence[Observed] = (),
) -> dict[str, list[Means]]:
    """How each cloud carries each rule; NotOffered or LimitExceeded before any call that changes things."""
    found = {}
    for key, topology in topologies.items():
        cloud, there = in_estate(clouds[key], key), [seen for seen in machines if seen.cloud == key]
        means = carry(spec.rules, cloud, topology.levels, spec.adopt, topology.untold)
        admitted = _admitted(topology, spec)
        found[key] = fit(means, cloud, topology.levels, spec.largest, admitted, _begun(there), spec.saturated)
    return found


def _admitted(topology: Topology, spec: Spec) -> Topology:
    """The domains that the group's lists let it use; all of them where that would leave none."""
    mask = topology.listed(spec.only, spec.never, {})
    left = [domain for domain, is_in in zip(topology.domains, mask or (), strict=mask is not None) if is_in]
    return Topology(left, topology.limits, topology.words) if left else topology


def _begun(machines: Sequence[Observed]) -> dict[Level, Begun]:
    """What those who are in native groups of ours already are bound to, by level."""
    there: dict[Level, list[Observed]] = {}
    for seen in machines:
        for level in seen.within:
            there.setdefault(level, []).append(seen)
    return {level: _bound_to(level, seen) for level, seen in there.items()}


def _bound_to(level: Level, machines: Sequence[Observed]) -> Begun:
    """Of n sets each shares a group with every other: a member of one is in n - 1 groups."""
    sets = [len(seen.memberships.get(level, ())) + 1 for seen in machines if level in seen.part]
    names = natural({seen.member for seen in machines})
    return Begun(any(seen.within[level] for seen in machines), max(sets, default=1), names)


def _need(spec: Spec, cloud: Cloud) -> Need:
    sizes = {repr(sorted(member.size.items())): member.size for member in spec.members}
    return Need(
        key=spec.key,
        sizes=tuple(sizes.values()),
        needs=spec.needs,
        only=spec.only,
        never=spec.never,
        adopt=spec.adopt,
        levels=tuple(dict.fromkeys(rule.level for rule in spec.rules)),
        chosen=choosing(spec.rules, cloud, spec.adopt),
    )


def observe(spec: Spec, clouds: Clouds) -> list[Observed]:
    """Every instance that bears the group's mark, on all clouds."""
    return existing(listed(spec, clouds))


def existing(machines: Sequence[Observed]) -> list[Observed]:
    """Those that are not gone."""
    return [seen for seen in machines if seen.state != "gone"]


def listed(spec: Spec, clouds: Clouds) -> list[Observed]:
    """The same, and what is gone but still listed."""
    found = []
    for key, backend in clouds.items():
        for seen in backend.observe(spec.key, spec.adopt):
            found.append(located(seen, key, spec))
    return found


def _past(there: Sequence[Observed]) -> dict[str, tuple[str, ...]]:
    """By member the instances that are gone but still listed."""
    past: dict[str, list[str]] = {}
    for seen in there:
        if seen.state == "gone":
            past.setdefault(seen.member, []).append(seen.instance)
    return {member: tuple(sorted(ids)) for member, ids in past.items()}


def located(seen: Observed, key: str, spec: Spec) -> Observed:
    """A machine on the cloud of this key, which is the provider's name whatever the cloud would call it.

    Where it is in several domains of one level SPEC's lists settle which counts.
    """
    here: dict[Level, str] = {"provider": key} if key else {}
    settled = settled_by_lists(seen.either, spec.only, spec.never) if seen.either else {}
    return replace(seen, cloud=key, domains=here | settled | seen.domains | here)


def _refusing(topology: Topology, refused: Sequence[Refusal]) -> Topology:
    """Domains that refused a launch take nothing more in this run, but still count as places."""
    return topology.having([_closed(domain, refused) for domain in topology.domains])


def _closed(domain: Domain, refused: Sequence[Refusal]) -> Domain:
    for refusal in refused:
        same_cloud = not refusal.cloud or domain.provider == refusal.cloud
        if same_cloud and all(getattr(domain, level) == name for level, name in refusal.domain.items()):
            return replace(domain, full=refusal.message)
    return domain


def backend_of(clouds: Clouds, key: str) -> Backend:
    """The cloud with this key."""
    if key not in clouds:
        raise InvalidRequest(f"no cloud {key!r} here; there are {', '.join(clouds)}", path="clouds")
    return clouds[key]
