"""The physical truth under every fake cloud: places, machines on them, what fails, and a time of its own.

A fake asks the World what is possible and tells it what happens; a test looks here, and not at an API,
whether machines are apart. Nothing here knows a rule: keeping rules is the fakes' affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from heapq import heappop, heappush
from itertools import count
from random import Random
from threading import RLock

from msgspec import Struct

from antiaffinity.clock import Clock, Real
from antiaffinity.model import Level


class NoRoom(Exception):
    """A place cannot take a machine now; the text says why."""


class Place(Struct):
    """One host, by the names of the domains it lies in; a resource that is not stated is unlimited."""

    host: str
    rack: str = ""
    zone: str = ""
    region: str = ""
    capacity: dict[str, float] = {}
    up: bool = True
    open: bool = True
    """Whether its operator lets new machines in."""

    def domain(self, level: Level) -> str:
        """The path of the place's domain: racks of one name in two zones are two."""
        inside = {"region": (), "zone": (), "rack": (self.zone,), "host": ()}[level]
        return "/".join(filter(None, (*inside, getattr(self, level))))


class Machine(Struct):
    """One machine, as it really is; ``place`` is None while, or because, it is on no host."""

    id: str
    tags: dict[str, str] = {}
    size: dict[str, float] = {}
    place: Place | None = None
    state: str = "running"
    """running | stopped | failed"""
    since: float = 0.0

    def domain(self, level: Level) -> str:
        """Where it is: the name of its domain, "" if it is nowhere."""
        return self.place.domain(level) if self.place else ""

    @property
    def member(self) -> str:
        """The member that its mark names."""
        return self.tags.get("antiaffinity-member", "")


class World:
    """Places and machines; ``clock`` is real time unless a test brings its own, ``seed`` rules all chance.

    Fakes hold ``lock`` while they handle a request, and call ``catch_up`` first: what was to happen by now
    has happened then, in its order.
    """

    def __init__(self, places: Iterable[Place] = (), clock: Clock | None = None, seed: int = 0) -> None:
        self.places = {place.host: place for place in places}
        self.machines: dict[str, Machine] = {}
        self.clock: Clock = clock or Real()
        self.chance = Random(seed)
        self.lock = RLock()
        self.on_failure: list[Callable[[str], None]] = []
        """Told of every host that is about to fail, so that a fake can start its machines elsewhere."""
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._moment: float | None = None

    # What a test looks at

    def running(self, **tags: str) -> list[Machine]:
        """The machines that run, those with these tags; a key's dashes are written as underscores."""
        self.catch_up()
        wanted = {key.replace("_", "-"): value for key, value in tags.items()}
        found = (machine for machine in self.machines.values() if machine.state == "running")
        return sorted((one for one in found if wanted.items() <= one.tags.items()), key=lambda one: one.id)

    def on(self, host: str) -> list[Machine]:
        """The machines on a host, in whatever state."""
        return [one for one in self.machines.values() if one.place and one.place.host == host]

    # Time

    @property
    def now(self) -> float:
        """The moment; while an event happens, the moment it was due."""
        return self.clock.now() if self._moment is None else self._moment

    def after(self, seconds: float, happens: Callable[[], None]) -> None:
        """Let something happen later."""
        heappush(self._events, (self.now + seconds, next(self._order), happens))

    def catch_up(self) -> None:
        """Let everything happen that is due."""
        with self.lock:
            while self._events and self._events[0][0] <= self.clock.now():
                self._moment, _, happens = heappop(self._events)
                try:
                    happens()
                finally:
                    self._moment = None

    # What fakes do

    def free(self, host: str) -> dict[str, float]:
        """What is left of each resource that the host states."""
        used: dict[str, float] = {}
        for machine in self.on(host):
            for resource, amount in machine.size.items():
                used[resource] = used.get(resource, 0) + amount
        return {name: whole - used.get(name, 0) for name, whole in self.places[host].capacity.items()}

    def takes(self, host: str, size: Mapping[str, float]) -> bool:
        """Whether the host is up, open and has room."""
        return self.places[host].up and self.holds(host, size)

    def holds(self, host: str, size: Mapping[str, float]) -> bool:
        """Whether the host is open and has room, up or not."""
        free = self.free(host)
        fits = all(amount <= free[resource] for resource, amount in size.items() if resource in free)
        return self.places[host].open and fits

    def create(self, id_: str, tags: Mapping[str, str], size: Mapping[str, float]) -> Machine:
        """A machine that is on no host yet, and stopped."""
        machine = Machine(id_, dict(tags), dict(size), state="stopped", since=self.now)
        self.machines[id_] = machine
        return machine

    def put(self, id_: str, host: str) -> None:
        """Let a machine run on a host; NoRoom, and nothing changed, where it does not fit."""
        self.reserve(id_, host)
        self.start(id_)

    def reserve(self, id_: str, host: str) -> None:
        """Give a machine a place, in the state that it is in; NoRoom where it does not fit."""
        machine = self.machines[id_]
        before, machine.place = machine.place, None
        if not self.takes(host, machine.size):
            machine.place = before
            raise NoRoom(f"{host} has no room for {id_}")
        machine.place = self.places[host]

    def start(self, id_: str) -> None:
        """Let a machine run where it is."""
        self.machines[id_].state = "running"

    def stop(self, id_: str, keeps_place: bool) -> None:
        """Stop a machine; some clouds give its place away then."""
        machine = self.machines[id_]
        machine.state = "stopped"
        machine.place = machine.place if keeps_place else None

    def fail(self, id_: str) -> None:
        """A machine that never came up: it exists, on no host."""
        machine = self.machines[id_]
        machine.state, machine.place = "failed", None

    def remove(self, id_: str) -> None:
        """Take a machine out of the World; fine if gone."""
        self.machines.pop(id_, None)

    # Trouble that tests make

    def add(self, place: Place) -> None:
        """A new host."""
        self.places[place.host] = place

    def fail_host(self, host: str) -> None:
        """A host goes down, and its machines stop running; they stay on it."""
        for told in self.on_failure:
            told(host)
        self.places[host].up = False
        for machine in self.on(host):
            machine.state = "stopped"

    def repair_host(self, host: str) -> None:
        """The host comes back and so do its machines."""
        self.places[host].up = True
        for machine in self.on(host):
            machine.state = "running"

    def fill(self, host: str) -> None:
        """Leave no room for anything on a host: somebody else's machines take it."""
        self.places[host].open = False

    def empty(self, host: str) -> None:
        """Let machines in again."""
        self.places[host].open = True

    def move(self, id_: str, host: str) -> None:
        """An operator's hand puts a machine elsewhere, past every rule; NoRoom where it does not fit."""
        self.put(id_, host)
