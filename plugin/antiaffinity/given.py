"""What Python calls are given: each argument is of the type it says, else InvalidRequest with its path."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from antiaffinity.decode import decode, fail, show, under
from antiaffinity.model import Level, Lists, Needs


class Planned(Struct):
    """The options of ``aa.plan``."""

    only: Lists | None
    never: Lists | None
    needs: Needs | None
    group: str
    saturated: Literal["refuse", "stack"]
    repair: bool


class Proposed(Struct):
    """What ``Group.plan`` is asked."""

    shrink: int
    repair: bool


class Asked(Struct):
    """Whose places ``Group.candidates`` is asked for."""

    member: str


class Bound(Struct):
    """What ``Group.bind`` is given."""

    member: str
    instance: str
    at: dict[Level, str] | None


class Told(Struct):
    """What ``look`` gives: a host for each member."""

    look: dict[str, str]


class Unmarked(Struct):
    """What ``Group.unmark`` is given."""

    instance: str
    cloud: str


class Released(Struct):
    """Whom ``Group.release`` gives up."""

    members: list[str] | None


class Connected(Struct):
    """Which cloud ``aa.connect`` is asked for, and whose groups."""

    kind: str
    owner: str


def check(values: dict[str, object], schema: type[Struct]) -> None:
    """Refuse the first value that is not what the schema says of its name."""
    decode(values, schema)


def check_needed(value: object, path: str) -> None:
    """Refuse what cannot be called, None too."""
    if not callable(value):
        fail(path, f"is a function, not {show(value)}")


def check_calls(launch: object, hooks: dict[str, object]) -> None:
    """Refuse hooks that are none, and a launch that is missing."""
    check_needed(launch, "launch")
    for path, hook in hooks.items():
        if hook is not None:
            check_needed(hook, path)


def check_each(values: Iterable[object], kinds: tuple[type, ...], path: str, what: str) -> None:
    """Refuse the first that is of none of these kinds; the kinds are looked at, not each of 100,000 hosts."""
    wrong = tuple(kind for kind in set(map(type, values)) if not issubclass(kind, kinds))
    for number, value in enumerate(values if wrong else ()):
        if isinstance(value, wrong):
            fail(under(path, number), f"expected {what}, not {show(value)}")


def listed(values: object, path: str, what: str) -> list[object] | tuple[object, ...]:
    """The values of a list, or of anything else that gives one after another."""
    if isinstance(values, list | tuple):
        return values
    if isinstance(values, str | bytes | dict) or not isinstance(values, Iterable):
        fail(path, f"expected a list, each {what}, not {show(values)}")
    return list(values)
