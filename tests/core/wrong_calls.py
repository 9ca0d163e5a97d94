"""Calls of the public functions with arguments of any type, the same ones for a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import antiaffinity as aa
from antiaffinity.group import Group

Call = Callable[[], object]


def gives(value: object) -> Callable[..., object]:
    """A hook that gives this whatever it is asked."""
    return lambda *_, **__: value


ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 3, 10**30, 1.5, float("nan"), "x", "", b"x", "anti-affinity", object()),
    *([], {}, (), set(), ["x"], [1], [None], [[]], [{}], {"x": 1}, {1: "x"}, {"zone": "z"}, {"zone": ["z"]}),
    *(aa.Member("m"), aa.AntiAffinity("host"), aa.Domain(host="h"), aa.GroupKey("a", "b")),
    *([aa.Member("m")], [aa.Domain(host="h")], [aa.AntiAffinity("host")], aa.Topology([aa.Domain(host="h")])),
    *map(gives, (None, 5, [1], "vm", {"db-0": "h1"})),
)
CLOUDS = ("pool", "openstack", "aws", "azure", "exoscale", "vcenter")
SETTINGS = ("owner", "client", "inventory", "ledger", "cloud", "auth", "region", "key", "secret", "host")


class Calls:
    """Calls on a pool in a folder."""

    def __init__(self, inventory: Path, seed: int) -> None:
        self.inventory, self.random = str(inventory), Random(seed)

    def some(self, count: int) -> Iterator[tuple[str, Call]]:
        """That many, each with the name of what is called."""
        kinds = (self.plan, self.plan, self.connect, self.of_estate, self.of_group, self.of_group)
        return (self.random.choice(kinds)() for _ in range(count))

    def plan(self) -> tuple[str, Call]:
        right = [["a", "b"], [], [aa.Domain(host="h1"), aa.Domain(host="h2")], [aa.AntiAffinity("host")]]
        given: list[Any] = [self.odd() if self.random.random() < 0.4 else one for one in right]
        named = self.named(("only", "never", "needs", "group", "saturated", "repair"))
        return "plan", lambda: aa.plan(*given, **named)

    def connect(self) -> tuple[str, Call]:
        kind, named = self.random.choice([*CLOUDS, self.odd()]), self.named(SETTINGS)
        return "connect", lambda: aa.connect(kind, **named)

    def of_estate(self) -> tuple[str, Call]:
        keys = ("rules", "ha", "size", "only", "never", "needs", "saturated", "planned", "adopt")
        name, named = self.random.choice(["db", self.odd()]), {"members": 2, **self.named(("members", *keys))}
        return "group", lambda: aa.connect("pool", inventory=self.inventory).group(name, **named)

    def of_group(self) -> tuple[str, Call]:
        a, b, c, d = (self.odd() for _ in range(4))
        member = self.random.choice(["db-0", a])
        calls: dict[str, Callable[[Group], object]] = {
            "plan": lambda group: group.plan(shrink=a, repair=b),
            "candidates": lambda group: group.candidates(a),
            "bind": lambda group: group.bind(member, b, c),
            "unmark": lambda group: group.unmark(a, b),
            "release": lambda group: group.release(a),
            "resolve": lambda group: group.resolve(a),
            "verify": lambda group: group.verify(look=a),
            "roll_out": lambda group: group.roll_out(a, b, c, find=d),
        }
        name = self.random.choice([*calls])
        return f"Group.{name}", lambda: calls[name](self.group())

    def group(self) -> Group:
        pool = aa.connect("pool", inventory=self.inventory)
        return pool.group("db", members=2, rules="anti-affinity")

    def named(self, names: tuple[str, ...]) -> dict[str, Any]:
        return {name: self.odd() for name in names if self.random.random() < 0.3}

    def odd(self) -> Any:
        return self.random.choice(ODD)
