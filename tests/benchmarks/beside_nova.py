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
PLANS = 30
"""For one figure; Nova makes ten decisions for one (the script's ``PARTS``)."""
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
    default, beside equal members without and with sizes (Nova's default looks at the room, too).
    """
    if not nova_env.present():
        print("no rows beside Nova: its environment is missing (python -m real.nova_env makes it)")
        return []
    with inventory_file(hosts) as file:
        places = read(file)
    with scheduler(hosts, members) as nova:
        measured = [
            (case, _rounds(nova, case.kind, places, equal_members(members, case.size), rounds))
            for case in CASES
        ]
    return [row for case, pairs in measured for row in _rows(case, pairs)]


class Case(Struct, frozen=True):
    """What Nova does, and the members of the plan beside it."""

    kind: str
    size: Size
    goal: AtLeast | None = None


CASES = (Case("group-only", {}), Case("default", {}, GOAL), Case("default", SIZED, GOAL))


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
    """Some plans in a row, as Nova makes its decisions: both find their caches warm."""
    kept = tree(places)
    plan(members, [], kept, APART)
    theirs = nova.seconds(kind)
    ready = _share(lambda: plan(members, [], kept, APART), members)
    whole = _share(lambda: plan(members, [], places, APART), members)
    return Round(theirs, ready, whole)


def _share(call: Callable[[], Plan], members: list[Member]) -> float:
    """What one member costs."""
    return seconds(lambda: _repeat(call)) / PLANS / len(members)


def _repeat(call: Callable[[], Plan]) -> None:
    for _ in range(PLANS):
        call()


def _rows(case: Case, pairs: list[Round]) -> list[Row]:
    rate = 1 / median(one.nova for one in pairs)
    what = f"a decision of Nova, {case.kind} ({rate:.0f} a second)"
    whose = f"a member of a plan{', sizes' if case.size else ''}"
    return [
        Row(what, f"{whose}, the tree kept", median(p.nova / p.ready for p in pairs), case.goal),
        Row(what, f"{whose}, from the hosts", median(p.nova / p.whole for p in pairs)),
    ]
