"""A fake Azure on a World: served over TLS, used through azure-mgmt-compute or any other client of ARM."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import requests
import trustme
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.compute import ComputeManagementClient

from antiaffinity.clock import Clock
from antiaffinity.testing.azure.app import Application
from antiaffinity.testing.azure.credential import FakeCredential
from antiaffinity.testing.azure.identity import CLIENT, SECRET
from antiaffinity.testing.azure.nouns import (
    GROUP,
    SIZES,
    TENANT,
    Exchange,
    Principal,
    Refusal,
    Settings,
    Size,
    group_id,
)
from antiaffinity.testing.azure.state import State
from antiaffinity.testing.rates import limited
from antiaffinity.testing.serving import Served
from antiaffinity.testing.sites import AZURE
from antiaffinity.testing.transport import Answering, StraightAdapter
from antiaffinity.testing.wire import Wire
from antiaffinity.testing.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class _Transport(RequestsTransport):  # type: ignore[misc]  # untyped
    """The SDK's own way to the network; its waits are the World's, so that no test waits for real."""

    def __init__(self, clock: Clock, ca: Path, wire: Wire | None, answering: Answering) -> None:
        session = requests.Session()
        session.trust_env = False  # the tester's proxies know nothing of this server
        if wire:
            session.mount("https://", StraightAdapter(wire, answering))
        super().__init__(session=session, session_owner=False, connection_verify=str(ca))
        self._clock = clock

    def sleep(self, duration: float) -> None:
        self._clock.sleep(duration)

    def close(self) -> None:
        self.session.close()


class FakeAzure:
    """One subscription with one resource group, from ``with`` to its end.

    ``settings`` may be changed at any time. Its time is the World's: what was due happens at the next
    request, and clients made here wait on the World's clock.
    """

    def __init__(self, world: World, settings: Settings | None = None, sizes: Sequence[Size] = SIZES) -> None:
        self.world = world
        self.settings = settings or Settings()
        self._sizes = sizes
        self.state = State(world, self.settings, sizes)
        self._clients: list[ComputeManagementClient] = []

    def __enter__(self) -> Self:
        self._application = Application(self.state)
        limit = limited(
            self._application, lambda: self.world, lambda: self.settings.rate, AZURE.throttled, _is_change
        )
        self._served = Served(limit, _tls()[0])
        self._folder = tempfile.TemporaryDirectory(prefix="fake-azure-")
        self.ca.write_bytes(_tls()[1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            client.close()
        self._served.stop()
        self._folder.cleanup()

    # The tester's side

    def reset(self, world: World, settings: Settings | None = None) -> None:
        """Begin anew, empty, on another World; the address and the log-ins stay."""
        self.world, self.settings, tokens = world, settings or Settings(), self.state.tokens
        self.state = State(world, self.settings, self._sizes)
        self.state.tokens = tokens
        self._application.state = self.state

    def behind(self, gate: Callable[[WSGIApplication], WSGIApplication]) -> None:
        """Let something see every request first."""
        self._served.behind(gate)

    @property
    def exchanges(self) -> list[Exchange]:
        """Every request of any client, with its answer."""
        return self.state.exchanges

    def refuse(self, refusal: Refusal) -> None:
        """Plant an answer for the next requests of a kind."""
        self.state.refusals.append(refusal)

    def throttle(self, of: str, times: int = 1, retry_after: int = 1200) -> None:
        """Answer the next requests of a kind as Azure does when there were too many of them.

        https://learn.microsoft.com/troubleshoot/azure/virtual-machines/windows/troubleshooting-throttling-errors
        """
        details = [{"code": "TooManyRequests", "target": "HighCostGet", "message": "{}"}]
        words = "The server rejected the request because too many requests have been received."
        body: dict[str, Any] = {"code": "OperationNotAllowed", "message": words, "details": details}
        body = {"error": body} if self.settings.throttle_envelope else body
        headers = {"Retry-After": str(retry_after)}
        self.refuse(Refusal(of, 429, body.get("code", ""), times=times, headers=headers, body=body))

    # The clients' side

    @property
    def url(self) -> str:
        """Where Azure Resource Manager is, and Entra too."""
        return f"https://127.0.0.1:{self._served.port}"

    @property
    def ca(self) -> Path:
        """The certificate that clients must trust."""
        return Path(self._folder.name) / "ca.pem"

    @property
    def env(self) -> dict[str, str]:
        """What another process needs in its environment to log in here without more words."""
        return {
            "AZURE_TENANT_ID": TENANT,
            "AZURE_CLIENT_ID": CLIENT,
            "AZURE_CLIENT_SECRET": SECRET,
            "AZURE_AUTHORITY_HOST": self.url,
            "AZURE_SUBSCRIPTION_ID": self.settings.subscription,
            "REQUESTS_CA_BUNDLE": str(self.ca),
        }

    def plain(self, location: str) -> dict[str, Any]:
        """The settings of ``connect`` as a SPEC has them, for other processes: a client's id and secret."""
        return {
            "tenant_id": TENANT,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "authority": self.url,
            "disable_instance_discovery": True,
            "base_url": self.url,
            "connection_verify": str(self.ca),
            "subscription_id": self.settings.subscription,
            "resource_group_name": GROUP,
            "location": location,
        }

    def credential(self, rights: Sequence[str] | None = None) -> FakeCredential:
        """Somebody with these rights, by the names of Azure's operations; without any: with all."""
        token = self.state.new_id()
        self.state.tokens[token] = Principal("f1d2d2f9-24e9-4a0e-9fae-ac0e8fa3a2d5", rights)
        return FakeCredential(token)

    def client(
        self, wire: Wire | None = None, credential: FakeCredential | None = None, **own: Any
    ) -> ComputeManagementClient:
        """A new client of the SDK; every request of it goes through ``wire``. Closed with the cloud."""
        client = ComputeManagementClient(
            credential or self.credential(),
            self.settings.subscription,
            base_url=self.url,
            transport=_Transport(self.world.clock, self.ca, wire, lambda: self._served.app),
            **own,
        )
        self._clients.append(client)
        return client

    def machine(self, location: str) -> dict[str, Any]:
        """The least body of a machine: size, image and an address in a subnet."""
        net = f"{group_id(GROUP)}/providers/Microsoft.Network/virtualNetworks/net"
        subnet = self.state.outside(f"{net}/subnets/default")
        address = {"name": "ip", "properties": {"subnet": {"id": subnet}}}
        interface = {"name": "nic", "properties": {"primary": True, "ipConfigurations": [address]}}
        image = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}
        disk = {"createOption": "FromImage", "managedDisk": {"storageAccountType": "Standard_LRS"}}
        network = {"networkApiVersion": "2020-11-01", "networkInterfaceConfigurations": [interface]}
        properties = {
            "hardwareProfile": {"vmSize": next(iter(self.state.sizes.values())).name},
            "storageProfile": {"imageReference": image, "osDisk": disk},
            "networkProfile": network,
        }
        return {"location": location, "properties": properties}


@cache
def _tls() -> tuple[ssl.SSLContext, bytes]:
    """The server's side of TLS and the authority's certificate, one for all fakes of a process."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context, authority.cert_pem.bytes()


def _is_change(request: str) -> bool:
    return "/subscriptions/" in request and not request.startswith("GET ")
