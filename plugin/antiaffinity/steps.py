"""Progress of a roll-out, step by step."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from antiaffinity.model import Placement

StepKind = Literal[
    "look", "plan", "launch", "placed", "there", "refused", "discard", "move", "moved", "verify"
]


class Step(Struct, frozen=True):
    """One line of progress: what is happening, and how far the run is."""

    kind: StepKind
    message: str
    member: str = ""
    done: int = 0
    total: int = 0


def where(placement: Placement) -> str:
    """Where a member goes, in words: the domains that were chosen, and what is left to the cloud."""
    chosen = "/".join(placement.domains.values()) or "the cloud"
    left = ", ".join(f"{level} left to the {word}" for level, word in placement.delegated.items())
    return f"{chosen} ({left})" if left else chosen
