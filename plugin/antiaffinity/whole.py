"""A list that comes in pages, whole: begun anew where it breaks off, for a part of it is no shorter list."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from antiaffinity import clock
from antiaffinity.errors import Unavailable

T = TypeVar("T")

PAUSES = (0.5, 2.0)
"""Seconds between tries."""


class BrokenOff(Exception):
    """The cloud does not go on from where a list was: its token, marker or link holds no more."""


def whole(read: Callable[[], T], what: str) -> T:
    """What ``read`` gives; ``what`` names it. Unavailable where it breaks off (BrokenOff) again and again."""
    for pause in PAUSES:
        with suppress(BrokenOff):
            return read()
        clock.sleep(pause)
    try:
        return read()
    except BrokenOff as broken:
        tries = len(PAUSES) + 1
        raise Unavailable(f"{what} broke off after a page, {tries} times: repeat ({broken})") from broken
