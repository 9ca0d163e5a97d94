"""Why a machine found no place, in words: asked of the cloud after its own provider failed to make it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from antiaffinity.errors import AntiaffinityError, Conflict, LimitExceeded, NoCapacity, Unavailable
from antiaffinity.model import Observed, Placement, State
from antiaffinity.sight import Sight, backend_of
from antiaffinity.tables import help_lines
from antiaffinity.text import place

if TYPE_CHECKING:
    from antiaffinity.group import Group


class Said(Exception):
    """What another provider said of a launch; backends find their vendor's words in it."""


def explained(group: Group, seen: Sight, member: str, error: str = "", urn: str = "URN") -> list[str]:
    """The account of a launch that found no place; empty where it failed for another reason.

    ``seen`` is one look at the group; ``error`` what the machine's own provider said; ``urn`` its resource's.
    """
    refusal = _refusal(group, seen, member, error)
    if refusal is None:
        return []
    there = [one for one in seen.machines if one.holds and one.state != "failed"]
    found = f"{len(there)} of {len(group.spec.members)} members: {_listed(there)}"
    rules = [
        f"  rule     {means.rule}: {means.promise.how}, {means.promise.mechanism or means.promise.level}"
        for found_on in seen.means.values()
        for means in found_on
        if means.promise and means.rule.concerns(member)
    ]
    ways_out = (*refusal.ways_out, *_ways_out(group, seen, len(there), urn, error))
    return [
        f"{member} has no place: {refusal.message}",
        f"  there    {found}",
        *rules,
        *help_lines((), ways_out),
    ]


def _refusal(group: Group, seen: Sight, member: str, error: str) -> AntiaffinityError | None:
    """Why the cloud gave it no place, asked of the failed machine where there is one."""
    placement = next((p for p in group.planned(seen).placements if p.member == member), None)
    ids = tuple({id_: None for one in seen.machines for ids in one.memberships.values() for id_ in ids})
    placement = replace(placement or Placement(member, {}, key=group.key), native_ids=ids)
    failed = [one.instance for one in seen.machines if one.member == member and one.state in _states(error)]
    outcomes: list[str | Exception] = [*failed, Said(error)]
    for outcome in outcomes:
        try:
            backend_of(group.clouds, placement.cloud).settle(placement, outcome)
        except (NoCapacity, LimitExceeded, Conflict, Unavailable) as refusal:
            return refusal
        except (AntiaffinityError, Said):
            continue
    return None


def _states(error: str) -> tuple[State, ...]:
    """Of a launch that just failed; without one, a machine that may have run is no failed launch."""
    return ("failed", "lost") if error else ("failed",)


def _listed(machines: list[Observed]) -> str:
    return ", ".join(f"{one.member or 'not ours'} on {place(one.domains)}" for one in machines) or "none"


def _ways_out(group: Group, seen: Sight, there: int, urn: str, error: str) -> list[str]:
    """A machine that failed stays in the state, and Pulumi would not make it anew by itself."""
    states = _states(error)
    failed = [one.instance for one in seen.machines if one.state in states or not one.started]
    hard = any(rule.hard for rule in group.spec.rules)
    return [
        f"add or free a place for one more machine, or ask for {there} member{'s' * (there != 1)}",
        *(["make the rule soft: members may then share a place"] if hard else []),
        *([f"{', '.join(failed)} failed; once there is room: pulumi up --replace '{urn}'"] if failed else []),
    ]
