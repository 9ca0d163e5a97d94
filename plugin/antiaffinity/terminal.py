"""Text that is safe to print: what a terminal would obey, or nobody can see, is shown as its code.

Names, tags and errors come from clouds, files and other people's commands: an escape sequence in one could
rewrite a line, a bidirectional override turn a name round (https://www.unicode.org/reports/tr36/). Secrets
that were given to ``withhold`` are shown to nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from antiaffinity.secrets import Secrets

KEPT = "\n\t"
"""What text of several lines is made of."""


_secrets = Secrets()


def withhold(values: Iterable[str]) -> None:
    """Print none of these from now on."""
    _secrets.hide(values)


def forget() -> None:
    """Withhold nothing any more: another command begins."""
    _secrets.forget()


def printable(text: str) -> str:
    """Text of any number of lines, with every character that cannot be seen as its code: ``\\x1b``."""
    text = _secrets.redact(text)
    if _plain(text):
        return text
    return "".join(one if one.isprintable() or one in KEPT else _code(one) for one in _unix(text))


def one_line(text: str) -> str:
    """The same on one line, so that a name cannot begin another."""
    text = _secrets.redact(text)
    return text if text.isprintable() else "".join(one if one.isprintable() else _code(one) for one in text)


def printable_json(text: str) -> str:
    """JSON with such characters as its own escapes, so that it means the same."""
    text = _secrets.redact(text)
    if _plain(text):
        return text
    return "".join(one if one.isprintable() or one in KEPT else _json_code(one) for one in text)


def _plain(text: str) -> bool:
    return all(part.isprintable() for line in text.split("\n") for part in line.split("\t"))


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")


def _code(one: str) -> str:
    """Python's own escapes: ``\\x1b``, ``\\u202e``."""
    return ascii(one)[1:-1]


def _json_code(one: str) -> str:
    units = one.encode("utf-16-be", "surrogatepass").hex()
    return re.sub("....", lambda unit: f"\\u{unit[0]}", units)
