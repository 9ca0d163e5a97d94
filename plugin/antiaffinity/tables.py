"""A plain table: left-aligned columns, two blanks between them; small, so that it starts at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from antiaffinity.terminal import one_line

LONG_HASH = re.compile(r"[0-9a-f]{40,}")
"""Nova's hostId is 56 hex digits; its first 12 tell hosts apart."""

NOTHING = "-"


def short(text: str) -> str:
    """The text on one line that is safe to print, with long hashes cut to 12 digits."""
    shown = one_line(text)
    return LONG_HASH.sub(lambda found: found[0][:12], shown) if len(shown) >= 40 else shown


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table; columns without any entry are left out."""
    used = [n for n, _ in enumerate(heads) if any(row[n] for row in rows)]
    lines = [[heads[n].upper() for n in used]]
    lines += [[short(row[n]) or NOTHING for n in used] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def help_lines(conflict: Sequence[tuple[str, str]], ways_out: Sequence[str]) -> Iterator[str]:
    """What cannot all be met, and what would help, as indented lines."""
    for words, path in conflict:
        yield f"  needs    {path}: {words}" if path else f"  needs    {words}"
    for way in ways_out:
        yield f"  way out  {way}"
