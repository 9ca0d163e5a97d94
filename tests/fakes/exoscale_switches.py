"""Every value of every switch of the fake Exoscale, and settings in which each two of them meet."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from antiaffinity.testing.exoscale import Settings

SWITCHES: dict[str, tuple[Any, ...]] = {
    "refusal": ("operation", "http"),
    "leaves": ("error", "nothing"),
    "delete_occupied": ("409", "400", "operation", "success"),
    "limit_scope": ("organization", "zone"),
    "unique_names": (False, True),
    "members_in_list": (False, True),
    "operating": (1.0, 0.0, 4.0),
    "error_shape": ("message", "problem"),
    "unauthenticated": (403, 401),
    "groups_per_instance": (None, 1),
    "no_room": ("No suitable hypervisor found", "Deployment failed"),
    "reason": ("unavailable", "conflict", "unknown"),
    "status": (409, 412),
}
"""The first of each is the fake's own."""

Pair = tuple[tuple[str, Any], tuple[str, Any]]


def singly() -> Iterator[dict[str, Any]]:
    """One switch at another value than the fake's own."""
    for name, values in SWITCHES.items():
        for value in values[1:]:
            yield {name: value}


def pairwise() -> list[dict[str, Any]]:
    """Settings in which every two values of two switches meet at least once."""
    open_ = {pair: None for one, other in combinations(SWITCHES, 2) for pair in _pairs(one, other)}
    rows = []
    while open_:
        row = _row(open_)
        rows.append(row)
        for pair in list(open_):
            if _holds(row, pair):
                del open_[pair]
    return rows


def _pairs(one: str, other: str) -> Iterator[Pair]:
    return (((one, a), (other, b)) for a in SWITCHES[one] for b in SWITCHES[other])


def _row(open_: dict[Pair, None]) -> dict[str, Any]:
    """A row that begins with the first pair that is left, and takes the most useful value of each switch."""
    row = dict(next(iter(open_)))
    for name, values in SWITCHES.items():
        if name not in row:
            row[name] = max(values, key=lambda value: _meets(open_, {**row, name: value}))
    return row


def _meets(open_: dict[Pair, None], row: dict[str, Any]) -> int:
    return sum(_holds(row, pair) for pair in open_)


def _holds(row: dict[str, Any], pair: Pair) -> bool:
    return all(name in row and row[name] == value for name, value in pair)


def settings(row: dict[str, Any]) -> Settings:
    return Settings(**row)


def said(row: dict[str, Any]) -> str:
    return "-".join(f"{name}={value}" for name, value in row.items() if value != SWITCHES[name][0])
