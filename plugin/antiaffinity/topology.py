"""The tree of domains that a plan chooses from, kept in columns so that planning is cheap."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, reduce
from operator import attrgetter

from msgspec import Struct

from antiaffinity.model import LEVELS, Domain, Finding, Level, Lists, Needs, Size
from antiaffinity.nodes import Nodes, matcher
from antiaffinity.ties import Numbers, Ties

UNLIMITED = float("inf")

Mask = list[bool]
"""One answer a place."""


class Limits(Struct, frozen=True):
    """What the cloud allows this account now; None where it has no such limit or does not tell.

    ``amounts_left`` are the quotas that sizes take from, as vcpus; ``types`` what each type of size takes.
    """

    native_groups_left: int | None = None
    members_per_native: int | None = None
    instances_left: int | None = None
    amounts_left: Mapping[str, float] = {}
    types: Mapping[str, Size] = {}

    def taken(self, size: Size) -> Size:
        """What a machine of this size takes, by resource, as far as that is known."""
        return {**self.types.get(str(size.get("type", "")), {}), **size}


class Topology:
    """The domains a launch could use now, as a tree.

    ``domains`` are the innermost places; the outer ones follow from the names they carry.
    ``words`` says what the cloud calls a level, ``untold`` why no place states one that others would.
    Hosts must be unique by path.
    """

    def __init__(
        self,
        domains: Sequence[Domain],
        limits: Limits | None = None,
        words: Mapping[Level, str] | None = None,
        findings: Sequence[Finding] = (),
        untold: Mapping[Level, str] | None = None,
    ) -> None:
        self.domains = domains
        self.limits = limits or Limits()
        self.words = dict(words or {})
        self.findings = tuple(findings)
        self.untold = dict(untold or {})
        self._free: dict[str, array[float]] = {}
        self._room: dict[tuple[tuple[str, float], ...], array[float]] = {}
        self._parts: dict[Level | None, list[array[int]]] = {}
        self._ties: Ties | None = None

    def __len__(self) -> int:
        return len(self.domains)

    def word(self, level: Level) -> str:
        """What this cloud calls the level."""
        return self.words.get(level, level)

    @property
    def plain(self) -> Topology:
        """The same places under their clouds' own names."""
        return self

    def having(self, domains: Sequence[Domain]) -> Topology:
        """The same with other domains."""
        return Topology(domains, self.limits, self.words, self.findings, self.untold)

    def where(self, domains: Mapping[Level, str]) -> Mapping[Level, str]:
        """What a machine tells of its place, in the names of this tree."""
        return domains

    def named(self, place: int) -> dict[Level, str]:
        """The names of a place."""
        return {level: name for level, names in self.columns.items() if (name := names[place])}

    @cached_property
    def columns(self) -> dict[Level, list[str | None]]:
        """The name of each place at every level that any of them states, outermost first.

        Where there are no places yet they may come at any level.
        """
        found: dict[Level, list[str | None]] = {}
        for level in LEVELS:
            column = list(map(attrgetter(level), self.domains))
            if column.count(None) < len(column) or not column:
                found[level] = column
        return found

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """The levels that are known here, outermost first; the last is that of the places."""
        return tuple(self.columns)

    @property
    def real_levels(self) -> tuple[Level, ...]:
        """The levels that clouds tell and rules can name."""
        return self.levels

    @cached_property
    def leaf(self) -> Level:
        """The level of the places themselves."""
        return self.levels[-1] if self.levels else "host"

    @cached_property
    def codes(self) -> dict[Level, Sequence[int]]:
        """For each level, the number of the domain that each place lies in."""
        return {level: codes for level, (codes, _) in self._tree.items()}

    @cached_property
    def nodes(self) -> dict[Level, Nodes]:
        """For each level, its domains."""
        return {level: nodes for level, (_, nodes) in self._tree.items()}

    @cached_property
    def _tree(self) -> dict[Level, tuple[Sequence[int], Nodes]]:
        tree: dict[Level, tuple[Sequence[int], Nodes]] = {}
        outer: Sequence[int] = [0] * len(self.domains)
        above: Nodes | None = None
        for level, column in self.columns.items():
            if level == self.leaf:
                codes: Sequence[int] = range(len(column))
                nodes = Nodes(level, column, outer, above)
            else:
                codes, nodes = _number(level, column, outer, above)
            self._give_ids(nodes, codes)
            tree[level] = codes, nodes
            outer, above = codes, nodes
        return tree

    def _give_ids(self, nodes: Nodes, codes: Sequence[int]) -> None:
        for place in self._with_ids:
            if id_ := self.domains[place].ids.get(nodes.level):
                nodes.ids[codes[place]] = id_

    @cached_property
    def _with_ids(self) -> list[int]:
        ids = map(attrgetter("ids"), self.domains)
        return [place for place, some in enumerate(ids) if some]

    def signs(self, level: Level) -> Sequence[str | None]:
        """What tells the domains of a level apart: the name, or the path where names repeat."""
        nodes = self.nodes[level]
        if len(set(nodes.names)) == len(nodes.names):
            return nodes.names
        return [nodes.path(number) for number in range(len(nodes.names))]

    @cached_property
    def numbers(self) -> dict[Level, Numbers]:
        """For each level what the order of equals is made of: a stable number for each domain."""
        return {level: Numbers(self.signs(level)) for level in self.levels}

    def ties(self, seed: int) -> Ties:
        """The order of equals for the group with this seed; that of the last group is kept."""
        ties = self._ties
        if ties is None or ties.seed != seed:
            ties = self._ties = Ties(seed, self.numbers, self.codes)
        return ties

    @cached_property
    def usable(self) -> Mask | None:
        """Which places are in service; None for all of them."""
        usable = list(map(attrgetter("usable"), self.domains))
        return usable if False in usable else None

    @cached_property
    def not_full(self) -> Mask | None:
        """Which places did not say that they take nothing now; None for all of them."""
        open_ = [not domain.full for domain in self.domains]
        return open_ if False in open_ else None

    def room(self, size: Mapping[str, float]) -> array[float]:
        """How many members of this size each place could take; kept, because plans ask again."""
        key = tuple(size.items())
        if key not in self._room:
            self._room[key] = room(self.free, size)
        return self._room[key]

    def free(self, resource: str) -> array[float]:
        """What is left of a resource at each place; unlimited where it is not stated."""
        if resource not in self._free:
            free = [d.capacity.get(resource, UNLIMITED) - d.used.get(resource, 0) for d in self.domains]
            self._free[resource] = array("d", free)
        return self._free[resource]

    def parts(self, level: Level | None) -> list[array[int]]:
        """The places in each domain of a level; all in one for None."""
        if level not in self._parts:
            codes = self.codes[level] if level else [0] * len(self)
            found = [array("I") for _ in (self.nodes[level].names if level else [None])]
            for place, number in enumerate(codes):
                found[number].append(place)
            self._parts[level] = found
        return self._parts[level]

    def listed(self, only: Lists, never: Lists, stay: Mapping[Level, str]) -> Mask | None:
        """Which places the lists admit; None for all of them."""
        mask: Mask | None = None
        wanted = [(level, patterns, True) for level, patterns in only.items()]
        wanted += [(level, [name], True) for level, name in stay.items()]
        wanted += [(level, patterns, False) for level, patterns in never.items()]
        for level, patterns, inside in wanted:
            mask = both(mask, self.within(level, patterns, inside))
        return mask

    def within(self, level: Level, patterns: Sequence[str], inside: bool = True) -> Mask:
        """Which places lie in (or outside) a domain of this level that matches the patterns."""
        if level not in self.nodes:
            return [not inside] * len(self.domains)
        found = self.nodes[level].matching(patterns)
        return [(code in found) is inside for code in self.codes[level]]

    def reachable(self, needs: Needs) -> Mask | None:
        """Which places reach the networks and datastores needed; None for all of them."""
        mask = None
        if needs.networks:
            wanted = set(needs.networks)
            mask = [d.networks is None or wanted <= set(d.networks) for d in self.domains]
        if needs.datastores:
            fits = matcher(needs.datastores)
            mask = both(mask, [d.datastores is None or any(map(fits, d.datastores)) for d in self.domains])
        return mask

    def locate(self, domains: Mapping[Level, str]) -> dict[Level, int]:
        """The numbers of the domains that an instance lies in, as far as they are known here."""
        domains = self.where(domains)
        found: dict[Level, int] = {}
        outer = 0
        for level in self.real_levels:
            number = self.nodes[level].number.get((outer, domains.get(level)))
            if number is None:
                return found if level in domains else self._by_name(domains) or found
            found[level] = outer = number
        return found

    def _by_name(self, domains: Mapping[Level, str]) -> dict[Level, int]:
        """Where not all levels are told, an inner name that one domain alone bears tells the outer ones."""
        for level in reversed(self.real_levels):
            nodes = self.nodes[level]
            called = nodes.called.get(domains[level], ()) if level in domains else ()
            fitting = [number for number in called if nodes.lies_in(number, domains)]
            if len(fitting) == 1:
                return nodes.around(fitting[0])
        return {}


def _number(
    level: Level, column: list[str | None], outer: Sequence[int], above: Nodes | None
) -> tuple[Sequence[int], Nodes]:
    """Number the domains of a level: one for each (outer domain, name)."""
    keys = list(zip(outer, column, strict=True))
    index = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    codes = array("I", map(index.__getitem__, keys))
    return codes, Nodes(level, [name for _, name in index], [number for number, _ in index], above)


def room(free: Callable[[str], Iterable[float]], size: Mapping[str, float]) -> array[float]:
    """How many members of a size fit into what is free of each of its resources, by place."""
    return array("d", reduce(_least, ([left / amount for left in free(r)] for r, amount in size.items())))


def _least(one: list[float], other: list[float]) -> list[float]:
    return [a if a < b else b for a, b in zip(one, other, strict=True)]


def both(one: Mask | None, other: Mask | None) -> Mask | None:
    """The places that two masks admit; None admits all."""
    if one is None or other is None:
        return one if other is None else other
    return [a and b for a, b in zip(one, other, strict=True)]
