"""Auditing: what clouds hold that nobody asked for, and how bad several answers are together. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec import Struct

from antiaffinity.backend import Found
from antiaffinity.model import GroupKey

SEVERITY = (0, 4, 3, 2, 1)
"""Exit codes from best to worst: unproven, could not be asked, wrongly asked, broken."""


class Unnamed(Struct, frozen=True):
    """A group with our mark that no SPEC names on its cloud."""

    cloud: str
    found: Found


def unnamed(cloud: str, there: Iterable[Found], named: Collection[GroupKey]) -> list[Unnamed]:
    """The groups on a cloud that none of its SPECs names; one without a key is named by nobody."""
    return [Unnamed(cloud, found) for found in there if found.key not in named]


def worst(codes: Iterable[int]) -> int:
    """The worst of several exit codes; what is no code of ours is worse than any."""
    return max(codes, key=_severity, default=0)


def _severity(code: int) -> int:
    return SEVERITY.index(code) if code in SEVERITY else len(SEVERITY)
