"""The processes that inherited a mark in their environment, whoever their parent is now."""

from __future__ import annotations

import os
import signal
import time
import uuid
from pathlib import Path

PROCESSES = Path("/proc")


class Mark:
    """A variable of the environment that only the processes started with it, and their children, have."""

    def __init__(self, name: str) -> None:
        self.env = {name: uuid.uuid4().hex}
        self._entry = "".join(f"{key}={value}" for key, value in self.env.items()).encode()

    def processes(self) -> dict[int, str]:
        """The command lines of the living ones, by their ids."""
        return {int(entry.name): line for entry in PROCESSES.glob("[0-9]*") if (line := self._line(entry))}

    def _line(self, process: Path) -> str:
        """The command line; empty where the process is not ours, not alive or gone meanwhile."""
        try:
            if self._entry not in (process / "environ").read_bytes().split(b"\0"):
                return ""
            return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""

    def left_after(self, seconds: float) -> dict[int, str]:
        """What still lives when all should have ended by themselves; answers as soon as nothing does."""
        deadline = time.monotonic() + seconds
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return left

    def kill(self, wanted: str = "") -> list[int]:
        """SIGKILL those whose command line has the text; answers which."""
        found = [pid for pid, line in self.processes().items() if wanted in line]
        for pid in found:
            send(pid, signal.SIGKILL)
        return found


def send(pid: int, number: signal.Signals) -> None:
    """Signal a process that may have ended meanwhile."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
