"""A file's bytes, or those of standard input or a pipe: bounded, so that none goes on for ever."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from antiaffinity.decode import show
from antiaffinity.errors import InvalidRequest

STDIN = Path("-")

MOST = 256 * 2**20
"""Bytes of one file; an inventory of 100,000 hosts takes some 25 MB."""

PATIENCE = 5.0
"""Seconds that somebody has to open the other end of a named pipe."""

CHUNK = 2**20


def raw(path: Path) -> bytes:
    """The bytes of a file, of a pipe that somebody writes to, or of standard input ("-").

    InvalidRequest, its path the file, where it cannot be read or does not end within 256 MB.
    """
    try:
        if path == STDIN:
            return _whole(sys.stdin.buffer.read, path)
        return _opened(path)
    except FileNotFoundError as error:
        raise InvalidRequest("there is no such file; check the name", path=str(path)) from error
    except IsADirectoryError as error:
        raise InvalidRequest("is a directory; name the file in it", path=str(path)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise InvalidRequest(f"cannot be read: {reason}", path=show(str(path))[1:-1]) from error


def _opened(path: Path) -> bytes:
    """To open a named pipe would wait for its writer, so nothing is waited for at first."""
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        start = _first(file, path) if stat.S_ISFIFO(os.fstat(file).st_mode) else b""
        os.set_blocking(file, True)
        return _whole(partial(os.read, file), path, start)
    finally:
        os.close(file)


def _first(file: int, path: Path) -> bytes:
    """What a pipe gives first; b"" where a writer is there and has written nothing yet.

    Without a writer a pipe reads as ended (POSIX, read): then one is waited for.
    """
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if start := os.read(file, CHUNK):
                return start
        except BlockingIOError:
            return b""
        time.sleep(0.02)
    raise InvalidRequest("is a pipe to which nobody writes; start its writer, or name a file", path=str(path))


def _whole(read: Callable[[int], bytes], path: Path, start: bytes = b"") -> bytes:
    found = bytearray(start)
    while len(found) <= MOST:
        chunk = read(CHUNK)
        if not chunk:
            return bytes(found)
        found += chunk
    raise InvalidRequest(
        f"does not end within {MOST // 2**20} MB; name a SPEC or an inventory", path=str(path)
    )
