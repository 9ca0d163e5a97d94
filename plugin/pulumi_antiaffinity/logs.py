"""What the user is told while an operation runs: messages that go through the engine, without secrets.

What a plugin prints is not shown to anybody, so everything goes to the engine's own log. Telling is
never worth an operation: a message that cannot be delivered is dropped.
"""

from __future__ import annotations

from threading import Lock

import grpc

from antiaffinity.secrets import Secrets, sendable
from pulumi_antiaffinity.messages import engine_pb2, engine_pb2_grpc

PATIENCE = 3.0
"""Seconds that an operation waits at most for the engine to take a message."""

NO_PROXY = [("grpc.enable_http_proxy", 0)]
"""A proxy is for the way to the cloud; the engine is on this machine."""


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
        text = sendable(self.secrets.redact(message))
        request = engine_pb2.LogRequest(
            severity=severity, message=text, urn=sendable(urn), ephemeral=ephemeral
        )
        try:
            engine.Log(request, timeout=PATIENCE)
        except (grpc.RpcError, ValueError):  # a closed channel is a ValueError: somebody dialled anew
            return
