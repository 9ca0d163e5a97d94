"""A server that is not the cloud's: a portal, another API, half an answer. It is said as that."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.testing import Turns

ANSWERS = {
    "a page": b"<html><body>Welcome to our hotel</body></html>",
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "an empty object": b"{}",
    "a number": b"42",
    "XML": b"<a/>",
    "no text": b"\xff\xfe\x00",
}


def openstack(url: str) -> aa.Estate:
    words = {"username": "u", "password": "p", "project_name": "p", "user_domain_name": "Default"}
    return aa.connect("openstack", auth_url=f"{url}/v3", project_domain_name="Default", **words)


def aws(url: str) -> aa.Estate:
    keys = {"aws_access_key_id": "AK", "aws_secret_access_key": "SK"}
    return aa.connect("aws", endpoint_url=url, region_name="us-east-1", **keys)


def exoscale(url: str) -> aa.Estate:
    return aa.connect("exoscale", key="EXOa", secret="b", url=f"{url}/v2")


@contextmanager
def answering(body: bytes) -> Iterator[str]:
    """The address of a server that says the same to everything."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_HEAD = answer

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("body", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("connect", [openstack, aws, exoscale])
def test_an_answer_of_another_server_is_unavailable(
    connect: Callable[[str], aa.Estate], body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OS_CLOUD", raising=False)
    with answering(body) as url, lent(Turns()), pytest.raises(aa.Unavailable) as error:
        connect(url).groups()
    assert error.value.exit_code == 3


def test_a_fault_of_our_own_is_told_as_one() -> None:
    from antiaffinity.odd_answers import Shown, read_by_sdk

    with pytest.raises(aa.Unavailable, match="nothing called zones"):
        Shown({}, "Exoscale")["zones"]
    with pytest.raises(aa.Unavailable, match="KeyError"), read_by_sdk("Exoscale", "exoscale"):
        _stumble("exoscale.api.v2")
    for module in ("antiaffinity_exoscale.reading", "users_program"):
        with pytest.raises(KeyError), read_by_sdk("Exoscale", "exoscale"):
            _stumble(module)


def _stumble(module: str) -> None:
    exec(compile("{}['a']", module, "exec"), {"__name__": module})
