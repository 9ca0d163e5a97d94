"""Who a run is, and whether it still is: known of processes of this machine alone."""

from __future__ import annotations

import os
from functools import cache
from getpass import getuser
from pathlib import Path
from platform import node

from msgspec import Struct

WORKING: set[str] = set()
"""The runs of this very process that have not ended."""


class Who(Struct, frozen=True):
    """The process of a run.

    ``space`` is where its number means this process and no other: one boot of one machine and one PID
    namespace (https://man7.org/linux/man-pages/man7/pid_namespaces.7.html); ``started`` tells it from a
    later one with the same number.
    """

    host: str
    user: str
    process: int
    space: str
    started: str

    def __str__(self) -> str:
        return f"process {self.process} of {self.user} on {self.host}"


HEIR = "ANTIAFFINITY_RUN"
"""In the environment of whatever a run starts: its commands may outlive it, and launch on."""


def me() -> Who:
    """This process; what it starts from now on is known as its own."""
    found = Who(node(), _user(), os.getpid(), _space(), _started(os.getpid()))
    os.environ[HEIR] = _name(found)
    return found


def is_alive(who: Who, run: str) -> bool | None:
    """Whether a run goes on.

    None where only time can tell: it is of another machine or container, or what it started goes on.
    """
    if who.space != _space():
        return None
    if who.process == os.getpid() and who.started == _started(who.process):
        return run in WORKING
    if _exists(who.process) and _started(who.process) in (who.started, ""):
        return True
    return None if _has_heirs(who) else False


def _name(who: Who) -> str:
    return f"{who.process}-{who.started}"


def _has_heirs(who: Who) -> bool:
    """Whether anything that it started goes on (https://man7.org/linux/man-pages/man5/proc_pid_environ.5.html)."""
    mark = f"{HEIR}={_name(who)}\0".encode()
    return any(mark in _environment(one) for one in Path("/proc").glob("[0-9]*/environ"))


def _environment(file: Path) -> bytes:
    try:
        return b"\0" + file.read_bytes() + b"\0"
    except OSError:  # it has ended, or is somebody else's
        return b""


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def _started(process: int) -> str:
    """When it started, in ticks since the boot, and that it ended; "" where that is not told.

    https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, fields 3 and 22.
    """
    try:
        fields = Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "ended" if fields[0] in "ZX" else fields[19]


@cache
def _space() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}:{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return node()


def _user() -> str:
    """A container may run as a number without a name."""
    try:
        return getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
