"""The plugin's process: how the engine starts it, how it serves, and when it ends.

The engine runs ``pulumi-resource-antiaffinity [--logtostderr] [-v=N] [--tracing URL] ADDRESS``, reads
the port from the first line of the output and talks gRPC to it
(https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/plugin.go).
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Any

from antiaffinity import __version__

if TYPE_CHECKING:
    import grpc

    from pulumi_antiaffinity.logs import Log
    from pulumi_antiaffinity.messages import provider_pb2_grpc

THREADS = 1000
"""At most, made when needed: an operation that waits for a cloud must not hold up another."""

GLANCE = 1.0
"""Seconds between two looks at whether the engine's process is still there."""

KNOCK = 5
"""Looks between two knocks at the engine's address."""

LINGER = 1.0
"""Seconds without a call after which an asked end comes, unless Cancel was said and nothing ran."""

GRACE = 4.0
"""Seconds that running operations get when the engine is gone; the engine itself gives five."""

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")

HELP = f"""\
pulumi-resource-antiaffinity {__version__}: the plugin of Pulumi's `antiaffinity` package.

Pulumi starts it by itself when a program uses the package: it only has to be on the PATH of the
`pulumi` command (`pip install 'antiaffinity[pulumi]'` into the environment that is active).

To run it by hand, in a debugger say, start it without arguments, and tell Pulumi its port:

  pulumi-resource-antiaffinity
  PULUMI_DEBUG_PROVIDERS=antiaffinity:PORT pulumi up

One Ctrl-C lets running operations finish, a second one ends it at once.

  --help, -h   this text
  --version    the version
"""

MakeServicer = Callable[["Log"], "provider_pb2_grpc.ResourceProviderServicer"]


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until the engine is done with it; the console script ``pulumi-resource-antiaffinity``."""
    words = sys.argv[1:] if argv is None else argv
    if {"--help", "-h"}.intersection(words):
        print(HELP, end="")
    elif "--version" in words:
        print(__version__)
    else:
        _exit(serve(words, _servicer))


def _servicer(log: Log) -> provider_pb2_grpc.ResourceProviderServicer:
    from pulumi_antiaffinity.servicer import Servicer

    return Servicer(log)


def _exit(code: int) -> None:
    """End now: a thread that waits for a cloud would hold up an ordinary exit."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve(argv: Sequence[str], make_servicer: MakeServicer) -> int:
    """Serve what ``make_servicer`` makes until it is time to end; the exit code."""
    _leave_no_core()
    asked = Asked()
    try:
        from pulumi_antiaffinity.logs import Log
    except ModuleNotFoundError as missing:
        print(_what_is_missing(missing), file=sys.stderr)
        return 1
    address, log, running = engine_address(argv), Log(), Running()
    log.dial(address)
    server = _listen(make_servicer(log), running)
    _until_the_end(asked, running, Engine(address) if address else None)
    server.stop(None)
    return 0


def _leave_no_core() -> None:
    """A crash writes no image of the memory: the credentials of clouds are in it."""
    try:
        import resource
    except ImportError:  # Windows, where none is written by default
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _what_is_missing(missing: ModuleNotFoundError) -> str:
    return f"pulumi-resource-antiaffinity: {missing}; run: pip install 'antiaffinity[pulumi]'"


def engine_address(argv: Sequence[str]) -> str | None:
    """The last word that is neither a flag nor a flag's value; None if it was started by hand."""
    values = {place + 1 for place, word in enumerate(argv) if word == "--tracing"}
    words = [w for place, w in enumerate(argv) if place not in values and not w.startswith("-")]
    return words[-1] if words else None


def _listen(servicer: provider_pb2_grpc.ResourceProviderServicer, running: Running) -> grpc.Server:
    """A server on a port of its own, which it prints: the only line that ever goes to stdout."""
    import grpc

    from pulumi_antiaffinity.messages import CHANNEL_OPTIONS, provider_pb2_grpc

    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="operation")
    server = grpc.server(pool, interceptors=[_counting(running)], options=CHANNEL_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    sys.stdout = sys.stderr
    return server


# What is running


class Running:
    """How many calls are being answered, since when none is, and whether the engine has said farewell."""

    def __init__(self) -> None:
        self.cancelled = False
        self._lock = Lock()
        self._calls = 0
        self._since = time.monotonic()

    def __enter__(self) -> None:
        with self._lock:
            self._calls += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._calls -= 1
            self._since = time.monotonic()

    def idle(self) -> float:
        """Seconds since the last call was answered; 0 while one runs."""
        with self._lock:
            return 0.0 if self._calls else time.monotonic() - self._since


def _counting(running: Running) -> grpc.ServerInterceptor:
    """Counts calls where they run: gRPC forgets a call whose caller is gone, its thread goes on."""
    import grpc

    class Counting(grpc.ServerInterceptor):
        def intercept_service(self, continuation: Any, details: Any) -> Any:
            handler = continuation(details)
            if handler is None or handler.unary_unary is None:
                return handler

            def call(sent: bytes, context: Any) -> Any:
                with running:
                    running.cancelled |= details.method.endswith("/Cancel")
                    return handler.unary_unary(_message(handler, sent, context), context)

            return grpc.unary_unary_rpc_method_handler(call, None, handler.response_serializer)

    return Counting()


def _message(handler: Any, sent: bytes, context: Any) -> Any:
    """The request; what protobuf does not read is refused, where gRPC would call it a fault of ours."""
    import grpc
    from google.protobuf.message import DecodeError

    try:
        return handler.request_deserializer(sent)
    except DecodeError:
        text = "a property is nested too deeply: at most 30 lists and objects in one another"
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, text)


# When it ends


class Asked:
    """The signals that came: each asks for the end."""

    def __init__(self) -> None:
        self._came: SimpleQueue[int] = SimpleQueue()  # its put() is safe in a signal handler
        for name in SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and not _ignores_hang_ups(name):
                signal.signal(number, lambda came, _: self._came.put(came))

    def within(self, seconds: float) -> bool:
        """Whether another one comes in this time."""
        try:
            self._came.get(timeout=seconds)
        except Empty:
            return False
        return True


def _ignores_hang_ups(name: str) -> bool:
    """Started by nohup. An ignored SIGINT says nothing: what a script starts in the background has it."""
    return name == "SIGHUP" and signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


class Engine:
    """The engine that started this process: gone when its process is, or when nobody listens there."""

    def __init__(self, address: str) -> None:
        self._parent = os.getppid()
        self._host, _, self._port = address.rpartition(":")
        self._looks = 0

    def gone(self) -> bool:
        """However it died; on Windows, and under a language host, only the address tells."""
        self._looks += 1
        return os.getppid() != self._parent or (self._looks % KNOCK == 0 and self._refuses())

    def _refuses(self) -> bool:
        try:
            socket.create_connection((self._host.strip("[]"), int(self._port)), timeout=GLANCE).close()
        except ConnectionRefusedError:
            return True
        except (OSError, ValueError):  # a firewall, or no address at all: says nothing about the engine
            return False
        return False


def _until_the_end(asked: Asked, running: Running, engine: Engine | None) -> None:
    """Serve until a signal asks for the end and nothing runs, a second one insists, or the engine is gone.

    The engine says Cancel before its signal. One that comes without may have reached all processes at
    once (from a service manager, say), and the engine still has something to ask: what runs goes on and
    its result is saved. What hangs the engine ends by force, five seconds after its signal.
    """
    while not asked.within(GLANCE):
        if engine and engine.gone():
            return _finish(running, GRACE)
    done = running.idle() > 0 and (running.cancelled or engine is None)
    quiet = 0.0 if done else LINGER
    while running.idle() < quiet or running.idle() == 0:
        if asked.within(0.05):
            return None
        if engine and engine.gone():
            return _finish(running, GRACE)
    return None


def _finish(running: Running, seconds: float) -> None:
    """Let what is running come to its end, for so many seconds."""
    end = time.monotonic() + seconds
    while running.idle() == 0 and time.monotonic() < end:
        time.sleep(0.05)
