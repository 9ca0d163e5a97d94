"""What every request to a fake cloud passes first: noted, cut off, or answered in the cloud's stead."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from fnmatch import fnmatchcase
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from msgspec import Struct

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FORM, SOAP = "application/x-www-form-urlencoded", "text/xml"
IN_SOAP = re.compile(rb"<(?:\w+:)?Body[^>]*>\s*<(?:\w+:)?(\w+)")
"""The action that a SOAP request names."""


class Refusal(Struct, frozen=True):
    """What a cloud answers to whom it refuses, in its own words."""

    status: int
    body: str
    headers: dict[str, str] = {}


class Mishap(Struct):
    """What befalls ``times`` of the requests that match, from the ``first`` of them on, counted from 1.

    Without a refusal the connection is cut: before the request has its effect, or, if ``late``, after it.
    """

    first: int = 1
    times: int = 1
    matching: str = "*"
    late: bool = False
    refusal: Refusal | None = None
    seen: int = 0

    def befalls(self, what: str) -> bool:
        """Whether it is this request's turn; it counts if it matches."""
        matches = fnmatchcase(what, self.matching)
        self.seen += matches
        return matches and self.first <= self.seen < self.first + self.times


class Gate:
    """Stands before a fake cloud's application, below any SDK and whatever process it runs in."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self._mishaps: list[Mishap] = []
        self._lock = Lock()

    def expect(self, mishap: Mishap) -> None:
        """Let this happen to requests from now on."""
        with self._lock:
            self._mishaps.append(mishap)

    def reset(self) -> None:
        """Forget what was asked, and what was to happen."""
        with self._lock:
            self.requests, self._mishaps = [], []

    def before(self, cloud: WSGIApplication) -> WSGIApplication:
        """The application that carries each request through this gate."""

        def passed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            mishap = self._due(named(environ))
            if mishap is None:
                return cloud(environ, start_response)
            return _befall(mishap, cloud, environ, start_response)

        return passed

    def _due(self, what: str) -> Mishap | None:
        with self._lock:
            self.requests.append(what)
            return next(iter([one for one in self._mishaps if one.befalls(what)]), None)


def _befall(
    mishap: Mishap, cloud: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    from werkzeug.wrappers import Response

    if mishap.late:
        Response.from_app(cloud, environ, buffered=True)
    if mishap.refusal is None:
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError("made to fail")
    told = mishap.refusal
    return Response(told.body, told.status, told.headers)(environ, start_response)


def named(environ: WSGIEnvironment) -> str:
    """A request by its action where its body names one, a form or SOAP; else by its method and path."""
    from werkzeug.wrappers import Request

    request = Request(environ)
    plain = f"{request.method} {request.path}"
    if request.mimetype not in (FORM, SOAP):
        return plain
    body = request.get_data()
    environ["wsgi.input"] = BytesIO(body)
    if request.mimetype == FORM:
        return parse_qs(body.decode()).get("Action", [plain])[0]
    action = IN_SOAP.search(body)
    return action[1].decode() if action else plain
