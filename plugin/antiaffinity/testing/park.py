"""The sandboxes of one pytest run: each kind of cloud begins once, and is empty again for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from antiaffinity.clock import lent
from antiaffinity.testing.gate import Gate
from antiaffinity.testing.ground import Brisk, Shape
from antiaffinity.testing.sandbox import Sandbox
from antiaffinity.testing.site import Site
from antiaffinity.testing.sites import site
from antiaffinity.testing.world import Place, World


class Park:
    """Sandboxes by the kind of their cloud, on worlds of one shape."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.standing: set[str] = set()
        """The kinds that the environment leads to just now."""
        self.lasting: set[str] = set()
        """Those to which it does until the end of the run."""
        self._clock = Brisk()
        self._sandboxes: dict[str, tuple[Sandbox, Gate]] = {}
        self._stack = ExitStack()

    def sandbox(self, kind: str) -> Sandbox:
        """The sandbox of a kind, begun if it is the first time."""
        if kind not in self._sandboxes:
            self._sandboxes[kind] = self._begin(site(kind))
        return self._sandboxes[kind][0]

    def _begin(self, kind: Site) -> tuple[Sandbox, Gate]:
        cloud, gate = kind.begin(self._world(kind)), Gate()
        self._stack.enter_context(cloud)
        cloud.behind(gate.before)
        return Sandbox(kind, cloud, gate, self._clock), gate

    def _world(self, kind: Site, places: Sequence[Place] = ()) -> World:
        return World(places or self.shape.places(kind.region, kind.zones), self._clock)

    def reset(self, kind: str, places: Sequence[Place] = ()) -> None:
        """Begin anew with a cloud: empty, on these places, or else on those of the shape."""
        sandbox, gate = self._sandboxes[kind]
        sandbox.cloud.reset(self._world(sandbox.site, places), sandbox.site.first_settings())
        gate.reset()

    def reset_all(self) -> None:
        for kind in self._sandboxes:
            self.reset(kind)

    @contextmanager
    def standing_in(self, kind: str) -> Iterator[Sandbox]:
        """Let the environment lead to the fake, and nowhere else, and the library wait on its time."""
        sandbox = self.sandbox(kind)
        if kind in self.standing:
            yield sandbox
            return
        with lent(self._clock), _environment(sandbox):
            self.standing.add(kind)
            try:
                yield sandbox
            finally:
                self.standing.discard(kind)

    def stand_in(self, kind: str) -> None:
        """The same, to the end of the run."""
        self._stack.enter_context(self.standing_in(kind))
        self.lasting.add(kind)

    def close(self) -> None:
        """End all clouds; the environment is what it was."""
        self._stack.close()


@contextmanager
def _environment(sandbox: Sandbox) -> Iterator[None]:
    """Take out every variable that leads this cloud's clients elsewhere, and put the fake's in."""
    env = sandbox.env

    def theirs() -> dict[str, str]:
        owned = {*env, *(name for name in os.environ if name.startswith(sandbox.site.owns))}
        return {name: os.environ[name] for name in owned if name in os.environ}

    before = theirs()
    _swap(before, env)
    try:
        yield
    finally:
        _swap(theirs(), before)


def _swap(old: Mapping[str, str], new: Mapping[str, str]) -> None:
    for name in old:
        del os.environ[name]
    os.environ.update(new)
