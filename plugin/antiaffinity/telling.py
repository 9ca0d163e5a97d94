"""What an exception of somebody else's tells: where it came from, and its words, for our own errors."""

from __future__ import annotations

from collections.abc import Iterator


def causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it was raised from, outermost first."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__


def printed(error: BaseException) -> str:
    """What a failed command printed on stderr; "" where it is no command's."""
    text = getattr(error, "stderr", None) or ""
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)


def brief(text: str) -> str:
    """One line, and not more than a person reads."""
    line = " ".join(text.split())
    return line if len(line) <= 300 else f"{line[:300]}…"
