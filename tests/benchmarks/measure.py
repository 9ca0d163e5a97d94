"""How ratios are measured: CPU time, in rounds that pair each thing with what it is compared to."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median


def paired(rounds: int, base: Callable[[], object], *others: Callable[[], object]) -> list[float]:
    """What each of the others costs in units of ``base``: the median of the ratios of each round.

    Noise hits both sides of a round alike.
    """
    ratios: list[list[float]] = [[] for _ in others]
    for _ in range(rounds):
        unit = seconds(base)
        for found, other in zip(ratios, others, strict=True):
            found.append(seconds(other) / unit)
    return [median(found) for found in ratios]


def seconds(call: Callable[[], object]) -> float:
    """CPU time, that of finished child processes included."""
    start = _used()
    call()
    return _used() - start


def _used() -> float:
    children = getrusage(RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def process(*command: str) -> Callable[[], object]:
    """A whole process, from its start to its end."""
    return lambda: subprocess.run(command, check=True, capture_output=True)
