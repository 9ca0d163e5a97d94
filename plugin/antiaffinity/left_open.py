"""Levels that nothing asks for: left to the cloud, so that a launch asks for no more than the rules say.

A domain that is named without need binds the machine to it for life, and to all that must lie beside it: a
volume that boots from another zone (Cinder's ``cross_az_attach=False``), a later move.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import convert

from antiaffinity.guarantee import Cloud
from antiaffinity.model import LEVELS, Domain, Level, Member, Observed
from antiaffinity.planner.mechanism import Means
from antiaffinity.spec import Spec
from antiaffinity.topology import Topology

Where = tuple[str | None, ...]


def left_open(
    spec: Spec, cloud: Cloud, topology: Topology, means: Sequence[Means], machines: Iterable[Observed]
) -> tuple[Level, ...]:
    """The levels at which a launch on this cloud names no domain, of those that it need not name.

    A rule, a list, a stay or a need asks for one, and so does a group that needs a native group in each, or
    one of whose ``machines`` here is in a domain that is out of service: it is told, and a repair moves it.
    """
    asked = {*_ruled(means), *_listed(spec), *_needed(spec, topology), *_retired(topology, machines)}
    around = topology.levels[:1]  # a place has to be called something
    return tuple(level for level in cloud.optional if level not in asked and level not in around)


def _ruled(means: Sequence[Means]) -> Iterator[Level]:
    for one in means:
        yield one.rule.level
        if one.promise and one.promise.how == "chosen":
            yield one.promise.level
        if one.per:
            yield one.per


def _listed(spec: Spec) -> Iterator[Level]:
    yield from (*spec.only, *spec.never)
    for member in spec.members:
        yield from _of_member(member)


def _of_member(member: Member) -> Iterator[Level]:
    yield from (*member.only, *member.never, *member.stay)


def _needed(spec: Spec, topology: Topology) -> tuple[Level, ...]:
    """Needs are met by places, where these tell what they reach."""
    networks = spec.needs.networks and any(one.networks is not None for one in topology.domains)
    stores = spec.needs.datastores and any(one.datastores is not None for one in topology.domains)
    return topology.levels if networks or stores else ()


def _retired(topology: Topology, machines: Iterable[Observed]) -> tuple[Level, ...]:
    places = (topology.locate(one.domains).get(topology.leaf) for one in machines if one.holds)
    out = any(place is not None and not topology.domains[place].usable for place in places)
    return topology.levels if out else ()


def without(topology: Topology, levels: Sequence[Level]) -> Topology:
    """The places without these levels: what lies in one domain around them is one place.

    For clouds that tell no capacity of them; a place is in service while one of its parts is.
    """
    if not levels:
        return topology
    outer = [level for level in LEVELS if level not in levels]
    merged: dict[Where, list[Domain]] = {}
    for domain in topology.domains:
        merged.setdefault(tuple(getattr(domain, level) for level in outer), []).append(domain)
    domains = [_merged(outer, where, parts) for where, parts in merged.items()]
    return Topology(domains, topology.limits, topology.words, topology.findings, topology.untold)


def _merged(outer: Sequence[Level], where: Where, parts: Sequence[Domain]) -> Domain:
    best = next((part for part in parts if part.usable and not part.full), parts[0])
    found: dict[str, object] = {"usable": best.usable, "why": best.why, "full": best.full}
    found |= {level: name for level, name in zip(outer, where, strict=True) if name is not None}
    found["ids"] = {level: id_ for level, id_ in best.ids.items() if level in outer}
    return convert(found, Domain)
