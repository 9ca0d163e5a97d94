"""Where machines are by the word of somebody who looked: for a pool, which knows only what was reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from antiaffinity import given
from antiaffinity.decode import show
from antiaffinity.errors import InvalidRequest
from antiaffinity.model import Finding, Level, Observed
from antiaffinity.planner.mechanism import Means
from antiaffinity.report import Report
from antiaffinity.sight import Clouds, Sight

if TYPE_CHECKING:
    from antiaffinity.group import Group

Look = Callable[[], Mapping[str, str]]
"""Tells the host of every member that runs, by the name that the inventory has for it."""


def by_looking(group: Group, look: Look) -> Report:
    """Judge a group by the places that are told."""
    given.check_needed(look, "look")
    told = look()
    given.check({"look": told}, given.Told)
    seen, findings = looked(group.standing(), group.clouds, told)
    report = group.judged(seen)
    return replace(report, findings=(*report.findings, *findings))


def looked(seen: Sight, clouds: Clouds, told: Mapping[str, str]) -> tuple[Sight, tuple[Finding, ...]]:
    """The same look with the places that were told, and what to know of them.

    What was seen is evidence of the place; on a cloud where not every member was told it is as reported.
    """
    asked = {key for key, backend in clouds.items() if backend.cloud.reported}
    if not asked:
        raise InvalidRequest("its clouds tell themselves where machines are: leave look out", path="look")
    hosts = {key: _hosts(seen, key) for key in asked}
    machines = tuple(
        _placed(one, told, hosts[one.cloud]) if one.cloud in asked else one for one in seen.machines
    )
    shown = {key for key in asked if all(one.member in told for one in seen.machines if one.cloud == key)}
    means = {key: _seen(found) if key in shown else found for key, found in seen.means.items()}
    findings = tuple(_findings(seen, told, hosts))
    return replace(seen, machines=machines, means=means), findings


def _hosts(seen: Sight, key: str) -> dict[str, dict[Level, str]]:
    return {str(domain.host): domain.names() for domain in seen.topologies[key].domains}


def _placed(one: Observed, told: Mapping[str, str], hosts: Mapping[str, dict[Level, str]] | None) -> Observed:
    """A host that nobody knows is a place that nobody knows."""
    if hosts is None or one.member not in told:
        return one
    return replace(one, domains=hosts.get(told[one.member], {}))


def _seen(means: list[Means]) -> list[Means]:
    return [
        replace(one, promise=replace(one.promise, evidence="DOMAIN")) if one.promise else one for one in means
    ]


def _findings(
    seen: Sight, told: Mapping[str, str], hosts: Mapping[str, Mapping[str, dict[Level, str]]]
) -> Iterator[Finding]:
    members = {one.member for one in seen.machines if one.cloud in hosts}
    for one in seen.machines:
        if one.cloud in hosts:
            yield from _of_one(one, told.get(one.member), hosts[one.cloud])
    for name in sorted(told.keys() - members):
        yield _finding("look-stranger", f"look tells {show(name)}, which has no machine in this group", name)


def _of_one(one: Observed, host: str | None, hosts: Mapping[str, dict[Level, str]]) -> Iterator[Finding]:
    there = one.domains.get("host", "?")
    if host is None:
        text = f"look does not tell {one.member}: it counts where it was reported, on {there}"
        yield _finding("look-missing", text, one.member)
    elif host not in hosts:
        text = (
            f"look has {one.member} on {show(host)}, which the inventory does not list: add it, or mend look"
        )
        yield _finding("look-unknown-host", text, one.member)
    elif host != there:
        words = f"bind {one.member} {one.instance or 'INSTANCE'} --at host={host}"
        text = f"{one.member} is on {host}, but was reported on {there}: {words}"
        yield _finding("look-moved", text, one.member)


def _finding(kind: str, message: str, member: str) -> Finding:
    return Finding(kind, message, member=member, severity="warning")


def parsed(text: str) -> dict[str, str]:
    """The hosts by member of a command's lines "member host"; InvalidRequest, its path "look", for others."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words:
            continue
        if len(words) != 2:
            said = f"line {number} is {show(line)}"
            raise InvalidRequest(f"{said}: print lines of a member and a host", path="look")
        member, host = words
        if found.setdefault(member, host) != host:
            where = f"{found[member]} and on {host}"
            raise InvalidRequest(f"{member} is told on {where}: say which it is", path="look")
    return found
