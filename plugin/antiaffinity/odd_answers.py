"""Answers that are not those of a cloud's API: of another server, of a portal in between, or half of one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import walk_tb
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
def read_by_sdk(who: str, *packages: str) -> Iterator[None]:
    """Unavailable where an SDK, these packages, stumbles over an answer; whatever else does is at fault."""
    try:
        yield
    except STUMBLES as error:
        if _raised_in(error) not in packages:
            raise
        raise odd(who, f"{type(error).__name__}: {error}") from error


def odd(who: str, what: str) -> Unavailable:
    """The error for such an answer."""
    return Unavailable(
        f"{who} answered what its API does not ({brief(what)}): check the address that the settings name, "
        f"and what is between; else repeat"
    )


def _raised_in(error: BaseException) -> str:
    """The package of the code that raised it; Python's own says nothing of who is at fault."""
    found = [
        str(frame.f_globals.get("__name__", "")).partition(".")[0]
        for frame, _ in walk_tb(error.__traceback__)
    ]
    return next((one for one in reversed(found) if one not in sys.stdlib_module_names), "")
