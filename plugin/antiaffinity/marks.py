"""Whose a machine is by the mark that it bears: told in words, and checked."""

from __future__ import annotations

from typing import TypeAlias

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import GroupKey, Placement

Whose: TypeAlias = tuple[GroupKey, str] | None
"""Of which group a machine is which member; None where it bears no whole mark of ours."""


def in_words(whose: Whose) -> str:
    """The mark that a machine bears."""
    return f"the mark of {whose[1]} of {whose[0]}" if whose else "no mark"


def check_ours(key: GroupKey, whose: Whose, machine: str) -> None:
    """InvalidRequest where a machine, named in the cloud's own words, bears no mark of this group."""
    if whose is None or whose[0] != key:
        raise InvalidRequest(
            f"{machine} bears {in_words(whose)}, and none of {key}: it stays", path="instance"
        )


def check_mark(placement: Placement, whose: Whose, machine: str) -> None:
    """InvalidRequest where a launched machine, named in the cloud's own words, is not the placement's."""
    if whose != (placement.key, placement.member):
        raise anothers(placement, whose, machine)


def anothers(placement: Placement, whose: Whose, machine: str) -> InvalidRequest:
    """The error for a launched machine that is not the placement's."""
    said = f"launch did not use placement.arguments: {bears(placement, whose, machine)}"
    return InvalidRequest(said, path="launch")


def bears(placement: Placement, whose: Whose, machine: str) -> str:
    """That a machine bears another mark than that of the placement's member."""
    return f"{machine} bears {in_words(whose)}, not that of {placement.member} of {placement.key}"
