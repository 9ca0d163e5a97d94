"""The functions of the package: what can be asked without making anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from antiaffinity.errors import (
    AntiaffinityError,
    Conflict,
    InvalidRequest,
    LimitExceeded,
    NoCapacity,
    Unavailable,
)
from antiaffinity.model import Observed, Placement
from antiaffinity.sight import Sight, backend_of
from antiaffinity.tables import help_lines
from antiaffinity.text import place
from pulumi_antiaffinity import inputs as given
from pulumi_antiaffinity.codec import Plain, reveal
from pulumi_antiaffinity.shapes import placement_state, plan_state

if TYPE_CHECKING:
    from antiaffinity.group import Group
    from pulumi_antiaffinity.provider import Provider


class Functions:
    """The functions for one provider instance."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def plan(self, arguments: Plain) -> Plain:
        """Where each member would go now; nothing is made. An estate may leave the clouds open here."""
        inputs = given.with_clouds({"name": "plan", **arguments}, self.provider.clouds)
        inputs.setdefault("owner", self.provider.owner or "default")
        spec = given.spec_of(inputs)
        given.check_clouds(spec)
        with self.provider.connections.group(spec) as group:
            seen = group.look()
            plan = group.planned(seen)
            plan.raise_if_short()
            placements = {
                p.member: placement_state(p, backend_of(group.clouds, p.cloud), {}) for p in plan.placements
            }
        names = [member.name for member in spec.members]
        return {**plan_state(plan, seen), "placements": placements, "names": names}

    def explain(self, arguments: Plain) -> Plain:
        """Why a member's machine found no place, and what would help; also shown beside it (``urn``)."""
        plain = reveal(arguments)
        for key in ("spec", "member"):
            if not plain.get(key):
                raise InvalidRequest("is missing", path=key)
        spec = given.parse(arguments["spec"])
        with self.provider.connections.group(spec) as group:
            message = "\n".join(_explained(group, plain["member"], str(plain.get("error") or "")))
        if message and plain.get("urn"):
            self.provider.log.error(message, plain["urn"])
        return {"message": message}


class Said(Exception):
    """What another provider said of a launch; backends find their vendor's words in it."""


def _explained(group: Group, member: str, error: str) -> list[str]:
    """The account of a launch that found no place; empty where it failed for another reason."""
    seen = group.look()
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
    ways_out = (*refusal.ways_out, *_ways_out(group, seen, len(there)))
    return [
        f"{member} has no place: {refusal.message}",
        f"  there    {found}",
        *rules,
        *help_lines((), ways_out),
    ]


def _refusal(group: Group, seen: Sight, member: str, error: str) -> AntiaffinityError | None:
    """Why the cloud gave it no place, asked of the failed machine where there is one."""
    placement = next((p for p in group.planned(seen).placements if p.member == member), None)
    ids = tuple({id_: None for one in seen.machines for id_ in one.memberships.values()})
    placement = replace(placement or Placement(member, {}, key=group.key), native_ids=ids)
    failed = [one.instance for one in seen.machines if one.member == member and one.state == "failed"]
    outcomes: list[str | Exception] = [*failed, Said(error)]
    for outcome in outcomes:
        try:
            backend_of(group.clouds, placement.cloud).settle(placement, outcome)
        except (NoCapacity, LimitExceeded, Conflict, Unavailable) as refusal:
            return refusal
        except (AntiaffinityError, Said):
            continue
    return None


def _listed(machines: list[Observed]) -> str:
    return ", ".join(f"{one.member or 'not ours'} on {place(one.domains)}" for one in machines) or "none"


def _ways_out(group: Group, seen: Sight, there: int) -> list[str]:
    failed = [one.instance for one in seen.machines if one.state == "failed"]
    hard = any(rule.hard for rule in group.spec.rules)
    return [
        f"add or free a place for one more machine, or ask for {there} member{'s' * (there != 1)}",
        *(["make the rule soft: members may then share a place"] if hard else []),
        *([f"{', '.join(failed)} failed, and may fill its group: pulumi destroys it"] if failed else []),
    ]
