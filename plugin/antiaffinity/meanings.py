"""What a cloud's refusals mean: one table per cloud, read by code first and by words only without one.

A code is the vendor's own name of a refusal; the words beside it are for people, change with releases and
languages, and name other refusals' words ("409 Conflict" stands before a quota, a race and a full zone).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from antiaffinity.errors import AntiaffinityError, NoCapacity
from antiaffinity.model import LEVELS, Level, Machine, Placement


class Said(NamedTuple):
    """One refusal as a cloud, or a tool of its users, told it.

    ``codes`` are the vendor's names for it, the most telling first, none where only words were printed;
    ``words`` is the text for people, ``call`` the request that was refused, "" where that is not told.
    """

    codes: tuple[str, ...] = ()
    words: str = ""
    call: str = ""


class Meaning(NamedTuple):
    """One row: ``error`` is what it means where a code of ``codes`` is told, and ``words`` are found.

    Without ``codes`` the words alone decide, where the table has no row for a code that was told; without
    ``words`` the code alone. ``levels`` are those of the domain that refuses, and what is outside of it may
    take the launch; none means all that the placement names. ``path`` is the setting or argument to look
    at. ``message`` may name {member}, {where}, and what its cloud tells besides.
    """

    error: type[AntiaffinityError]
    message: str
    codes: Collection[str] = ()
    words: re.Pattern[str] | None = None
    path: str = ""
    levels: tuple[Level, ...] = ()

    def fits(self, words: str) -> bool:
        """Whether its words are there."""
        return self.words is None or bool(self.words.search(words))


def words(pattern: str) -> re.Pattern[str]:
    """A pattern of words: in any case, over any line ends."""
    return re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE | re.DOTALL)


def coded(
    error: type[AntiaffinityError], message: str, codes: str, path: str = "", levels: tuple[Level, ...] = ()
) -> Meaning:
    """A row for these codes, with blanks between them, whatever the words are."""
    return Meaning(error, message, tuple(codes.split()), path=path, levels=levels)


def worded(
    error: type[AntiaffinityError], message: str, said: str, path: str = "", levels: tuple[Level, ...] = ()
) -> Meaning:
    """A row for a pattern of words, where no code is told that has a row."""
    return Meaning(error, message, words=words(said), path=path, levels=levels)


def meaning(table: Sequence[Meaning], said: Said) -> Meaning | None:
    """The first row of the first code that the table knows, else the first row of words alone."""
    by_code = (row for code in said.codes for row in table if code in row.codes)
    by_words = (row for row in table if not row.codes)
    return next((row for row in (*by_code, *by_words) if row.fits(said.words)), None)


def error_of(
    row: Meaning, placement: Placement | None, remains: Machine | None = None, **told: str
) -> AntiaffinityError:
    """The error of a row; ``told`` are the words that its message names beside those of the placement."""
    names = {"member": placement.member if placement else "it", "where": _where(placement), **told}
    message = row.message.format(**names)
    return row.error(message, path=row.path, domain=_refusing(row, placement), remains=remains)


def _refusing(row: Meaning, placement: Placement | None) -> dict[str, str]:
    """The domain that refused a launch: only a lack of room has one."""
    if placement is None or not issubclass(row.error, NoCapacity):
        return {}
    levels = row.levels or LEVELS
    return {str(level): name for level, name in placement.domains.items() if level in levels}


def _where(placement: Placement | None) -> str:
    """As " in z1/h1"; "" where nothing was chosen."""
    chosen = "/".join(placement.domains.values()) if placement else ""
    return f" in {chosen}" if chosen else ""
