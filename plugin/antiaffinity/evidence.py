"""What evidence shows about places: who shares a domain for sure, and who could.

A name says where a machine is only together with the domains around it. What is not told could be
anywhere; a level that nobody there tells is one that their cloud does not have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from antiaffinity.model import LEVELS, Level, Observed

Path = tuple[tuple[Level, str], ...]
"""The domains that something lies in, outermost first, each with its level."""


def path(domains: Mapping[Level, str], level: Level) -> Path:
    """What is known of a place down to a level."""
    return tuple((lv, domains[lv]) for lv in _down_to(level) if lv in domains)


def show(where: Path) -> str:
    """A path in words: z1/r1."""
    return "/".join(name for _, name in where)


def _down_to(level: Level) -> Sequence[Level]:
    return LEVELS[: LEVELS.index(level) + 1]


def sharing(machines: Iterable[Observed], level: Level) -> dict[Path, list[Observed]]:
    """The domains of a level with the machines that are in them for sure."""
    groups = [list(machines)]
    for lv in _down_to(level):
        groups = [part for group in groups for part in _surely(group, lv, lv == level)]
    return {path(group[0].domains, level): group for group in groups}


def _surely(group: Sequence[Observed], level: Level, must_tell: bool) -> list[list[Observed]]:
    """Who does not tell what others beside it do may be elsewhere."""
    named = _by_name(group, level)
    return list(named.values()) if named or must_tell else [list(group)]


def crowds(machines: Iterable[Observed], level: Level) -> list[list[Observed]]:
    """Every largest set of machines that could all be in one domain of a level."""
    return _crowds(list(machines), _down_to(level))


def _crowds(machines: list[Observed], levels: Sequence[Level]) -> list[list[Observed]]:
    if not levels or len(machines) < 2:
        return [machines] if machines else []
    level, *inner = levels
    named = _by_name(machines, level)
    untold = [seen for seen in machines if level not in seen.domains]
    sets = [there + untold for there in named.values()] if named else [untold]
    return [crowd for one in sets for crowd in _crowds(one, inner)]


def _by_name(machines: Iterable[Observed], level: Level) -> dict[str, list[Observed]]:
    named: dict[str, list[Observed]] = {}
    for seen in machines:
        if level in seen.domains:
            named.setdefault(seen.domains[level], []).append(seen)
    return named


def parted(machines: Iterable[Observed], level: Level) -> tuple[Level, list[str]] | None:
    """The outermost level, down to this one, at which some are apart for sure, and its domains there."""
    machines = list(machines)
    for lv in _down_to(level):
        names = sorted(_by_name(machines, lv))
        if len(names) > 1:
            return lv, names
    return None


def fullest(machines: Iterable[Observed], level: Level) -> int:
    """How many at most tell one and the same name at a level, wherever that is."""
    return max(map(len, _by_name(machines, level).values()), default=0)
