"""What a verdict on one rule is asked of."""

from __future__ import annotations

from msgspec import Struct

from antiaffinity.colocation import ALONE, Colocation
from antiaffinity.evidence import Path, doubts, sharing
from antiaffinity.model import Observed
from antiaffinity.planner.mechanism import Means
from antiaffinity.policy import Rule


class Scene(Struct, frozen=True):
    """The machines that one rule counts, and how the clouds carry it.

    ``eligible`` holds the domains that a Spread compares, or those where a stack finds room; empty
    where they are not told. All names are those of ``colocation``.
    """

    rule: Rule
    machines: tuple[Observed, ...]
    means: tuple[Means, ...]
    stacked: bool = False
    eligible: frozenset[Path] = frozenset()
    colocation: Colocation = ALONE

    def sharing(self) -> dict[Path, list[Observed]]:
        """The domains of the rule's level with the machines that are in them for sure."""
        return sharing(self.machines, self.rule.level, self.colocation)

    def unknown(self) -> str:
        """Why places of these machines cannot be compared; "" where they can."""
        return next(doubts(self.machines, self.rule.level, self.colocation), "")
