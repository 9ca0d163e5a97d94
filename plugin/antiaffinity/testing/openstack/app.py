"""The four services behind one address, as one WSGI application."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from antiaffinity.testing.openstack import actions, compute, identity, operators, servers, surroundings
from antiaffinity.testing.openstack.http import (
    OLDEST,
    UNKNOWN,
    Answer,
    Call,
    Refused,
    Version,
    asked_version,
    found,
    response,
    routed,
    written,
)
from antiaffinity.testing.openstack.nouns import NOBODY
from antiaffinity.testing.openstack.state import State

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

OPEN = (
    routed("/identity", identity.OPEN),
    routed("/image", {path: surroundings.IMAGE_ROUTES[path] for path in ("GET /", "GET /versions")}),
    routed("/network", {"GET /": surroundings.NETWORK_ROUTES["GET /"]}),
    routed("/compute", {"GET /": compute.versions, "GET /v2.1": compute.version}),
)
"""What needs no token."""

SERVICES = (
    routed("/identity", identity.ROUTES),
    routed("/image", surroundings.IMAGE_ROUTES),
    routed("/network", surroundings.NETWORK_ROUTES),
    routed("/compute/v2.1", {**servers.ROUTES, **compute.ROUTES, **operators.ROUTES, **actions.ROUTES}),
)


class Application:
    """Answers one request at a time, after everything that was due before it has happened."""

    def __init__(self, state: State) -> None:
        self.state = state

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        with self.state.world.lock:
            self.state.world.catch_up()
            answer = self._answer(request)
        return answer(environ, start_response)

    def _answer(self, request: Request) -> Response:
        version = OLDEST
        try:
            if request.path.startswith("/compute"):
                version = asked_version(request)
            answer = self._routed(request, version)
        except Refused as refused:
            answer = refused.answer()
        if request.path.startswith("/compute/v2.1"):
            answer.headers = {**_versions(version), **answer.headers}
        return response(answer)

    def _routed(self, request: Request, version: Version) -> Answer:
        root = request.host_url.rstrip("/")
        user = self.state.tokens.get(request.headers.get("X-Auth-Token", ""))
        self._check_policy(request)
        for routes in SERVICES if user else OPEN:
            if handler := found(routes, request):
                return handler[0](Call(self.state, request, user or NOBODY, version, root), **handler[1])
        return UNKNOWN if user else identity.UNAUTHORIZED

    def _check_policy(self, request: Request) -> None:
        what = f"{request.method} {request.path.removeprefix('/compute/v2.1')}"
        status = self.state.settings.refusing.get(what)
        if status == 404:
            raise Refused(404, "The resource could not be found.")
        if status:
            raise Refused(status, f"Policy doesn't allow {what} to be performed.")


def _versions(version: Version) -> dict[str, str]:
    return {
        "OpenStack-API-Version": f"compute {written(version)}",
        "X-OpenStack-Nova-API-Version": written(version),
        "Vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
    }
