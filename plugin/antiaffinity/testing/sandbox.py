"""A cloud of a test's own, and the hands that make trouble in it: what the fixtures give."""

from __future__ import annotations

from collections.abc import Iterable

from antiaffinity.errors import InvalidRequest
from antiaffinity.testing.gate import Gate, Mishap
from antiaffinity.testing.ground import Brisk, nearest
from antiaffinity.testing.site import Fake, Site
from antiaffinity.testing.world import Machine, Place, World

A_WHILE = 60
"""Seconds in which a cloud has booted or deleted whatever it was asked to."""

__tracebackhide__ = True
"""pytest ends a traceback in the test, at the line that called one of these."""


class Sandbox:
    """One fake cloud on a World of its own.

    ``cloud`` is the fake itself, with its settings; ``world`` has the places and the machines as they
    really are. Seconds are the cloud's own, of which ten go by in one of the tester's.
    """

    def __init__(self, site: Site, cloud: Fake, gate: Gate, clock: Brisk) -> None:
        self.site, self.cloud, self._gate, self._clock = site, cloud, gate, clock

    def __repr__(self) -> str:
        return f"<{self.site.title} of {len(self.world.places)} hosts, {len(self.world.machines)} machines>"

    @property
    def world(self) -> World:
        return self.cloud.world

    @property
    def env(self) -> dict[str, str]:
        """What another process needs in its environment to use this cloud; this process has it already."""
        return {**self.site.blinds, **self.cloud.env}

    @property
    def requests(self) -> list[str]:
        """What was asked of the cloud, in this order: "GET /path", or an action such as "RunInstances"."""
        return list(self._gate.requests)

    # What a test looks at, once what was begun has come to its end

    def running(self, **tags: str) -> list[Machine]:
        """The machines that really run, those with these tags; a key's dashes are written as underscores."""
        self._let_it_end()
        return self.world.running(**tags)

    def machines(self) -> list[Machine]:
        """Every machine, whatever its state."""
        self._let_it_end()
        return sorted(self.world.machines.values(), key=lambda machine: machine.id)

    def _let_it_end(self) -> None:
        with self.world.lock:
            self._clock.skip(A_WHILE)
            self.world.catch_up()

    # Trouble with places: each is a host, or the path of a rack ("z1/r2"), a zone or a region

    def fill(self, place: str) -> None:
        """Leave no room there for anything new; what runs there goes on."""
        for one in self._places(place):
            self.world.fill(one.host)

    def empty(self, place: str) -> None:
        """Let machines in there again."""
        for one in self._places(place):
            self.world.empty(one.host)

    def refuse(self, *, zone: str) -> None:
        """A zone has no capacity for anything new."""
        if zone not in (known := _unique(place.zone for place in self.world.places.values())):
            raise InvalidRequest(f"there is no zone {zone!r}: {nearest(zone, known)}", path="zone")
        self.fill(zone)

    def fail_host(self, host: str) -> None:
        """A host goes down, and what ran on it runs no more."""
        with self.world.lock:
            self.world.fail_host(self._host(host))

    def repair_host(self, host: str) -> None:
        """The host comes back, and so do its machines."""
        with self.world.lock:
            self.world.repair_host(self._host(host))

    def move(self, machine: Machine | str, host: str) -> None:
        """An operator's hand puts a machine elsewhere, past every rule; NoRoom where it does not fit."""
        id_ = machine if isinstance(machine, str) else machine.id
        if id_ not in self.world.machines:
            raise InvalidRequest(
                f"no machine is called {id_!r}: {nearest(id_, sorted(self.world.machines))}", path="machine"
            )
        with self.world.lock:
            self.world.move(id_, self._host(host))

    def _host(self, host: str) -> str:
        if host not in self.world.places:
            raise InvalidRequest(
                f"there is no host {host!r}: {nearest(host, list(self.world.places))}", path="host"
            )
        return host

    def _places(self, name: str) -> list[Place]:
        found = [place for place in self.world.places.values() if name in _names(place)]
        if not found:
            known = _unique(name for place in self.world.places.values() for name in _names(place))
            raise InvalidRequest(f"there is no place {name!r}: {nearest(name, known)}", path="place")
        return found

    # Trouble with requests: ``matching`` is a pattern with shell wildcards for them, as ``requests`` has them

    def fail_request(self, n: int = 1, *, times: int = 1, matching: str = "*", late: bool = False) -> None:
        """Cut the connection at the n-th request from now, and at as many more as ``times`` says.

        ``late``: the request has its effect, and only the answer is lost.
        """
        self._gate.expect(Mishap(n, times, matching, late))

    def throttle(self, times: int = 1, *, matching: str = "*") -> None:
        """Answer the next requests that they come too often, in the cloud's own words."""
        self._gate.expect(Mishap(1, times, matching, refusal=self.site.throttled))

    def delay(self, seconds: float) -> None:
        """Let every step of the cloud, and whatever it tells late, take so long from now on; 0: no time."""
        for name in self.site.lags:
            setattr(self.cloud.settings, name, seconds)


def _names(place: Place) -> list[str]:
    """What a place may be called, the outermost first."""
    names = (place.region, place.zone, place.rack and place.domain("rack"), place.host)
    return [name for name in names if name]


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, names)))
