"""What must not be shown, and texts without it: of an error, a log, an answer."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from threading import Lock

SHORTEST = 4
"""Characters of a secret that is looked for: shorter ones are in every text."""

SHORTEST_LINE = 16
"""Characters of one line of a longer secret (a key file, say) that is looked for by itself."""

SHOWN = 37
"""Characters of a longer text that a message about a wrong value quotes."""

MOST_SECRETS = 1000
"""Remembered at once; an attached plugin serves many runs, and the longest unused are forgotten."""

HIDDEN = "[secret]"

USER_INFO = re.compile(r"(:/{1,2})(?:[^\s/?#'\"<>@]*|[^\s/?#'\"<>@:]*:[^\s'\"<>]*)@")
"""User and password before the host of a URL (https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1); a
password with a slash or an @ that should have been escaped, too. A file's name has one slash of the two."""


def without_user_info(text: str) -> str:
    """The text with ``[secret]`` for who logs in to its URLs, and with what."""
    return USER_INFO.sub(rf"\1{HIDDEN}@", text) if ":/" in text and "@" in text else text


def texts_in(value: object) -> Iterator[str]:
    """Every text, and number as text, inside plain data."""
    if isinstance(value, Mapping):
        yield from (text for one in value.values() for text in texts_in(one))
    elif isinstance(value, list | tuple):
        yield from (text for one in value for text in texts_in(one))
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)


class Secrets:
    """Strings that must not be shown, however a message spells them; may be used from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: OrderedDict[str, None] = OrderedDict()
        self._found: re.Pattern[str] | None = None

    def hide(self, values: Iterable[str]) -> None:
        """Remember these; what is shorter than four characters cannot be hidden."""
        told = [value for value in values if len(value) >= SHORTEST]
        with self._lock:
            if any(value not in self._values for value in told):
                self._found = None
            for value in told:
                self._values[value] = None
                self._values.move_to_end(value)
            while len(self._values) > MOST_SECRETS:
                self._values.popitem(last=False)

    def forget(self) -> None:
        """Remember none any more."""
        with self._lock:
            self._values.clear()
            self._found = None

    def redact(self, text: str) -> str:
        """The text with ``[secret]`` for every secret, also where two overlap, and for logins in URLs."""
        text, pattern = without_user_info(text), self._pattern()
        if pattern is None:
            return text
        shown, end = [], 0
        for start, stop in _joined(match.span(1) for match in pattern.finditer(text)):
            shown += [text[end:start], HIDDEN]
            end = stop
        return "".join([*shown, text[end:]])

    def _pattern(self) -> re.Pattern[str] | None:
        """Matches at every place where a secret starts, the longest one there."""
        with self._lock:
            if self._found is None and self._values:
                forms = {form for value in self._values for form in _forms(value)}
                longest_first = sorted(forms, key=len, reverse=True)
                self._found = re.compile(f"(?=({'|'.join(map(re.escape, longest_first))}))")
            return self._found


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans that come in the order of their starts, those that overlap made one."""
    start = end = -1
    for first, last in spans:
        if first >= end:
            if end >= 0:
                yield start, end
            start = first
        end = max(end, last)
    if end >= 0:
        yield start, end


def _forms(value: str) -> Iterator[str]:
    """The ways in which errors and requests spell a value, and a long line of it by itself."""
    from html import escape
    from json import dumps
    from urllib.parse import quote, quote_plus

    lines = (line for line in value.splitlines() if len(line) >= SHORTEST_LINE)
    for text in (value, *lines, *_beginning(value)):
        clean = sendable(text)
        yield from (
            text,
            repr(text)[1:-1],
            ascii(text)[1:-1],
            dumps(text)[1:-1],
            dumps(text, ensure_ascii=False)[1:-1],
        )
        yield from (quote(clean), quote(clean, safe=""), quote_plus(clean), escape(text), escape(text, False))


def _beginning(value: str) -> Iterator[str]:
    """What a message shows of a long text: it is cut there."""
    if len(value) > SHOWN:
        yield value[:SHOWN]


def sendable(text: str) -> str:
    """The text without what has no UTF-8, as half a surrogate pair in a file's name has none."""
    return text.encode(errors="replace").decode()
