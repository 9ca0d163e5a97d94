"""What was found, judged: the verdict on each rule, and what to know besides."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from antiaffinity.model import VERDICTS, Evidence, Finding, GroupKey, Level, Observed, Verdict, weighed
from antiaffinity.planner.answer import Move


class RuleVerdict(Struct, frozen=True):
    """One rule as it stands now, and on which evidence."""

    rule: str
    level: Level
    hard: bool
    verdict: Verdict
    evidence: Evidence
    note: str = ""


class Report(Struct, frozen=True):
    """A group as it stands: each rule with its verdict, the machines, what is surplus or missing."""

    key: GroupKey
    rules: tuple[RuleVerdict, ...]
    machines: tuple[Observed, ...] = ()
    surplus: tuple[Observed, ...] = ()
    missing: tuple[str, ...] = ()
    launched: tuple[str, ...] = ()
    discarded: tuple[str, ...] = ()
    moved: tuple[Move, ...] = ()
    """What a repair moved, with the machine that each member had before."""
    findings: tuple[Finding, ...] = ()
    words: dict[Level, str] = {}
    """What the cloud calls each level."""

    def __str__(self) -> str:
        from antiaffinity.terminal import printable
        from antiaffinity.text import report_text

        return "\n".join(map(printable, report_text(self)))

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all rules; without any rule or machine nothing is proven."""
        return worst(rule.verdict for rule in self.rules) if self.rules else "unproven"

    @property
    def exit_code(self) -> int:
        """0 held or promised; 1 a hard rule is broken; 4 a soft one is, or something is unproven or amiss."""
        return self._exit_code(strict=False)

    @property
    def strict_exit_code(self) -> int:
        """The same, where a promise is not enough."""
        return self._exit_code(strict=True)

    def _exit_code(self, strict: bool) -> int:
        found = weighed(self.findings, strict)
        if found == 1 or any(rule.hard and rule.verdict == "broken" for rule in self.rules):
            return 1
        good = ("held",) if strict else ("held", "promised")
        return found or (0 if self.verdict in good and not self.missing else 4)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of several verdicts."""
    return max(verdicts, key=VERDICTS.index, default="held")
