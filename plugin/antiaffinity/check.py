"""What no type can say about a SPEC: names, amounts, and rules that cannot hold together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import combinations

from antiaffinity.decode import fail, show, under
from antiaffinity.guarantee import outward
from antiaffinity.model import Level, Lists
from antiaffinity.policy import ALL, Affinity, AntiAffinity, Rule, Survive

HUGE = 10**15
"""More of any resource than a machine can have: one slip of a unit, and sums stay exact."""


def check_name(name: str, path: str) -> None:
    """Names are identities and tag values: what one cannot see must not tell two apart."""
    if name != name.strip():
        fail(path, f"{show(name)} starts or ends with a blank; remove it")
    if not name.isprintable():
        fail(
            path, f"{show(name)} holds a character that cannot be seen (a control character, say); remove it"
        )


def check_lists(lists: Lists | Mapping[Level, str], path: str) -> None:
    """Patterns, and names of places, are as names: a blank at the end of one would match nothing."""
    for level, found in lists.items():
        at = under(path, level)
        for number, name in enumerate([found] if isinstance(found, str) else found):
            check_name(name, at if isinstance(found, str) else under(at, number))


def check_names(names: Sequence[str], path: str) -> None:
    """The same of a list of names."""
    for number, name in enumerate(names):
        check_name(name, under(path, number))


def check_amounts(size: Mapping[str, float | str], path: str) -> None:
    """``type`` is the cloud's word; every other resource is an amount from 0 up."""
    for resource, amount in size.items():
        at = under(path, resource)
        if resource == "type":
            _check_type(amount, at)
        elif isinstance(amount, str):
            fail(at, f"{show(amount)} is text; an amount is a plain number, for example {resource}: 2")
        elif not 0 <= amount <= HUGE:
            fail(at, f"{show(amount)} is no amount; give a number from 0 to 10**15")


def _check_type(value: float | str, path: str) -> None:
    if not isinstance(value, str) or not value.strip():
        fail(path, f'the type is the cloud\'s own word for a size, not {show(value)}; quote it: "..."')


def check_rules(rules: Mapping[str, Rule], members: Sequence[str]) -> None:
    """Refuse rules (by path) that no placement on any cloud could meet, or that concern nobody."""
    for path, rule in rules.items():
        _check_among(rule, path, members)
        _check_losses(rule, path)
    for (path, rule), (later, other) in combinations(rules.items(), 2):
        if rule == other:
            fail(later, f"says the same as {path}; remove one of the two")
        if shared := _too_many(rule, other, members) or _too_many(other, rule, members):
            fail(later, f"contradicts {path}: {shared}; make one soft, or part their members with among")


def _check_among(rule: Rule, path: str, members: Sequence[str]) -> None:
    if not rule.among:
        fail(
            f"{path}.{rule.kind}.among",
            "is empty: the rule concerns nobody; leave it out to mean all members",
        )
    for number, pattern in enumerate(rule.among if rule.among != ALL else ()):
        check_name(pattern, f"{path}.{rule.kind}.among[{number}]")
        if not _matches(pattern, members):
            at = f"{path}.{rule.kind}.among[{number}]"
            fail(at, f"{show(pattern)} matches no member; the members are {_some(members)}")


def _matches(pattern: str, members: Sequence[str]) -> bool:
    return any(fnmatchcase(member, pattern) for member in members)


def _some(members: Sequence[str]) -> str:
    more = f" and {len(members) - 5} more" if len(members) > 5 else ""
    return ", ".join(map(show, members[:5])) + more


def _check_losses(rule: Rule, path: str) -> None:
    if isinstance(rule, Survive) and rule.lose_at_most < rule.failures:
        # As many domains as fail hold a member each as soon as the group has that many members.
        fail(
            f"{path}.survive.lose_at_most",
            f"{rule.failures} failing domains take at least {rule.failures} members with them; "
            f"give {rule.failures} or more, or fewer failures",
        )


def _too_many(together: Rule, apart: Rule, members: Sequence[str]) -> str:
    """Why two hard rules contradict: what is in one rack is in one zone, too."""
    most = _most_in_one_domain(apart)
    if not isinstance(together, Affinity) or most is None or not (together.hard and apart.hard):
        return ""
    if apart.level not in outward(together.level):
        return ""
    common = sum(together.concerns(member) and apart.concerns(member) for member in members)
    if common <= most:
        return ""
    return f"{common} members in one {together.level} share one {apart.level}, which may hold {most}"


def _most_in_one_domain(rule: Rule) -> int | None:
    if isinstance(rule, AntiAffinity):
        return rule.max_per_domain
    return rule.lose_at_most if isinstance(rule, Survive) else None
