"""How fakes answer over HTTP: on a port of their own, over connections that stay open."""

from __future__ import annotations

import socket
import ssl
import traceback
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from threading import Thread
from typing import TYPE_CHECKING, Any, NoReturn

from werkzeug.datastructures import Headers
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Handler(WSGIRequestHandler):
    """Speaks HTTP/1.1 without delays, and says on stderr only what went wrong in here."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer is sent as a whole
    timeout = 60
    """Seconds for a client that has connected to say something."""

    def run_wsgi(self) -> None:
        """One request and its answer; werkzeug's own would end the connection after it."""
        self.connection.settimeout(None)
        environ = self.make_environ()
        # What an application left of the body would be taken for the next request.
        environ["wsgi.input"] = BytesIO(self._body(environ))
        try:
            parts, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        except ConnectionError:
            self.close_connection = True
        except Exception:
            self.log_error("%s", traceback.format_exc())
            self._answer("500 INTERNAL SERVER ERROR", Headers(), b"")
        else:
            self._answer(status, headers, b"".join(parts))

    def handle_expect_100(self) -> bool:
        """A client that waits for this has not sent its body yet."""
        goes_on = super().handle_expect_100()
        self.wfile.flush()
        return goes_on

    def _body(self, environ: WSGIEnvironment) -> bytes:
        if environ.get("wsgi.input_terminated"):
            return bytes(environ["wsgi.input"].read())
        return self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0))

    def _answer(self, status: str, headers: Headers, body: bytes) -> None:
        code, _, words = status.partition(" ")
        self.send_response(int(code), words)
        headers.setdefault("Date", self.date_time_string())
        if code not in ("204", "304"):
            headers.setdefault("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def log(self, type: str, message: str, *args: object) -> None:
        if type == "error":
            super().log(type, message, *args)


def ended(environ: WSGIEnvironment, start_response: StartResponse) -> NoReturn:
    """What a client without a socket finds where a fake has ended: what one with a socket would."""
    raise ConnectionRefusedError("nobody listens there any more")


class Served:
    """An application on a free port of this machine, from ``start`` to ``stop``."""

    def __init__(self, app: WSGIApplication, tls: ssl.SSLContext | None = None) -> None:
        self._server = _Server("127.0.0.1", 0, app, Handler)
        if tls:
            self._server.ssl_context = tls
            # Hands are shaken in a connection's own thread: a client that says nothing keeps nobody waiting.
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def app(self) -> WSGIApplication:
        """What answers now."""
        return self._server.app

    def behind(self, gate: Callable[[WSGIApplication], WSGIApplication]) -> None:
        """Let something see every request first."""
        self._server.app = gate(self._server.app)

    def stop(self) -> None:
        """Answer nobody any more, not over open connections either."""
        self._server.shutdown()
        self._server.server_close()
        self._server.app = ended


class _Server(ThreadedWSGIServer):
    """Knows its open connections."""

    def __init__(self, *args: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self._open):
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
