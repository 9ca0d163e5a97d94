"""What the user is told while an operation runs: messages that go through the engine, without secrets.

What a plugin prints is not shown to anybody, so everything goes to the engine's own log. Telling is
never worth an operation: a message that cannot be delivered is dropped.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from threading import Lock

import grpc

from pulumi_antiaffinity.messages import engine_pb2, engine_pb2_grpc

PATIENCE = 3.0
"""Seconds that an operation waits at most for the engine to take a message."""

SHORTEST = 4
"""Characters of a secret that is looked for: shorter ones are in every text."""

SHORTEST_LINE = 16
"""Characters of one line of a longer secret (a key file, say) that is looked for by itself."""

SHOWN = 37
"""Characters of a longer text that a message about a wrong value quotes."""

MOST_SECRETS = 1000
"""Remembered at once; an attached plugin serves many runs, and the longest unused are forgotten."""

HIDDEN = "[secret]"

NO_PROXY = [("grpc.enable_http_proxy", 0)]
"""A proxy is for the way to the cloud; the engine is on this machine."""


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

    def redact(self, text: str) -> str:
        """The text with ``[secret]`` in place of every secret, also where two of them overlap."""
        pattern = self._pattern()
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
        clean = _sendable(text)
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


def _sendable(text: str) -> str:
    """The text without what has no UTF-8, as half a surrogate pair in a file's name has none."""
    return text.encode(errors="replace").decode()


class Log:
    """Where messages to the user go; may be used from any thread, and never raises."""

    def __init__(self) -> None:
        self.secrets = Secrets()
        self._channel: grpc.Channel | None = None
        self._engine: engine_pb2_grpc.EngineStub | None = None
        self._lock = Lock()

    def dial(self, address: str | None) -> None:
        """Talk to this engine from now on, ``host:port``; None or empty is nowhere.

        To be called at each Handshake and Attach: one attached plugin serves many engines in turn.
        """
        channel = grpc.insecure_channel(address, options=NO_PROXY) if address else None
        with self._lock:
            former, self._channel = self._channel, channel
            self._engine = engine_pb2_grpc.EngineStub(channel) if channel else None
        if former:
            former.close()

    def close(self) -> None:
        """Talk to nobody any more."""
        self.dial(None)

    def debug(self, message: str, urn: str = "") -> None:
        """For those who run with ``--debug``."""
        self.say(engine_pb2.DEBUG, message, urn)

    def info(self, message: str, urn: str = "") -> None:
        """Shown, and kept among what the run said."""
        self.say(engine_pb2.INFO, message, urn)

    def warning(self, message: str, urn: str = "") -> None:
        """Shown, and counted among the warnings of the run."""
        self.say(engine_pb2.WARNING, message, urn)

    def error(self, message: str, urn: str = "") -> None:
        """Shown, and the run fails by it, whatever the operation answers."""
        self.say(engine_pb2.ERROR, message, urn)

    def progress(self, message: str, urn: str = "") -> None:
        """Shown beside the resource until the next message comes: what a long wait is waiting for."""
        self.say(engine_pb2.INFO, message, urn, ephemeral=True)

    def say(
        self,
        severity: engine_pb2.LogSeverity.ValueType,
        message: str,
        urn: str = "",
        *,
        ephemeral: bool = False,
    ) -> None:
        """Tell the user; ``urn`` names the resource that it is about. Waits three seconds at most."""
        engine = self._engine
        if engine is None:
            return
        text = _sendable(self.secrets.redact(message))
        request = engine_pb2.LogRequest(
            severity=severity, message=text, urn=_sendable(urn), ephemeral=ephemeral
        )
        try:
            engine.Log(request, timeout=PATIENCE)
        except (grpc.RpcError, ValueError):  # a closed channel is a ValueError: somebody dialled anew
            return
