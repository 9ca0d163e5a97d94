"""Small cases in which every member needs a domain of its own, and an oracle for them.

Member by member it keeps every set of places that can be taken at all: what a plan is worth depends
on that set alone, as long as every soft rule counts all new members. It shares no code with the planner.
"""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from antiaffinity.model import Domain, Level, Lists, Member, Observed
from antiaffinity.policy import AntiAffinity, Rule, Survive
from core.brute_force import Case, Oracle, Value

LEVELS: tuple[Level, ...] = ("zone", "rack", "host")
SIZES = [1, 2, 4]


class OneEach:
    """Every set of places that members of a case can take, if the first rule allows one to a domain."""

    def __init__(self, case: Case) -> None:
        self.case, self.oracle = case, Oracle(case)
        self.level = self.oracle.at[0]
        places = range(len(case.domains))
        paths = [self.oracle.places[place] for place in places]
        self.shared = [
            sum(1 << other for other in places if paths[other][self.level] == paths[place][self.level])
            for place in places
        ]
        self.choices = [
            [place for place in self.oracle.open(n) if self._fits(member, place)]
            for n, member in enumerate(self.oracle.new)
        ]

    def _fits(self, member: Member, place: int) -> bool:
        domain = self.case.domains[place]
        taken = self.oracle.before[0][self.oracle.places[place][self.level]]
        size = float(member.size.get("vcpus", 0))
        return not taken and size + domain.used.get("vcpus", 0) <= domain.capacity.get("vcpus", 10**9)

    def taken(self, somebody_waits: bool) -> set[int]:
        """The sets of places, as bits, after all members, or after as many as there was a place for."""
        sets = {0}
        for choices in self.choices:
            more = {used | 1 << place for used in sets for place in choices if not used & self.shared[place]}
            sets = sets | more if somebody_waits else more
        return sets

    def most(self) -> int:
        """How many members can have a place at once."""
        return max(used.bit_count() for used in self.taken(somebody_waits=True))

    def best(self) -> Value | None:
        """The least value of all ways to place everybody; None if there is none."""
        return min(map(self.value, self.taken(somebody_waits=False)), default=None)

    def value(self, used: int) -> Value:
        """Oversteps of the soft rules in order, then the squares of each level, outermost first."""
        soft = [n for n, rule in enumerate(self.case.rules) if not rule.hard]
        return (*(self._overstep(n, used) for n in soft), *(self._squares(lv, used) for lv in LEVELS))

    def _counts(self, level: Level, used: int, before: dict[tuple[str | None, ...], int]) -> list[int]:
        counts = dict(before)
        for place, paths in enumerate(self.oracle.places):
            if used >> place & 1:
                counts[paths[level]] = counts.get(paths[level], 0) + 1
        return list(counts.values())

    def _squares(self, level: Level, used: int) -> int:
        before: dict[tuple[str | None, ...], int] = {}
        for paths in self.oracle.there:
            if level in paths:
                before[paths[level]] = before.get(paths[level], 0) + 1
        return sum(count * count for count in self._counts(level, used, before))

    def _overstep(self, n: int, used: int) -> int:
        """Of members too many in a domain the second counts twice, the third three times."""
        rule = self.case.rules[n]
        most = rule.max_per_domain if isinstance(rule, AntiAffinity) else 1
        beyond = [
            count - most for count in self._counts(self.oracle.at[n], used, dict(self.oracle.before[n]))
        ]
        return sum(step * (step + 1) // 2 for step in beyond if step > 0)


# Cases


def case(random: Random, *, soft: bool = True) -> Case:
    """Few places for many members of up to three sizes, some with lists, beside some who are there."""
    domains = _domains(random)
    level: Level = random.choice(["host", "host", "host", "host", "rack", "zone"])
    there = _there(random, domains) if random.random() < 0.5 else ()
    among = random.choice([("*",), ("m*",)])
    rules = (_apart(random, level, among), *_softly(random, among if soft else None))
    free = _free(random, level, domains, [seen for seen in there if rules[0].concerns(seen.member)])
    count = max(2, round(len(free) * random.uniform(0.8, 1.0)))
    possible = len(free) >= count and random.random() < 0.9
    homes = free[:count] if possible else [None] * count
    members = tuple(_member(random, f"m{n}", home) for n, home in enumerate(homes))
    gone = tuple(Member(seen.member) for seen in there if random.random() < 0.5)
    return Case((*gone, *members), there, domains, rules)


def _domains(random: Random) -> tuple[Domain, ...]:
    zones, racks = random.randint(2, 3), random.randint(1, 3)
    return tuple(
        Domain(
            zone=f"z{random.choice([0, 0, random.randrange(zones)])}",
            rack=f"r{random.randrange(racks)}",
            host=f"h{n}",
            capacity={"vcpus": random.choice([1, 2, 2, 4, 8])},
            used={"vcpus": random.choice([0, 0, 0, 1])},
            usable=random.random() > 0.05,
            full="refused" if random.random() < 0.05 else "",
        )
        for n in range(random.choice([4, 5, 6, 7, 8, 9, 9]))
    )


def _there(random: Random, domains: tuple[Domain, ...]) -> tuple[Observed, ...]:
    """Members and strangers, whom not every rule counts."""
    names = random.sample(["m90", "m91", "other-0", "other-1", "other-2"], random.randint(1, 3))
    return tuple(Observed(n, f"i-{n}", "running", True, random.choice(domains).names()) for n in names)


def _apart(random: Random, level: Level, among: tuple[str, ...]) -> Rule:
    if random.random() < 0.2:
        return Survive(level, failures=1, lose_at_most=1, among=among)
    return AntiAffinity(level, among=among)


def _softly(random: Random, among: tuple[str, ...] | None) -> tuple[Rule, ...]:
    count = random.choice([0, 0, 1, 2]) if among else 0
    return tuple(
        AntiAffinity(random.choice(LEVELS), random.randint(1, 3), hard=False, among=among or ())
        for _ in range(count)
    )


def _free(random: Random, level: Level, domains: tuple[Domain, ...], there: list[Observed]) -> list[Domain]:
    """One place in each domain that nobody is in."""
    depth = LEVELS.index(level) + 1
    paths = [tuple(domain.names().values())[:depth] for domain in domains]
    taken = {tuple(seen.domains.values())[:depth] for seen in there}
    open_now = [n for n, domain in enumerate(domains) if _takes_one(domain)]
    random.shuffle(open_now)
    return list({paths[n]: domains[n] for n in open_now if paths[n] not in taken}.values())


def _takes_one(domain: Domain) -> bool:
    return domain.usable and not domain.full and domain.capacity["vcpus"] > domain.used["vcpus"]


def _member(random: Random, name: str, home: Domain | None) -> Member:
    """A member that its home could take, so that tight cases have a way; any member without a home."""
    room = home.capacity["vcpus"] - home.used["vcpus"] if home else 4
    size = random.choice([one for one in SIZES if one <= room] or [1])
    listed = random.random() < 0.6
    return Member(name, size={"vcpus": size}, only=_only(random, home) if listed else {})


def _only(random: Random, home: Domain | None) -> Lists:
    zone, host = (home.zone, home.host) if home else ("z1", "h1")
    if random.random() < 0.3:
        return {"zone": sorted({str(zone), random.choice(["z0", "z1", "z2"])})}
    hosts = {str(host), *(f"h{random.randrange(9)}" for _ in range(random.randint(1, 3)))}
    return {"host": sorted(hosts)}


def without(case: Case, names: set[str]) -> Case:
    """The case without some of its members."""
    return replace(case, members=tuple(member for member in case.members if member.name not in names))
