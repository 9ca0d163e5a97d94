"""What Exoscale shows, read as our nouns: instances, zones, quotas.

States: https://community.exoscale.com/reference/api/compute/instance/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from antiaffinity.model import MARKS, Domain, Finding, GroupKey, Level, Observed, Size, State
from antiaffinity.topology import Limits
from antiaffinity_exoscale.calls import Shown
from antiaffinity_exoscale.natives import Mark, serving

STATES: Mapping[str, State] = {
    "starting": "starting",
    "error": "lost",
    "stopped": "stopped",
    "destroying": "leaving",
    "expunging": "leaving",
    "destroyed": "gone",
}
"""Every other state is that of an instance that runs.

https://openapi-v2.exoscale.com/source.json has the names alone: whether one in ``error`` ever ran, one that
was stopped is ``starting`` when it is started, or one that is ``destroyed`` may be recovered is not
published.
"""

NOTES = {"error": "in error, and it may have run"}


NOBODYS: Mapping[str, Mark] = {}


def marked(instance: Shown) -> tuple[GroupKey, str] | None:
    """Whose machine it is: group and member; None where it does not bear our whole mark."""
    labels = instance.get("labels") or {}
    owner, group, member = (labels.get(mark) for mark in MARKS)
    if owner is None or group is None or member is None:
        return None
    return GroupKey(owner, group), member


def state_of(instance: Shown) -> State:
    """The state of an instance in our words."""
    return STATES.get(instance.get("state", ""), "running")


def groups_of(instance: Shown) -> tuple[str, ...]:
    """The ids of the groups that an instance is in; only an instance by itself tells, a list does not."""
    return tuple(sorted(group["id"] for group in instance.get("anti-affinity-groups", ())))


def observed(
    instance: Shown, member: str, zone: str, groups: Sequence[str] = (), ours: Mapping[str, Mark] = NOBODYS
) -> Observed:
    """What an instance shows; ``groups`` are those that it is in, ``ours`` the marks of its group's own.

    A failed one holds its place too: whether its groups still count it is not published.
    """
    state = state_of(instance)
    natives = tuple(id_ for id_ in groups if id_ in ours) or tuple(groups)
    within, part, layer = serving(natives, ours)
    memberships: dict[Level, tuple[str, ...]] = {"host": natives} if natives else {}
    return Observed(
        member=member,
        instance=instance["id"],
        state=state,
        holds=state != "gone",
        domains={"zone": zone},
        memberships=memberships,
        within=within,
        part=part,
        layer=layer,
        since=instance.get("created-at", ""),
        note=NOTES.get(instance.get("state", ""), ""),
    )


def domains(
    zones: Iterable[str], full: Mapping[str, str], missing: Mapping[str, Sequence[str]]
) -> list[Domain]:
    """The zones as places: their hypervisors are Exoscale's own to choose.

    ``full`` says why a zone takes nothing now; ``missing`` names the instance types that it has not.
    """
    return [_domain(zone, full.get(zone, ""), missing.get(zone, ())) for zone in zones]


def _domain(zone: str, full: str, missing: Sequence[str]) -> Domain:
    why = f"Exoscale has no instance type {', '.join(missing)} in zone {zone}" if missing else ""
    return Domain(zone=zone, usable=not why, why=why, full=full)


def far_apart(zones: Sequence[str]) -> list[Finding]:
    """What to ask where nothing says which zones to use: they are cities of several countries.

    https://www.exoscale.com/datacenters/
    """
    if len(zones) < 2:
        return []
    words = (
        f"nothing says which zones to use, so members may go to any of {', '.join(zones)}, hundreds of "
        f"kilometres apart: name zones in the cloud's settings, or only: {{zone: [...]}}"
    )
    return [Finding("scope", words, severity="strict")]


def types_asked(sizes: Iterable[Size]) -> set[str]:
    """The instance types that sizes name."""
    return {str(size["type"]) for size in sizes if "type" in size}


def lacking(types: Iterable[Shown], asked: Iterable[str], zones: Iterable[str]) -> dict[str, list[str]]:
    """For each zone the asked types that it has not; a type goes by ``family.size`` or by its id."""
    there: dict[str, set[str]] = {}
    for one in types:
        for name in (f"{one.get('family')}.{one.get('size')}", one["id"]):
            there.setdefault(name, set()).update(one.get("zones", ()))
    missing = {zone: sorted(name for name in asked if zone not in there.get(name, ())) for zone in zones}
    return {zone: names for zone, names in missing.items() if names}


def limits(quotas: Iterable[Shown]) -> Limits:
    """What the organization's quotas leave; Exoscale says -1 for no limit."""
    left = {one["resource"]: one["limit"] - one["usage"] for one in quotas if one.get("limit", -1) >= 0}
    instances = left.get("instance")
    return Limits(instances_left=None if instances is None else max(0, instances))
