"""A fake AWS on a World: served over HTTP, used through boto3 or any other client of EC2."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import boto3

from antiaffinity.testing.aws.app import Application
from antiaffinity.testing.aws.boto import Session
from antiaffinity.testing.aws.nouns import ACCESS_KEY, IMAGE, SECRET_KEY, Settings
from antiaffinity.testing.aws.state import State
from antiaffinity.testing.rates import limited
from antiaffinity.testing.serving import Served
from antiaffinity.testing.sites import AWS
from antiaffinity.testing.wire import Wire
from antiaffinity.testing.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class FakeAws:
    """One account in one region, from ``with`` to its end; ``settings`` may be changed at any time.

    Zones are those of the World's places in the region, under their own names (``us-east-1a``). Its time
    is the World's: what was due happens at the next request.
    """

    def __init__(self, world: World, settings: Settings | None = None) -> None:
        self.world = world
        self.settings = settings or Settings()
        self.state = State(world, self.settings)
        self._clients: dict[Any, Any] = {}

    def __enter__(self) -> Self:
        self._application = Application(self.state)
        limit = limited(
            self._application, lambda: self.world, lambda: self.settings.rate, AWS.throttled, _is_change
        )
        self._served = Served(limit)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._served.stop()
        self.state.close()

    # The tester's side

    def reset(self, world: World, settings: Settings | None = None) -> None:
        """Begin anew, empty, on another World; the address and the account's keys stay."""
        self.state.close()
        self.world, self.settings = world, settings or Settings()
        self.state = self._application.state = State(world, self.settings)

    def behind(self, gate: Callable[[WSGIApplication], WSGIApplication]) -> None:
        """Let something see every request first."""
        self._served.behind(gate)

    # The clients' side

    @property
    def url(self) -> str:
        """Where it is, for ``endpoint_url``."""
        return f"http://127.0.0.1:{self._served.port}"

    @property
    def env(self) -> dict[str, str]:
        """What another process needs in its environment to be the account here."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": self.settings.region,
            "AWS_REGION": self.settings.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def session(self, wire: Wire | None = None) -> boto3.Session:
        """A new boto3 session of the account; every request of its clients goes through ``wire``.

        They do not repeat requests by themselves.
        """
        return Session(self.url, self.settings.region, wire, lambda: self._served.app, self._clients)

    def client(self, wire: Wire | None = None) -> Any:
        """An EC2 client of a new session."""
        return self.session(wire).client("ec2")

    @property
    def machine(self) -> dict[str, Any]:
        """The arguments of ``run_instances`` besides the place: image and type."""
        return {"ImageId": IMAGE, "InstanceType": "m6i.large"}


def _is_change(request: str) -> bool:
    return not request.startswith("Describe")
