"""The command line: ``antiaffinity``. Every command takes a SPEC; ``antiaffinity help-spec`` shows one."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from antiaffinity.cli.streams import PIPE_CLOSED, Unwritten, ended, open_closed, watch


def main() -> None:
    """The console script."""
    open_closed()
    watch()
    try:
        code = ended(run(sys.argv[1:]))
    except OSError as error:  # of our own stdout: all others are told by ``run``
        code = ended(0, error)
    sys.exit(code)


def run(words: Sequence[str]) -> int:
    """Run one command line and give its exit code; nothing is raised for a user's mistake, but
    Unwritten where the answer itself has no room."""
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
        if isinstance(error, Unwritten):
            raise
        return failures.told(error, as_json)
    return code if isinstance(code, int) else 0
