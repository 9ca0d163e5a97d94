# mypy: untyped-calls-exclude=pyVmomi
"""The Wire between pyVmomi and vcsim, over real HTTPS.

vcsim works in a time of its own, and a deployer here waits on a clock that jumps: so a task has ended before
its caller is told of it. Then no look depends on how far it is, and every run makes the same requests.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from typing import Any

from pyVmomi import vim
from pyVmomi.SoapAdapter import SoapStubAdapter

from antiaffinity.testing import Wire
from antiaffinity.testing.vcenter.stub import Response, WiredConnection
from real.vcsim_box import VCSim

BEGUN = re.compile(rb'<returnval type="Task">([\w-]+)<')

Ended = Callable[[str], object]
"""Waits for the end of a task, of which it takes the id."""


class WiredHttps(SoapStubAdapter):
    """The SDK's own stub; every request passes the wire on its way to a port of this machine."""

    def __init__(self, port: int, version: str, wire: Wire, ended: Ended) -> None:
        context = ssl._create_unverified_context()
        super().__init__(  # type: ignore[no-untyped-call]
            host="127.0.0.1",
            port=port,
            version=version,
            sslContext=context,
            acceptCompressedResponses=False,
        )
        self.wire, self._ended = wire, ended

    def GetConnection(self) -> WiredConnection:
        https = super().GetConnection()  # type: ignore[no-untyped-call]
        return WiredConnection(_Patient(https, self._ended), self.wire)

    def ReturnConnection(self, conn: WiredConnection) -> None:
        super().ReturnConnection(conn.connection.https)  # type: ignore[no-untyped-call]


class _Patient:
    """A connection whose answers come when the tasks they tell of have ended."""

    def __init__(self, https: Any, ended: Ended) -> None:
        self.https, self._ended = https, ended

    def request(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        self.https.request(method, path, body, headers)

    def getresponse(self) -> Response:
        told = self.https.getresponse()
        body = told.read()
        for task in BEGUN.findall(body):
            self._ended(task.decode())
        return Response(f"{told.status} {told.reason}", dict(told.getheaders()), body)

    def close(self) -> None:
        self.https.close()


def log_in(box: VCSim, version: str, wire: Wire, ended: Ended) -> Any:
    """A new session of a deployer's; every request after that passes the wire."""
    stub = WiredHttps(box.port, version, Wire(), ended)
    si: Any = vim.ServiceInstance("ServiceInstance", stub)
    si.RetrieveContent().sessionManager.Login(box.settings["user"], box.settings["pwd"], None)
    stub.wire = wire
    return si


def log_out(si: Any) -> None:
    """Its connections, too, are closed."""
    si._stub.wire = Wire()
    si.RetrieveContent().sessionManager.Logout()
    si._stub.DropConnections()
