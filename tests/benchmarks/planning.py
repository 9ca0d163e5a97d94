"""The planner beside reading the inventory, beside a plain rescan, and beside itself."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from antiaffinity.model import Domain, Level, Member
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.plan import plan
from antiaffinity_pool.inventory import read
from benchmarks.measure import paired
from benchmarks.pools import APART, SIZED, equal_members, inventory_file, mixed_members, tree
from benchmarks.rescan import rescan
from benchmarks.table import AtMost, Row


def beside_reading(hosts: int, members: int, rounds: int) -> list[Row]:
    """One plan against json.loads of the same inventory; then from file to answer."""
    with inventory_file(hosts) as file:
        ratios = _reading_ratios(file, members, rounds)
    label = f"{members:,} members on {hosts:,} hosts"
    far = AtMost(1.5) if hosts >= 100_000 else None
    return [
        Row(f"the tree of {hosts:,} hosts", "json.loads", ratios[0]),
        Row(f"plan {label}, the tree ready", "json.loads", ratios[1], AtMost(0.5)),
        Row(f"plan {label}, the tree ready, sizes", "json.loads", ratios[2], AtMost(0.5)),
        Row(f"from file to answer, {label}, sizes", "json.loads", ratios[3], far),
    ]


def _reading_ratios(file: Path, members: int, rounds: int) -> list[float]:
    hosts = read(file)
    plain, sized = equal_members(members, {}), equal_members(members, SIZED)
    return paired(
        rounds,
        lambda: json.loads(file.read_text()),
        lambda: tree(hosts),
        _on_fresh_trees(hosts, plain, rounds),
        _on_fresh_trees(hosts, sized, rounds),
        lambda: plan(sized, [], read(file), APART),
    )


def _on_fresh_trees(hosts: Sequence[Domain], members: list[Member], rounds: int) -> Callable[[], Plan]:
    """A plan on a tree that is built and was not planned on before."""
    trees = iter([tree(hosts) for _ in range(rounds)])
    return lambda: plan(members, [], next(trees), APART)


def beside_a_rescan(hosts: int, members: int, rounds: int) -> list[Row]:
    """Equally balanced answers, from the hosts alone: the planner's tree counts as its work."""
    with inventory_file(hosts) as file:
        places = read(file)
    wanted = equal_members(members, {})
    names = [member.name for member in wanted]
    _demand_equal_balance(plan(wanted, [], places, APART), rescan(names, places))
    ratios = paired(rounds, lambda: plan(wanted, [], places, APART), lambda: rescan(names, places))
    what = f"a plain rescan for each of {members:,} members on {hosts:,} hosts"
    return [Row(what, "plan", ratios[0])]


def _demand_equal_balance(planned: Plan, scanned: Mapping[str, Domain]) -> None:
    """In every zone, rack and host as many members, whichever zone, rack or host that is."""
    ours = _crowds(placement.domains for placement in planned.placements)
    theirs = _crowds(domain.names() for domain in scanned.values())
    if ours != theirs:
        raise AssertionError(f"not equally balanced: {ours} by the planner, {theirs} by the rescan")


def _crowds(places: Iterable[Mapping[Level, str]]) -> list[list[int]]:
    """For each level, how many members its domains hold, the fullest first."""
    found = list(places)
    levels: tuple[tuple[Level, ...], ...] = (("zone",), ("zone", "rack"), ("zone", "rack", "host"))
    inside = [Counter(tuple(place[level] for level in path) for place in found) for path in levels]
    return [sorted(counts.values(), reverse=True) for counts in inside]


def beside_the_plain_batch(hosts: int, members: int, rounds: int) -> list[Row]:
    """Sizes and lists of many kinds against as many equal members."""
    with inventory_file(hosts) as file:
        places = read(file)
    plain, mixed = equal_members(members, {}), mixed_members(members)
    ratios = paired(rounds, lambda: plan(plain, [], places, APART), lambda: plan(mixed, [], places, APART))
    left = members - len(plan(mixed, [], places, APART).placements)
    what = (
        f"plan {members:,} members on {hosts:,} hosts, 3 sizes and 8 kinds of lists ({left} without a place)"
    )
    return [Row(what, "equal members", ratios[0], AtMost(10))]
