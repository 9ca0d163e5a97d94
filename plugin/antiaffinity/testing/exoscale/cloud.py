"""A fake Exoscale on a World: served over HTTP, used through its SDK or any other client of its API."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from exoscale.api.v2 import Client

from antiaffinity.testing.exoscale.app import Application
from antiaffinity.testing.exoscale.document import document
from antiaffinity.testing.exoscale.nouns import TEMPLATE_ID, TYPES, InstanceType, Key, Settings
from antiaffinity.testing.exoscale.state import State
from antiaffinity.testing.rates import limited
from antiaffinity.testing.serving import Served
from antiaffinity.testing.sites import EXOSCALE
from antiaffinity.testing.transport import StraightAdapter
from antiaffinity.testing.wire import Wire
from antiaffinity.testing.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

OWNER = Key("EXO0000000000000000owner", "the-secret-of-the-owner")
"""The key that may do everything."""


class FakeExoscale:
    """One Exoscale organization, from ``with`` to its end; ``settings`` may be changed at any time.

    The World's hosts are hypervisors, and its zones must be named as Exoscale's are. Its time is the
    World's: what was due happens at the next request.
    """

    def __init__(
        self, world: World, settings: Settings | None = None, types: Iterable[InstanceType] = TYPES
    ) -> None:
        self.world = world
        self.settings = settings or Settings()
        self._types = tuple(types)
        self.state = State(world, self.settings, self._types)
        self.state.keys[OWNER.id] = OWNER
        self._clients: list[Any] = []
        _check_zones(self.state.zones)

    def __enter__(self) -> Self:
        self._application = Application(self.state)
        limit = limited(
            self._application, lambda: self.world, lambda: self.settings.rate, EXOSCALE.throttled, _is_change
        )
        self._served = Served(limit)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            client.http_client.close()
        self._served.stop()

    # The tester's side

    def reset(self, world: World, settings: Settings | None = None) -> None:
        """Begin anew, empty, on another World; the address and the keys stay."""
        _check_zones(sorted({place.zone for place in world.places.values()}))
        self.world, self.settings, keys = world, settings or Settings(), self.state.keys
        self.state = self._application.state = State(world, self.settings, self._types)
        self.state.keys = keys

    def behind(self, gate: Callable[[WSGIApplication], WSGIApplication]) -> None:
        """Let something see every request first."""
        self._served.behind(gate)

    # The clients' side

    def url(self, zone: str = "") -> str:
        """The endpoint of a zone, of the first one if none is named."""
        return f"http://127.0.0.1:{self._served.port}/{zone or self.state.zones[0]}/v2"

    @property
    def env(self) -> dict[str, str]:
        """What another process needs in its environment to be the organization's owner here."""
        return {
            "EXOSCALE_API_KEY": OWNER.id,
            "EXOSCALE_API_SECRET": OWNER.secret,
            "EXOSCALE_API_ENDPOINT": self.url(),
        }

    def client(self, zone: str = "", wire: Wire | None = None, allowed: Iterable[str] | None = None) -> Any:
        """A new client of one zone; it is closed with the cloud.

        Every request of it goes through ``wire``. With ``allowed`` its key has a role that allows only
        these operations, each as ``compute.list-instances``.
        """
        key = OWNER if allowed is None else self._restricted(allowed)
        client = Client(key.id, key.secret, url=self.url(zone))
        client.http_client.trust_env = False  # the tester's proxies know nothing of this server
        if wire:
            client.http_client.mount("http://", StraightAdapter(wire, lambda: self._served.app))
        self._clients.append(client)
        return client

    def _restricted(self, allowed: Iterable[str]) -> Key:
        operations = frozenset(name.partition(".")[2] for name in allowed)
        key = Key(f"EXO{len(self.state.keys):021d}", f"secret-{len(self.state.keys)}", operations)
        self.state.keys[key.id] = key
        return key

    @property
    def machine(self) -> dict[str, Any]:
        """The arguments of ``create_instance`` that it asks for: type, template and disk."""
        type_ = next(iter(self.state.types))
        return {"instance_type": {"id": type_}, "template": {"id": TEMPLATE_ID}, "disk_size": 10}


def _check_zones(zones: Iterable[str]) -> None:
    """Answers could not name a zone that the document does not know."""
    known = document()["components"]["schemas"]["zone-name"]["enum"]
    for zone in zones:
        if zone not in known:
            raise ValueError(f"Exoscale has no zone {zone!r}; a place's zone is one of {', '.join(known)}")


def _is_change(request: str) -> bool:
    return not request.startswith("GET ")
