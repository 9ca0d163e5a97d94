"""Requests that a cloud takes later: waited for as it says, for as long in all as the user says.

429 and 503 may tell in Retry-After how long, in seconds or as a date
(https://www.rfc-editor.org/rfc/rfc9110#name-retry-after); OpenStack's 413 ``overLimit`` may in its body.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from antiaffinity import clock
from antiaffinity.backend import Backend, Patient
from antiaffinity.errors import Busy, Unavailable
from antiaffinity.telling import brief, causes, printed
from antiaffinity.waiting import seconds_in

T = TypeVar("T")

SETTING = "retry_timeout"
"""The setting of every cloud with requests, in seconds."""

USUAL = 120.0
"""Seconds for which one request is repeated, with its rests, where ``retry_timeout`` does not say."""

FIRST, LONGEST = 0.5, 30.0
"""Seconds of the first pause and of the longest, where the cloud says none; each is twice the one before."""

BUSY = (429, 502, 503, 504)
"""Statuses of who takes a request later: a read is repeated after each of them."""

IN_WORDS = re.compile(r"""retry-?after["']?\s*[:=]\s*["']?(\d+)""", re.IGNORECASE)
"""As a body, or a tool that prints the answer, tells it."""

_listener: ContextVar[Callable[[str], None]] = ContextVar("antiaffinity.retry", default=lambda words: None)


@contextmanager
def heard_by(listener: Callable[[str], None]) -> Iterator[None]:
    """Tell it, in this thread or task, of every wait in this block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def retry_timeout(settings: Mapping[str, object]) -> tuple[float, dict[str, object]]:
    """The seconds for which a request is repeated, and all other settings; InvalidRequest for no time."""
    rest = dict(settings)
    said = rest.pop(SETTING, None)
    return (USUAL if said is None else seconds_in(said, SETTING)), rest


class Tries:
    """One request and its repetitions, within a patience of so many seconds."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self._until: float | None = None
        self._count = 0

    def rest(self, told: float | None) -> bool:
        """Wait before the same again, as the cloud has told; False where the patience ends before."""
        if self._until is None:
            self._until = clock.now() + self.patience
        pause = self._pause() if told is None else told
        if clock.now() + pause > self._until:
            return False
        _listener.get()(_words(pause, told))
        clock.sleep(pause if told is None else pause + clock.uniform(0, FIRST))
        self._count += 1
        return True

    def rest_or_end(self, refusal: str, told: float | None) -> None:
        """The same; Unavailable, with what to set, where the patience ends before."""
        if not self.rest(told):
            raise ended(refusal, told, self.patience)

    def _pause(self) -> float:
        """Longer each time, and for each run another: those that were refused together part."""
        return float(min(FIRST * 2**self._count, LONGEST)) * clock.uniform(0.5, 1.5)

    def over(self) -> None:
        """It was taken: the patience begins anew with the next."""
        self._until, self._count = None, 0


def _words(pause: float, told: float | None) -> str:
    if told is None:
        return f"the cloud takes no more requests now: waiting {pause:.0f} s"
    return f"the cloud asks to wait {pause:.0f} s"


def repeated(call: Callable[[], T], patience: float, later: Callable[[Exception], bool]) -> T:
    """The answer of a request, repeated where ``later`` says of its exception that this is of use.

    Where it is not it is raised; Unavailable once the patience has passed.
    """
    tries = Tries(patience)
    while True:
        try:
            return call()
        except Exception as error:
            if not later(error):
                raise
            refusal, told = error, wait_told(error)
        try:
            tries.rest_or_end(brief(str(refusal)), told)
        except Unavailable as error:
            raise error from refusal


def patiently(backend: Backend, verb: Callable[[], T]) -> T:
    """What a verb that changes something comes to: begun anew, from its look on, where the cloud is busy.

    All verbs look first, so that one whose answer was lost at a gateway is not done twice.
    """
    return repeated(verb, patience_of(backend), lambda error: isinstance(error, Busy))


def patience_of(backend: Backend) -> float:
    """Seconds for which this cloud's user repeats one request."""
    return backend.retry_timeout if isinstance(backend, Patient) else USUAL


def ended(refusal: str, told: float | None, patience: float) -> Unavailable:
    """The error where the patience has passed, or would before the cloud takes it."""
    wants = f" and wants {told:.0f} s of rest" if told else ""
    return Unavailable(
        f"{refusal}{wants}: {SETTING} of its cloud is {patience:g} s; set it to more seconds, or run again "
        f"later"
    )


# What the cloud says


def wait_told(error: BaseException) -> float | None:
    """The seconds that a refusal, or what it was raised from, asks to wait; None where it does not say."""
    for cause in causes(error):
        headers = headers_of(getattr(cause, "response", None))
        found = told_in(headers, printed(cause) or str(cause))
        if found is not None:
            return found
    return None


def headers_of(response: object) -> Mapping[str, str]:
    """The headers of an answer, as requests, azure-core and botocore have it."""
    if isinstance(response, Mapping):
        response = response.get("ResponseMetadata") or {}
        found = response.get("HTTPHeaders") if isinstance(response, Mapping) else None
    else:
        found = getattr(response, "headers", None)
    return {str(name).lower(): str(value) for name, value in found.items()} if found else {}


def told_in(headers: Mapping[str, str], body: str = "") -> float | None:
    """The seconds that an answer asks to wait; ``headers`` by their names in small letters."""
    said = headers.get("retry-after", "").strip()
    if said.isdigit():
        return float(said)
    if said:
        return _until(said, headers.get("date", ""))
    found = IN_WORDS.search(body)
    return float(found[1]) if found else None


def _until(date: str, now: str) -> float | None:
    """The seconds to a date, by the clock of who says it."""
    then, here = _date(date), _date(now) or datetime.now(UTC)
    return None if then is None else max(0.0, (then - here).total_seconds())


def _date(said: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(said)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
