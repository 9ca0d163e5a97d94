"""What is wanted: a SPEC, read from YAML or JSON, a mapping, or Python's own arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

from msgspec import Struct, UnsetType
from msgspec.structs import asdict

from antiaffinity.check import check_amounts, check_lists, check_name, check_names, check_rules
from antiaffinity.decode import decode, fail, nearest, show, under
from antiaffinity.document import STDIN, read
from antiaffinity.lines import told_of
from antiaffinity.model import GroupKey, Level, Lists, Member, Needs
from antiaffinity.policy import SHORTHANDS, Ha, Rule, compile_ha
from antiaffinity.schema import LONGEST, WORDS, MemberKeys, RuleKeys, SpecKeys

Saturated = Literal["refuse", "stack"]
Settings = dict[str, object]
Keys = Mapping[str, object]


class Spec(Struct, frozen=True, dict=True):
    """A SPEC that holds together.

    ``members`` carry the default ``size`` under their own; ``rules`` end with the one that ``ha``
    compiles to. ``clouds`` holds the settings by key, "" for the single ``cloud``; their relative
    paths count from ``base``, the SPEC's folder (None: the working directory).
    """

    key: GroupKey
    members: tuple[Member, ...]
    rules: tuple[Rule, ...] = ()
    ha: Ha | None = None
    only: Lists = {}
    never: Lists = {}
    needs: Needs = Needs()
    saturated: Saturated = "refuse"
    planned: int | None = None
    adopt: dict[Level, str] = {}
    clouds: dict[str, Settings] = {}
    base: Path | None = None

    def __repr__(self) -> str:
        """Of the clouds' settings their kinds: among the others are passwords."""
        fields = asdict(self) | {"clouds": {key: {"kind": one["kind"]} for key, one in self.clouds.items()}}
        return f"Spec({', '.join(f'{name}={value!r}' for name, value in fields.items())})"

    @cached_property
    def named(self) -> dict[str, Member]:
        """Its members by name."""
        return {member.name: member for member in self.members}

    @property
    def largest(self) -> int:
        """How many members it is to have at most."""
        return max(len(self.members), self.planned or 0)


def read_spec(path: Path) -> Spec:
    """The SPEC in a YAML or JSON file, or on standard input ("-").

    InvalidRequest names the field that is wrong, or the file where it cannot be read.
    """
    return spec_in(read(path, SpecKeys), path)


def spec_in(data: object, file: Path) -> Spec:
    """The SPEC in what was read of a file; InvalidRequest also says the file and the line."""
    with told_of(file):
        return parse_spec(data, None if file == STDIN else file.parent)


def parse_spec(data: object, base: Path | None = None) -> Spec:
    """The SPEC in a mapping of its keys; InvalidRequest names the field that is wrong."""
    if not isinstance(data, Mapping):
        fail("", f"a SPEC is a mapping such as {{group: db, members: 3}}, not {show(data)}")
    keys = decode(data, SpecKeys, WORDS)
    members = _members(keys)
    _check_places(keys)
    ha = None if isinstance(keys.ha, UnsetType) else keys.ha
    return Spec(
        key=_key(keys),
        members=members,
        rules=_rules(keys, ha, [member.name for member in members]),
        ha=ha,
        only=keys.only,
        never=keys.never,
        needs=Needs(keys.needs.networks, keys.needs.datastores),
        saturated=keys.saturated,
        planned=_planned(keys, len(members)),
        adopt=keys.adopt,
        clouds=_clouds(keys),
        base=base,
    )


def make_spec(
    name: str,
    owner: str,
    *,
    members: int | Sequence[str | Keys | Member],
    rules: str | Rule | Sequence[str | Keys | Rule] = (),
    size: Mapping[str, float | str] | None = None,
    ha: Keys | Ha | None = None,
    only: Mapping[Level, Sequence[str]] | None = None,
    never: Mapping[Level, Sequence[str]] | None = None,
    needs: Keys | Needs | None = None,
    saturated: Saturated = "refuse",
    planned: int | None = None,
    adopt: Mapping[Level, str] | None = None,
) -> Spec:
    """The SPEC of Python's own arguments: its keys, with our Structs or plain data in them."""
    given = {
        "group": name,
        "owner": owner,
        "members": _plain_list(members),
        "rules": _plain_list([rules] if isinstance(rules, Rule) else rules),
        "size": size,
        "ha": _plain(ha),
        "only": only,
        "never": never,
        "needs": _plain(needs),
        "saturated": saturated,
        "planned": planned,
        "adopt": adopt,
    }
    return parse_spec({key: value for key, value in given.items() if value is not None})


def _plain_list(values: object) -> object:
    if isinstance(values, str | Mapping) or not isinstance(values, Iterable):
        return values
    return [_plain(value) for value in values]


def _plain(value: object) -> object:
    """One of our Structs as the SPEC's own keys, so that there is one way in and one set of checks."""
    if isinstance(value, Rule):
        return {value.kind: asdict(value)}
    return asdict(value) if isinstance(value, Struct) else value


def _key(keys: SpecKeys) -> GroupKey:
    check_name(keys.group, "group")
    check_name(keys.owner, "owner")
    return GroupKey(keys.owner, keys.group)


def _members(keys: SpecKeys) -> tuple[Member, ...]:
    check_amounts(keys.size, "size")
    if isinstance(keys.members, int):
        return _numbered(keys, keys.members)
    seen: dict[str, int] = {}
    for number, entry in enumerate(keys.members):
        name = entry if isinstance(entry, str) else entry.name
        path = under("members", number)
        check_name(name, path if isinstance(entry, str) else f"{path}.name")
        if seen.setdefault(name, number) != number:
            fail(path, f"{show(name)} is members[{seen[name]}] already; a name is an identity: rename one")
    return tuple(_member(entry, f"members[{number}]", keys) for number, entry in enumerate(keys.members))


def _check_places(keys: SpecKeys) -> None:
    """What SPEC calls places by."""
    for lists, path in ((keys.only, "only"), (keys.never, "never"), (keys.adopt, "adopt")):
        check_lists(lists, path)
    check_names(keys.needs.networks, "needs.networks")
    check_names(keys.needs.datastores, "needs.datastores")
    for number, one in enumerate(keys.members if not isinstance(keys.members, int) else ()):
        if not isinstance(one, str) and (one.only or one.never or one.stay):
            for lists, word in ((one.only, "only"), (one.never, "never"), (one.stay, "stay")):
                check_lists(lists, f"members[{number}].{word}")


def _numbered(keys: SpecKeys, count: int) -> tuple[Member, ...]:
    last = f"{keys.group}-{count - 1}"
    if len(last) > LONGEST:
        fail("group", f"its members' names have {len(last)} letters; the most is {LONGEST}: shorten it")
    return tuple(Member(f"{keys.group}-{number}", keys.size) for number in range(count))


def _member(entry: str | MemberKeys, path: str, keys: SpecKeys) -> Member:
    if isinstance(entry, str):
        return Member(entry, keys.size)
    check_amounts(entry.size, f"{path}.size")
    return Member(entry.name, {**keys.size, **entry.size}, entry.only, entry.never, entry.stay)


def _rules(keys: SpecKeys, ha: Ha | None, members: Sequence[str]) -> tuple[Rule, ...]:
    if isinstance(keys.rules, str):
        rules = {"rules": _shorthand(keys.rules, "rules")}
    else:
        entries = ((under("rules", number), entry) for number, entry in enumerate(keys.rules))
        rules = {path: _rule(entry, path) for path, entry in entries}
    if ha is not None:
        rules["ha"] = compile_ha(ha, len(members))
    check_rules(rules, members)
    return tuple(rules.values())


def _rule(entry: str | RuleKeys, path: str) -> Rule:
    if isinstance(entry, str):
        return _shorthand(entry, path)
    kinds = (entry.anti_affinity, entry.affinity, entry.spread, entry.survive)
    rules = [rule for rule in kinds if not isinstance(rule, UnsetType)]
    if len(rules) > 1:
        both = " and ".join(rule.kind for rule in rules)
        fail(path, f"one entry is one rule, not {both}; start each with a dash of its own")
    if not rules:
        fail(path, "names no rule; write one, for example anti-affinity: {level: host}")
    return rules[0]


def _shorthand(word: str, path: str) -> Rule:
    if word in ("spread", "survive"):
        fail(path, f"{word} is no shorthand, it needs keys of its own: - {word}: {{level: zone, ...}}")
    if word not in SHORTHANDS:
        fail(path, f"unknown shorthand {show(word)}; {nearest(word, SHORTHANDS)}")
    return SHORTHANDS[word]


def _planned(keys: SpecKeys, members: int) -> int | None:
    if isinstance(keys.planned, UnsetType):
        return None
    if keys.planned < members:
        fail(
            "planned", f"{keys.planned} is less than the {members} members there are; give {members} or more"
        )
    return keys.planned


def _clouds(keys: SpecKeys) -> dict[str, Settings]:
    """The settings by key; ``cloud`` is the single one, with the key ""."""
    if isinstance(keys.clouds, UnsetType):
        return {} if isinstance(keys.cloud, UnsetType) else {"": _settings(keys.cloud, "cloud")}
    if not isinstance(keys.cloud, UnsetType):
        fail("clouds", "give cloud (a single one) or clouds (several by name), not both")
    for name in keys.clouds:
        check_name(name, under("clouds", name))
    return {name: _settings(settings, under("clouds", name)) for name, settings in keys.clouds.items()}


def _settings(settings: Settings, path: str) -> Settings:
    kind = settings.get("kind")
    if not isinstance(kind, str) or not kind:
        fail(f"{path}.kind", "say which kind of cloud it is, in text; `antiaffinity clouds` lists them")
    return settings
