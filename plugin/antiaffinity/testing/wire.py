"""What every request of one deployer passes through: counted, lost or cut off, and taken in turns.

It stands between an SDK's transport and the cloud, so that nothing above it is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Lost(ConnectionError):
    """The connection broke; whether the request had an effect only the World knows."""


class Killed(BaseException):
    """The deployer's process ended here: nothing of it runs any more."""


class Trouble(Struct, frozen=True):
    """What befalls a deployer at its request number ``at``, counted from 1.

    ``late``: the request had its effect, only its answer is lost. ``killed``: the deployer dies there,
    instead of being told that the connection broke.
    """

    at: int
    late: bool = False
    kind: Literal["lost", "killed"] = "lost"


MOST = 10_000
"""Requests of one deployer: one that asks more often will not end by itself."""


class Paced(Protocol):
    """Decides who goes on when several deployers are at work."""

    def step(self) -> None:
        """Wait until it is one's turn; time passes."""


class Wire:
    """The way of one deployer to its cloud."""

    def __init__(self, trouble: Trouble | None = None, pace: Paced | None = None) -> None:
        self.trouble, self.pace = trouble, pace
        self.requests: list[str] = []
        self.dead = False

    def carry(self, what: str, send: Callable[[], T]) -> T:
        """Send one request, or not; ``what`` names it in ``requests``.

        Raises Lost or Killed as ``trouble`` says; after Killed every request raises it. AssertionError
        where the deployer goes on asking for ever.
        """
        if self.pace:
            self.pace.step()
        if self.dead:
            raise Killed(what)
        assert len(self.requests) < MOST, f"{MOST} requests, and no end: {', '.join(self.requests[-3:])}"
        self.requests.append(what)
        trouble = self.trouble if self.trouble and self.trouble.at == len(self.requests) else None
        if trouble and not trouble.late:
            self._befall(trouble, what)
        answer = send()
        if trouble:
            self._befall(trouble, what)
        return answer

    def _befall(self, trouble: Trouble, what: str) -> None:
        if trouble.kind == "killed":
            self.dead = True
            raise Killed(what)
        raise Lost(f"connection lost at {what}")
