"""Folders under .cache that tests need and that take long to make: made once, then kept."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from msgspec import Struct

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
REPORT_EVERY = 10.0  # seconds


class MakingFailed(Exception):
    """The folder could not be made; the text ends with what the failed step printed last."""


class Made(Struct, frozen=True):
    """A folder, named by what it is made from; the commands that make it run in ``source``."""

    what: str
    source: Path
    inputs: tuple[Path, ...]
    commands: Callable[[Path], list[list[str]]]
    env: Mapping[str, str]
    progress: Callable[[str], str]
    """What a log of this text says about how far it is."""

    @property
    def home(self) -> Path:
        return CACHE / self.what / _key(self.inputs)

    def present(self) -> bool:
        """Whether `ensure` would have nothing to do."""
        return _stamp(self.home).is_file()

    def ensure(self) -> Path:
        """Answer the folder, and make it where it is missing: `MakingFailed` says why not."""
        if not self.present():
            self.home.parent.mkdir(parents=True, exist_ok=True)
            with self._locked() as lock:
                # Another process may have made it while this one waited.
                if not self.present():
                    self._make(lock)
        return self.home

    @contextlib.contextmanager
    def _locked(self) -> Iterator[IO[str]]:
        """Hold the lock; child processes that inherit the file hold it too, until the last one ends."""
        with (self.home.parent / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._say("another process is at it; waiting")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield lock

    def _make(self, lock: IO[str]) -> None:
        """Build in place; the stamp comes last, so what was interrupted has none and is thrown away."""
        started = time.monotonic()
        self._say(f"making {self.home}")
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir()
        for command in self.commands(self.home):
            self._run(command, lock)
        _stamp(self.home).touch()
        self._say(f"ready after {time.monotonic() - started:.0f} s")

    def _run(self, command: list[str], lock: IO[str]) -> None:
        """Run one step, report on it now and then; the step inherits the lock, so it cannot be overtaken."""
        log = self.home.parent / "making.log"
        with log.open("wb") as output:
            try:
                step = self._begin(command, output, lock)
            except FileNotFoundError as error:
                raise MakingFailed(f"{command[0]} is not installed") from error
            try:
                self._watch(step, log)
            finally:
                step.kill()
                step.wait()
        if step.returncode:
            raise MakingFailed(f"{' '.join(command)}: exit {step.returncode}\n{_tail(log)}")

    def _begin(self, command: list[str], output: IO[bytes], lock: IO[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=self.source,
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(lock.fileno(),),
        )

    def _watch(self, step: subprocess.Popen[bytes], log: Path) -> None:
        started = time.monotonic()
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                step.wait(REPORT_EVERY)
                return
            self._say(f"{self.progress(_text(log))}, {time.monotonic() - started:.0f} s")

    def _say(self, text: str) -> None:
        print(f"{self.what}: {text}", file=sys.stderr, flush=True)


def main(made: Made) -> None:
    """What `python -m real.…_env` does: print the folder's path, or say why there is none."""
    try:
        print(made.ensure())
    except MakingFailed as error:
        sys.exit(str(error))


def _key(inputs: Iterable[Path]) -> str:
    """A name that changes with the names and contents of the inputs, the kind of machine and the python."""
    digest = hashlib.sha256(" ".join([*os.uname()[::4], sys.version, sys.base_prefix]).encode())
    for path in inputs:
        digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _stamp(home: Path) -> Path:
    return home / "whole"


def _text(log: Path) -> str:
    return log.read_text(errors="replace")


def _tail(log: Path, lines: int = 25) -> str:
    return "\n".join(_text(log).splitlines()[-lines:])
