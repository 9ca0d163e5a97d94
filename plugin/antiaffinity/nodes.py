"""The domains of one level, by number, and finding them by name, path or pattern."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import translate
from functools import cached_property
from unicodedata import normalize

from antiaffinity.model import Level, Lists


class Nodes:
    """All domains of one level: name, outer domain (by number) and id of each, by number."""

    def __init__(
        self, level: Level, names: list[str | None], outer: Sequence[int], above: Nodes | None
    ) -> None:
        self.level, self.names, self.outer, self.above = level, names, outer, above
        self.ids: dict[int, str] = {}

    def path(self, number: int) -> str:
        """Where a domain lies, outermost name first: ``z1/r1``."""
        name = self.names[number] or "-"
        return f"{self.above.path(self.outer[number])}/{name}" if self.above else name

    @cached_property
    def number(self) -> dict[tuple[int, str | None], int]:
        """Its number, by (number of the outer domain, name)."""
        return {key: n for n, key in enumerate(zip(self.outer, self.names, strict=True))}

    @cached_property
    def called(self) -> dict[str | None, list[int]]:
        """The numbers of all domains of a name."""
        found: dict[str | None, list[int]] = {}
        for number, name in enumerate(self.names):
            found.setdefault(name, []).append(number)
        return found

    def lies_in(self, number: int, domains: Mapping[Level, str]) -> bool:
        """Whether the names around a domain are those told, as far as they are told."""
        agrees = domains.get(self.level, self.names[number]) == self.names[number]
        return agrees and (self.above is None or self.above.lies_in(self.outer[number], domains))

    def around(self, number: int) -> dict[Level, int]:
        """A domain and those it lies in, outermost first."""
        outer = self.above.around(self.outer[number]) if self.above else {}
        return {**outer, self.level: number}

    def matching(self, patterns: Iterable[str]) -> set[int]:
        """The numbers of the domains whose id, name or path matches one of the patterns."""
        fits = matcher(patterns)
        by_path = any("/" in pattern for pattern in patterns)
        found = {n for n, name in enumerate(self.names) if name is not None and fits(name)}
        found.update(n for n, id_ in self.ids.items() if fits(id_))
        if by_path:
            found.update(n for n in range(len(self.names)) if fits(self.path(n)))
        return found


def the_one(level: Level, names: Sequence[str], only: Lists, never: Lists) -> str | None:
    """Which of several domains of a level counts: one that is excluded, else the only one that is asked for.

    None where that leaves several, or none.
    """
    out = next((name for name in names if matcher(never.get(level, ()))(name)), None)
    asked = [name for name in names if level not in only or matcher(only[level])(name)]
    return out or (asked[0] if len(asked) == 1 else None)


def settled_by_lists(either: Mapping[Level, Sequence[str]], only: Lists, never: Lists) -> dict[Level, str]:
    """By level the one of several domains that counts, where lists tell."""
    found = {level: the_one(level, names, only, never) for level, names in either.items()}
    return {level: name for level, name in found.items() if name}


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether a text matches one of the patterns: names by hash, shell wildcards by one expression."""
    spelled = {form for pattern in patterns for form in _forms(pattern)}
    exact = {pattern for pattern in spelled if not re.search(r"[*?\[]", pattern)}
    wild = [translate(pattern) for pattern in sorted(spelled - exact)]
    if not wild:
        return exact.__contains__
    match = re.compile("|".join(wild)).match
    return lambda text: text in exact or match(text) is not None


def _forms(text: str) -> set[str]:
    """One text may be spelled in composed characters or in pieces (https://www.unicode.org/reports/tr15/)."""
    return {text} if text.isascii() else {text, normalize("NFC", text), normalize("NFD", text)}
