"""A gate on the way to a cloud: it counts the requests that pass, and somebody can lie in wait for one."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

HOP = {"connection", "content-length", "keep-alive", "transfer-encoding"}
"""Headers that are about one connection."""


class Gate:
    """A way to the Nova at ``url``; what goes through it comes back with addresses of the gate.

    A request that repeats the one before is waiting, not progress, and does not count: so a run has about
    as many requests, however busy the machine is.
    """

    def __init__(self, url: str) -> None:
        self._there = urlsplit(url).netloc
        self._lock = threading.Lock()
        self._passed: list[str] = []
        self._trap: tuple[int, str, Callable[[], None]] = (0, "", _nobody)

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"gate": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def _here(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def through(self, clouds_yaml: Path, folder: Path) -> Path:
        """The same clouds, reached through the gate."""
        mine = folder / "clouds.yaml"
        mine.write_text(clouds_yaml.read_text().replace(self._there, self._here))
        return mine

    def wait_for(self, number: int, act: Callable[[], None], only: str = "") -> None:
        """Count anew, and act when the request of that number comes; then it goes on its way all the same.

        ``only`` requests that end with these words count.
        """
        with self._lock:
            self._passed, self._trap = [], (number, only, act)

    def _let_in(self, request: str) -> None:
        with self._lock:
            number, only, act = self._trap
            repeated = self._passed[-1:] == [request] and not only
            if repeated or not request.endswith(only):
                return
            self._passed.append(request)
            due = number == len(self._passed)
        if due:
            act()

    def carry(self, handler: BaseHTTPRequestHandler) -> None:
        """Pass one request on, and its answer back."""
        self._let_in(f"{handler.command} {handler.path}")
        there = http.client.HTTPConnection(self._there, timeout=120)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {key: value for key, value in handler.headers.items() if key.lower() != "host"}
        there.request(handler.command, handler.path, body, headers)
        answer = there.getresponse()
        self._answer(handler, answer, answer.read().replace(self._there.encode(), self._here.encode()))
        there.close()

    def _answer(self, handler: BaseHTTPRequestHandler, answer: Any, body: bytes) -> None:
        handler.send_response(answer.status, answer.reason)
        for key, value in answer.getheaders():
            if key.lower() not in HOP:
                handler.send_header(key, value.replace(self._there, self._here))
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


def _nobody() -> None:
    """Nobody lies in wait."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    gate: Gate

    def _carry(self) -> None:
        try:
            self.gate.carry(self)
        except (BrokenPipeError, ConnectionResetError):  # who asked is dead
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _carry

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""
