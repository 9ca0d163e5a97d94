"""The time that the library waits in; whoever tests a deploy script may lend it another."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Clock(Protocol):
    """A time that only goes forward, in seconds, and the chance that says how long to wait."""

    def now(self) -> float:
        """The moment; its zero means nothing."""

    def sleep(self, seconds: float) -> None:
        """Let so much time go by."""

    def uniform(self, low: float, high: float) -> float:
        """A number at random."""


class Real:
    """The time of the machine this runs on."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def uniform(self, low: float, high: float) -> float:
        return random.uniform(low, high)


_clock: ContextVar[Clock] = ContextVar("antiaffinity.clock", default=Real())  # noqa: B039 (has no state)


def now() -> float:
    """The moment on the clock of this thread or task."""
    return _clock.get().now()


def sleep(seconds: float) -> None:
    """Wait on the clock of this thread or task."""
    _clock.get().sleep(seconds)


def uniform(low: float, high: float) -> float:
    """A number at random, so that runs that wait for the same do not all go on at once."""
    return _clock.get().uniform(low, high)


@contextmanager
def lent(clock: Clock) -> Iterator[None]:
    """Let everything in this block, in this thread or task, wait on another clock."""
    token = _clock.set(clock)
    try:
        yield
    finally:
        _clock.reset(token)
