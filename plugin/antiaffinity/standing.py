"""Looking at a group as it stands: its machines, and the places that they may or may not be in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import convert

from antiaffinity.backend import Backend
from antiaffinity.errors import AntiaffinityError, InvalidRequest, LimitExceeded, NotAuthorized, NotOffered
from antiaffinity.guarantee import Cloud
from antiaffinity.model import Domain, Finding, Observed, Severity
from antiaffinity.planner.mechanism import Means, carry
from antiaffinity.several_clouds import colocation, in_estate, joined
from antiaffinity.sight import Clouds, Sight, compares, observe, places
from antiaffinity.spec import Spec
from antiaffinity.topology import Topology

NOT_TOLD = "places-not-told"
"""The kind of the finding where places could not be asked: whether members may be where they are is open."""

UNASKED = (InvalidRequest, LimitExceeded, NotAuthorized, NotOffered)
"""What a look at places may answer to a SPEC, or to rights, that machines can be judged without."""


def standing(
    spec: Spec,
    clouds: Clouds,
    machines: Sequence[Observed] | None = None,
    known: Mapping[str, Topology] | None = None,
) -> Sight:
    """One look at a group, or at these machines of it: enough to judge, not to plan.

    ``known`` are the places of a look that still holds. Where they are not to be had the machines are judged
    by their own, and a finding says so.
    """
    there = tuple(observe(spec, clouds) if machines is None else machines)
    fresh = not known or any(compares(spec, rule) for rule in spec.rules)
    found = _places(spec, clouds, there) if fresh else dict(known or {})
    by = colocation(clouds)
    means = _means(spec, clouds, found)
    return Sight(spec, there, joined(list(found.values()), by), means, found, colocation=by)


def _places(spec: Spec, clouds: Clouds, machines: Sequence[Observed]) -> dict[str, Topology]:
    compared = any(compares(spec, rule) for rule in spec.rules)
    try:
        return places(spec, clouds, room=compared)
    except UNASKED as error:
        used = {key: _in_use(machines, key, backend, error) for key, backend in clouds.items()}
        if compared or not all(used.values()):
            raise
        return used


def _in_use(machines: Sequence[Observed], key: str, backend: Backend, why: AntiaffinityError) -> Topology:
    """The places that the machines of a cloud are in, by what they tell."""
    there = [seen for seen in machines if seen.cloud == key]
    names = {tuple(seen.domains.items()): dict(seen.domains) for seen in there}
    severity: Severity = "strict" if isinstance(why, NotAuthorized) else "warning"
    words = f"whether members may be where they are could not be asked: {why}"
    found = [convert(one, Domain) for one in names.values()]
    return Topology(found, words=backend.cloud.words, findings=[Finding(NOT_TOLD, words, severity=severity)])


def _means(spec: Spec, clouds: Clouds, found: Mapping[str, Topology]) -> dict[str, list[Means]]:
    return {
        key: carry(spec.rules, _record(clouds[key], key), there.levels, spec.adopt, there.untold)
        for key, there in found.items()
    }


def _record(backend: Backend, key: str) -> Cloud:
    return in_estate(backend.cloud, key)
