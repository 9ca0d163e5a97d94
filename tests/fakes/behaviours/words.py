"""Words that several of the behaviours use."""

from __future__ import annotations

from fakes.stage import Lines, Stage

HARD, SOFT, TOGETHER = "anti-affinity", "soft-anti-affinity", "affinity"
GROUPS = "/os-server-groups"


def zone_states(it: Stage) -> Lines:
    """The zones, and whether they are available."""
    return [f"{zone.name} {zone.state}" for zone in it.user.compute.availability_zones()]


def ids(it: Stage) -> list[str]:
    """The servers that the user has."""
    return [str(server.id) for server in it.user.compute.servers(details=False)]
