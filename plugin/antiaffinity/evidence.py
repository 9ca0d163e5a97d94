"""What evidence shows about places: who shares a domain for sure, and who could.

A name says where a machine is only together with the domains around it. What is not told could be
anywhere; a level that nobody there tells is one that their cloud does not have. Names that clouds tell in
different spaces (``Colocation.space``) could be one and the same place, or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Protocol, TypeVar

from antiaffinity.colocation import ALONE, Colocation
from antiaffinity.model import LEVELS, Level, Observed


class Placed(Protocol):
    """A machine, or where one is to go."""

    @property
    def cloud(self) -> str: ...

    @property
    def domains(self) -> Mapping[Level, str]: ...


One = TypeVar("One", bound=Placed)

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


def sharing(machines: Iterable[Observed], level: Level, by: Colocation = ALONE) -> dict[Path, list[Observed]]:
    """The domains of a level with the machines that are in them for sure."""
    groups = [list(machines)]
    for lv in _down_to(level):
        comparable = [part for group in groups for part in _comparable(group, lv, by)]
        groups = [part for group in comparable for part in _surely(group, lv, lv == level)]
    found: dict[Path, list[Observed]] = {}
    for group in groups:  # a path in two spaces is two domains, as far as is known
        where = path(group[0].domains, level)
        found[where if where not in found else _of_space(where, group[0], level, by)] = group
    return found


def _of_space(where: Path, seen: Observed, level: Level, by: Colocation) -> Path:
    return (*where[:-1], (level, f"{where[-1][1]} of {by.space(seen.cloud, level) or seen.cloud}"))


def _comparable(group: Sequence[One], level: Level, by: Colocation) -> list[list[One]]:
    """The machines whose names of a level can be compared, by the space that these are unique in."""
    if by is ALONE:
        return [list(group)]
    spaces: dict[str, list[One]] = {}
    for seen in group:
        spaces.setdefault(by.space(seen.cloud, level), []).append(seen)
    return list(spaces.values())


def _surely(group: Sequence[Observed], level: Level, must_tell: bool) -> list[list[Observed]]:
    """Who does not tell what others beside it do may be elsewhere."""
    named = _by_name(group, level)
    return list(named.values()) if named or must_tell else [list(group)]


def crowds(machines: Iterable[Observed], level: Level, by: Colocation = ALONE) -> list[list[Observed]]:
    """Every largest set of machines that could all be in one domain of a level.

    Of machines whose places cannot be compared, the fullest domains of each could be one and the same, then
    the next: so as many are told to be together as could be.
    """
    return _crowds(list(machines), _down_to(level), by)


def _crowds(machines: list[Observed], levels: Sequence[Level], by: Colocation) -> list[list[Observed]]:
    if not levels or len(machines) < 2:
        return [machines] if machines else []
    spaces = _comparable(machines, levels[0], by)
    if len(spaces) > 1:
        return _at_worst([_crowds(space, levels, by) for space in spaces])
    return [crowd for one in _possible(machines, levels[0]) for crowd in _crowds(one, levels[1:], by)]


def _at_worst(spaces: Iterable[list[list[Observed]]]) -> list[list[Observed]]:
    """The fullest domains of all spaces in one, and so on."""
    ranked = [sorted(crowds, key=len, reverse=True) for crowds in spaces]
    return [[seen for crowd in alike for seen in crowd] for alike in zip_longest(*ranked, fillvalue=[])]


def _possible(machines: Sequence[One], level: Level) -> list[list[One]]:
    """Who could be in one domain of a level: those who tell it, and those who tell none."""
    named = _by_name(machines, level)
    untold = [seen for seen in machines if level not in seen.domains]
    return [there + untold for there in named.values()] if named else [untold]


def incomparable(
    machines: Iterable[One], level: Level, by: Colocation
) -> Iterator[tuple[tuple[str, ...], list[One]]]:
    """The clouds whose machines could be in one domain of a level, with no names to tell it by; and these."""
    yield from _incomparable(list(machines), _down_to(level), by)


def _incomparable(
    machines: list[One], levels: Sequence[Level], by: Colocation
) -> Iterator[tuple[tuple[str, ...], list[One]]]:
    if not levels or len(machines) < 2 or by is ALONE:
        return
    if len(_comparable(machines, levels[0], by)) > 1:
        yield tuple(dict.fromkeys(sorted(seen.cloud for seen in machines))), machines
        return
    for some in _possible(machines, levels[0]):
        yield from _incomparable(some, levels[1:], by)


def doubts(machines: Iterable[One], level: Level, by: Colocation) -> Iterator[str]:
    """Why nothing shows some of these machines apart or together: their clouds' names do not compare."""
    for clouds, _ in incomparable(machines, level, by):
        why = "; ".join(dict.fromkeys(filter(None, map(by.doubt, clouds))))
        because = f" ({why})" if why else ""
        yield f"whether machines of {' and '.join(clouds)} share a {level} cannot be known{because}"


def _by_name(machines: Iterable[One], level: Level) -> dict[str, list[One]]:
    named: dict[str, list[One]] = {}
    for seen in machines:
        if level in seen.domains:
            named.setdefault(seen.domains[level], []).append(seen)
    return named


def parted(
    machines: Iterable[Observed], level: Level, by: Colocation = ALONE
) -> tuple[Level, list[str]] | None:
    """The outermost level, down to this one, at which some are apart for sure, and its domains there."""
    return _parted(list(machines), _down_to(level), by)


def _parted(
    machines: list[Observed], levels: Sequence[Level], by: Colocation
) -> tuple[Level, list[str]] | None:
    for n, level in enumerate(levels):
        spaces = _comparable(machines, level, by)
        if len(spaces) > 1:
            return next(filter(None, (_parted(space, levels[n:], by) for space in spaces)), None)
        names = sorted(_by_name(machines, level))
        if len(names) > 1:
            return level, names
    return None


def fullest(machines: Iterable[Observed], level: Level) -> int:
    """How many at most tell one and the same name at a level, wherever that is."""
    return max(map(len, _by_name(machines, level).values()), default=0)
