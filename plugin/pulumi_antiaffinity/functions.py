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
from antiaffinity.spec import Spec
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
        if wrong := next(given.unknown_inputs(arguments), None):
            raise InvalidRequest(wrong.reason, path=wrong.path)
        inputs = given.with_clouds({"name": "plan", **arguments}, self.provider.clouds)
        inputs.setdefault("owner", self.provider.owner or "default")
        spec = given.spec_of(inputs)
        given.check_clouds(spec)
        with self.provider.connections.group(spec) as group:
            seen = group.look()
            plan = group.planned(seen)
            plan.raise_if_short()
            placements = {
                # What is not made yet has no id; unlike a resource's, an answer has no room for unknowns.
                p.member: placement_state(replace(p, natives=()), backend_of(group.clouds, p.cloud), {})
                for p in plan.placements
            }
        names = [member.name for member in spec.members]
        return {**plan_state(plan, seen), "placements": placements, "names": names}

    def explain(self, arguments: Plain) -> Plain:
        """Why a member's machine found no place, and what would help; also shown beside it (``urn``)."""
        plain, spec = reveal(arguments), _asked(arguments)
        with self.provider.connections.group(spec) as group:
            told = explained(group, plain["member"], str(plain.get("error") or ""), plain.get("urn") or "URN")
        message = "\n".join(told)
        if message and plain.get("urn"):
            self.provider.log.error(message, plain["urn"])
        return {"message": message}

    def leftovers(self, arguments: Plain) -> Plain:
        """What there is of a member before it is launched, and what to do about it; empty where nothing is.

        ``urn`` is the machine's resource. A machine that is only reported to us tells nothing.
        """
        plain, spec = reveal(arguments), _asked(arguments)
        with self.provider.connections.group(spec) as group:
            left = [seen for seen in group.machines() if _is_left(group, seen, plain["member"])]
        return {"message": "\n".join(_left_over(seen, str(plain.get("urn") or "")) for seen in left)}


def _asked(arguments: Plain) -> Spec:
    """The group that a question about a member is about."""
    plain = reveal(arguments)
    if not isinstance(plain.get("spec"), dict):
        raise InvalidRequest("give the Group's output spec", path="spec")
    if not isinstance(plain.get("member"), str):
        raise InvalidRequest("give the member's name, one of the Group's names", path="member")
    return given.parse_output(arguments["spec"])


class Said(Exception):
    """What another provider said of a launch; backends find their vendor's words in it."""


def explained(group: Group, member: str, error: str = "", urn: str = "URN") -> list[str]:
    """The account of a launch that found no place; empty where it failed for another reason.

    ``error`` is what the machine's own provider said; ``urn`` its resource's.
    """
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
    ways_out = (*refusal.ways_out, *_ways_out(group, seen, len(there), urn))
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


def _ways_out(group: Group, seen: Sight, there: int, urn: str) -> list[str]:
    """A machine that failed stays in the state, and Pulumi would not make it anew by itself."""
    failed = [one.instance for one in seen.machines if one.state == "failed"]
    hard = any(rule.hard for rule in group.spec.rules)
    return [
        f"add or free a place for one more machine, or ask for {there} member{'s' * (there != 1)}",
        *(["make the rule soft: members may then share a place"] if hard else []),
        *([f"{', '.join(failed)} failed; once there is room: pulumi up --replace '{urn}'"] if failed else []),
    ]


def _is_left(group: Group, seen: Observed, member: str) -> bool:
    reported = backend_of(group.clouds, seen.cloud).cloud.reported
    return seen.member == member and not reported and seen.state not in ("claimed", "leaving")


def _left_over(seen: Observed, urn: str) -> str:
    """What to do: `pulumi refresh --import-pending-creates` forgets what it should import (3.257.0)."""
    found = f"{seen.instance} bears the mark of {seen.member} already: a run that was killed may have left it"
    ways = [f"{found}. Delete it, and run up again."]
    _, type_, name = urn.rsplit("::", 2) if urn.count("::") >= 2 else ("", "", "")
    if type_ and "$" not in type_ and seen.state != "failed":
        taken = f"pulumi import {type_} {name} {seen.instance} --protect=false"
        ways.append(f"Or take it over before that: {taken}")
    return "\n".join([*ways, "Where its resource was renamed, give the new one an alias."])
