"""One address for the services of a fake AWS, as a WSGI application."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from moto.core.request import Request
from werkzeug.wrappers import Response

from antiaffinity.testing.aws.ec2 import Ec2
from antiaffinity.testing.aws.state import State

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SCOPE = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")
"""How a signed request says which service it is for."""


class _Request(Request):
    from_wsgi_server = True


class Application:
    """Answers one request at a time, after everything that was due before it has happened."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._others: Any = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = self.state.account
        with self.state.world.lock:
            self.state.world.catch_up()
            if _service(environ) != "ec2":
                return self._moto(environ, start_response)
            status, headers, body = Ec2(self.state).answer(_Request(environ))
        kept = {name: value for name, value in headers.items() if name != "status"}
        response = Response(body, status, kept, content_type="text/xml;charset=UTF-8")
        return response(environ, start_response)

    def _moto(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Other services (STS, Auto Scaling) are moto's own, in the same account."""
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        self._others = self._others or DomainDispatcherApplication(create_backend_app)
        answer: Iterable[bytes] = self._others(environ, start_response)
        return answer


def _service(environ: WSGIEnvironment) -> str:
    signed = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    return signed["service"] if signed else "ec2"
