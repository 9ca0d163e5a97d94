"""Looking at a group as it stands: what a verdict needs, and no more."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import convert

from antiaffinity.backend import Backend
from antiaffinity.errors import NotOffered
from antiaffinity.guarantee import Cloud
from antiaffinity.model import Domain, Observed
from antiaffinity.planner.mechanism import Means, carry
from antiaffinity.sight import Clouds, Sight, compares, in_estate, joined, observe, places
from antiaffinity.spec import Spec
from antiaffinity.topology import Topology


def standing(spec: Spec, clouds: Clouds, machines: Sequence[Observed] | None = None) -> Sight:
    """One look at a group, or at these machines of it: enough to judge, not to plan.

    Which places there are is asked only where the verdict depends on those that hold nobody.
    """
    there = tuple(observe(spec, clouds) if machines is None else machines)
    found = _in_use(spec, clouds, there)
    try:
        means = _means(spec, clouds, found)
    except NotOffered:  # by the levels that these places tell
        found = places(spec, clouds)
        means = _means(spec, clouds, found)
    return Sight(spec, there, joined(list(found.values())), means, found)


def _in_use(spec: Spec, clouds: Clouds, machines: Sequence[Observed]) -> dict[str, Topology]:
    """By cloud the places that its machines are in, or all there are where those are not enough."""
    used = {key: _places_of([one for one in machines if one.cloud == key], clouds[key]) for key in clouds}
    enough = all(used.values()) and not any(backend.cloud.reported for backend in clouds.values())
    return used if enough and not any(compares(spec, rule) for rule in spec.rules) else places(spec, clouds)


def _places_of(machines: Sequence[Observed], backend: Backend) -> Topology:
    names = {tuple(seen.domains.items()): dict(seen.domains) for seen in machines}
    return Topology([convert(one, Domain) for one in names.values()], words=backend.cloud.words)


def _means(spec: Spec, clouds: Clouds, found: dict[str, Topology]) -> dict[str, list[Means]]:
    return {
        key: carry(spec.rules, _record(clouds[key], key), found[key].levels, spec.adopt) for key in clouds
    }


def _record(backend: Backend, key: str) -> Cloud:
    return in_estate(backend.cloud, key)
