"""What one wires to a new cloud: a World, a deploy script of its user, and the hands of its operator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from antiaffinity import model
from antiaffinity.clock import Clock
from antiaffinity.estates import Estate
from antiaffinity.guarantee import Guarantee
from antiaffinity.model import GroupKey, Placement, Size
from antiaffinity.testing.wire import Wire
from antiaffinity.testing.world import Machine, Place, World


class Deployer(Struct, frozen=True):
    """One deploy script of one group, as its user wrote it.

    ``boot`` makes the cloud's one launch call for a placement, with these arguments, and gives the id; of
    the placement it takes what no argument of the call says (the client of its zone, say). ``discard``
    deletes a machine, and without an id whatever bears the member's mark; ``find`` gives the id of a member's
    machine, or None; ``start`` powers a machine on, where joining comes before that, and is fine if it
    runs already. ``own`` are the user's own launch arguments, and each of ``elsewhere`` some that
    name another place than any placement does; ``once`` are the arguments that belong to one call alone,
    such as a token. ``plain`` gives arguments in words of their own, that are equal where they say the same:
    some SDKs take objects.
    """

    cloud: Estate
    boot: Callable[[Placement, Mapping[str, Any]], str]
    discard: Callable[[model.Machine], None]
    find: Callable[[str], str | None]
    own: Mapping[str, Any] = {}
    elsewhere: Sequence[Mapping[str, Any]] = ()
    once: Sequence[str] = ()
    start: Callable[[model.Machine], None] | None = None
    plain: Callable[[Any], Any] = deepcopy


class Harness(Protocol):
    """One empty cloud.

    It has two domains or more of every level that the cloud promises something for, four hosts that are
    open and one that is not there yet (``add_host``), and room on each host for several machines.
    ``patience`` is how many seconds after its death a deployer is taken for dead.
    """

    @property
    def clock(self) -> Clock:
        """The time in which it all happens."""

    @property
    def patience(self) -> float: ...

    def deployer(self, key: GroupKey, wire: Wire) -> Deployer:
        """A new process of the user's: it shares nothing with others but the cloud.

        Every one of its requests passes the wire, those of its hands too.
        """

    def reads(self, request: str) -> bool:
        """Whether a request, as the wire names it, changes nothing."""

    def places(self) -> list[Place]:
        """Every host, as it really is."""

    def machines(self) -> list[Machine]:
        """Every machine that exists, of everybody and in any state, as it really is."""

    def natives(self) -> list[str]:
        """The ids of every native group that exists, of everybody."""

    def stop(self, id_: str) -> None:
        """The user stops a machine."""

    def terminate(self, id_: str) -> None:
        """The user deletes a machine past the library, and waits until it is gone."""

    def break_(self, id_: str) -> None:
        """A machine that ran comes into error, or what is nearest to it here; it may run all the same."""

    def slow(self, seconds: float) -> None:
        """From now on it takes that long until the place of a new machine is decided."""

    def close(self, host: str) -> None:
        """A host takes no new machines: somebody else's fill it."""

    def open(self, host: str) -> None:
        """It takes some again."""

    def retire(self, place: Place) -> Size | None:
        """A place, or the zone around it, goes out of service, as its users see it; its machines stay.

        The answer is the size that members ask for where it is so for launches of one size; None where no
        user of this cloud could see such a thing.
        """

    def add_host(self) -> None:
        """The operator adds a host."""

    def hide(self, id_: str) -> None:
        """From now on the cloud's lists lack a machine, or show nothing of what it is."""

    def unhide(self) -> None:
        """Lists are whole again."""

    @property
    def names_hidden(self) -> bool:
        """Whether something of the cloud's still names a member that its lists lack: its native group."""

    def enlarge(self, each: int) -> None:
        """The operator adds hosts like those that are there, until every zone has so many."""

    def move(self, id_: str, host: str) -> None:
        """The operator moves a machine, past every rule."""

    def rearrange(self) -> None:
        """The cloud itself moves machines, as far as its native rules let it."""

    def foreign_native(self, promise: Guarantee) -> str:
        """Somebody else makes a native group that promises this; its id. Only where one is delegated."""

    def occupant(self, native: str) -> str:
        """Somebody else launches a machine without any mark into a native group; its id."""

    def delete_native(self, id_: str) -> None:
        """Somebody deletes a native group under its members, or empties it first; they go on running."""

    def remark(self, id_: str, marks: Mapping[str, str]) -> None:
        """Somebody edits our keys of a machine that runs, or takes them away: these are all it bears then."""


READS = ("GET ", "HEAD ", "find")
"""How requests begin that change nothing, of most clouds."""

Fresh = Callable[[Clock], Harness]
"""Makes an empty cloud on this clock; one that runs in real time brings its own."""


class OnWorld:
    """The part of a harness that a World answers; ``terminate`` takes the deploy script's own hand."""

    patience: float = 0.0

    def __init__(self, world: World) -> None:
        self.world = world

    @property
    def clock(self) -> Clock:
        return self.world.clock

    def reads(self, request: str) -> bool:
        return request.startswith(READS)

    def places(self) -> list[Place]:
        return list(self.world.places.values())

    def machines(self) -> list[Machine]:
        with self.world.lock:
            self.world.catch_up()
            return sorted(self.world.machines.values(), key=lambda machine: machine.id)

    def close(self, host: str) -> None:
        self.world.fill(host)

    def open(self, host: str) -> None:
        self.world.empty(host)

    def enlarge(self, each: int) -> None:
        for zone in sorted({place.zone for place in self.places()}):
            first, *others = (place for place in self.places() if place.zone == zone)
            for number in range(each - 1 - len(others)):
                self.world.add(_like(first, number))

    def move(self, id_: str, host: str) -> None:
        self.world.move(id_, host)

    def rearrange(self) -> None:
        """Most clouds move nobody."""

    @property
    def names_hidden(self) -> bool:
        """Most native groups do not name their members."""
        return False

    @property
    def hidden(self) -> set[str]:
        """Whom the lists of the fake lack: where there is none, nothing hides."""
        return set()

    def hide(self, id_: str) -> None:
        self.hidden.add(id_)

    def unhide(self) -> None:
        self.hidden.clear()


def _like(place: Place, number: int) -> Place:
    """Another host beside one, on a rack of its own."""
    rack = f"{place.rack}-{number}" if place.rack else ""
    return replace(place, host=f"{place.host}-{number}", rack=rack)


def places() -> list[Place]:
    """Four hosts in two regions, each with a zone, a rack and a name of its own kind; see ``spare``."""
    return [_place(number) for number in (1, 2, 3, 4)]


def spare() -> Place:
    """The host that ``add_host`` adds."""
    return _place(5)


def _place(number: int) -> Place:
    """Hosts alternate between two zones; every host is a rack, whose number both zones use."""
    side = (number - 1) % 2 + 1
    return Place(f"h{number}", f"r{(number + 1) // 2}", f"z{side}", f"e{side}", {"vcpus": 8})
