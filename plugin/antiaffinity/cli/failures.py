"""Errors as people and programs read them, and the exit codes that go with them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from antiaffinity.errors import AntiaffinityError, NotBegun

if TYPE_CHECKING:
    import click

    from antiaffinity.report import Report

BUG = 70
"""sysexits.h: an internal software error. Python's own 1 would read as "a rule is broken"."""

STOPPED = "interrupted: what is done stays; run the same command again and it goes on from there"


class LaunchFailed(Exception):
    """The user's --launch command failed; the text holds its exit status and what it said on stderr.

    Backends read the text for their vendor's codes; where they find none it ends the run.
    """

    exit_code = 3
    ways_out: tuple[str, ...] = ()


class NeverBegan(LaunchFailed, NotBegun):
    """The shell could not run the --launch command: nothing can have come of it."""


class Interrupted(BaseException):
    """The user, or a supervisor, asked us to stop, at a moment when we can."""

    ways_out: tuple[str, ...] = ()

    def __init__(self, number: int) -> None:
        super().__init__(STOPPED)
        self.exit_code = 128 + number


def told(error: Exception, as_json: bool) -> int:
    """Tell an error where its reader looks, and give its exit code."""
    if isinstance(error, AntiaffinityError):
        _tell(_of(error), _lines(error), as_json)
        return error.exit_code
    if isinstance(error, LaunchFailed):
        fields = {"kind": "LaunchFailed", "message": str(error), "ways_out": error.ways_out}
        _tell(fields, [f"error: {error}", *_help((), error.ways_out)], as_json)
        return error.exit_code
    return _bug(error, as_json)


def misused(error: click.ClickException, as_json: bool) -> int:
    """A wrong command line, as click tells it."""
    if as_json:
        _tell({"kind": "InvalidRequest", "message": error.format_message()}, [], as_json)
    else:
        _print(_shown(error))
    return 2


def interrupted(as_json: bool, exit_code: int, ways_out: tuple[str, ...] = ()) -> int:
    """The end of a run that was asked to stop."""
    fields = {"kind": "Interrupted", "message": STOPPED, "ways_out": ways_out}
    _tell(fields, [STOPPED, *_help((), ways_out)], as_json)
    return exit_code


def _bug(error: Exception, as_json: bool) -> int:
    import traceback

    _print("".join(traceback.format_exception(error)).rstrip())
    text = f"{type(error).__name__}: {error}: this is a fault in antiaffinity or an SDK, please report it"
    _tell({"kind": type(error).__name__, "message": text}, [f"error: {text}"], as_json)
    return BUG


def _tell(fields: Mapping[str, object], lines: list[str], as_json: bool) -> None:
    if as_json:
        from antiaffinity.cli.jsonout import emit

        emit({"error": {"path": "", "where": "", "conflict": [], "ways_out": [], **fields}})
    else:
        _print(*lines)


def _print(*lines: str) -> None:
    from antiaffinity.terminal import printable  # only errors need it

    with suppress(OSError):  # a full disk takes no message; the exit code says it
        print(*map(printable, lines), sep="\n", file=sys.stderr)


def _shown(error: click.ClickException) -> str:
    from io import StringIO

    to = StringIO()
    error.show(to)
    return to.getvalue().rstrip()


def fields_of(error: AntiaffinityError) -> dict[str, object]:
    """The part of an error's JSON that says what is wrong and what would help."""
    return {
        "kind": error.kind,
        "message": error.message,
        "path": error.path,
        "where": error.where,
        "conflict": [{"requirement": words, "path": path} for words, path in error.conflict],
        "ways_out": list(error.ways_out),
    }


def _of(error: AntiaffinityError) -> dict[str, object]:
    from antiaffinity.cli.jsonout import machine_json, report_json

    fields = fields_of(error)
    if error.domain:
        fields["domain"] = error.domain
    if error.remains:
        fields["remains"] = machine_json(error.remains)
    if error.report:
        fields["report"] = report_json(error.report)
    return fields


def _lines(error: AntiaffinityError) -> list[str]:
    so_far = list(_so_far(error.report)) if error.report else []
    return [f"error: {error}", *_help(error.conflict, error.ways_out), *so_far]


def _help(conflict: Sequence[tuple[str, str]], ways_out: Sequence[str]) -> Iterator[str]:
    from antiaffinity.tables import help_lines  # only errors need it

    return help_lines(conflict, ways_out)


def _so_far(report: Report) -> Iterator[str]:
    from antiaffinity.text import listed

    if report.machines:
        yield f"  there    {listed(report.machines)}"
    if report.missing:
        yield f"  missing  {', '.join(report.missing)}"
