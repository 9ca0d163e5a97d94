"""What a command of the Pulumi CLI answered: its exit status, its text, and what the engine's events tell."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

Event = dict[str, Any]
STACK = "pulumi:pulumi:Stack"


class CommandFailed(AssertionError):
    """A command ended otherwise than the test needs; the text has all that it printed."""


class Result:
    """One command that has ended; ``events`` are empty for commands that are no operation on the stack."""

    def __init__(self, command: list[str], code: int, out: str, err: str, events: list[Event]) -> None:
        self.command, self.code, self.out, self.err, self.events = command, code, out, err, events

    def __repr__(self) -> str:
        return f"$ {' '.join(self.command)}\n{self.text}\nexit {self.code}"

    @property
    def text(self) -> str:
        """What a person saw: stdout, then stderr."""
        return f"{self.out}\n{self.err}".strip()

    def ok(self) -> Result:
        """This result, if the command succeeded."""
        if self.code:
            raise CommandFailed(repr(self))
        return self

    def failed(self) -> Result:
        """This result, if the command failed as a user's mistake does: with a message, not with a crash."""
        if not self.code or "panic:" in self.text or "Traceback" in self.text:
            raise CommandFailed(repr(self))
        return self

    @cached_property
    def summary(self) -> dict[str, int]:
        """How many resources by operation, as the last line tells: {"create": 3, "same": 1}."""
        found = [event["summaryEvent"]["resourceChanges"] for event in self.events if "summaryEvent" in event]
        return dict(found[-1] or {}) if found else {}

    @property
    def changes(self) -> dict[str, int]:
        """The summary without what stayed as it was: {} after an update with nothing to do."""
        return {op: count for op, count in self.summary.items() if op != "same"}

    @cached_property
    def steps(self) -> list[tuple[str, str]]:
        """(operation, resource's name) of each change in the order in which it was begun.

        Without the stack itself, default providers and what stays the same. A replacement comes as
        "create-replacement", "replace", "delete-replaced".
        """
        return [(step["op"], name_of(step["urn"])) for step in self._steps("resourcePreEvent")]

    @cached_property
    def done(self) -> list[tuple[str, str]]:
        """As ``steps``, but of the changes that succeeded, in the order in which they ended."""
        return [(step["op"], name_of(step["urn"])) for step in self._steps("resOutputsEvent")]

    def ops(self, name: str) -> list[str]:
        """The operations on the resources of a name."""
        return [op for op, called in self.steps if called == name]

    def diff(self, name: str) -> dict[str, str]:
        """The kind of each change of a resource ("update", "add-replace", …) by its property path."""
        steps = [step for step in self._steps("resourcePreEvent") if name_of(step["urn"]) == name]
        detail: Event = next((step["detailedDiff"] for step in steps if step.get("detailedDiff")), {})
        return {path: change["diffKind"] for path, change in detail.items()}

    def properties(self, name: str) -> dict[str, Any]:
        """The outputs that a resource had when its last step ended; in a preview what is planned for it."""
        found = [step["new"] for step in self._metadata("resOutputsEvent") if name_of(step["urn"]) == name]
        return dict(found[-1]["outputs"]) if found and found[-1] else {}

    @cached_property
    def diagnostics(self) -> list[tuple[str, str]]:
        """(severity, message) of what providers, program and engine told the user; no debug messages."""
        told = [event["diagnosticEvent"] for event in self.events if "diagnosticEvent" in event]
        return [(one["severity"], one["message"].strip()) for one in told if one["severity"] != "debug"]

    def _steps(self, kind: str) -> list[Event]:
        return [step for step in self._metadata(kind) if step["op"] != "same" and not _implied(step)]

    def _metadata(self, kind: str) -> list[Event]:
        return [event[kind]["metadata"] for event in self.events if kind in event]


def _implied(step: Event) -> bool:
    """Whether no program names it."""
    default = step["type"].startswith("pulumi:providers:") and name_of(step["urn"]).startswith("default")
    return default or step["type"] == STACK


def name_of(urn: str) -> str:
    return urn.rsplit("::", 1)[1]


def read_events(log: Path) -> list[Event]:
    """The events of an operation; one that was killed in the middle may end with half a line."""
    lines = log.read_text().splitlines(keepends=True) if log.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]
