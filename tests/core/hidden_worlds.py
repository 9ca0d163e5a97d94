"""An oracle for verdicts: a world with true places, what is visible of it, and every way it could be.

It shares no code with the judge: a way is a true place for every machine that agrees with all that is
visible, and a rule is judged in a way by counting, in the words of the rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product

from hypothesis import assume
from hypothesis import strategies as st
from msgspec import Struct

from antiaffinity.model import LEVELS, Level, Observed
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive

Place = tuple[str, ...]
"""A host: the names at each level that the world has, outermost first."""

NAMES = {"zone": ("z1", "z2"), "rack": ("r1", "r2"), "host": ("h1", "h2")}


class Hidden(Struct, frozen=True):
    """Machines at their true places, of which only ``machines`` is visible.

    ``group_max`` is what every native group lets into one domain of ``group_level``: it refuses more.
    """

    levels: tuple[Level, ...]
    truth: tuple[Place, ...]
    machines: tuple[Observed, ...]
    group_level: Level = "host"
    group_max: int = 0


def hosts(levels: Sequence[Level]) -> list[Place]:
    """Every host there could be; names repeat from domain to domain. One is in places nobody named."""
    names = [NAMES[level] for level in levels]
    return [*product(*names), tuple("elsewhere" for _ in levels)]


def ways(hidden: Hidden) -> Iterator[tuple[Place, ...]]:
    """Every way the places could be, as far as anybody can see."""
    everywhere = hosts(hidden.levels)
    fitting = [[p for p in everywhere if _agrees(hidden, seen, p)] for seen in hidden.machines]
    yield from product(*fitting)


def _agrees(hidden: Hidden, seen: Observed, place: Place) -> bool:
    there = dict(zip(hidden.levels, place, strict=True))
    return all(there[level] == name for level, name in seen.domains.items())


def refused(hidden: Hidden, way: Sequence[Place]) -> bool:
    """Whether some native group would have refused this way."""
    upto = hidden.levels.index(hidden.group_level) + 1
    inside: Counter[tuple[str, Place]] = Counter(
        (group, place[:upto])
        for seen, place in zip(hidden.machines, way, strict=True)
        for group in seen.memberships.get(hidden.group_level, ())
    )
    return bool(inside) and max(inside.values()) > hidden.group_max


def scattered(hidden: Hidden, way: Sequence[Place]) -> bool:
    """Whether some native group that keeps together would have refused this way."""
    upto = hidden.levels.index(hidden.group_level) + 1
    domains: dict[str, set[Place]] = {}
    for seen, place in zip(hidden.machines, way, strict=True):
        for group in seen.memberships.get(hidden.group_level, ()):
            domains.setdefault(group, set()).add(place[:upto])
    return any(len(found) > 1 for found in domains.values())


def keeps(rule: Rule, levels: Sequence[Level], way: Sequence[Place]) -> bool:
    """Whether the rule is kept when the machines are there."""
    upto = [level for level in LEVELS if level in levels].index(rule.level) + 1
    counts = Counter(place[:upto] for place in way)
    if isinstance(rule, AntiAffinity):
        return max(counts.values()) <= rule.max_per_domain
    if isinstance(rule, Affinity):
        return len(counts) == 1
    if isinstance(rule, Survive):
        return sum(n for _, n in counts.most_common(rule.failures)) <= rule.lose_at_most
    return _even(rule, counts)


def _even(rule: Spread, counts: Counter[Place]) -> bool:
    """Over the domains that hold somebody: an empty one is no break."""
    few = rule.min_domains is not None and len(counts) < rule.min_domains
    return max(counts.values()) - (0 if few else min(counts.values())) <= rule.max_skew


LEVEL_SETS: tuple[tuple[Level, ...], ...] = (
    ("host",),
    ("zone", "host"),
    ("rack", "host"),
    ("zone", "rack", "host"),
)


@st.composite
def worlds(draw: st.DrawFn, gaps: bool = True) -> Hidden:
    """Some machines of a cloud that tells each place down to some level, and perhaps one with a gap."""
    levels = draw(st.sampled_from(LEVEL_SETS))
    truth = draw(st.lists(st.sampled_from(hosts(levels)[:-1]), min_size=1, max_size=4))
    told = [_down_to(draw, levels, place) for place in truth]
    if gaps and draw(st.booleans()):
        told[0] = _with_gap(draw, levels, truth, told)
    groups = (
        [draw(st.sampled_from(("", "a", "b", "ab", "bc", "ac"))) for _ in truth]
        if draw(st.booleans())
        else ["a"] * len(truth)
    )
    return Hidden(levels, tuple(truth), tuple(map(_machine, range(len(truth)), told, groups)))


def _down_to(draw: st.DrawFn, levels: tuple[Level, ...], place: Place) -> dict[Level, str]:
    depth = draw(st.integers(0, len(levels)))
    return dict(zip(levels[:depth], place[:depth], strict=True))


def _with_gap(
    draw: st.DrawFn, levels: tuple[Level, ...], truth: Sequence[Place], told: Sequence[dict[Level, str]]
) -> dict[Level, str]:
    """One machine tells an inner level without an outer one that others beside it do tell."""
    hidden = draw(st.sampled_from(levels))
    assume(any(level != hidden for level in levels) and any(hidden in other for other in told[1:]))
    return {level: name for level, name in zip(levels, truth[0], strict=True) if level != hidden}


def _machine(number: int, told: dict[Level, str], groups: str) -> Observed:
    """``groups`` are letters, one for each native group that it is in."""
    memberships = dict.fromkeys(LEVELS, tuple(groups)) if groups else {}
    return Observed(f"db-{number}", f"i-{number}", "running", True, domains=told, memberships=memberships)
