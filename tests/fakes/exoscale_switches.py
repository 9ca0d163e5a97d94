"""Every value of every switch of the fake Exoscale, and settings in which each two of them meet."""

from __future__ import annotations

from typing import Any

from antiaffinity.testing.exoscale import Settings
from antiaffinity.testing.rates import Rate
from fakes import pairwise as rows

SWITCHES: dict[str, tuple[Any, ...]] = {
    "rate": (None, Rate(100)),
    "refusal": ("operation", "http"),
    "leaves": ("error", "nothing"),
    "delete_occupied": ("409", "400", "operation", "success"),
    "limit_scope": ("organization", "zone"),
    "unique_names": (False, True),
    "members_in_list": (False, True),
    "operating": (1.0, 0.0, 4.0),
    "list_lag": (0.0, 3.0),
    "launching": (None, 3.0),
    "error_shape": ("message", "problem"),
    "unauthenticated": (403, 401),
    "groups_per_instance": (None, 1),
    "no_room": ("No suitable hypervisor found", "Deployment failed"),
    "reason": ("unavailable", "conflict", "unknown"),
    "status": (409, 412),
}
"""The first of each is the fake's own."""


def singly() -> list[dict[str, Any]]:
    """One switch at another value than the fake's own."""
    return list(rows.singly(SWITCHES))


def pairwise() -> list[dict[str, Any]]:
    """Settings in which every two values of two switches meet at least once."""
    return rows.pairwise(SWITCHES)


def settings(row: dict[str, Any]) -> Settings:
    return Settings(**row)


def said(row: dict[str, Any]) -> str:
    return rows.said(SWITCHES, row)
