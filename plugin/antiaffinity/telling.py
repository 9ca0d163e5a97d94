"""What an exception of somebody else's tells: where it came from, and its words, for our own errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from antiaffinity.errors import AntiaffinityError


def causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it was raised from, outermost first."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__


def explained(
    error: BaseException, of_cause: Callable[[BaseException], AntiaffinityError | None]
) -> AntiaffinityError | None:
    """What an exception, or the first of its causes that means anything, means.

    None where nothing does, and for an error of ours: that is the user's own word and stands.
    """
    if isinstance(error, AntiaffinityError):
        return None
    return next(filter(None, map(of_cause, causes(error))), None)


def printed(error: BaseException) -> str:
    """What a failed command printed on stderr; "" where it is no command's."""
    text = getattr(error, "stderr", None) or ""
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)


def brief(text: str) -> str:
    """One line, and not more than a person reads."""
    line = " ".join(text.split())
    return line if len(line) <= 300 else f"{line[:300]}…"
