"""Looking: what a group's clouds hold and offer now, and the plan that follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zlib import crc32

from msgspec import Struct
from msgspec.structs import replace

from antiaffinity.backend import Backend, Need
from antiaffinity.errors import InvalidRequest, NotOffered
from antiaffinity.guarantee import Cloud, Guarantee, RuleKind
from antiaffinity.model import Domain, Finding, Level, Observed
from antiaffinity.planner.mechanism import Means, bounds, carry
from antiaffinity.planner.problem import Bound, Problem
from antiaffinity.spec import Spec
from antiaffinity.topology import Topology

Clouds = Mapping[str, Backend]
"""Connected clouds by their key in the estate; a cloud that stands alone has the key ""."""

KINDS: tuple[RuleKind, ...] = ("anti-affinity", "spread", "survive", "affinity")


class Refusal(Struct, frozen=True):
    """A domain that refused a launch in this run."""

    cloud: str
    domain: dict[Level, str]
    message: str


class Sight(Struct, frozen=True):
    """One look at a group: its machines, the places there are, and how each cloud carries each rule."""

    spec: Spec
    machines: tuple[Observed, ...]
    topology: Topology
    means: dict[str, list[Means]]
    topologies: dict[str, Topology]

    def problem(self, refused: Sequence[Refusal] = ()) -> Problem:
        """What the planner is asked."""
        topology = _refusing(self.topology, refused) if refused else self.topology
        return Problem(
            members=self.spec.members,
            current=self.machines,
            topology=topology,
            rules=self._bounds(topology),
            only=self.spec.only,
            never=self.spec.never,
            needs=self.spec.needs,
            seed=crc32(str(self.spec.key).encode()),
            saturated=self.spec.saturated,
        )

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


def look(spec: Spec, clouds: Clouds) -> Sight:
    """Ask every cloud what it holds of the group and what it could still take."""
    topologies = {key: keyed(backend.topology(_need(spec)), key) for key, backend in clouds.items()}
    return Sight(
        spec=spec,
        machines=tuple(observe(spec, clouds)),
        topology=_joined(list(topologies.values())),
        means=carried(spec, {key: backend.cloud for key, backend in clouds.items()}, topologies),
        topologies=topologies,
    )


def carried(
    spec: Spec, clouds: Mapping[str, Cloud], topologies: Mapping[str, Topology]
) -> dict[str, list[Means]]:
    """How each cloud carries each rule; NotOffered or LimitExceeded before any call that changes things."""
    size = max(len(spec.members), spec.planned or 0)
    return {
        key: carry(spec.rules, in_estate(clouds[key], key), topology.levels, size, topology)
        for key, topology in topologies.items()
    }


def _need(spec: Spec) -> Need:
    sizes = {repr(sorted(member.size.items())): member.size for member in spec.members}
    return Need(
        key=spec.key,
        sizes=tuple(sizes.values()),
        needs=spec.needs,
        only=spec.only,
        never=spec.never,
        adopt=spec.adopt,
        levels=tuple(dict.fromkeys(rule.level for rule in spec.rules)),
    )


def observe(spec: Spec, clouds: Clouds) -> list[Observed]:
    """Every instance that bears the group's mark, on all clouds."""
    found = []
    for key, backend in clouds.items():
        for seen in backend.observe(spec.key, spec.adopt):
            found.append(replace(seen, cloud=key, domains=_located(seen, key)))
    return found


def _located(seen: Observed, key: str) -> dict[Level, str]:
    return {"provider": key, **seen.domains} if key else seen.domains


def keyed(topology: Topology, key: str) -> Topology:
    """In an estate every domain lies in the provider that its cloud's key names."""
    if not key:
        return topology
    domains = [replace(domain, provider=key) for domain in topology.domains]
    return Topology(domains, topology.limits, topology.words, topology.findings)


def _joined(topologies: Sequence[Topology]) -> Topology:
    if len(topologies) == 1:
        return topologies[0]
    domains: list[Domain] = [domain for topology in topologies for domain in topology.domains]
    findings: list[Finding] = [finding for topology in topologies for finding in topology.findings]
    return Topology(domains, findings=findings)


def _refusing(topology: Topology, refused: Sequence[Refusal]) -> Topology:
    """Domains that refused a launch take nothing more in this run, but still count as places."""
    domains = [_closed(domain, refused) for domain in topology.domains]
    return Topology(domains, topology.limits, topology.words, topology.findings)


def _closed(domain: Domain, refused: Sequence[Refusal]) -> Domain:
    for refusal in refused:
        same_cloud = not refusal.cloud or domain.provider == refusal.cloud
        if same_cloud and all(getattr(domain, level) == name for level, name in refusal.domain.items()):
            return replace(domain, full=refusal.message)
    return domain


def in_estate(cloud: Cloud, key: str) -> Cloud:
    """Under a key a cloud is a domain of the level provider, which we choose."""
    if not key:
        return cloud
    providers = tuple(_provider(kind, hard) for kind in KINDS for hard in (True, False))
    return replace(cloud, guarantees=cloud.guarantees + providers, chosen=("provider", *cloud.chosen))


def _provider(kind: RuleKind, hard: bool) -> Guarantee:
    return Guarantee(
        level="provider",
        rule=kind,
        hard=hard,
        how="chosen",
        at_launch="REFUSES" if hard else "DEGRADES",
        after_launch="kept: a machine does not leave its cloud",
        evidence="DOMAIN",
        page="",
        caveat="two clouds may still share a building, a carrier or a power grid",
        most_per_domain=None,
    )


def backend_of(clouds: Clouds, key: str) -> Backend:
    """The cloud with this key."""
    if key not in clouds:
        raise InvalidRequest(f"no cloud {key!r} here; there are {', '.join(clouds)}", path="clouds")
    return clouds[key]
