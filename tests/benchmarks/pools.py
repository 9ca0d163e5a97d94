"""What is planned on: pools of hosts as an inventory states them, and members of some kinds."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from antiaffinity.model import Domain, Lists, Member, Size
from antiaffinity.policy import AntiAffinity
from antiaffinity.topology import Topology

APART = (AntiAffinity("host"),)

SIZED: Size = {"vcpus": 2, "memory_mb": 4096}

SIZES: tuple[Size, ...] = (
    {"vcpus": 2, "memory_mb": 4096},
    {"vcpus": 8, "memory_mb": 32_768},
    {"vcpus": 24, "memory_mb": 98_304},
)
ONLY: tuple[Lists, ...] = (
    {},
    {"zone": ["zone-a"]},
    {"zone": ["zone-b", "zone-c"]},
    {"rack": ["rack-*[02468]"]},
)
NEVER: tuple[Lists, ...] = ({}, {"host": ["host-*7"]})


def inventory(hosts: int) -> str:
    """A pool as its documentation shows it, every key stated; three zones of 50, 30 and 20 %."""
    racks = hosts // 20
    return json.dumps({"hosts": [_host(n, racks) for n in range(hosts)]})


def _host(n: int, racks: int) -> dict[str, Any]:
    rack = n % racks
    zone = "zone-a" if rack < racks * 0.5 else "zone-b" if rack < racks * 0.8 else "zone-c"
    used = {"vcpus": n * 7 % 60, "memory_mb": n * 7919 % 200_000}
    where = {"name": f"host-{n:06d}", "rack": f"rack-{rack:05d}", "zone": zone, "region": "eu-1"}
    room = {"capacity": {"vcpus": 64, "memory_mb": 262_144}, "used": used}
    return where | room | {"networks": ["prod"], "datastores": [], "labels": {}, "usable": True}


@contextmanager
def inventory_file(hosts: int) -> Iterator[Path]:
    """The pool as a JSON file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hosts.json"
        file.write_text(inventory(hosts))
        yield file


def equal_members(count: int, size: Size) -> list[Member]:
    return [Member(f"m-{n}", size=size) for n in range(count)]


def mixed_members(count: int) -> list[Member]:
    """Members of three sizes and eight kinds of lists, all mixed."""
    kinds = [(only, never) for only in ONLY for never in NEVER]
    return [_mixed(n, kinds[n // len(SIZES) % len(kinds)]) for n in range(count)]


def _mixed(n: int, lists: tuple[Lists, Lists]) -> Member:
    only, never = lists
    return Member(f"m-{n}", size=SIZES[n % len(SIZES)], only=only, never=never)


def tree(hosts: Sequence[Domain]) -> Topology:
    """The hosts, with everything worked out that every plan reads of them."""
    topology = Topology(hosts)
    _ = topology.nodes, topology.numbers, topology.usable, topology.not_full
    return topology
