"""What a plugin sees of the engine, without the engine: it is started, called, listened to and ended."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import IO, Any, NamedTuple

import grpc
from google.protobuf.empty_pb2 import Empty

from pulumi_antiaffinity.messages import CHANNEL_OPTIONS, engine_pb2, engine_pb2_grpc, provider_pb2_grpc

PLUGIN = (sys.executable, "-c", "from pulumi_antiaffinity.server import main; main()")
"""The real plugin; what its console script does."""


class Told(NamedTuple):
    """A message to the user."""

    severity: str
    message: str
    urn: str
    ephemeral: bool


class LittleEngine(engine_pb2_grpc.EngineServicer):
    """Takes messages to the user and keeps them; ``address`` is where."""

    def __init__(self) -> None:
        self.logs: list[Told] = []
        self.server = grpc.server(ThreadPoolExecutor(16), options=CHANNEL_OPTIONS)
        engine_pb2_grpc.add_EngineServicer_to_server(self, self.server)
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()

    def Log(self, request: engine_pb2.LogRequest, context: Any) -> Empty:
        severity = engine_pb2.LogSeverity.Name(request.severity)
        self.logs.append(Told(severity, request.message, request.urn, request.ephemeral))
        return Empty()

    def stop(self) -> None:
        """Nobody listens there any more."""
        self.server.stop(0).wait()


class Plugin:
    """A plugin that was started as the engine starts one."""

    def __init__(self, process: subprocess.Popen[str], engine: LittleEngine, errors: IO[str]) -> None:
        self.process = process
        self.engine = engine
        self.port = _first_line(process)
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.port}", options=CHANNEL_OPTIONS)
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)
        self._errors = errors

    @property
    def logs(self) -> list[Told]:
        """What the user was told so far."""
        return self.engine.logs

    @property
    def stderr(self) -> str:
        """What it has complained about so far; the engine shows it only if the plugin crashes."""
        self._errors.seek(0)
        return self._errors.read()

    def signal(self, number: signal.Signals) -> None:
        """To its process group, as the engine does."""
        os.killpg(self.process.pid, number)

    def ended(self, within: float = 15) -> int:
        """Wait for its end; the exit code, negative for a signal."""
        return self.process.wait(within)


def _first_line(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    said, _, _ = select.select([process.stdout], [], [], 60)
    line = process.stdout.readline() if said else "nothing, for a minute"
    assert line.strip().isdigit(), f"the plugin's first line is no port but {line!r}"
    return int(line)


@contextmanager
def little_engine() -> Iterator[LittleEngine]:
    """An engine that only listens."""
    engine = LittleEngine()
    try:
        yield engine
    finally:
        engine.stop()


@contextmanager
def plugin(
    *command: str, cwd: str | os.PathLike[str] | None = None, env: Mapping[str, str] | None = None
) -> Iterator[Plugin]:
    """A running plugin, the real one unless another command is given; killed at the end if it still lives."""
    with little_engine() as engine, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [*(command or PLUGIN), engine.address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=cwd,
            env={**os.environ, "PYTHONUNBUFFERED": "", **(env or {})},
            process_group=0,
        )
        with process:
            try:
                running = Plugin(process, engine, errors)
                yield running
                _end(running)
            finally:
                process.kill()  # before the block waits for its end


def _end(running: Plugin) -> None:
    """As the engine does: Cancel, SIGINT to the group, SIGKILL five seconds later."""
    if running.process.poll() is None:
        with suppress(grpc.RpcError, ValueError):
            running.stub.Cancel(Empty(), timeout=5)
        running.signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            running.process.wait(5)
    running.channel.close()


@contextmanager
def served(
    servicer: provider_pb2_grpc.ResourceProviderServicer,
) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """A stub to a servicer in this process, over real gRPC."""
    server = grpc.server(ThreadPoolExecutor(64), options=CHANNEL_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=CHANNEL_OPTIONS) as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
    finally:
        server.stop(0).wait()
