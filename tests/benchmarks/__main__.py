"""``make bench``: one table of ratios, each against something measured beside it in the same run.

Time is CPU time where nothing else is said, and a ratio the median of the ratios of paired rounds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks.beside_nova import beside_nova
from benchmarks.beside_the_collector import beside_the_collector
from benchmarks.fairness import fairness
from benchmarks.memory import memory
from benchmarks.planning import beside_a_rescan, beside_reading, beside_the_plain_batch
from benchmarks.plugin_start import plugin_start
from benchmarks.preview import preview
from benchmarks.requests_per_verb import requests_per_verb
from benchmarks.starting import starting
from benchmarks.table import Row, show
from benchmarks.through_the_door import from_file_to_answer, many_on_few

PARTS: tuple[Callable[[], list[Row]], ...] = (
    lambda: beside_reading(1000, 100, rounds=60),
    lambda: beside_reading(100_000, 10_000, rounds=5),
    lambda: from_file_to_answer(1000, 100, rounds=30),
    lambda: from_file_to_answer(100_000, 10_000, rounds=5),
    lambda: many_on_few(rounds=2),
    lambda: beside_a_rescan(1000, 100, rounds=15),
    lambda: beside_the_plain_batch(1000, 700, rounds=15),
    lambda: beside_nova(1000, 100, rounds=9),
    lambda: beside_the_collector(50, 1000, rounds=9),
    lambda: memory(100_000, 10_000),
    lambda: starting(rounds=15),
    lambda: plugin_start(rounds=15),
    lambda: preview(200, rounds=5),
    *(partial(fairness, 300, places) for places in (3, 6, 12)),
    requests_per_verb,
)


def main() -> None:
    rows = [row for part in PARTS for row in part()]
    print()
    show(rows)


if __name__ == "__main__":
    main()
