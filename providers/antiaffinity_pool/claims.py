"""Claims: who holds which place of a pool, and when a new one must be refused. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from antiaffinity.errors import Conflict
from antiaffinity.model import GroupKey, Level, Placement, Size
from antiaffinity_pool.runs import Who

Amounts = Mapping[str, float]
View = frozenset[tuple[str, str]]
"""What a plan was made from: (member, host) of every claim of the group that other runs made."""

ROUNDING = 1 + 1e-9
"""Sums of fractions differ in the last digit by their order."""


class Launch(Struct, frozen=True):
    """What a run that launches by itself wrote of a claim; ``begun_at`` is None until it launches."""

    who: Who
    begun_at: float | None = None


class Claim(Struct, frozen=True):
    """One member's place; ``instance`` is "" until a machine is bound. Times are seconds since 1970.

    ``launch`` is None where somebody else launches: a script or a program that was handed the place.
    """

    key: GroupKey
    member: str
    domains: dict[Level, str]
    size: Size
    claimed_at: float
    claimant: str
    instance: str = ""
    bound_at: float | None = None
    launch: Launch | None = None

    @property
    def host(self) -> str:
        """The host it holds a place on."""
        return self.domains["host"]

    @property
    def since(self) -> str:
        """When the place was claimed, in UTC; sorts by age."""
        return moment(self.claimed_at)

    def __str__(self) -> str:
        if self.instance:
            return f"{self.member} is {self.instance} on {self.host} since {self.since}"
        return f"{self.member} is claimed on {self.host} since {self.since} by {self.whose}, not bound yet"

    @property
    def whose(self) -> str:
        """The run that claimed it, and where that runs."""
        return f"{self.claimant}, {self.launch.who}" if self.launch else self.claimant


def moment(seconds: float) -> str:
    """A time as people and logs write it: 2026-01-31T12:00:00Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def view(claims: Iterable[Claim], claimant: str) -> View:
    """The part of a group's claims that this run did not write, to be compared later."""
    return frozenset((c.member, c.host) for c in claims if c.claimant != claimant)


def never_begun(claim: Claim) -> bool:
    """Whether its run had not begun to launch: no machine can have come of it."""
    return not claim.instance and claim.launch is not None and claim.launch.begun_at is None


def amounts(size: Size) -> dict[str, float]:
    """The resources of a size; a ``type`` is a cloud's word and no amount."""
    return {name: amount for name, amount in size.items() if not isinstance(amount, str)}


def taken(places: Iterable[Claim | Placement]) -> dict[str, dict[str, float]]:
    """What these places take together, by host and resource."""
    found: dict[str, dict[str, float]] = {}
    for place in places:
        sums = found.setdefault(place.domains["host"], {})
        for name, amount in amounts(place.size).items():
            sums[name] = sums.get(name, 0) + amount
    return found


def refuse_claimed(members: Iterable[str], claims: Iterable[Claim]) -> None:
    """Conflict where one of these members has a place already."""
    wanted = set(members)
    for claim in claims:
        if claim.member in wanted:
            ways = () if claim.instance else (f"release {claim.member}", f"bind {claim.member} INSTANCE")
            raise Conflict(f"{claim}: plan again", domain={"host": claim.host}, ways_out=ways)


def refuse_changed(claims: Sequence[Claim], claimant: str, seen: View) -> None:
    """Conflict where the group is not what the plan was made from: a rule might break unseen."""
    for claim in claims:
        if claim.claimant != claimant and not view([claim], claimant) <= seen:
            raise Conflict(f"{claim}, which the plan did not know: plan again", domain={"host": claim.host})
    if gone := sorted(seen - view(claims, claimant)):
        raise Conflict(f"{gone[0][0]} was released after the plan was made: plan again")


def refuse_full(
    placements: Sequence[Placement], claims: Iterable[Claim], room: Mapping[str, Amounts]
) -> None:
    """Conflict where a host has too little left; ``room`` is what it has without any claim."""
    there = taken(claims)
    for host, sums in taken(placements).items():
        for name, needed in sums.items():
            left = room[host].get(name, float("inf")) - there.get(host, {}).get(name, 0)
            if needed > 0 and needed > left * ROUNDING:
                who = ", ".join(p.member for p in placements if p.domains["host"] == host)
                raise Conflict(
                    f"{host} has {max(0, round(left, 6)):g} {name} left, {who} need {needed:g}: "
                    f"somebody was quicker; plan again",
                    domain={"host": host},
                )
