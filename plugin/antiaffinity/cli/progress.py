"""Progress of a roll-out on stderr: one live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import shutil
import sys
from typing import TextIO

from antiaffinity.steps import Step, StepKind
from antiaffinity.tables import short
from antiaffinity.terminal import one_line

LASTING: tuple[StepKind, ...] = ("placed", "there", "refused", "discard", "moved")
"""Steps that stay on a terminal; the others are overwritten by the next."""

DONE: tuple[StepKind, ...] = ("placed",)


class Progress:
    """Shows each step as it comes."""

    def __init__(self, to: TextIO | None = None, quiet: bool = False) -> None:
        self.to = to or sys.stderr
        self.quiet = quiet
        self.live = not quiet and self.to.isatty()
        self.open = False

    def __call__(self, step: Step) -> None:
        """Show one step."""
        if self.quiet:
            return
        text = one_line(f"{_count(step)}{short(step.message)}")
        if self.live:
            self._overwrite(text, lasting=step.kind in LASTING)
        else:
            print(text, file=self.to, flush=True)

    def pause(self) -> None:
        """End the live line, because somebody else is about to write."""
        if self.open:
            self._write("\n", still_open=False)

    def close(self) -> None:
        """Clear the live line."""
        if self.open:
            self._write("\r\x1b[K", still_open=False)

    def _overwrite(self, text: str, lasting: bool) -> None:
        width = shutil.get_terminal_size().columns
        shown = text if lasting or len(text) < width else f"{text[: width - 4]}..."
        self._write(f"\r\x1b[K{shown}" + ("\n" if lasting else ""), still_open=not lasting)

    def _write(self, text: str, still_open: bool) -> None:
        self.to.write(text)
        self.to.flush()
        self.open = still_open


def _count(step: Step) -> str:
    """Which member of how many this is about."""
    number = step.done if step.kind in DONE else step.done + 1
    return f"[{number}/{step.total}] " if step.member and number <= step.total else ""
