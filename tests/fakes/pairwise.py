"""Rows of settings in which every value of every switch is met alone, and every two values together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

Switches = Mapping[str, Sequence[Any]]
"""The values of each switch; the first is the fake's own."""

Row = dict[str, Any]
Pair = tuple[tuple[str, Any], tuple[str, Any]]


def singly(switches: Switches) -> Iterator[Row]:
    """One switch at another value than the fake's own."""
    for name, values in switches.items():
        for value in values[1:]:
            yield {name: value}


def pairwise(switches: Switches) -> list[Row]:
    """Settings in which every two values of two switches meet at least once."""
    open_ = {pair: None for one, other in combinations(switches, 2) for pair in _pairs(switches, one, other)}
    rows = []
    while open_:
        row = _row(switches, open_)
        rows.append(row)
        for pair in list(open_):
            if _holds(row, pair):
                del open_[pair]
    return rows


def _pairs(switches: Switches, one: str, other: str) -> Iterator[Pair]:
    return (((one, a), (other, b)) for a in switches[one] for b in switches[other])


def _row(switches: Switches, open_: dict[Pair, None]) -> Row:
    """A row that begins with the first pair that is left, and takes the most useful value of each switch."""
    row = dict(next(iter(open_)))
    for name, values in switches.items():
        if name not in row:
            row[name] = max(values, key=lambda value: _meets(open_, {**row, name: value}))
    return row


def _meets(open_: dict[Pair, None], row: Row) -> int:
    return sum(_holds(row, pair) for pair in open_)


def _holds(row: Row, pair: Pair) -> bool:
    return all(name in row and row[name] == value for name, value in pair)


def said(switches: Switches, row: Row) -> str:
    """A row by what differs from the fake's own values."""
    return "-".join(f"{name}={value}" for name, value in row.items() if value != switches[name][0])
