"""The table of commands; each is imported when it is run, so that none pays for another's start."""

from __future__ import annotations

from importlib import import_module

import click

from antiaffinity import __version__

COMMANDS = {
    "plan": "commands",
    "roll-out": "launching",
    "verify": "commands",
    "candidates": "commands",
    "prepare": "launching",
    "bind": "commands",
    "unmark": "commands",
    "release": "commands",
    "audit": "auditing",
    "groups": "auditing",
    "clouds": "clouds",
    "help-spec": "example",
    "demo": "demo",
}
"""In the order of ``--help``: the module that holds each command."""

EPILOG = """\b
A first look:
  antiaffinity demo                                see the main job, without any cloud
  antiaffinity help-spec > db.yaml                 a SPEC with a comment for every key
  antiaffinity plan db.yaml                        where each member would go; changes nothing
  antiaffinity roll-out db.yaml --launch ./boot    launch who is missing, then verify

\b
Exit codes, the same for every command:
  0    held or promised (plan: fits)
  1    a hard rule is broken, there is no place, or this cloud can never do it
  2    the input or the rights are wrong, or an SDK is missing: the message says what to mend
  3    not now: no capacity, somebody was quicker, machines are left, or no answer; repeat
  4    a soft rule is short, or something is unproven (verify --strict: or only promised)
  70   a fault in antiaffinity or an SDK: please report it
  130  interrupted; run the same command again


--json prints one JSON object on stdout, errors too; progress and messages go to stderr.
"""


class Commands(click.Group):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = import_module(f"antiaffinity.cli.{COMMANDS[name]}")
        command: click.Command = getattr(module, name.replace("-", "_"))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from antiaffinity.decode import nearest

            raise click.UsageError(f"no command {args[0]!r}; {nearest(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=Commands,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="antiaffinity %(version)s")
def cli() -> None:
    """Keep these machines apart, on every cloud, and say honestly what each cloud promises.

    A SPEC is a YAML or JSON file that names a group of machines, its rules and its cloud ("-" reads
    it from standard input).
    """
    from antiaffinity.terminal import forget

    forget()
