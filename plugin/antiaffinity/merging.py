"""What every cloud does to merge a placement into the user's own launch arguments; pure.

Nothing of the user's is changed in place. None counts as not given. A value that is not known yet
(a Pulumi Output) passes, except where it would have to be compared. Errors are InvalidRequest, with
the argument as ``path``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import Placement


def mark_of(placement: Placement) -> dict[str, str]:
    """The entries that say whose the machine is; InvalidRequest where the placement has no group."""
    if placement.key is None:
        raise InvalidRequest("this placement comes from a bare plan; ask a group of a connected cloud")
    return placement.key.marks(placement.member)


def with_mark(own: Mapping[str, Any], mark: Mapping[str, str], path: str) -> dict[str, Any]:
    """Own entries and the mark's; InvalidRequest at ``path.key`` where an own one is another than ours."""
    for key, value in mark.items():
        if key in own:
            keep_mark(own[key], value, f"{path}.{key}")
    return {**own, **mark}


def keep_mark(given: object, ours: str, path: str) -> None:
    """Refuse an own value in the place of an entry of the mark, unless it is the same."""
    if not same(given, ours):
        raise InvalidRequest(
            f"this entry says whose the machine is and must be {ours!r}: leave it to the placement", path=path
        )


def agree(member: str, given: object, ours: object, path: str) -> None:
    """Refuse an own argument that names another place than ours, or one that cannot be compared."""
    if given is not None and not same(given, ours):
        raise another_place(member, given, ours, path)


def another_place(member: str, given: object, ours: object, path: str) -> InvalidRequest:
    """The error for a given place that is not ours; ``ours`` is None where the placement names none."""
    said = repr(given) if plain(given) else "a value that cannot be compared"
    goes = f"the placement of {member} names none" if ours is None else _goes(member, ours)
    way_out = "to say where members may go use `only`, for a group of your own `adopt`"
    return InvalidRequest(f"{said}, but {goes}: leave it to the placement; {way_out}", path=path)


def _goes(member: str, ours: object) -> str:
    """A place that a Pulumi program does not know yet cannot be named."""
    return f"{member} goes to {ours!r}" if plain(ours) else f"the plan says where {member} goes"


def same(given: object, ours: object) -> bool:
    """Whether a given value is known, and ours."""
    return plain(given) and given == ours


def plain(value: object) -> bool:
    """Whether a value, or every item of a list, can be compared now; Pulumi's Outputs cannot."""
    if isinstance(value, list | tuple):
        return all(map(plain, value))
    return isinstance(value, str | int | float)


def mapping(value: Any, path: str) -> Mapping[str, Any]:
    """A dict of the user's that ours can join; None is an empty one."""
    if not isinstance(value, Mapping | None):
        raise InvalidRequest(f"must be a dict of values, not {type(value).__name__}", path=path)
    return {} if value is None else value


def listing(value: Any, path: str) -> list[Any]:
    """A copy of a list of the user's that ours can join; None is an empty one."""
    if not isinstance(value, list | tuple | None):
        raise InvalidRequest(f"must be a list, not {type(value).__name__}", path=path)
    return list(value or ())


def filled(name: str, own: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """The argument only where there is something to say, or the user said it."""
    return {name: value} if name in own or value else {}
