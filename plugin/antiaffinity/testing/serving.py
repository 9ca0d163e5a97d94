"""How fakes answer over HTTP."""

from __future__ import annotations

from werkzeug.serving import WSGIRequestHandler


class Handler(WSGIRequestHandler):
    """Speaks HTTP/1.1 without delays, and says on stderr only what went wrong in here."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: object) -> None:
        if type == "error":
            super().log(type, message, *args)
