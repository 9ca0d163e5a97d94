"""Ctrl-C and its kin while machines are being launched: pass it on, wait, stop where nothing is lost."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType, TracebackType

from antiaffinity.cli.failures import Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

FORCE = (signal.SIGTERM, signal.SIGKILL)
"""What a command gets that was asked before and still runs."""

WAITING = "interrupted: waiting for the command that runs, so that no machine is lost (again: force it)"
SETTLING = "interrupted: waiting until the new machine's place is settled (again: stop at once)"


class Stopping:
    """While it is entered, a signal ends the run at the next moment when no machine can be lost.

    A command that runs is a process group of its own: it gets each signal once, from here, whether
    it came from the terminal or from ``kill``.
    """

    def __init__(self) -> None:
        self.number = 0
        self.times = 0
        self.before = 0
        self.running = 0
        self.unsettled = False
        """Something is under way that only this run knows of: a command, or the id it gave."""

    def __enter__(self) -> Stopping:
        self._before = {number: signal.signal(number, self._caught) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Stop here if we were asked to; what was launched is settled and bound."""
        self.unsettled = False
        if self.number:
            raise Interrupted(self.number)

    def starting(self) -> None:
        """A command is about to be started."""
        self.unsettled = True
        self.before = self.times

    def attend(self, group: int) -> None:
        """It runs, as this process group; it hears of a signal that came while it was being started."""
        self.running = group
        if self.times > self.before:
            self._send(self.number)

    def _caught(self, number: int, frame: FrameType | None) -> None:
        self.number = self.number or number
        self.times += 1
        if self.running:
            self._pass_on(number)
        elif self.unsettled and self.times == 1:
            print(SETTLING, file=sys.stderr, flush=True)
        else:
            raise Interrupted(self.number)

    def _pass_on(self, number: int) -> None:
        if self.times == 1:
            print(WAITING, file=sys.stderr, flush=True)
            self._send(number)
        else:
            self._send(FORCE[min(self.times - 2, 1)])

    def _send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.running, number)
