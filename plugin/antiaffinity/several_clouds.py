"""Several clouds under one rule: each a provider of its own name, their places in one tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from antiaffinity.backend import Backend
from antiaffinity.colocation import ALONE, Colocation, Identity
from antiaffinity.guarantee import ALL_RULES, Cloud, Guarantee, RuleKind
from antiaffinity.model import Domain, Evidence, Finding
from antiaffinity.shared_topology import SharedTopology
from antiaffinity.topology import Topology


def in_estate(cloud: Cloud, key: str) -> Cloud:
    """Under a key a cloud is a domain of the level provider, which we choose."""
    if not key:
        return cloud
    told = any(promise.evidence == "DOMAIN" for promise in cloud.guarantees)
    evidence: Evidence = "DOMAIN" if told else "MEMBERSHIP"  # a pool knows only what was reported
    providers = tuple(_provider(kind, hard, evidence) for kind in ALL_RULES for hard in (True, False))
    return replace(cloud, guarantees=cloud.guarantees + providers, chosen=("provider", *cloud.chosen))


def _provider(kind: RuleKind, hard: bool, evidence: Evidence) -> Guarantee:
    return Guarantee(
        level="provider",
        rule=kind,
        hard=hard,
        how="chosen",
        at_launch="REFUSES" if hard else "DEGRADES",
        after_launch="kept: a machine does not leave its cloud",
        evidence=evidence,
        page="",
        caveat="two clouds may still share a building, a carrier or a power grid",
        most_per_domain=None,
    )


def keyed(topology: Topology, key: str) -> Topology:
    """In an estate every domain lies in the provider that its cloud's key names."""
    if not key:
        return topology
    domains = [replace(domain, provider=key) for domain in topology.domains]
    return topology.having(domains)


def joined(topologies: Sequence[Topology], by: Colocation = ALONE) -> Topology:
    """The places of all clouds; what several of them offer of one place is counted as one."""
    if len(topologies) == 1:
        return topologies[0]
    domains: list[Domain] = [domain for topology in topologies for domain in topology.domains]
    findings: list[Finding] = [finding for topology in topologies for finding in topology.findings]
    whole = Topology(domains, findings=findings)
    return SharedTopology(whole, by) if by.is_shared else whole


def colocation(clouds: Mapping[str, Backend]) -> Colocation:
    """How the places of these clouds compare: asked of those of a kind that is there several times."""
    if len(clouds) < 2:
        return ALONE
    kinds = {key: "" if one.cloud.reported else one.cloud.kind for key, one in clouds.items()}
    every = [one.cloud.kind for one in clouds.values()]
    twice = {key: one for key, one in clouds.items() if every.count(one.cloud.kind) > 1}
    return Colocation(kinds, {key: _identity(one) for key, one in twice.items()})


def _identity(backend: Backend) -> Identity:
    """A cloud that does not say what its places are beyond its connection could be any other."""
    told = getattr(backend, "identity", None)
    doubt = f"a connection to {backend.cloud.title} does not say whose it is"
    return told() if told else Identity("", doubt=doubt)
