"""The command line: ``antiaffinity``. Every command takes a SPEC; ``antiaffinity help-spec`` shows one."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

PIPE_CLOSED = 141
"""What a shell says of a program that SIGPIPE ended."""


def main() -> None:
    """The console script."""
    code = run(sys.argv[1:])
    sys.exit(code if _delivered() else PIPE_CLOSED)


def _delivered() -> bool:
    """Whether all output had a reader; else what is left goes nowhere, and Python does not complain of it.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def run(words: Sequence[str]) -> int:
    """Run one command line and give its exit code; nothing is raised for a user's mistake."""
    import click

    from antiaffinity.cli import failures
    from antiaffinity.cli.app import cli

    as_json = "--json" in words
    try:
        code = cli.main(list(words), prog_name="antiaffinity", standalone_mode=False)
    except SystemExit:  # click's answer to a reader that went away, as in `| head`
        return PIPE_CLOSED
    except click.exceptions.Abort:
        return failures.interrupted(as_json, 130)
    except click.ClickException as error:
        return failures.misused(error, as_json)
    except failures.Interrupted as stop:
        return failures.interrupted(as_json, stop.exit_code, stop.ways_out)
    except Exception as error:
        return failures.told(error, as_json)
    return code if isinstance(code, int) else 0
