"""A stand-in for the plugin of the published `pulumi-command` package: command:local:Command.

Behaves as https://github.com/pulumi/pulumi-command does: `update` (else `create`) runs at a change, new
`triggers` replace, what a command prints is its output, and the last output is in the environment of the
next command. Not served: assets, archives, logging of what a command prints.
"""

from __future__ import annotations

import os
import subprocess
import uuid
from typing import Any

from pulumi_antiaffinity.codec import UNKNOWN
from real.plugins.stand_in import Failed, Plugin, Values, serve

TEXT: Values = {"type": "string"}
INPUTS: Values = {
    "create": TEXT,
    "update": TEXT,
    "delete": TEXT,
    "stdin": TEXT,
    "dir": TEXT,
    "environment": {"type": "object", "additionalProperties": TEXT},
    "interpreter": {"type": "array", "items": TEXT},
    "triggers": {"type": "array", "items": {"$ref": "pulumi.json#/Any"}, "replaceOnChanges": True},
    "addPreviousOutputInEnv": {"type": "boolean"},
}
OUTPUTS: Values = {"stdout": TEXT, "stderr": TEXT}


class Command:
    """A shell command for each of the moments of a resource's life."""

    schema: Values = {  # noqa: RUF012
        "inputProperties": INPUTS,
        "properties": INPUTS | OUTPUTS,
        "required": list(OUTPUTS),
    }
    computed = frozenset[str]()
    replaces = frozenset({"triggers"})
    mixes = True

    def configure(self, settings: Values) -> None:
        """The package has no settings."""

    def planned(self, inputs: Values, outputs: Values) -> Values:
        return {**inputs, **dict.fromkeys(OUTPUTS, UNKNOWN)}

    def create(self, urn: str, inputs: Values) -> tuple[str, Values]:
        return uuid.uuid4().hex, {**inputs, **run(inputs.get("create"), inputs, {})}

    def read(self, id_: str, inputs: Values, outputs: Values) -> tuple[Values, Values] | None:
        return inputs, outputs

    def drifted(self, news: Values, outputs: Values) -> list[str]:
        return []

    def update(self, id_: str, urn: str, outputs: Values, olds: Values, news: Values) -> Values:
        return {**news, **run(news.get("update", news.get("create")), news, outputs)}

    def delete(self, id_: str, outputs: Values) -> None:
        run(outputs.get("delete"), outputs, outputs)


def run(command: str | None, inputs: Values, before: Values) -> Values:
    """Run a command with what the one before it printed; answers what it printed."""
    if command is None:
        return {name: before.get(name, "") for name in OUTPUTS}
    words = [*inputs.get("interpreter", ["/bin/sh", "-c"]), command]
    done = subprocess.run(
        words,
        input=inputs.get("stdin", ""),
        cwd=inputs.get("dir"),
        env=environment(inputs, before),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise Failed(f"exit status {done.returncode}: running {command!r}:\n{done.stderr}{done.stdout}")
    return {"stdout": done.stdout.removesuffix("\n"), "stderr": done.stderr.removesuffix("\n")}


def environment(inputs: Values, before: Values) -> dict[str, str]:
    told: dict[str, Any] = {}
    if inputs.get("addPreviousOutputInEnv", True):
        told = {f"PULUMI_COMMAND_{name.upper()}": before[name] for name in OUTPUTS if name in before}
    return {**os.environ, **told, **inputs.get("environment", {})}


if __name__ == "__main__":
    serve(Plugin("command", "1.2.1", {"command:local:Command": Command()}))
