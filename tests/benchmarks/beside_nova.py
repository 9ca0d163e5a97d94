"""A placement by the planner beside a decision by the scheduler of a real Nova."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from msgspec import Struct

from antiaffinity.model import Member, Size
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.plan import plan
from antiaffinity_pool.inventory import Host, read
from benchmarks.measure import seconds
from benchmarks.pools import APART, SIZED, equal_members, inventory_file, tree
from benchmarks.table import AtLeast, Row
from real import nova_env

SCRIPT = Path(__file__).with_name("nova_decisions.py")
DECISIONS = 10
"""That Nova makes for one figure: the script's ``PARTS``."""
GOAL = AtLeast(5000)


class Scheduler:
    """Nova's filters and weighers, at work in a process of their own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def seconds(self, kind: str) -> float:
        """CPU time of one decision: the mean over ten sizes of the group, from 0 members to all."""
        assert self._process.stdin
        assert self._process.stdout
        print(kind, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("Nova's side has ended; it said why above")
        return float(answer)


@contextmanager
def scheduler(hosts: int, members: int) -> Iterator[Scheduler]:
    command = [str(nova_env.ensure()), "-I", "-Wignore", str(SCRIPT), str(hosts), str(members)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Scheduler(process)


def beside_nova(hosts: int, members: int, rounds: int) -> list[Row]:
    """One decision of Nova against one member's share of a plan, on a tree that is kept and on a new one.

    Nova's picture of its hosts is kept, too: making it is not counted. The goal is for what Nova does by
    default, beside members with sizes.
    """
    if not nova_env.present():
        print("no rows beside Nova: its environment is missing (python tests/real/nova_env.py makes it)")
        return []
    with inventory_file(hosts) as file:
        places = read(file)
    sizes: dict[str, Size] = {"group-only": {}, "default": SIZED}
    with scheduler(hosts, members) as nova:
        measured = {
            kind: _rounds(nova, kind, places, equal_members(members, size), rounds)
            for kind, size in sizes.items()
        }
    goals = {"default": GOAL}
    return [
        row
        for kind, pairs in measured.items()
        for row in _rows(f"{kind}, {hosts:,} hosts", pairs, goals.get(kind))
    ]


class Round(Struct, frozen=True):
    """CPU seconds of one decision, or of one member's share of a plan, measured side by side."""

    nova: float
    ready: float
    whole: float


def _rounds(
    nova: Scheduler, kind: str, places: list[Host], members: list[Member], rounds: int
) -> list[Round]:
    return [_round(nova, kind, places, members) for _ in range(rounds)]


def _round(nova: Scheduler, kind: str, places: list[Host], members: list[Member]) -> Round:
    """As many plans in a row as Nova makes decisions: both find their caches as warm."""
    kept = tree(places)
    theirs = nova.seconds(kind)
    ready = _share(lambda: plan(members, [], kept, APART), members)
    whole = _share(lambda: plan(members, [], places, APART), members)
    return Round(theirs, ready, whole)


def _share(call: Callable[[], Plan], members: list[Member]) -> float:
    """What one member costs."""
    return seconds(lambda: [call() for _ in range(DECISIONS)]) / DECISIONS / len(members)


def _rows(label: str, pairs: list[Round], goal: AtLeast | None) -> list[Row]:
    rate = 1 / median(one.nova for one in pairs)
    what = f"a decision of Nova, {label} ({rate:.0f} a second)"
    return [
        Row(what, "a member of a plan, the tree kept", median(p.nova / p.ready for p in pairs), goal),
        Row(what, "a member of a plan, from the hosts", median(p.nova / p.whole for p in pairs)),
    ]
