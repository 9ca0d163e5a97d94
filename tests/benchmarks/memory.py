"""What a plan needs in memory beside the inventory that it plans on, as tracemalloc counts it."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Callable
from typing import TypeVar

from antiaffinity.planner.plan import plan
from antiaffinity_pool.inventory import read
from benchmarks.pools import APART, SIZED, equal_members, inventory_file
from benchmarks.table import AtMost, Row

T = TypeVar("T")
GOAL = AtMost(0.2)


def memory(hosts: int, members: int) -> list[Row]:
    """The peak that a plan adds, its tree and its answer included, against the inventory without its text.

    The inventory counts twice: as json.loads' dicts, and as the hosts that the library reads itself.
    """
    with inventory_file(hosts) as file:
        text = file.read_text()
        dicts = kept(lambda: json.loads(text))
        own = kept(lambda: read(file))
        places = read(file)
    plain, sized = equal_members(members, {}), equal_members(members, SIZED)
    peaks = {
        "": added_peak(lambda: plan(plain, [], places, APART)),
        ", sizes": added_peak(lambda: plan(sized, [], places, APART)),
    }
    _tell(dicts, own, peaks)
    what = f"memory that a plan of {members:,} members on {hosts:,} hosts adds"
    return [
        Row(f"{what}{kind}", "the inventory's dicts", peak / dicts, GOAL) for kind, peak in peaks.items()
    ] + [Row(f"{what}{kind}", "the inventory as read here", peak / own) for kind, peak in peaks.items()]


def _tell(dicts: int, own: int, peaks: dict[str, int]) -> None:
    added = ", ".join(f"{_mb(peak)} MB{kind}" for kind, peak in peaks.items())
    print(f"memory: {_mb(dicts)} MB of dicts, {_mb(own)} MB as read here; a plan adds {added}")


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f}"


def kept(make: Callable[[], T]) -> int:
    """Bytes of what a call answers, without what it needed on its way there."""
    gc.collect()
    tracemalloc.start()
    answer = make()
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del answer
    return size


def added_peak(make: Callable[[], T]) -> int:
    """The most bytes at any moment of a call, beyond those before it."""
    gc.collect()
    tracemalloc.start()
    make()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak
