# mypy: untyped-calls-exclude=pyVmomi
"""What makes a zone where it is no cluster: host groups, or tags.

A tag on a folder or a datacenter holds for what lies in it, and the nearest wins, as people mean it; vCenter
itself passes no tag on (https://developer.broadcom.com/xapis/vsphere-automation-api/latest/cis/tagging/).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from pyVmomi import vim

from antiaffinity_vcenter.center import Wanted
from antiaffinity_vcenter.clusters import Cluster, ids
from antiaffinity_vcenter.tags import Attached
from antiaffinity_vcenter.walls import is_wall

AROUND: Wanted = {vim.Folder: ("parent",), vim.Datacenter: ("parent",)}
"""What lies around clusters: what one of these is tagged with holds for all inside."""


def wanted(paths: Wanted, zone: str) -> Wanted:
    """These properties, and what tells the zones of hosts."""
    return {**paths, **AROUND} if zone.startswith("tag:") else paths


def groups_with(cluster: Cluster, host: str, zone: str) -> tuple[str, ...]:
    """The host groups that a host is in, of those that are zones by the setting: all, or by a pattern."""
    pattern = zone.partition(":")[2] or "*"
    return tuple(
        sorted(
            name
            for name, group in cluster.groups.items()
            if isinstance(group, vim.cluster.HostGroup)
            and host in ids(group.host)
            and not is_wall(name)
            and fnmatchcase(name, pattern)
        )
    )


def around(host: str, parents: Mapping[str, Any]) -> Iterator[str]:
    """The morefs of a host and of all it lies in, nearest first."""
    at: str | None = host
    while at is not None:
        yield at
        parent = parents.get(at)
        at = str(parent._GetMoId()) if parent is not None else None


def tags_on(around: Iterable[str], tags: Attached) -> tuple[str, ...]:
    """The tags of the nearest that has any; ``around`` are the morefs of a host and all it lies in."""
    nearest = next(filter(None, (tags.get(moref) for moref in around)), ())
    return tuple(sorted(set(nearest)))
