"""Answers that are not those of a cloud's API: of another server, of a portal in between, or half of one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from antiaffinity.errors import Unavailable
from antiaffinity.telling import brief

STUMBLES = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What code raises that reads something else than it expects."""


class Shown(dict[str, Any]):
    """An answer; to read what it has not says that it is another's, and no fault of who reads it."""

    def __init__(self, answer: object, who: str) -> None:
        if not isinstance(answer, dict):
            raise odd(who, f"no object, but {answer!r}")
        super().__init__(answer)
        self._who = who

    def __missing__(self, key: str) -> Any:
        raise odd(self._who, f"nothing called {key}")


@contextmanager
def read_by_sdk(who: str) -> Iterator[None]:
    """Unavailable where an SDK stumbles over an answer; where our own code does, that is a fault of ours."""
    try:
        yield
    except STUMBLES as error:
        if _is_ours(error):
            raise
        raise odd(who, f"{type(error).__name__}: {error}") from error


def odd(who: str, what: str) -> Unavailable:
    """The error for such an answer."""
    return Unavailable(
        f"{who} answered what its API does not ({brief(what)}): check the address that the settings name, "
        f"and what is between; else repeat"
    )


def _is_ours(error: BaseException) -> bool:
    """Whether the code that raised it is ours."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return trace is None or str(trace.tb_frame.f_globals.get("__name__", "")).startswith("antiaffinity")
