"""How many requests each verb makes of Nova, beside the fewest that its API allows.

On the fake OpenStack, where servers are up at once: waiting for one costs as many requests as it takes.
Logging in (three requests, once) is not counted, the user's own ``create_server`` is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from openstack.connection import Connection

import antiaffinity as aa
from antiaffinity.backend import Need
from antiaffinity.clock import lent
from antiaffinity.testing import Place, Turns, Wire, World
from antiaffinity.testing.openstack import FakeOpenStack, Settings
from benchmarks.table import Row

AT_ONCE = Settings(scheduling=0, claiming=0, spawning=0, deleting=0)

LEAST: dict[str, tuple[int, str]] = {
    "topology": (2, "zones and quotas are two resources"),
    "observe": (2, "the list of servers does not tell their groups, that of groups not their hosts"),
    "prepare": (3, "look, make, look again: Nova does not keep names unique, and others may be at it"),
    "settle": (1, "the server tells its group itself (compute API 2.71)"),
    "bind": (1, "the server tells its mark and its group"),
    "verify": (2, "one look at servers and groups; no rule depends on quotas"),
    "groups": (2, "one look at servers and groups"),
    "release": (3, "servers and groups have to be seen empty: Nova deletes a group under its members"),
    "roll_out of 3": (
        19,
        "topology, observe, prepare; a member is a launch, a settle, and a look for a double of it",
    ),
}


def requests_per_verb() -> list[Row]:
    """One row a verb; the reason of each lower bound is printed before the table."""
    found = counts()
    print("the fewest requests that Nova's API allows:")
    for verb, (least, why) in LEAST.items():
        print(f"  {verb:14} {least:3}  {why}")
    return [
        Row(f"requests of {verb}: {made}", f"the fewest: {LEAST[verb][0]}", made / LEAST[verb][0])
        for verb, made in found.items()
    ]


def counts() -> Mapping[str, int]:
    """The requests of each verb over the life of a group."""
    turns = Turns()
    world = World([Place(f"host{n}", zone="nova") for n in range(4)], clock=turns)
    with lent(turns), FakeOpenStack(world, AT_ONCE) as cloud:
        wire = Wire()
        conn = cloud.connection(wire)
        list(conn.compute.flavors())  # logs in
        return dict(_life(wire, User(conn, cloud.machine)))


class User:
    """The hands of somebody who deploys."""

    def __init__(self, conn: Connection, machine: dict[str, Any]) -> None:
        self.conn, self.machine = conn, machine
        self.made: list[str] = []

    def boot(self, placement: aa.Placement) -> str:
        self.made.append(str(self.conn.compute.create_server(**placement.arguments(**self.machine)).id))
        return self.made[-1]

    def delete_all(self) -> None:
        for id_ in self.made:
            self.conn.compute.delete_server(id_)


def _life(wire: Wire, user: User) -> Iterator[tuple[str, int]]:
    def made(act: Callable[[], object]) -> int:
        before = len(wire.requests)
        act()
        return len(wire.requests) - before

    own = aa.connect("openstack", client=user.conn, owner="shop/prod")
    group, bigger = (own.group(name, members=n, rules="anti-affinity") for name, n in (("db", 1), ("web", 3)))
    backend, seen = group.clouds[""], group.look()
    plan = group.planned(seen)
    yield "topology", made(lambda: backend.topology(Need(group.key)))
    yield "prepare", made(lambda: group.prepared(plan, seen))
    (placement,) = group.prepared(plan, seen).new()
    id_ = user.boot(placement)
    yield "settle", made(lambda: backend.settle(placement, id_))
    yield "bind", made(lambda: backend.bind(placement, id_))
    yield "observe", made(lambda: backend.observe(group.key, {}))
    yield "verify", made(group.verify)
    yield "groups", made(lambda: backend.groups(None))
    user.delete_all()
    yield "release", made(group.release)
    yield "roll_out of 3", made(lambda: bigger.roll_out(user.boot))
