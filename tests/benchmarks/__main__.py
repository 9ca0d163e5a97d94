"""``make bench``: one table of ratios, each against something measured beside it in the same run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from typing import Any

from msgspec import Struct

from antiaffinity.model import Member
from antiaffinity.planner.plan import plan
from antiaffinity.policy import AntiAffinity
from antiaffinity.topology import Topology
from antiaffinity_pool.inventory import read

PLAIN: dict[str, float | str] = {}
SPEC = """\
group: db
members: 3
rules: anti-affinity
cloud: {kind: pool, inventory: hosts.yaml}
"""
SIZED: dict[str, float | str] = {"vcpus": 2, "memory_mb": 4096}


class Row(Struct, frozen=True):
    """One figure: what was measured, against what, and the goal that the ratio should keep."""

    what: str
    against: str
    ratio: float
    goal: float | None


def main() -> None:
    rows = [*planning(1000, 100, 60), *planning(100_000, 10_000, 5), *starting()]
    print(f"\n{'measured':66} {'against':16} {'ratio':>6} {'goal':>6}")
    for row in rows:
        goal = "-" if row.goal is None else f"{row.goal:.2f}"
        print(f"{row.what:66} {row.against:16} {row.ratio:6.2f} {goal:>6}")


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


def planning(hosts: int, members: int, rounds: int) -> list[Row]:
    """One plan against json.loads of the same inventory, alternating; then from file to answer."""
    text = inventory(hosts)
    label = f"{members:,} members on {hosts:,} hosts"
    print(f"{label}: {len(text) // hosts} bytes a host, {rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hosts.json"
        file.write_text(text)
        places = read(file)
        plain, sized = _members(members, PLAIN), _members(members, SIZED)
        ratios = _paired(
            rounds,
            lambda: json.loads(file.read_text()),
            lambda: _tree(places),
            _fresh(places, plain),
            _fresh(places, sized),
            lambda: plan(sized, [], Topology(read(file)), [AntiAffinity("host")]),
        )
    far = 1.5 if hosts >= 100_000 else None
    return [
        Row(f"the tree of {hosts:,} hosts", "json.loads", ratios[0], None),
        Row(f"plan {label}", "json.loads", ratios[1], 0.5),
        Row(f"plan {label}, with sizes", "json.loads", ratios[2], 0.5),
        Row(f"from file to answer, {label}, with sizes", "json.loads", ratios[3], far),
    ]


def _members(count: int, size: dict[str, float | str]) -> list[Member]:
    return [Member(f"m-{n}", size=size) for n in range(count)]


def _tree(places: Any) -> Topology:
    topology = Topology(places)
    _ = topology.nodes, topology.ties, topology.usable, topology.full
    return topology


def _fresh(places: Any, members: list[Member]) -> Callable[[], object]:
    """A plan on a tree that is built and was not planned on before."""
    trees = iter([_tree(places) for _ in range(100 if len(places) < 10_000 else 6)])
    return lambda: plan(members, [], next(trees), [AntiAffinity("host")])


def _paired(rounds: int, base: Callable[[], object], *others: Callable[[], object]) -> list[float]:
    """The median of the ratios of each round: noise hits both sides alike."""
    ratios: list[list[float]] = [[] for _ in others]
    for _ in range(rounds):
        unit = _seconds(base)
        for found, other in zip(ratios, others, strict=True):
            found.append(_seconds(other) / unit)
    return [median(found) for found in ratios]


def _seconds(call: Callable[[], object]) -> float:
    """CPU time, that of finished child processes included."""
    start = _used()
    call()
    return _used() - start


def _used() -> float:
    children = getrusage(RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def starting() -> list[Row]:
    """Whole processes against a bare interpreter."""
    script = str(Path(sys.executable).parent / "antiaffinity")
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "spec.yaml"
        spec.write_text(SPEC)
        hosts = "".join(f"  - {{name: h{n}, zone: z{n % 3}}}\n" for n in range(6))
        (Path(folder) / "hosts.yaml").write_text(f"hosts:\n{hosts}")
        ratios = _paired(
            15,
            _process(sys.executable, "-c", "pass"),
            _process(script, "--version"),
            _process(script, "plan", str(spec)),
        )
    bare = "python -c pass"
    return [
        Row("antiaffinity --version", bare, ratios[0], 5.0),
        Row("antiaffinity plan of a small pool, without a ledger", bare, ratios[1], 10.0),
    ]


def _process(*command: str) -> Callable[[], object]:
    return lambda: subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    main()
