"""The user's own commands (--launch, --discard, --start): JSON on stdin, an id on the last line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Thread
from typing import IO, cast

from msgspec import Struct

from antiaffinity.cli.failures import LaunchFailed
from antiaffinity.cli.jsonout import encode, launch_document, machine_json
from antiaffinity.cli.stopping import Stopping
from antiaffinity.errors import NoCapacity, Unavailable
from antiaffinity.guarantee import Cloud
from antiaffinity.model import GroupKey, Machine, Placement

NO_ROOM = 75
"""sysexits.h: EX_TEMPFAIL."""

TAIL = 20_000
"""Characters of stderr that are kept for the backend to read, and for the error's text."""

LINGER = 1.0
"""Seconds to read on after a command has ended: what it left in the background may hold the pipes open."""


class Outcome(Struct, frozen=True):
    """What a command did: ``status`` as the shell counts it (128 + number for a signal)."""

    status: int
    stdout: str
    stderr: str

    def said(self) -> str:
        """What it had to say about it, to stand at the end of a message."""
        text = self.stderr.strip() or self.stdout.strip()
        return f": {text}" if text else ", and said nothing"


class Commands(Struct, frozen=True):
    """The command lines, as the user gave them."""

    launch: str
    discard: str | None = None
    start: str | None = None


class Hooks:
    """The commands of one run."""

    def __init__(self, commands: Commands, stopping: Stopping, heard: Callable[[], None]) -> None:
        self.commands, self.stopping, self.heard = commands, stopping, heard

    def launch(self, placement: Placement, cloud: Cloud, key: GroupKey) -> str:
        """Run --launch for one member; the id of its machine."""
        self.stopping.check()
        outcome = self._run(self.commands.launch, launch_document(placement, cloud, key))
        if outcome.status == 0 and (id_ := _last_line(outcome.stdout)):
            return id_
        self.stopping.unsettled = False
        raise _failure(placement, outcome)

    def discard(self, machine: Machine) -> None:
        """Run --discard for one machine."""
        self._must("--discard", self.commands.discard or "", machine)

    def start(self, machine: Machine) -> None:
        """Run --start for one machine."""
        outcome = self._must("--start", self.commands.start or "", machine, NO_ROOM)
        if outcome.status:
            raise NoCapacity(f"--start says that there is no room for {machine.id} here{outcome.said()}")

    def _must(self, option: str, command: str, machine: Machine, allowed: int = 0) -> Outcome:
        outcome = self._run(command, {"format": 1, **machine_json(machine)})
        self.stopping.unsettled = False
        if outcome.status not in (0, allowed):
            whom, how = machine.id or machine.member, _status(outcome.status)
            raise Unavailable(f"{option} for {whom} ended with {how}{outcome.said()}", remains=machine)
        return outcome

    def _run(self, command: str, document: Mapping[str, object]) -> Outcome:
        self.stopping.starting()
        child = _started(command)
        self.stopping.attend(child.pid)
        try:
            return _attended(child, encode(document) + "\n", self.heard)
        finally:
            self.stopping.running = 0


def _started(command: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        ["sh", "-c", command],
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
        errors="replace",
        process_group=0,
    )


def _attended(child: subprocess.Popen[str], document: str, heard: Callable[[], None]) -> Outcome:
    """Feed it, pass its stderr on as it comes, and wait for its end."""
    out, err = _Reader(cast(IO[str], child.stdout)), _Reader(cast(IO[str], child.stderr), heard)
    _feed(cast(IO[str], child.stdin), document)
    status = child.wait()
    return Outcome(status if status >= 0 else 128 - status, out.text(), err.text()[-TAIL:])


def _feed(pipe: IO[str], document: str) -> None:
    """A command need not read its stdin."""
    with suppress(BrokenPipeError):
        pipe.write(document)
    with suppress(BrokenPipeError):
        pipe.close()


class _Reader:
    """Reads a pipe to its end beside us; with ``heard``, passes on every line."""

    def __init__(self, pipe: IO[str], heard: Callable[[], None] | None = None) -> None:
        self.pipe, self.heard = pipe, heard
        self.lines: list[str] = []
        self.thread = Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        with self.pipe:
            for line in self.pipe:
                self.lines.append(line)
                if self.heard:
                    self.heard()
                    print(line, end="", file=sys.stderr, flush=True)

    def text(self) -> str:
        self.thread.join(LINGER)
        return "".join(self.lines)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _status(status: int) -> str:
    return f"signal {status - 128}" if status > 128 else f"exit status {status}"


def _failure(placement: Placement, outcome: Outcome) -> Exception:
    """What the end of --launch means; the backend reads the rest from the text."""
    member = placement.member
    if outcome.status == NO_ROOM:
        return NoCapacity(f"--launch says that there is no room for {member} here{outcome.said()}")
    if outcome.status == 0:
        return LaunchFailed(
            f"--launch gave no id for {member}: the last line it prints on stdout must be the machine's id"
        )
    hint = " (the shell did not find or could not run it)" if outcome.status in (126, 127) else ""
    return LaunchFailed(f"--launch for {member} ended with {_status(outcome.status)}{hint}{outcome.said()}")
