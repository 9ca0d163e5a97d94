"""Groups in random states, planned and judged from the same facts: no cloud, no file, no launch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from types import SimpleNamespace
from typing import Any

from msgspec.structs import replace

from antiaffinity.group import Group
from antiaffinity.model import Domain, GroupKey, Level, Lists, Member, Observed, State
from antiaffinity.planner.answer import Plan
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive
from antiaffinity.report import Report
from antiaffinity.sight import Sight, carried
from antiaffinity.spec import Spec
from antiaffinity.topology import Topology
from antiaffinity_pool import cloud

SHAPES: tuple[tuple[Level, ...], ...] = (("host",), ("zone", "host"), ("zone", "rack", "host"))
STATES: tuple[State, ...] = ("running",) * 6 + ("starting", "stopped", "failed", "leaving", "lost", "claimed")


@dataclass
class Moment:
    """A group, its places and its machines."""

    spec: Spec
    topology: Topology
    machines: tuple[Observed, ...]

    @property
    def group(self) -> Group:
        backend: Any = SimpleNamespace(cloud=cloud)
        return Group(self.spec, {"": backend})

    def sight(self, machines: tuple[Observed, ...] | None = None) -> Sight:
        there = self.machines if machines is None else machines
        topologies = {"": self.topology}
        means = carried(self.spec, {"": cloud}, topologies, there)
        return Sight(self.spec, there, self.topology, means, topologies)

    def plan(self, *, repair: bool = False) -> Plan:
        return self.group.planned(self.sight(), repair=repair)

    def verify(self) -> Report:
        """As it stands."""
        return self.group.judged(self.sight())

    def rolled_out(self, plan: Plan) -> Report:
        """Once the plan is carried out, by the same facts."""
        return self.group.judged(self.sight(after(self.machines, plan)))


def after(machines: Sequence[Observed], plan: Plan) -> tuple[Observed, ...]:
    """The machines once who moves has moved, and everybody new is launched."""
    to = {move.instance: move.placement.domains for move in plan.moves}
    stay = [replace(one, domains=to.get(one.instance, one.domains)) for one in machines]
    return (*stay, *(Observed(p.member, f"new-{p.member}", "running", True, p.domains) for p in plan.new()))


def by_chance(random: Random) -> Moment:
    """A state with rules of every kind, lists of the group and of members, full and closed hosts."""
    levels = random.choice(SHAPES)
    places = tuple(_place(random, levels, n) for n in range(random.randint(2, 8)))
    machines = tuple(_machine(random, places, n) for n in range(random.choice([0, 0, 1, 2, 3, 4, 5])))
    names = [f"m{n}" for n in range(random.randint(1, 7))]
    spec = Spec(
        GroupKey("shop", f"g{random.randrange(1000)}"),
        tuple(_member(random, levels, name) for name in names),
        _rules(random, levels),
        only=_lists(random, levels, 0.1),
        never=_lists(random, levels, 0.1),
        saturated=random.choice(["refuse", "refuse", "refuse", "stack"]),
    )
    return Moment(spec, Topology(places), machines)


def _place(random: Random, levels: Sequence[Level], n: int) -> Domain:
    return Domain(
        zone=f"z{random.randrange(3)}" if "zone" in levels else None,
        rack=random.choice(["r0", "r1", "r1", None]) if "rack" in levels else None,
        host=f"h{n}",
        usable=random.random() > 0.1,
        full="no room" if random.random() < 0.15 else "",
        capacity={"vcpus": random.choice([1, 2, 4])} if random.random() < 0.5 else {},
    )


def _machine(random: Random, places: Sequence[Domain], n: int) -> Observed:
    where = random.choice([*places[:2], *places]).names()
    if random.random() < 0.1:
        where.pop(random.choice(list(where)))
    if random.random() < 0.05:
        where["host"] = "gone"
    member = f"m{n if random.random() < 0.85 else random.randrange(9)}"
    return Observed(member, f"i{n}", random.choice(STATES), random.random() > 0.05, where, since=f"{n}")


def _member(random: Random, levels: Sequence[Level], name: str) -> Member:
    chance = random.choice([0, 0, 0.3])
    size: dict[str, float | str] = {"vcpus": 1} if random.random() < 0.3 else {}
    return Member(name, size, only=_lists(random, levels, chance), never=_lists(random, levels, chance / 3))


def _lists(random: Random, levels: Sequence[Level], chance: float) -> Lists:
    if random.random() >= chance:
        return {}
    if "zone" in levels and random.random() < 0.7:
        return {"zone": random.sample(["z0", "z1", "z2"], random.randint(1, 2))}
    return {"host": [f"h{n}" for n in range(8) if random.random() < 0.5] or ["h0"]}


def _rules(random: Random, levels: Sequence[Level]) -> tuple[Rule, ...]:
    rules = [_rule(random, random.choice(levels)) for _ in range(random.choice([1, 1, 2]))]
    return tuple({str(rule): rule for rule in rules}.values())


def _rule(random: Random, level: Level) -> Rule:
    kinds: list[Rule] = [
        AntiAffinity(level, random.choice([1, 1, 2])),
        Spread(level, random.choice([1, 1, 2]), random.choice([None, None, 2, 3])),
        Spread(level, 1),
        Affinity(level),
        Survive(level, 2, random.choice([2, 3])),
        Survive(level, 1, random.choice([1, 2])),
    ]
    rule = random.choice(kinds)
    among = random.choice([("*",), ("*",), ("*",), ("m[0-3]",), ("m[2-9]",)])
    return replace(rule, hard=random.random() < 0.8, among=among)
