# mypy: untyped-calls-exclude="pyVmomi,antiaffinity.testing.vcenter"
"""The way from the SDK to the fake within one process: pyVmomi's own stub, whose connection is no socket.

All of the SDK runs, down to the bytes that it sends and is sent; what is left out is TLS and the kernel,
which is most of the time that a test would wait.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from pyVmomi.SoapAdapter import SoapStubAdapter

from antiaffinity.testing.vcenter import soap
from antiaffinity.testing.wire import Wire

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

ASKED = re.compile(rb"<soapenv:Body><(\w+)")
ABOUT = re.compile(rb"<propSet><type>(\w+)|<prop [^>]*>(\w+)<")


class WiredStub(SoapStubAdapter):
    """Every request passes the wire, named by its method and what is read: ``RetrievePropertiesEx Task``."""

    def __init__(self, address: tuple[str, int], app: Callable[[], WSGIApplication], wire: Wire) -> None:
        host, port = address
        super().__init__(host=host, port=port, version=soap.VERSION, acceptCompressedResponses=False)  # type: ignore[no-untyped-call]
        self._app, self.wire = app, wire

    def GetConnection(self) -> WiredConnection:
        return WiredConnection(_Inside(self._app()), self.wire)

    def ReturnConnection(self, conn: WiredConnection) -> None:
        """Nothing is kept."""


class WiredConnection:
    """A connection of the stub's behind a wire: a request is sent when the wire lets it."""

    def __init__(self, connection: Any, wire: Wire) -> None:
        self.connection, self._wire = connection, wire

    def request(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        self._asked = (method, path, body, headers)

    def getresponse(self) -> Any:
        return self._wire.carry(_name(self._asked[2]), self._answered)

    def _answered(self) -> Any:
        self.connection.request(*self._asked)
        return self.connection.getresponse()

    def close(self) -> None:
        self.connection.close()


class _Inside:
    """What the stub takes for a connection."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def request(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        self._asked = (method, path, body, headers)

    def getresponse(self) -> Response:
        told: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], error: object = None) -> Any:
            told.update(status=status, headers=headers)

        body = b"".join(self._app(_environ(*self._asked), start))
        return Response(told["status"], dict(told["headers"]), body)

    def close(self) -> None:
        """There is nothing to close."""


class Response(BytesIO):
    """What the stub takes for an HTTP response, its body read already."""

    def __init__(self, status: str, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(body)
        number, _, self.reason = status.partition(" ")
        self.status = int(number)
        self._headers = {name.lower(): value for name, value in headers.items()}

    def getheader(self, name: str, default: str | None = None) -> str | None:
        return self._headers.get(name.lower(), default)


def _environ(method: str, path: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": headers["Content-Type"],
        "HTTP_COOKIE": headers.get("Cookie") or "",
        "wsgi.input": BytesIO(body),
    }


def _name(body: bytes) -> str:
    asked = ASKED.search(body)
    about = sorted({kind or prop for kind, prop in ABOUT.findall(body)})
    return b" ".join([asked[1] if asked else b"?", *about]).decode()
