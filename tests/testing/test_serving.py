"""Fakes answer over connections that stay open, and end with them."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from antiaffinity.testing.serving import Served

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def ports(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answers with the client's port; reads no body."""
    start_response("200 OK", [])
    return [str(environ["REMOTE_PORT"]).encode()]


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served(ports)
    yield served
    served.stop()


def said(connection: HTTPConnection, method: str, body: bytes | None = None) -> bytes:
    connection.request(method, "/", body)
    return connection.getresponse().read()


def test_one_connection_carries_many_requests_whether_their_bodies_are_read_or_not(served: Served) -> None:
    connection = HTTPConnection("127.0.0.1", served.port, timeout=5)
    first = said(connection, "GET")
    local = connection.sock.getsockname()
    assert [said(connection, "POST", b"x" * 100_000), said(connection, "GET")] == [first, first]
    assert said(connection, "HEAD") == b""
    assert said(connection, "GET") == first
    assert connection.sock.getsockname() == local
    connection.close()


def test_a_client_that_asks_first_whether_to_send_its_body_is_answered(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 100 ")
        client.send(b"{}")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_a_chunked_body_ends_before_the_next_request(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"".join(iter(lambda: client.recv(1000), b"")).startswith(b"HTTP/1.1 200 ")


def test_whoever_is_still_connected_at_the_end_is_told_by_the_connections_end() -> None:
    served = Served(ports)
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        client.recv(1000)
        served.stop()
        assert client.recv(1000) == b""
