# mypy: untyped-calls-exclude=pyVmomi
"""A vCenter's web server, as one WSGI application: the versions that it speaks, and ``/sdk``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pyVmomi import vim, vmodl

from antiaffinity.testing.vcenter import sessions, soap
from antiaffinity.testing.vcenter.collector import found
from antiaffinity.testing.vcenter.methods import PLAYED
from antiaffinity.testing.vcenter.nouns import Fault, NotYet
from antiaffinity.testing.vcenter.request import Request
from antiaffinity.testing.vcenter.state import State

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

VERSIONS = (
    '<?xml version="1.0" encoding="UTF-8"?><namespaces version="1.0"><namespace><name>urn:vim25</name>'
    f"<version>{soap.NUMBER}</version><priorVersions><version>7.0</version></priorVersions>"
    "</namespace></namespaces>"
).encode()
COOKIE = re.compile(r'vmware_soap_session="?([\w-]+)')
PATIENCE = 0.1
"""Seconds after which a request that waits looks again."""

Answer = tuple[str, dict[str, str], bytes]
"""Status, headers, body."""

OPEN = ("RetrieveServiceContent", "Login")
"""What takes no log-in; nor does asking the two services themselves."""


class Application:
    """Answers one request at a time, after everything that was due before it has happened."""

    def __init__(self, state: State) -> None:
        self.state = state

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status, headers, body = self._answer(environ)
        told = {"Content-Type": "text/xml; charset=utf-8", "Content-Length": str(len(body)), **headers}
        start_response(status, list(told.items()))
        return [body]

    def _answer(self, environ: WSGIEnvironment) -> Answer:
        where = (environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if where == ("GET", "/sdk/vimServiceVersions.xml"):
            return "200 OK", {}, VERSIONS
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if where != ("POST", "/sdk"):
            return "404 Not Found", {}, b""
        return self._awaited(body, environ.get("HTTP_COOKIE", ""))

    def _awaited(self, body: bytes, cookies: str) -> Answer:
        """The answer once there is one; the World goes on while somebody waits."""
        clock = self.state.world.clock
        began = clock.now()
        while True:
            try:
                with self.state.world.lock:
                    return self._asked(body, cookies)
            except NotYet as not_yet:
                if not_yet.seconds is not None and clock.now() - began >= not_yet.seconds:
                    return "200 OK", {}, soap.answer(soap.read(body).method, None)
            clock.sleep(PATIENCE)

    def _asked(self, body: bytes, cookies: str) -> Answer:
        self.state.world.catch_up()
        self.state.sync()
        try:
            call = soap.read(body)
            cookie = COOKIE.search(cookies)
            session = sessions.recognized(self.state, cookie[1]) if cookie else None
            request = Request(self.state, call, session)
        except Fault as fault:
            return _refused(fault)
        try:
            told = soap.answer(call.method, _done(request))
        except Fault as fault:
            return _refused(soap.checked(call.method, fault))
        return "200 OK", _cookie(request), told


def _refused(fault: Fault) -> Answer:
    return "500 Internal Server Error", {}, soap.fault(fault)


def _cookie(request: Request) -> dict[str, str]:
    """Where the request logged somebody in."""
    if request.cookie is None:
        return {}
    return {"Set-Cookie": f'vmware_soap_session="{request.cookie}"; Path=/; HttpOnly; Secure;'}


def _done(request: Request) -> object:
    """What the method gives, for somebody who may call it on an object that is there."""
    if request.session is None and not _is_open(request):
        raise Fault(
            vim.fault.NotAuthenticated(object=None, privilegeId="System.View"),
            "The session is not authenticated.",
        )
    sessions.check(request)
    if request.call.name not in PLAYED:
        raise Fault(vmodl.fault.NotSupported(), f"{request.call.name} is not played here")
    found(request.state, request.call.kind, request.id)
    return PLAYED[request.call.name](request)


def _is_open(request: Request) -> bool:
    fetches = request.call.name == "Fetch" and request.call.kind in ("ServiceInstance", "SessionManager")
    return fetches or request.call.name in OPEN
