"""A fake Exoscale and a user of it, in a time that does not really go by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import antiaffinity as aa
from antiaffinity.backend import Backend
from antiaffinity.clock import lent
from antiaffinity.testing import Place, Turns, Wire, World
from antiaffinity.testing.exoscale import FakeExoscale, Settings

GENEVA, FRANKFURT, VIENNA = "ch-gva-2", "de-fra-1", "at-vie-1"


def hypervisors(**zones: int) -> list[Place]:
    """So many hypervisors in each zone, with its dashes as underscores."""
    return [
        Place(f"{zone}-{number}", zone=zone.replace("_", "-"))
        for zone, count in zones.items()
        for number in range(count)
    ]


class Stage:
    """One organization, and what its user does there."""

    def __init__(self, exo: FakeExoscale) -> None:
        self.exo, self.world = exo, exo.world
        self.wire = Wire()
        self.returns: Callable[[dict[str, Any]], str] = lambda operation: str(operation["reference"]["id"])

    @property
    def requests(self) -> list[str]:
        """What was asked since the last time, by method and path, an id being ``*``."""
        asked = [_without_ids(one) for one in self.wire.requests]
        self.wire.requests.clear()
        return asked

    def connect(self, owner: str = "shop/prod", **settings: Any) -> aa.Estate:
        return aa.connect("exoscale", owner=owner, client=self.exo.client(wire=self.wire), **settings)

    def backend(self, **settings: Any) -> Backend:
        (backend,) = self.connect(**settings).clouds.values()
        return backend

    def group(self, members: Any = 3, name: str = "db", **words: Any) -> aa.Group:
        settings = {key: words.pop(key) for key in ("zones", "zone", "owner") if key in words}
        rules = words.pop("rules", "anti-affinity")
        return self.connect(**settings).group(name, members=members, rules=rules, **words)

    def roll_out(self, members: Any = 3, name: str = "db", **words: Any) -> aa.Report:
        return self.group(members, name, **words).roll_out(self.boot, self.kill)

    def boot(self, placement: aa.Placement) -> str:
        """As users write it: the client of the placement's zone, and the operation's reference."""
        client = self.exo.client(placement.domains["zone"], self.wire)
        return self.returns(client.create_instance(**placement.arguments(**self.exo.machine)))

    def kill(self, machine: aa.Machine) -> None:
        if machine.id and machine.id in self.exo.state.instances:
            zone = self.exo.state.instances[machine.id].zone
            self.exo.client(zone, self.wire).delete_instance(id=machine.id)

    # Others

    def theirs(self, name: str = "theirs", description: str | None = None) -> str:
        """A group by another hand."""
        more = {} if description is None else {"description": description}
        made = self.exo.client().create_anti_affinity_group(name=name, **more)
        self.wait()
        return str(made["reference"]["id"])

    def occupant(self, *groups: str, zone: str = GENEVA) -> str:
        """Somebody else's instance in these groups."""
        asked = [{"id": id_} for id_ in groups]
        made = self.exo.client(zone).create_instance(**self.exo.machine, anti_affinity_groups=asked)
        self.wait()
        return str(made["reference"]["id"])

    def wait(self, seconds: float = 5.0) -> None:
        self.world.clock.sleep(seconds)
        self.world.catch_up()

    # The truth

    @property
    def hosts(self) -> list[str]:
        """The hypervisor of each running machine of ours."""
        return [machine.domain("host") for machine in self.world.running() if machine.member]

    @property
    def zones(self) -> dict[str, int]:
        """How many machines of ours run in each zone."""
        zones = [machine.domain("zone") for machine in self.world.running() if machine.member]
        return {zone: zones.count(zone) for zone in sorted(set(zones))}

    @property
    def groups(self) -> dict[str, int]:
        """How many instances each group has, by its id."""
        return {id_: len(self.exo.state.members(id_)) for id_ in self.exo.state.groups}


@contextmanager
def stage(places: Sequence[Place], settings: Settings | None = None) -> Iterator[Stage]:
    """An organization on these hypervisors, on a lent clock."""
    clock = Turns()
    with lent(clock), FakeExoscale(World(places, clock), settings) as exo:
        yield Stage(exo)


def _without_ids(request: str) -> str:
    method, path = request.split(" ", 1)
    return f"{method} " + "/".join("*" if len(part) == 36 else part for part in path.split("/"))
