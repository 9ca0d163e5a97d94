"""The streams of a process: one that is closed goes nowhere, and an answer that cannot be written is told."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

PIPE_CLOSED = 141
"""What a shell says of a program that SIGPIPE ended."""

UNWRITTEN = 2
"""What the caller sees where the answer had no room: the exit code of what is his to mend."""


def open_closed() -> None:
    """Open what the caller closed (``>&-``): Python has None there, and the next file would get its number.

    A ledger that is opened as descriptor 1 would be written into by whatever prints.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            _go_nowhere(number)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", errors="replace", closefd=False))


class Unwritten(OSError):
    """Standard output took no more: the disk is full, say. That is nobody's broken rule."""


class _Stdout(io.FileIO):
    """Standard output; a reader that went away stays a BrokenPipeError."""

    def write(self, data: Buffer, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise Unwritten(*error.args) from error


def watch() -> None:
    """Have whatever cannot be written to stdout be Unwritten, wherever it is printed."""
    old = sys.stdout
    if isinstance(old, io.TextIOWrapper):
        raw = io.BufferedWriter(_Stdout(1, "w", closefd=False))
        sys.stdout = io.TextIOWrapper(
            raw, old.encoding, old.errors, None, old.line_buffering, old.write_through
        )


def ended(code: int, error: OSError | None = None) -> int:
    """Deliver what is left to print, and give the exit code: another where the answer did not arrive.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    found = _undelivered(sys.stdout) or error
    if isinstance(found, BrokenPipeError):
        code = PIPE_CLOSED
    elif found:
        reason = found.strerror or found
        with suppress(OSError):
            print(f"error: the answer cannot be written: {reason}; mend that and repeat", file=sys.stderr)
        code = UNWRITTEN
    _undelivered(sys.stderr)
    return code


def _undelivered(stream: TextIO) -> OSError | None:
    """Why the rest of a stream cannot be written; it goes nowhere then, and Python does not complain."""
    try:
        stream.flush()
    except OSError as error:
        _go_nowhere(stream.fileno())
        return error
    return None


def _go_nowhere(number: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, number)
    if nowhere != number:
        os.close(nowhere)
