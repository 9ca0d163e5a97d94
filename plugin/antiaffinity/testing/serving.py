"""How fakes answer over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from werkzeug.serving import WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Handler(WSGIRequestHandler):
    """Speaks HTTP/1.1 without delays, and says on stderr only what went wrong in here."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: object) -> None:
        if type == "error":
            super().log(type, message, *args)


def ended(environ: WSGIEnvironment, start_response: StartResponse) -> NoReturn:
    """What a client without a socket finds where a fake has ended: what one with a socket would."""
    raise ConnectionRefusedError("nobody listens there any more")
