"""The user's own commands (--launch, --discard, --start, --find): JSON on stdin, an id on the last line."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Thread
from typing import IO, cast

from msgspec import Struct

from antiaffinity.cli.failures import LaunchFailed, NeverBegan
from antiaffinity.cli.jsonout import encode, launch_document, machine_json
from antiaffinity.cli.stopping import Stopping
from antiaffinity.errors import NoCapacity, Unavailable
from antiaffinity.guarantee import Cloud
from antiaffinity.launch_ids import is_word, no_id
from antiaffinity.model import GroupKey, Machine, Placement
from antiaffinity.terminal import printable

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
    find: str | None = None


class Hooks:
    """The commands of one run."""

    def __init__(self, commands: Commands, stopping: Stopping, heard: Callable[[], None]) -> None:
        self.commands, self.stopping, self.heard = commands, stopping, heard

    def launch(self, placement: Placement, cloud: Cloud, key: GroupKey) -> str:
        """Run --launch for one member; the id of its machine."""
        self.stopping.check()
        outcome = self._run(self.commands.launch, launch_document(placement, cloud, key))
        if outcome.status == 0 and (id_ := _last_line(outcome.stdout)):
            return self._word(placement, id_)
        self.stopping.unsettled = False
        raise _failure(placement, outcome, self.commands.launch)

    def _word(self, placement: Placement, line: str) -> str:
        """A line of several words is what a command says, not an id that it prints."""
        if is_word(line):
            return line
        self.stopping.unsettled = False
        raise no_id(placement, line)

    def find(self, machine: Machine, key: GroupKey) -> str | None:
        """Run --find for one member; the id of its machine, or None where there is none."""
        document = {"format": 1, **machine_json(machine), "group": key.name, "owner": key.owner}
        outcome = self._run(self.commands.find or "", document, {"MEMBER": machine.member})
        self.stopping.unsettled = False
        if outcome.status:
            how = f"{_status(outcome.status)}{outcome.said()}"
            raise Unavailable(f"--find for {machine.member} ended with {how}")
        return _last_line(outcome.stdout) or None

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

    def _run(
        self, command: str, document: Mapping[str, object], variables: Mapping[str, str] | None = None
    ) -> Outcome:
        self.stopping.starting()
        child = _started(command, variables or {})
        self.stopping.attend(child.pid)
        try:
            return _attended(child, encode(document) + "\n", self.heard)
        finally:
            self.stopping.running = 0


def _started(command: str, variables: Mapping[str, str]) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        ["sh", "-c", command],
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
        errors="replace",
        process_group=0,
        env={**os.environ, **variables},
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
                    print(printable(line), end="", file=sys.stderr, flush=True)

    def text(self) -> str:
        self.thread.join(LINGER)
        return "".join(self.lines)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _status(status: int) -> str:
    return f"signal {status - 128}" if status > 128 else f"exit status {status}"


def _failure(placement: Placement, outcome: Outcome, command: str) -> Exception:
    """What the end of --launch means; the backend reads the rest from the text."""
    member = placement.member
    if outcome.status == NO_ROOM:
        return NoCapacity(f"--launch says that there is no room for {member} here{outcome.said()}")
    if outcome.status == 0:
        return LaunchFailed(
            f"--launch gave no id for {member}: the last line it prints on stdout must be the machine's id"
        )
    hint = " (the shell did not find or could not run it)" if outcome.status in (126, 127) else ""
    kind = NeverBegan if _never_began(outcome, command) else LaunchFailed
    return kind(f"--launch for {member} ended with {_status(outcome.status)}{hint}{outcome.said()}")


def _never_began(outcome: Outcome, command: str) -> bool:
    """Whether it was the shell that could not run the command, and not a command that came to a bad end.

    A script may end with 126 or 127 after it has launched a machine; of a single command that it cannot run
    the shell itself says so, in one line with its own name first
    (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_08_02).
    """
    words = _single(command)
    said = outcome.stderr.strip()
    alone = said.startswith("sh: ") and "\n" not in said and not outcome.stdout
    return outcome.status in (126, 127) and alone and bool(words) and words[0] in said


def _single(command: str) -> list[str]:
    """The words of a command line that is a single command; none where it is more than that."""
    try:
        words = shlex.shlex(command, posix=True, punctuation_chars=True)
        words.whitespace_split = True
        found = list(words)
    except ValueError:
        return []
    several = any(set(word) <= set("();<>|&") or set(word) & set("`$\n") for word in found)
    return [] if several or "\n" in command.strip() else found
