"""A group and the places around it while things happen to them, by chance from a seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

from msgspec.structs import replace

from antiaffinity.model import Domain, Level, Lists, Member, Observed, Size, State
from antiaffinity.planner.answer import Plan
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive
from core.brute_force import Case

MOST = 12
"""Members of a group, so that every way to shrink it can be tried."""

LEVELS: tuple[Level, ...] = ("zone", "rack", "host")


def a_rule(random: Random, level: Level, hard: bool) -> Rule:
    few = random.choice([1, 1, 2])
    kinds: list[Rule] = [
        AntiAffinity(level, few, hard=hard),
        AntiAffinity(level, few, hard=hard),
        Spread(level, few, random.choice([None, None, 2, 3]), hard=hard),
        Survive(level, 1, few + 1, hard=hard),
    ]
    return random.choice(kinds)


def some_rules(random: Random) -> tuple[Rule, ...]:
    """Rules as people write them: one, a few at several levels, soft ones below, together, by sets."""
    zone, host = a_rule(random, "zone", True), a_rule(random, "host", True)
    soft = [a_rule(random, level, False) for level in random.sample(LEVELS, 2)]
    two = Survive(random.choice(LEVELS), 2, random.choice([2, 3, 4]))
    webs = replace(a_rule(random, random.choice(LEVELS), True), among=("web-*",))
    dbs = replace(a_rule(random, random.choice(LEVELS), random.random() < 0.7), among=("db-*",))
    styles: list[tuple[Rule, ...]] = [
        (),
        (a_rule(random, random.choice(LEVELS), True),),
        (a_rule(random, random.choice(LEVELS), True),),
        (zone, host),
        (host, *soft),
        (zone, soft[0]),
        tuple(soft),
        (two, soft[1]),
        (Affinity("zone"), host),
        (Affinity(random.choice(LEVELS), hard=False), *soft),
        (webs, dbs),
        (Spread("zone"), Spread("rack", 2)),
    ]
    return random.choice(styles)


def spot(names: dict[Level, str]) -> str:
    return "/".join(names[level] for level in LEVELS)


class Group:
    """A group and the places around it, as they are now."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.rules = some_rules(random)
        self.sets = any(rule.among != ("*",) for rule in self.rules)
        self.sized = random.random() < 0.35
        spread = any(isinstance(rule, Spread) for rule in self.rules)
        self.mixed = random.random() < 0.25
        self.listed = self.mixed and not spread
        self.members: list[Member] = []
        self.machines: list[Observed] = []
        self.places: list[Domain] = []
        self.lost: dict[str, list[Domain]] = {}
        self.strangers: Counter[str] = Counter()
        self.only: Lists = {}
        self.never: Lists = {}
        self.made = self.zones = 0
        for _ in range(random.randint(2, 4)):
            self.new_zone()
        self.grow()

    # The question

    def case(self) -> Case:
        domains = tuple(self._with_used(one) for one in self.places) if self.sized else tuple(self.places)
        return Case(tuple(self.members), tuple(self.machines), domains, self.rules, self.only, self.never)

    def _with_used(self, place: Domain) -> Domain:
        key = spot(place.names())
        sizes = {member.name: float(member.size.get("vcpus", 0)) for member in self.members}
        here = (m for m in self.machines if m.holds and spot(m.domains) == key)
        return replace(place, used={"vcpus": self.strangers[key] + sum(sizes.get(m.member, 1) for m in here)})

    # The places

    def new_zone(self) -> None:
        name, self.zones = f"z{self.zones}", self.zones + 1
        for rack in range(self.random.randint(1, 3)):
            for _ in range(self.random.randint(1, 4 if self.zones < 4 else 2)):
                self.add_host(name, f"r{rack}")

    def new_host(self) -> None:
        if self.places and len(self.places) < 30:
            beside = self.random.choice(self.places)
            self.add_host(beside.zone or "", beside.rack or "")

    def add_host(self, zone: str, rack: str) -> None:
        capacity = {"vcpus": float(self.random.choice([1, 2, 3, 4]))} if self.sized else {}
        number = sum(one.zone == zone and one.rack == rack for one in self.places)
        self.places.append(Domain(zone=zone, rack=rack, host=f"h{number}", capacity=capacity))

    def another_zone(self) -> None:
        if self.zones < 5:
            self.new_zone()

    def lose_a_zone(self) -> None:
        zones = sorted({one.zone or "" for one in self.places})
        if len(zones) > 1:
            zone = self.random.choice(zones)
            self.lost[zone] = [one for one in self.places if one.zone == zone]
            self.places = [one for one in self.places if one.zone != zone]
            self.machines = [one for one in self.machines if one.domains["zone"] != zone]

    def zone_comes_back(self) -> None:
        if self.lost:
            self.places += self.lost.pop(self.random.choice(sorted(self.lost)))

    def host_goes_or_comes_back(self) -> None:
        """Out of use with those who are on it, or back; or it refuses, or takes members again."""
        if self.places:
            n = self.random.randrange(len(self.places))
            one = self.places[n]
            ill = not one.usable or bool(one.full)
            out = {"usable": False} if self.random.random() < 0.6 else {"full": "no valid host"}
            self.places[n] = replace(one, **({"usable": True, "full": ""} if ill else out))

    def strangers_come_and_go(self) -> None:
        if self.sized and self.places:
            one = self.random.choice(self.places)
            key, case = spot(one.names()), self._with_used(one)
            if self.strangers[key]:
                self.strangers[key] = 0
            elif case.used["vcpus"] < one.capacity["vcpus"]:
                self.strangers[key] = 1

    # The members

    def grow(self) -> None:
        for _ in range(min(self.random.randint(1, 3), MOST - len(self.members))):
            kind = self.random.choice(["web", "db"]) if self.sets else "db"
            taken = {member.name for member in self.members} | {seen.member for seen in self.machines}
            name = next(name for n in range(99) if (name := f"{kind}-{n}") not in taken)
            self.members.append(Member(name, size=self._size(), only=self._own_list()))

    def _size(self) -> Size:
        return {"vcpus": float(self.random.choice([1, 1, 2]) if self.mixed else 1)} if self.sized else {}

    def _own_list(self) -> Lists:
        if self.listed and self.random.random() < 0.4:
            return {"zone": self.random.sample([f"z{n}" for n in range(5)], 3)}
        return {}

    def drop(self) -> None:
        """The user takes names out of SPEC; their machines go at once, or stay for a while."""
        for _ in range(self.random.randint(1, 2)):
            if len(self.members) > 1:
                gone = self.members.pop(self.random.randrange(len(self.members))).name
                if self.random.random() < 0.7:
                    self.machines = [one for one in self.machines if one.member != gone]

    def replace_a_machine(self) -> None:
        """A machine fails: it is gone, or what remains of it may still fill its place."""
        if self.machines:
            n = self.random.randrange(len(self.machines))
            one = self.machines.pop(n)
            if self.random.random() < 0.4:
                state: State = self.random.choice(["failed", "leaving"])
                holds = self.random.random() < 0.7
                self.machines.append(replace(one, state=state, holds=holds))

    def create_before_delete(self) -> None:
        """Two instances of one member for a while: beside the old one, or wherever the user says."""
        if self.machines:
            old = self.random.choice(self.machines)
            beside = old.domains if self.random.random() < 0.7 else self.random.choice(self.places).names()
            if not self.sized or self._has_room(beside):
                self.launch(old.member, beside)

    def _has_room(self, where: dict[Level, str]) -> bool:
        used = [one for one in map(self._with_used, self.places) if one.names() == where]
        return any(one.used["vcpus"] + 2 <= one.capacity["vcpus"] for one in used)

    def clean_up(self) -> None:
        """Remains, surplus and the elder of two instances go."""
        named = {member.name for member in self.members}
        latest = {one.member: one.instance for one in self.machines}
        self.machines = [
            one
            for one in self.machines
            if one.member in named and one.state == "running" and latest[one.member] == one.instance
        ]

    def lists_change(self) -> None:
        zones = sorted({one.zone or "" for one in self.places})
        some: list[tuple[Lists, Lists]] = [({}, {}), ({}, {})]
        if len(zones) > 1:
            some += [({"zone": zones[1:]}, {}), ({}, {"zone": zones[:1]}), ({}, {"rack": ["r2"]})]
        self.only, self.never = self.random.choice(some)

    # Carrying out

    def launch(self, member: str, where: dict[Level, str]) -> None:
        self.made += 1
        since = f"{self.made:06}"
        self.machines.append(Observed(member, f"i-{since}", "running", True, dict(where), since=since))

    def carry_out(self, answer: Plan) -> None:
        for placement in answer.new():
            self.launch(placement.member, placement.domains)

    def give_up(self, answer: Plan) -> None:
        """Mostly the user takes back those who found no place; the others ask again at every step."""
        placed = {placement.member for placement in answer.placements}
        waiting = [member.name for member in self.members if member.name not in placed]
        if waiting and len(waiting) < len(self.members) and self.random.random() < 0.7:
            self.remove(waiting)

    def remove(self, names: Sequence[str]) -> None:
        self.members = [member for member in self.members if member.name not in names]
        self.machines = [one for one in self.machines if one.member not in names]


EVENTS: dict[Callable[[Group], None], int] = {
    Group.grow: 20,
    Group.drop: 8,
    Group.replace_a_machine: 20,
    Group.create_before_delete: 6,
    Group.clean_up: 12,
    Group.host_goes_or_comes_back: 10,
    Group.strangers_come_and_go: 8,
    Group.lose_a_zone: 3,
    Group.zone_comes_back: 6,
    Group.another_zone: 2,
    Group.new_host: 3,
    Group.lists_change: 4,
}
