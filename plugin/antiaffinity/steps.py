"""Progress of a roll-out, step by step."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from antiaffinity.model import Placement

if TYPE_CHECKING:
    from antiaffinity.planner.answer import Plan

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


def counted(plan: Plan, todo: Collection[str]) -> str:
    """How many members are to launch, how many are there, and how many places others hold."""
    claimed = [p for p in plan.placements if p.existing == "claimed" and p.member not in todo]
    ours = [p for p in plan.placements if not p.existing or (p.existing == "claimed" and p.member in todo)]
    there = len(plan.placements) - len(ours) - len(claimed)
    held = f", {len(claimed)} claimed" if claimed else ""
    return f"{len(ours)} to launch, {there} there{held}"


def where(placement: Placement) -> str:
    """Where a member goes, in words: the domains that were chosen, and what is left to the cloud."""
    chosen = "/".join(placement.domains.values()) or "the cloud"
    left = ", ".join(f"{level} left to the {word}" for level, word in placement.delegated.items())
    return f"{chosen} ({left})" if left else chosen
