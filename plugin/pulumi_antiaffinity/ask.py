"""What the engine asks of a resource, and what it is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

from msgspec import Struct

from antiaffinity.errors import AntiaffinityError
from pulumi_antiaffinity.codec import Plain

Change = Literal["add", "delete", "update", "add-replace", "delete-replace", "update-replace"]
"""What becomes of one property; those that replace make the whole resource anew."""


class Ask(Struct, frozen=True):
    """One request about one resource.

    ``inputs`` are those wanted now, ``old_inputs`` and ``state`` what the state holds (empty on a first
    create). ``timeout`` is in seconds, 0 for the default.
    """

    urn: str
    name: str
    id: str = ""
    inputs: Plain = {}
    old_inputs: Plain = {}
    state: Plain = {}
    preview: bool = False
    timeout: float = 0


class Failure(Struct, frozen=True):
    """An input that is wrong: the path of the property, and the fix."""

    path: str
    reason: str


class Made(Struct, frozen=True):
    """A resource as it is; ``reasons`` say why it is not as it should be, though it is there."""

    id: str
    state: Plain
    inputs: Plain
    reasons: tuple[str, ...] = ()


class HalfMade(Exception):
    """It is there, and in the state, but not as it should be: the operation fails, nothing is lost."""

    def __init__(self, made: Made, cause: AntiaffinityError | None = None) -> None:
        super().__init__("; ".join(made.reasons))
        self.made, self.cause = made, cause


class Diff(Struct, frozen=True):
    """What a change of inputs means, by property; ``stables`` are outputs that keep their value."""

    changes: dict[str, Change] = {}
    stables: tuple[str, ...] = ()


class Resource(Protocol):
    """What each of our resources can be asked."""

    def check(self, ask: Ask) -> tuple[Plain, list[Failure]]:
        """The inputs with defaults, and what is wrong with them."""

    def diff(self, ask: Ask) -> Diff:
        """What changes, by inputs alone."""

    def create(self, ask: Ask) -> Made:
        """Make it, or say what would be made (preview)."""

    def read(self, ask: Ask) -> Made | None:
        """As it is now; None where it is gone."""

    def update(self, ask: Ask) -> Made:
        """Change it, or say what would be changed (preview)."""

    def delete(self, ask: Ask) -> None:
        """Remove it; fine where it is gone."""


Function = Callable[[Plain], dict[str, Any]]
"""A function's plain arguments to its plain result."""


def changed(old: object, new: object) -> Change:
    """How a property changed that is in one of them, or in both."""
    if old is None:
        return "add"
    return "delete" if new is None else "update"


def replacing(change: Change) -> Change:
    """The same change, where it makes the resource anew."""
    both: dict[Change, Change] = {
        "add": "add-replace",
        "delete": "delete-replace",
        "update": "update-replace",
    }
    return both.get(change, change)
