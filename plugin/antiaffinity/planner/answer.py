"""What a plan answers."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from antiaffinity.errors import LimitExceeded, NoCapacity
from antiaffinity.model import Evidence, Finding, GroupKey, Level, Native, Observed, Placement, weighed

Outlook = Literal["fits", "short", "broken"]


class RuleOutlook(Struct, frozen=True):
    """What a plan makes of one rule, by what will stand once it is carried out.

    ``short``: somebody finds no place, or a Spread's domains are empty that may be new; ``broken``: as verify
    will say, by those who are there already, or by launches: a roll-out does not begin those. ``why`` names
    them then.
    """

    rule: str
    level: Level
    hard: bool
    verdict: Outlook
    evidence: Evidence = "NONE"
    note: str = ""
    why: str = ""


class Shortage(Struct, frozen=True):
    """A member that found no place: what each requirement leaves, and what would help."""

    member: str
    message: str
    conflict: tuple[tuple[str, str], ...] = ()
    ways_out: tuple[str, ...] = ()
    limit: bool = False
    """The cloud can never place it (LimitExceeded), rather than not now (NoCapacity)."""


class Survival(Struct, frozen=True):
    """How many members are lost with the fullest domain of a level."""

    level: Level
    domains: int
    lost: int
    left: int


class Move(Struct, frozen=True):
    """A machine that should leave its place, and where its member should be instead.

    ``domains`` are those that it is in; on a cloud that cannot move it, it is replaced.
    """

    member: str
    instance: str
    domains: dict[Level, str]
    placement: Placement
    reason: str


class Plan(Struct, frozen=True):
    """Where each member goes, or is, with reasons, and what the rules make of it."""

    placements: tuple[Placement, ...]
    rules: tuple[RuleOutlook, ...] = ()
    short: tuple[Shortage, ...] = ()
    surplus: tuple[Observed, ...] = ()
    survives: tuple[Survival, ...] = ()
    findings: tuple[Finding, ...] = ()
    natives: tuple[Native, ...] = ()
    members: tuple[str, ...] = ()
    """After ``shrink``: the members to write into SPEC."""
    victims: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    """Every member that was to be placed, in the order of SPEC."""
    moves: tuple[Move, ...] = ()
    """After ``repair``: in an order that breaks no hard rule more on the way."""
    fewest: int = 0
    """No repair has fewer moves than this."""
    key: GroupKey | None = None
    words: dict[Level, str] = {}
    """What the cloud calls each level."""

    def __str__(self) -> str:
        from antiaffinity.terminal import printable
        from antiaffinity.text import plan_text

        return printable("\n".join(plan_text(self)))

    @property
    def verdict(self) -> Outlook:
        """Whether every member has a place and every hard rule fits."""
        if self.short:
            return "short"
        hard = [outlook.verdict for outlook in self.rules if outlook.hard]
        return "broken" if "broken" in hard else "short" if "short" in hard else "fits"

    @property
    def exit_code(self) -> int:
        """0 fits; 1 a hard rule is broken, or somebody has no place; 4 one is short otherwise, or amiss."""
        found = weighed(self.findings)
        if found == 1 or self.short or self.verdict == "broken":
            return 1
        return found or (4 if any(outlook.verdict != "fits" for outlook in self.rules) else 0)

    def raise_if_short(self) -> None:
        """Raise NoCapacity, or LimitExceeded where no later moment would do, for the first that is short."""
        if self.short:
            first = self.short[0]
            kind = LimitExceeded if first.limit else NoCapacity
            whose = f"group {self.key}: " if self.key else ""
            raise kind(f"{whose}{first.message}", conflict=first.conflict, ways_out=first.ways_out)

    def new(self) -> list[Placement]:
        """The placements that are still to be launched."""
        return [placement for placement in self.placements if not placement.existing]
