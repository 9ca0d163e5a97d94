"""Errors, named by what the caller does next.

AntiaffinityError
├── InvalidRequest   fix the input; ``path`` names the field             exit 2
├── NotAuthorized    get the permission that the message names           exit 2
├── NotOffered       this cloud has no such promise; ask for another     exit 1
├── LimitExceeded    this cloud can never; the message says what it can  exit 1
├── NoCapacity       not now; ``domain`` refused                         exit 3
├── Conflict         somebody else changed it; re-read and repeat        exit 3
├── StillOccupied    machines are still there; remove them first         exit 3
└── Unavailable      the cloud did not answer; repeat                    exit 3

The SDK's own error, where there is one, is ``__cause__``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from antiaffinity.model import Machine
    from antiaffinity.report import Report


class AntiaffinityError(Exception):
    """The root of everything this library raises on purpose.

    ``path`` names the field of SPEC, ``where`` its file and line ("db.yaml:7"); ``conflict`` holds
    (requirement, path) pairs that cannot all be met; ``ways_out`` says in words what would help;
    ``remains`` is what a failed launch left behind; ``report`` is how far a ``roll_out`` had come.
    """

    exit_code: ClassVar[int] = 3

    def __init__(
        self,
        message: str,
        *,
        path: str = "",
        conflict: Sequence[tuple[str, str]] = (),
        ways_out: Sequence[str] = (),
        domain: Mapping[str, str] | None = None,
        remains: Machine | None = None,
    ) -> None:
        from antiaffinity.secrets import without_user_info  # only errors need it

        self.message = without_user_info(message)
        super().__init__(self.message)
        self.path = without_user_info(path)
        self.where = ""
        self.conflict = tuple((without_user_info(words), at) for words, at in conflict)
        self.ways_out = tuple(ways_out)
        self.domain = dict(domain or {})
        self.remains = remains
        self.report: Report | None = None

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.where, self.path, self.message)))

    @property
    def kind(self) -> str:
        """The name of the error, as ``--json`` prints it."""
        return type(self).__name__


class InvalidRequest(AntiaffinityError):
    """The input is wrong: ``path`` names the field, the message the fix."""

    exit_code = 2


class NotAuthorized(AntiaffinityError):
    """The credentials lack a permission, which the message names."""

    exit_code = 2


class NotOffered(AntiaffinityError):
    """No guarantee record of this cloud covers what was asked; nothing was called."""

    exit_code = 1


class LimitExceeded(AntiaffinityError):
    """The cloud can never do this much; the message says how much it can."""

    exit_code = 1


class NoCapacity(AntiaffinityError):
    """Not now: ``domain`` had no room."""


class Conflict(AntiaffinityError):
    """Somebody else was quicker: read again and repeat."""


class SpentToken(Conflict):
    """The token of a launch is that of a machine that has ended: its next ``attempt`` has another one."""

    @property
    def kind(self) -> str:
        """As ``--json`` prints it: repeat, as with every Conflict."""
        return Conflict.__name__


class StillOccupied(AntiaffinityError):
    """Machines are still in what should be removed."""


class Unavailable(AntiaffinityError):
    """The cloud did not answer, or answered that it cannot just now: repeat."""


class Busy(Unavailable):
    """The cloud takes no more requests for now: the same again, after the rest that it asks for."""

    @property
    def kind(self) -> str:
        """As ``--json`` prints it: repeat, as with every Unavailable."""
        return Unavailable.__name__


class NotBegun(Exception):
    """For a launch hand to raise, itself or a kind of it, where it began nothing: the place is free again."""
