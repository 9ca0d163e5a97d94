"""The functions of the package: what can be asked without making anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import Observed
from antiaffinity.sight import backend_of
from antiaffinity.spec import Spec
from pulumi_antiaffinity import inputs as given
from pulumi_antiaffinity.codec import Plain, reveal
from pulumi_antiaffinity.refusals import explained
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
            error, urn = str(plain.get("error") or ""), plain.get("urn") or "URN"
            told = explained(group, group.look(), plain["member"], error, urn)
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
            urn = str(plain.get("urn") or "")
            return {"message": "\n".join(_left_over(seen, _importable(group, seen, urn)) for seen in left)}


def _asked(arguments: Plain) -> Spec:
    """The group that a question about a member is about."""
    plain = reveal(arguments)
    if not isinstance(plain.get("spec"), dict):
        raise InvalidRequest("give the Group's output spec", path="spec")
    if not isinstance(plain.get("member"), str):
        raise InvalidRequest("give the member's name, one of the Group's names", path="member")
    return given.parse_output(arguments["spec"])


def _is_left(group: Group, seen: Observed, member: str) -> bool:
    reported = backend_of(group.clouds, seen.cloud).cloud.reported
    return seen.member == member and not reported and seen.state not in ("claimed", "leaving")


def _importable(group: Group, seen: Observed, urn: str) -> str:
    """The resource that could take a machine over by the id that we know it by; "" where none could."""
    return urn if backend_of(group.clouds, seen.cloud).cloud.pulumi_id == "id" else ""


def _left_over(seen: Observed, urn: str) -> str:
    """What to do: `pulumi refresh --import-pending-creates` forgets what it should import (3.257.0)."""
    found = f"{seen.instance} bears the mark of {seen.member} already: a run that was killed may have left it"
    if seen.state == "lost":
        found = f"{found}; it is in error, and may have run"
    ways = [f"{found}. Delete it, and run up again."]
    _, type_, name = urn.rsplit("::", 2) if urn.count("::") >= 2 else ("", "", "")
    if type_ and "$" not in type_ and seen.state != "failed":
        taken = f"pulumi import {type_} {name} {seen.instance} --protect=false"
        ways.append(f"Or, where Pulumi has forgotten {name}, take it over before that: {taken}")
    return "\n".join([*ways, "Where its resource was renamed, give the new one an alias."])
