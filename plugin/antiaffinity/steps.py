"""Progress of a roll-out, step by step."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

StepKind = Literal["look", "plan", "launch", "placed", "there", "refused", "discard", "verify"]


class Step(Struct, frozen=True):
    """One line of progress: what is happening, and how far the run is."""

    kind: StepKind
    message: str
    member: str = ""
    done: int = 0
    total: int = 0
