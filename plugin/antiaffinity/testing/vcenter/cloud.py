# mypy: untyped-calls-exclude=pyVmomi
"""A fake vCenter on a World: served over TLS, used through pyVmomi or any other client of its SOAP API."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from functools import cache
from hashlib import sha256
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import trustme
from pyVmomi import vim

from antiaffinity.testing.rates import limited
from antiaffinity.testing.serving import Served
from antiaffinity.testing.sites import VCENTER
from antiaffinity.testing.vcenter import drs, nouns
from antiaffinity.testing.vcenter.app import Application
from antiaffinity.testing.vcenter.nouns import Principal, Settings
from antiaffinity.testing.vcenter.state import State
from antiaffinity.testing.vcenter.stub import WiredStub
from antiaffinity.testing.wire import Wire
from antiaffinity.testing.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

OWNER = Principal(nouns.USER, nouns.PASSWORD)


class FakeVCenter:
    """One vCenter with one datacenter ``dc1``, from ``with`` to its end; ``settings`` may be changed.

    The World's zones are its clusters; a place without a zone is a host by itself. Where places have a
    region too, that is the cluster, and its zones are host groups of DRS. There is a template to clone
    (``template``), and a datastore and a network that every host reaches. Its time is the World's: what was
    due happens at the next request.
    """

    def __init__(self, world: World, settings: Settings | None = None) -> None:
        self.world = world
        self.settings = settings or Settings()
        self.state = _begin(world, self.settings)
        self.state.principals[OWNER.user] = OWNER

    def __enter__(self) -> Self:
        self._application = Application(self.state)
        limit = limited(
            self._application, lambda: self.world, lambda: self.settings.rate, VCENTER.throttled, _is_launch
        )
        self._served = Served(limit, _tls()[0])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._served.stop()

    # The tester's side

    def reset(self, world: World, settings: Settings | None = None) -> None:
        """Begin anew, empty, on another World; the address and the log-ins stay."""
        self.world, self.settings, before = world, settings or Settings(), self.state
        self.state = _begin(world, self.settings)
        self.state.principals, self.state.sessions = before.principals, before.sessions
        self.state.uuid = before.uuid
        self._application.state = self.state

    def behind(self, gate: Callable[[WSGIApplication], WSGIApplication]) -> None:
        """Let something see every request first."""
        self._served.behind(gate)

    def drs(self) -> list[str]:
        """Let DRS look at every cluster now; the names of the machines that it moved."""
        with self.world.lock:
            self.world.catch_up()
            self.state.sync()
            return [vm.name for vm in drs.balance(self.state)]

    # The clients' side

    @property
    def host(self) -> str:
        """Where it is, for ``SmartConnect(host=…)``: with its port."""
        return f"127.0.0.1:{self._served.port}"

    @property
    def thumbprint(self) -> str:
        """The SHA-256 of its certificate, as ``SmartConnect(thumbprint=…)`` takes it."""
        return sha256(ssl.PEM_cert_to_DER_cert(_tls()[1].decode())).hexdigest()

    @property
    def env(self) -> dict[str, str]:
        """What another process needs in its environment to be the administrator here."""
        return {
            "VSPHERE_SERVER": self.host,
            "VSPHERE_USER": OWNER.user,
            "VSPHERE_PASSWORD": OWNER.password,
            "VSPHERE_ALLOW_UNVERIFIED_SSL": "true",
            "GOVC_URL": f"https://{self.host}/sdk",
            "GOVC_USERNAME": OWNER.user,
            "GOVC_PASSWORD": OWNER.password,
            "GOVC_INSECURE": "true",
        }

    @property
    def plain(self) -> dict[str, Any]:
        """The settings of ``connect`` as a SPEC has them, for other processes."""
        return {
            "host": "127.0.0.1",
            "port": self._served.port,
            "user": OWNER.user,
            "pwd": OWNER.password,
            "thumbprint": self.thumbprint,
        }

    def client(self, wire: Wire | None = None, allowed: Iterable[str] | None = None) -> Any:
        """A new ServiceInstance of the SDK, logged in; every request after that goes through ``wire``.

        With ``allowed`` its user has only these privileges, beside those that every role has.
        """
        wire = wire or Wire()
        who = OWNER if allowed is None else self._restricted(allowed)
        stub = WiredStub(("127.0.0.1", self._served.port), lambda: self._served.app, Wire())
        si: Any = vim.ServiceInstance("ServiceInstance", stub)
        si.RetrieveContent().sessionManager.Login(who.user, who.password, None)
        stub.wire = wire
        return si

    def _restricted(self, allowed: Iterable[str]) -> Principal:
        number = len(self.state.principals)
        who = Principal(f"limited-{number}@vsphere.local", f"secret-{number}", frozenset(allowed))
        self.state.principals[who.user] = who
        return who

    @property
    def template(self) -> str:
        """The moref of a template that ``CloneVM_Task`` takes."""
        return nouns.TEMPLATE

    @property
    def folder(self) -> str:
        """The moref of the folder that machines lie in."""
        return nouns.MACHINES


def _begin(world: World, settings: Settings) -> State:
    state = State(world, settings)
    world.on_failure.append(lambda host: drs.lose(state, host))

    def look() -> None:
        state.sync()
        drs.balance(state)
        if settings.drs_every > 0:
            world.after(settings.drs_every, look)

    if settings.drs_every > 0:
        world.after(settings.drs_every, look)
    return state


@cache
def _tls() -> tuple[ssl.SSLContext, bytes]:
    """The server's side of TLS and its certificate, one for all fakes of a process."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = authority.issue_cert("127.0.0.1")
    certificate.configure_cert(context)
    return context, certificate.cert_chain_pems[0].bytes()


def _is_launch(request: str) -> bool:
    return request in ("CloneVM_Task", "CreateVM_Task")
