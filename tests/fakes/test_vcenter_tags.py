"""What vCenter's REST API refuses, over the wire: known by the type of the error, not by its status."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import ClassVar

import msgspec
import pytest
import trustme

import antiaffinity as aa
from antiaffinity_vcenter.tags import SESSION, Tags


class Rest(BaseHTTPRequestHandler):
    """Gives a session, and refuses all else."""

    status: ClassVar[int] = 400
    kind: ClassVar[str] = ""

    def do_POST(self) -> None:
        if self.path == SESSION:
            self._answer(200, {"value": "a-session"})
        else:
            self._refuse()

    def do_GET(self) -> None:
        self._refuse()

    def _refuse(self) -> None:
        frame = f"com.vmware.vapi.std.errors.{self.kind.lower()}"
        told = {"error_type": self.kind, "messages": [{"default_message": "no such tag"}]}
        self._answer(self.status, {"type": frame, "value": told} if self.kind else "<html>")

    def _answer(self, status: int, body: object) -> None:
        sent = msgspec.json.encode(body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, format: str, *args: object) -> None:
        """Tests say what matters."""


@pytest.fixture(scope="module")
def tags() -> Iterator[Tags]:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with HTTPServer(("127.0.0.1", 0), Rest) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield Tags("127.0.0.1", server.server_port, trusting, "user", "pwd", "room")
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (404, "NOT_FOUND", aa.Conflict),
        (400, "RESOURCE_BUSY", aa.Conflict),
        (400, "INVALID_ARGUMENT", aa.InvalidRequest),
        (401, "UNAUTHENTICATED", aa.NotAuthorized),
        (403, "UNAUTHORIZED", aa.NotAuthorized),
        (503, "SERVICE_UNAVAILABLE", aa.Unavailable),
        (404, "", aa.Unavailable),
        (403, "", aa.NotAuthorized),
    ],
)
def test_a_refused_reading_of_tags_is_told_by_its_type(
    status: int, kind: str, error: type[aa.AntiaffinityError], tags: Tags, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rest, "status", status)
    monkeypatch.setattr(Rest, "kind", kind)
    with pytest.raises(aa.AntiaffinityError, match="reading tags") as refused:
        tags.attached()
    assert type(refused.value) is error
