"""What the hosts of a pool have left once the claims are counted, and what is odd about that. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from antiaffinity.backend import Need
from antiaffinity.decode import show
from antiaffinity.errors import Conflict, InvalidRequest
from antiaffinity.model import Domain, Finding, Level, Placement, Size
from antiaffinity.topology import UNLIMITED
from antiaffinity_pool.claims import Amounts, Claim, amounts, taken
from antiaffinity_pool.inventory import Host


def occupied(hosts: Sequence[Host], claims: Iterable[Claim]) -> list[Domain]:
    """The hosts with every claim counted as used; hosts that take nothing say why.

    Only the hosts that differ from the file are copied.
    """
    found: list[Domain] = [*hosts]
    if there := taken(claims):
        for n, host in enumerate(hosts):
            if host.host in there:
                found[n] = replace(host, used=_sum(host.used, there[host.host]))
    for n in overcommitted(found):
        found[n] = replace(found[n], full=_excess(found[n]))
    for n, host in enumerate(hosts):
        if not host.usable:
            found[n] = replace(found[n], why="the inventory says usable: false")
    return found


def _sum(one: Amounts, other: Amounts) -> dict[str, float]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}


def overcommitted(hosts: Iterable[Domain]) -> list[int]:
    """The numbers of the hosts that use more of something than they have."""
    found = []
    for n, host in enumerate(hosts):  # the one loop over all hosts and resources: kept bare, it is measured
        capacity = host.capacity
        for name, used in host.used.items():
            if used > capacity.get(name, UNLIMITED):
                found.append(n)
                break
    return found


def _excess(host: Domain) -> str:
    have = host.capacity
    over = [
        f"{used:g} of {have[name]:g} {name}"
        for name, used in host.used.items()
        if used > have.get(name, used)
    ]
    return f"uses {', '.join(over)}"


def findings(hosts: Sequence[Domain], claims: Sequence[Claim], need: Need) -> list[Finding]:
    """What the inventory leaves open for this need, and where it contradicts itself or the ledger."""
    return [
        *_unlimited(hosts, need.sizes),
        *_unreached(hosts, need),
        *_unplaced(hosts, need.levels),
        *_full(hosts),
        *_homeless(hosts, claims),
    ]


def _unlimited(hosts: Sequence[Domain], sizes: Iterable[Size]) -> Iterator[Finding]:
    resources = {name: None for size in sizes for name in amounts(size)}
    for name in resources:
        if silent := [str(host.host) for host in hosts if host.usable and name not in host.capacity]:
            yield Finding("unlimited", f"{some(silent)}: no capacity of {name} stated, taken as unlimited")
    for kind in dict.fromkeys(str(size["type"]) for size in sizes if isinstance(size.get("type"), str)):
        yield Finding(
            "unknown-size", f"a pool does not know what {show(kind)} takes: state vcpus, memory_mb, ..."
        )


def _unreached(hosts: Sequence[Domain], need: Need) -> Iterator[Finding]:
    if need.needs.networks:
        yield from _unstated("networks", [str(h.host) for h in hosts if h.usable and h.networks is None])
    if need.needs.datastores:
        yield from _unstated("datastores", [str(h.host) for h in hosts if h.usable and h.datastores is None])


def _unstated(what: str, silent: Sequence[str]) -> Iterator[Finding]:
    if silent:
        yield Finding(
            f"unstated-{what}", f"{some(silent)}: no {what} stated, taken to reach all that are needed"
        )


def _unplaced(hosts: Sequence[Domain], levels: Iterable[Level]) -> Iterator[Finding]:
    """Hosts that lack a level which a rule names take no member of that rule."""
    for level in levels:
        silent = [str(host.host) for host in hosts if host.usable and getattr(host, level) is None]
        if level != "provider" and len(silent) == len(hosts):
            raise InvalidRequest(
                f"no host of the inventory states its {level}: add it to the hosts, or name another level",
                path="rules",
            )
        if level != "provider" and silent:
            yield Finding("unstated-level", f"{some(silent)}: no {level} stated, so no place for its rules")


def _full(hosts: Iterable[Domain]) -> Iterator[Finding]:
    for host in hosts:
        if host.full:
            yield Finding(
                "overcommitted", f"{host.host} {host.full}: takes nothing more", domain=str(host.host)
            )


def _homeless(hosts: Iterable[Domain], claims: Sequence[Claim]) -> Iterator[Finding]:
    names = {host.host for host in hosts} if claims else set()
    for claim in claims:
        if claim.host not in names:
            text = f"{claim}, a host that the inventory does not list any more"
            yield Finding("host-gone", text, member=claim.member, domain=claim.host)


def some(names: Sequence[str]) -> str:
    """The first few names and how many more there are."""
    if len(names) <= 3:
        return ", ".join(names)
    return f"{', '.join(names[:2])} and {len(names) - 2} more"


def room(hosts: Mapping[str, Host], names: Iterable[str]) -> dict[str, dict[str, float]]:
    """What these hosts have left by the file alone; a resource that is not stated has no bound."""
    return {
        name: {what: have - hosts[name].used.get(what, 0) for what, have in hosts[name].capacity.items()}
        for name in names
    }


def room_for(placements: Sequence[Placement], hosts: Mapping[str, Host]) -> dict[str, dict[str, float]]:
    """What the hosts to be claimed have; Conflict where one is not there any more, or not in use."""
    for placement in placements:
        host = hosts.get(placement.domains["host"])
        if host is None or not host.usable:
            what = "is not in the inventory any more" if host is None else "was taken out of use"
            raise Conflict(
                f"{placement.domains['host']} {what}: plan again",
                domain={"host": placement.domains["host"]},
            )
    return room(hosts, {placement.domains["host"] for placement in placements})
