"""Members as a person names them on a command line: by name, or by a pattern as in a rule's ``among``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from antiaffinity.decode import fail, nearest, show

MOST = 20
"""Names that a message lists: of more members it says how many there are."""


def chosen(asked: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """The members that these names and patterns mean, each once; InvalidRequest where one means nobody."""
    return tuple(dict.fromkeys(name for word in asked for name in _meant(word, known)))


def _meant(word: str, known: Sequence[str]) -> Sequence[str]:
    """A name is itself, whatever characters it has; else it is a pattern."""
    if word in known:
        return [word]
    if not (names := [name for name in known if fnmatchcase(name, word)]):
        check_known(word, known)
    return names


def check_known(name: str, known: Sequence[str]) -> None:
    """InvalidRequest, with the nearest name, where this is none of the members."""
    if name not in known:
        fail("member", f"{show(name)} is no member; {_listed(name, known)}")


def _listed(word: str, known: Sequence[str]) -> str:
    more = f" and {len(known) - MOST} more" if len(known) > MOST else ""
    return nearest(word, known).partition("known: ")[0] + f"known: {', '.join(known[:MOST])}{more}"
