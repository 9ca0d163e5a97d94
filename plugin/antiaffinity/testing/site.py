"""What a kind of fake cloud is to a tester: where it is found, and what differs from the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, cast

from msgspec import Struct

from antiaffinity.errors import NotOffered
from antiaffinity.testing.gate import Refusal
from antiaffinity.testing.world import Machine, World

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Fake(Protocol):
    """What every fake cloud can do, from ``with`` to its end."""

    world: World
    settings: Any

    @property
    def env(self) -> dict[str, str]:
        """What a process needs in its environment to be the fake's user."""

    def reset(self, world: World, settings: Any) -> None:
        """Begin anew, empty, on another World; the address and the log-ins stay."""

    def behind(self, gate: Callable[[WSGIApplication], WSGIApplication]) -> None:
        """Let something see every request first."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def tagged(cloud: Any, machine: Machine) -> str:
    """What a machine's tags call it."""
    return machine.member or machine.tags.get("Name", "")


class Site(Struct, frozen=True, kw_only=True):
    """One kind of cloud.

    ``settings`` are the fake's at first: where a launch asks for nothing, machines lie together, so that a
    script which forgets to ask is caught; and what a client would wait long for is soon done. ``lags`` are
    those that say, in seconds, how late things happen or are told.
    """

    kind: str
    title: str
    fake: str
    """The name of its class."""
    region: str = ""
    zones: tuple[str, ...]
    owns: tuple[str, ...]
    """How the names of the environment's variables begin that its clients read."""
    blinds: Mapping[str, str] = {}
    """What else the environment needs, so that clients do not read the tester's own configuration."""
    throttled: Refusal
    settings: Mapping[str, Any] = {}
    lags: tuple[str, ...]
    label: Callable[[Any, Machine], str] = tagged

    def begin(self, world: World) -> Fake:
        """The fake, not entered yet; NotOffered where its SDK is missing."""
        return cast(Fake, getattr(self._module(), self.fake)(world, self.first_settings()))

    def first_settings(self) -> Any:
        """The settings that every test begins with."""
        return self._module().Settings(**self.settings)

    def _module(self) -> ModuleType:
        try:
            return import_module(f"antiaffinity.testing.{self.kind}")
        except ModuleNotFoundError as missing:
            extras = f"pip install 'antiaffinity[{self.kind},testing]'"
            raise NotOffered(f"the fake {self.title} needs {missing.name}: {extras}") from missing
