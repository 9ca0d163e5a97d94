"""The verbs of Exoscale through its SDK.

Reading a group costs a list of instances in every zone, one of the organization's groups, and a request for
each of its instances, for only an instance by itself tells which groups it is in.
https://community.exoscale.com/reference/api/ says what each request does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from antiaffinity.backend import Found, Need, cannot_move, id_of, settled
from antiaffinity.errors import Conflict, InvalidRequest, StillOccupied
from antiaffinity.guarantee import Cloud
from antiaffinity.marks import check_mark
from antiaffinity.model import GroupKey, Level, Native, Observed, Placement
from antiaffinity.planner.answer import Plan
from antiaffinity.topology import Topology
from antiaffinity_exoscale import cloud, natives, reading
from antiaffinity_exoscale.calls import Api, Shown
from antiaffinity_exoscale.connecting import connected
from antiaffinity_exoscale.faults import group_of, of_launch
from antiaffinity_exoscale.filling import full_zones
from antiaffinity_exoscale.launching import Launches
from antiaffinity_exoscale.reading import groups_of, marked, observed, state_of


def connect(client: object, settings: Mapping[str, object]) -> ExoscaleBackend:
    """The backend for an ``exoscale.api.v2.Client``, or for ``key`` and ``secret`` as it takes them.

    Without these the environment has them (``EXOSCALE_API_KEY``, ``EXOSCALE_API_SECRET``). ``zones`` are
    those to use, all if left out; ``zone`` is one alone. Calls nothing yet.
    """
    return ExoscaleBackend(connected(client, settings))


class ExoscaleBackend:
    """One organization of Exoscale."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._groups_of: dict[str, tuple[str, ...]] = {}
        """The groups of instances that have their place: nothing can change these any more."""

    @property
    def cloud(self) -> Cloud:
        """The record of Exoscale."""
        return cloud

    def topology(self, need: Need) -> Topology:
        """The zones, and what the organization's quotas leave; hypervisors are Exoscale's own to choose."""
        full = full_zones(self._api, need.key, need.adopt)
        domains = reading.domains(self._api.zones, full, self._lacking(need))
        limits = reading.limits(self._api.read("list-quotas")["quotas"])
        return Topology(domains, limits, cloud.words)

    def _lacking(self, need: Need) -> dict[str, list[str]]:
        asked = reading.types_asked(need.sizes)
        types = self._api.read("list-instance-types")["instance-types"] if asked else ()
        return reading.lacking(types, asked, self._api.zones)

    def observe(self, key: GroupKey, adopt: Mapping[Level, str]) -> list[Observed]:
        """Every instance with the group's mark, and what else is in an adopted group."""
        there = self._api.instances()
        mine = [(zone, one, whose[1]) for zone, one in there if (whose := marked(one)) and whose[0] == key]
        groups = self._api.groups() if mine else []
        ours, known = natives.marks(groups, key), {group["id"] for group in groups}
        found = []
        for zone, one, member in mine:
            inside = self._inside(zone, one)
            if inside is not None:
                found.append(observed(one, member, zone, [id_ for id_ in inside if id_ in known], ours))
        return found + self._occupants(key, adopt, there)

    def _inside(self, zone: str, listed: Shown) -> tuple[str, ...] | None:
        """The groups of an instance, by itself; None where it is gone since it was listed."""
        id_ = listed["id"]
        if id_ in self._groups_of:
            return self._groups_of[id_]
        shown = self._api.find("get-instance", zone, id_)
        return self._groups(shown) if shown else None

    def _groups(self, shown: Shown) -> tuple[str, ...]:
        """The groups that an instance tells of itself."""
        if state_of(shown) in ("running", "stopped"):
            self._groups_of[shown["id"]] = groups_of(shown)
        return groups_of(shown)

    def _occupants(
        self, key: GroupKey, adopt: Mapping[Level, str], there: Sequence[tuple[str, Shown]]
    ) -> list[Observed]:
        """Those in an adopted group that are not ours."""
        group = adopt.get("host", "")
        inside = {id_ for _, id_ in self._api.members(group, self._api.zones)} if group else set()
        others = [(zone, one) for zone, one in there if (marked(one) or ("",))[0] != key]
        return [observed(one, "", zone, (group,)) for zone, one in others if one["id"] in inside]

    def prepare(self, key: GroupKey, plan: Plan, adopt: Mapping[Level, str]) -> dict[Native, str]:
        """Make, find or adopt one group for each that the plan delegates to."""
        wanted = {native: natives.mark_of(key, native) for native in plan.natives}
        if not wanted:
            return {}
        if "host" in adopt:
            return dict.fromkeys(wanted, natives.adopt(self._api, adopt["host"], {*wanted.values()}))
        used = {id_ for placement in plan.placements if placement.existing for id_ in placement.native_ids}
        made = natives.make(self._api, {*wanted.values()}, used)
        return {native: made[mark] for native, mark in wanted.items()}

    def settle(self, placement: Placement, outcome: str | Exception) -> Observed:
        """What became of a launch, once the instance has its place or failed.

        ``outcome`` may be the id of the instance or of its operation, which alone tells why it failed.
        NoCapacity, Conflict or Unavailable with the failed instance in ``remains``; an exception that
        Exoscale did not cause is raised again as it is.
        """
        if isinstance(outcome, str):
            launches = Launches(self._api, placement)
            shown = launches.settled(outcome)
            return self._read(placement, launches.zone, shown)
        error = of_launch(outcome, placement)
        if error is None:
            raise outcome
        raise error from outcome

    def _read(self, placement: Placement, zone: str, shown: Shown) -> Observed:
        """An instance with those of its groups that its placement names; it tells their ids itself."""
        inside = self._groups(shown)
        named = [id_ for id_ in inside if id_ in placement.native_ids]
        return observed(shown, placement.member, zone, named or inside)

    def bind(self, placement: Placement, instance: str | Observed) -> Observed:
        """Check mark and groups; an instance in an adopted group gets the mark.

        InvalidRequest where it is not in its groups: Exoscale can add an instance to none later.
        """
        if seen := settled(placement, instance):
            return seen
        zone, shown = self._found(placement, id_of(instance))
        lacking = [id_ for id_ in placement.native_ids if id_ not in groups_of(shown)]
        if lacking:
            raise InvalidRequest(
                f"instance {shown['id']} was not launched into {group_of(placement)}, and Exoscale cannot "
                f"add one later: delete it and launch with placement.arguments",
                path="instance",
            )
        if marked(shown) is None and self._is_adopted(placement):
            shown = self._mark(placement, zone, shown)
        check_mark(placement, marked(shown), f"instance {shown['id']}")
        return self._read(placement, zone, shown)

    def _is_adopted(self, placement: Placement) -> bool:
        """Whether somebody else made its group, so that instances in it may lack our mark."""
        ours = natives.marks(self._api.groups())
        return bool(placement.native_ids) and not any(id_ in ours for id_ in placement.native_ids)

    def _found(self, placement: Placement, instance: str) -> tuple[str, Shown]:
        """An instance where it is planned to be, or in any zone."""
        planned = placement.domains.get("zone", "")
        for zone in sorted(self._api.zones, key=lambda zone: zone != planned):
            if shown := self._api.find("get-instance", zone, instance):
                return zone, shown
        raise InvalidRequest(f"no instance {instance!r} in {', '.join(self._api.zones)}", path="instance")

    def _mark(self, placement: Placement, zone: str, shown: Shown) -> Shown:
        """Write the mark of a hand-made instance."""
        mark = placement.key.marks(placement.member) if placement.key else {}
        labels = {**(shown.get("labels") or {}), **mark}
        self._api.change("update-instance", zone, id=shown["id"], labels=labels)
        return {**shown, "labels": labels}

    def move(self, placement: Placement, instance: str) -> Observed:
        """Not offered: Exoscale moves instances by itself only."""
        raise cannot_move(cloud, instance)

    def resolve(self, key: GroupKey, find: Callable[[str], str | None]) -> None:
        """Nothing to do: whatever was launched bears our mark."""

    def give_back(self, key: GroupKey, members: Sequence[str]) -> None:
        """Nothing to do: Exoscale promises no place before the launch."""

    def release(self, key: GroupKey, members: Sequence[str] | None, adopt: Mapping[Level, str]) -> None:
        """Delete our groups once nothing is in them; of single members Exoscale keeps nothing.

        StillOccupied while an instance is left, in any zone.
        """
        left = [
            f"{whose[1]} ({one['id']})"
            for _, one in self._api.instances()
            if (whose := marked(one)) and whose[0] == key and (members is None or whose[1] in members)
        ]
        if left:
            raise StillOccupied(f"{key} still has {', '.join(left)}: delete these instances first")
        if members is None:
            self._delete_groups(key, adopt)

    def _delete_groups(self, key: GroupKey, adopt: Mapping[Level, str]) -> None:
        every = natives.marks(self._api.groups(), key)
        ours = [id_ for id_ in every if id_ not in adopt.values()]
        for group in ours:
            if inside := [id_ for _, id_ in self._api.members(group, self._api.zones)]:
                raise _occupied(every[group].name, group, ", ".join(inside))
        for group in ours:
            try:
                natives.remove(self._api, group)
            except (Conflict, InvalidRequest) as refused:
                raise _occupied(every[group].name, group, "an instance") from refused

    def groups(self, owner: str | None) -> list[Found]:
        """Every group of ours, by the marks of its instances and of its anti-affinity groups."""
        machines: dict[GroupKey, list[Observed]] = {}
        for zone, one in self._api.instances():
            if whose := marked(one):
                machines.setdefault(whose[0], []).append(observed(one, whose[1], zone))
        return natives.found(machines, natives.marks(self._api.groups()), owner)


def _occupied(name: str, group: str, inside: str) -> StillOccupied:
    return StillOccupied(
        f"anti-affinity group {name} ({group}) still has {inside} in it, without our mark: delete these "
        f"instances first, or they would lose it"
    )
