#!/usr/bin/env python3
"""Make the virtual environment in which a real Nova runs, once per set of constraints.

python tests/real/nova_env.py        # prints the path of that environment's python
"""

import contextlib
import fcntl
import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

CONSTRAINTS = Path(__file__).with_name("constraints-nova34-py311.txt")
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "nova"
PACKAGES = ("nova", "openstack-placement", "SQLAlchemy")
REPORT_EVERY = 5.0  # seconds


class NovaEnvError(Exception):
    """The environment could not be made; the text ends with what the failed step printed last."""


def ensure() -> Path:
    """Answer the python of an environment with Nova in it, and make that environment where it is missing."""
    home = CACHE / _key()
    if not _whole(home):
        CACHE.mkdir(parents=True, exist_ok=True)
        with _locked(CACHE / "lock") as lock:
            # Another process may have made it while this one waited.
            if not _whole(home):
                _make(home, lock)
    return _python(home)


def present() -> bool:
    """Whether `ensure` would have nothing to do."""
    return _whole(CACHE / _key())


def _key() -> str:
    """A name that changes with the packages wanted and with the python that they are installed for."""
    wanted = [CONSTRAINTS.read_text(), *PACKAGES, sys.version, sys.base_prefix]
    return hashlib.sha256("\n".join(wanted).encode()).hexdigest()[:16]


def _python(home: Path) -> Path:
    return home / "bin" / "python"


def _stamp(home: Path) -> Path:
    return home / "whole"


def _whole(home: Path) -> bool:
    return _stamp(home).is_file() and _python(home).exists()


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[IO[str]]:
    """Hold the lock; it is also held by child processes that inherit the file, until the last one ends."""
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("another process is at it; waiting")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock


def _make(home: Path, lock: IO[str]) -> None:
    """Build in place; the stamp comes last, so what was interrupted has none and is thrown away."""
    started = time.monotonic()
    _say(f"installing {_wanted()} packages (about 400 MB, about a minute) into {home}")
    shutil.rmtree(home, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(home)], home, lock)
    pip = [str(_python(home)), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    _run([*pip, "--constraint", str(CONSTRAINTS), *PACKAGES], home, lock)
    # An import that works is better evidence than an installer's exit status.
    _run([str(_python(home)), "-I", "-c", "import nova.version, placement, sqlalchemy"], home, lock)
    _stamp(home).touch()
    _say(f"ready after {time.monotonic() - started:.0f} s")


def _run(command: list[str], home: Path, lock: IO[str]) -> None:
    """Run one step, report on it now and then; the step inherits the lock, so it cannot be overtaken."""
    log = CACHE / "install.log"
    with log.open("wb") as output:
        step = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(lock.fileno(),),
        )
        try:
            _watch(step, home, log)
        finally:
            step.kill()
            step.wait()
    if step.returncode:
        raise NovaEnvError(f"{' '.join(command)}: exit {step.returncode}\n{_tail(log)}")


def _watch(step: "subprocess.Popen[bytes]", home: Path, log: Path) -> None:
    started = time.monotonic()
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            step.wait(REPORT_EVERY)
            return
        _say(f"{_progress(home, log)}, {time.monotonic() - started:.0f} s")


def _progress(home: Path, log: Path) -> str:
    installed = len(list(home.glob("lib/python*/site-packages/*.dist-info")))
    found = log.read_text(errors="replace").count("Collecting ")
    return f"{found} of {_wanted()} packages found, {installed} installed"


def _wanted() -> int:
    return sum(1 for line in CONSTRAINTS.read_text().splitlines() if "==" in line)


def _tail(log: Path, lines: int = 25) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _say(text: str) -> None:
    print(f"nova env: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        print(ensure())
    except NovaEnvError as error:
        _say(str(error))
        sys.exit(1)
