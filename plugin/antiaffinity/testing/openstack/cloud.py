"""A fake OpenStack on a World: served over HTTP, used through openstacksdk or any other client of Nova."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from openstack.config import OpenStackConfig
from openstack.connection import Connection

from antiaffinity.testing.gate import Refusal
from antiaffinity.testing.openstack.app import Application
from antiaffinity.testing.openstack.nouns import FLAVORS, PASSWORD, REGION, USERS, Flavor, Settings
from antiaffinity.testing.openstack.state import State
from antiaffinity.testing.openstack.surroundings import IMAGE_ID, NETWORK_ID
from antiaffinity.testing.rates import limited
from antiaffinity.testing.serving import Served
from antiaffinity.testing.transport import StraightAdapter
from antiaffinity.testing.wire import Wire
from antiaffinity.testing.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

TOO_FAST = Refusal(
    429,
    '{"overLimit": {"code": 429, "message": "This request was rate-limited."}}',
    {"Content-Type": "application/json", "Retry-After": "1"},
)
"""What a limiter in front of Nova answers."""


class FakeOpenStack:
    """One OpenStack, from ``with`` to its end; ``settings`` may be changed at any time.

    Projects: ``demo``, ``other``, ``admin``, each with a member (but the last) and an admin as users. Its
    time is the World's: what was due happens at the next request.
    """

    def __init__(
        self, world: World, settings: Settings | None = None, flavors: tuple[Flavor, ...] = FLAVORS
    ) -> None:
        self.world = world
        self.settings = settings or Settings()
        self._flavors = flavors
        self.state = State(world, self.settings, flavors)
        self._connections: list[Connection] = []

    def __enter__(self) -> Self:
        self._application = Application(self.state)
        limit = limited(
            self._application, lambda: self.world, lambda: self.settings.rate, TOO_FAST, _is_change
        )
        self._served = Served(limit)
        self._folder = tempfile.TemporaryDirectory(prefix="fake-openstack-")
        self.clouds_yaml.write_text(json.dumps({"clouds": _clouds(self.url)}))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self._connections:
            connection.close()
        self._served.stop()
        self._folder.cleanup()

    # The tester's side

    def reset(self, world: World, settings: Settings | None = None) -> None:
        """Begin anew, empty, on another World; the address and the log-ins stay."""
        self.world, self.settings, tokens = world, settings or Settings(), self.state.tokens
        self.state = State(world, self.settings, self._flavors)
        self.state.tokens = tokens
        self._application.state = self.state

    def behind(self, gate: Callable[[WSGIApplication], WSGIApplication]) -> None:
        """Let something see every request first."""
        self._served.behind(gate)

    # The clients' side

    @property
    def url(self) -> str:
        """Where it is: the services are below this."""
        return f"http://127.0.0.1:{self._served.port}"

    @property
    def clouds_yaml(self) -> Path:
        """A file for OS_CLIENT_CONFIG_FILE, with one cloud for each user, by the user's name."""
        return Path(self._folder.name) / "clouds.yaml"

    @property
    def env(self) -> dict[str, str]:
        """What another process needs in its environment to be ``demo`` here."""
        return {"OS_CLIENT_CONFIG_FILE": str(self.clouds_yaml), "OS_CLOUD": "demo"}

    def connection(self, wire: Wire | None = None, project: str = "demo", admin: bool = False) -> Connection:
        """A new connection of a project's user, blind to the tester's own configuration.

        Every request of it goes through ``wire``, from the log-in on. It is closed with the cloud.
        """
        user = f"{project}-admin" if admin and project != "admin" else project
        config = OpenStackConfig(load_yaml_config=False, load_envvars=False)
        connection = Connection(config=config.get_one(**_clouds(self.url)[user]))
        connection.session.session.trust_env = False  # the tester's proxies know nothing of this server
        if wire:
            connection.session.session.mount("http://", StraightAdapter(wire, lambda: self._served.app))
        self._connections.append(connection)
        return connection

    @property
    def machine(self) -> dict[str, Any]:
        """The arguments of ``create_server`` besides the name: image, flavor and network."""
        flavor = next(iter(self.state.flavors))
        return {"image_id": IMAGE_ID, "flavor_id": flavor, "networks": [{"uuid": NETWORK_ID}]}


def _clouds(url: str) -> dict[str, dict[str, Any]]:
    """What clouds.yaml says of a cloud, for each user."""
    return {user.name: _cloud(url, user.name, user.project) for user in USERS}


def _cloud(url: str, name: str, project: str) -> dict[str, Any]:
    domains = {"user_domain_name": "Default", "project_domain_name": "Default"}
    auth = {"auth_url": f"{url}/identity/v3", "username": name, "password": PASSWORD, "project_name": project}
    return {"auth": auth | domains, "region_name": REGION, "identity_api_version": "3"}


def _is_change(request: str) -> bool:
    return request.startswith("POST /compute")
