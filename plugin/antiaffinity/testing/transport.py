"""The Wire under an SDK that speaks HTTP with requests, and the way from there to a fake without a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

from antiaffinity.testing.wire import Wire

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Answering = Callable[[], "WSGIApplication"]
"""The application that answers a fake's requests now: a tester may put something before it."""


class WireAdapter(HTTPAdapter):
    """Carries every request of a session through a wire; it is named by its method and path.

    A lost connection is requests' own ConnectionError, as from a real network; Killed passes through.
    """

    def __init__(self, wire: Wire) -> None:
        super().__init__(max_retries=0)
        self.wire = wire

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        what = f"{request.method} {request.path_url}"
        try:
            return self.wire.carry(what, lambda: self.answer(request, *args, **kwargs))
        except ConnectionError as lost:
            raise requests.ConnectionError(str(lost), request=request) from lost

    def answer(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """What is at the other end of the wire."""
        return super().send(request, *args, **kwargs)


class StraightAdapter(WireAdapter):
    """A wire that ends in a fake of this process: whoever makes thousands of requests saves the sockets."""

    def __init__(self, wire: Wire, answering: Answering) -> None:
        super().__init__(wire)
        self.answering = answering

    def answer(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        headers = [(name, str(value)) for name, value in request.headers.items()]
        told = answered(self.answering(), str(request.method), str(request.url), headers, request.body)
        return self.build_response(request, told)


def answered(
    application: WSGIApplication,
    method: str,
    url: str,
    headers: Iterable[tuple[str, str]],
    body: bytes | str | Any,
) -> HTTPResponse:
    """What an application answers to one request, as a server would send it."""
    where = urlsplit(url)
    asked = EnvironBuilder(
        url.partition(where.netloc)[2] or "/",
        f"{where.scheme}://{where.netloc}",
        method=method,
        headers=Headers(headers),
        data=body.encode() if isinstance(body, str) else body or b"",
    )
    parts, status, told = run_wsgi_app(application, asked.get_environ())
    return HTTPResponse(BytesIO(b"".join(parts)), dict(told), int(status[:3]), preload_content=False)
