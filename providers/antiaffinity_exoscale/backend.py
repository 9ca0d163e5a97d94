"""The verbs of Exoscale through its SDK.

Reading a group costs a list of instances in every zone, one of the organization's groups, and a request for
each of its instances, for only an instance by itself tells which groups it is in.
https://community.exoscale.com/reference/api/ says what each request does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from antiaffinity import clock
from antiaffinity.backend import Found, Need, cannot_move, id_of, settled
from antiaffinity.colocation import Identity
from antiaffinity.errors import Conflict, InvalidRequest, NotAuthorized, StillOccupied, Unavailable
from antiaffinity.guarantee import Cloud
from antiaffinity.marks import check_mark, check_ours
from antiaffinity.model import MARKS, GroupKey, Level, Native, Observed, Placement
from antiaffinity.planner.answer import Plan
from antiaffinity.topology import Topology
from antiaffinity.waiting import build_timeout
from antiaffinity_exoscale import cloud, natives, reading
from antiaffinity_exoscale.calls import PATIENCE, POLL, Api, Shown
from antiaffinity_exoscale.connecting import connected
from antiaffinity_exoscale.faults import group_of, of_launch
from antiaffinity_exoscale.filling import full_zones
from antiaffinity_exoscale.launching import Launches
from antiaffinity_exoscale.natives import Mark
from antiaffinity_exoscale.reading import groups_of, marked, observed, state_of


def connect(client: object, settings: Mapping[str, object]) -> ExoscaleBackend:
    """The backend for an ``exoscale.api.v2.Client``, or for ``key`` and ``secret`` as it takes them.

    Without these the environment has them (``EXOSCALE_API_KEY``, ``EXOSCALE_API_SECRET``). ``zones`` are
    those to use, all if left out; ``zone`` is one alone. Calls nothing yet.
    """
    patience, settings = build_timeout(settings, PATIENCE)
    return ExoscaleBackend(connected(client, settings), patience)


class ExoscaleBackend:
    """One organization of Exoscale."""

    def __init__(self, api: Api, patience: float = PATIENCE) -> None:
        self._api, self._patience, self.retry_timeout = api, patience, api.retry_timeout
        self._groups_of: dict[str, tuple[str, ...]] = {}
        """The groups of instances that have their place: nothing can change these any more."""

    @property
    def cloud(self) -> Cloud:
        """The record of Exoscale."""
        return cloud

    def topology(self, need: Need) -> Topology:
        """The zones, and what the organization's quotas leave; hypervisors are Exoscale's own to choose."""
        full = full_zones(self._api, need.key, need.adopt) if need.room else {}
        domains = reading.domains(self._api.zones, full, self._lacking(need))
        limits = reading.limits(self._quotas()) if need.room else None
        speaks = "zone" in {*need.levels, *need.only, *need.never} or self._api.is_told_zones
        far = [] if speaks else reading.far_apart(self._api.zones)
        return Topology(domains, limits, cloud.words, far)

    def identity(self) -> Identity:
        """Zones have the same name for every organization; hypervisors are not told.

        https://www.exoscale.com/datacenters/
        """
        return Identity(
            "exoscale",
            {"region": "", "zone": ""},
            doubt="Exoscale tells no hypervisor, and an anti-affinity group is of one organization",
        )

    def _quotas(self) -> Iterable[Shown]:
        """The organization's quotas; none where this key may not read them, which is no reason to stop."""
        with suppress(NotAuthorized):
            quotas: list[Shown] = self._api.read("list-quotas")["quotas"]
            return quotas
        return ()

    def _lacking(self, need: Need) -> dict[str, list[str]]:
        asked = reading.types_asked(need.sizes)
        types = self._api.read("list-instance-types")["instance-types"] if asked else ()
        return reading.lacking(types, asked, self._api.zones)

    def observe(self, key: GroupKey, adopt: Mapping[Level, str]) -> list[Observed]:
        """Every instance with the group's mark, and what else is in its groups or an adopted one."""
        there = self._api.instances()
        mine = [(zone, one, whose[1]) for zone, one in there if (whose := marked(one)) and whose[0] == key]
        groups = self._api.groups() if there else []
        ours, known = natives.marks(groups, key), {group["id"] for group in groups}
        found = []
        for zone, one, member in mine:
            inside = self._inside(zone, one)
            if inside is not None:
                found.append(observed(one, member, zone, [id_ for id_ in inside if id_ in known], ours))
        others = [(zone, one) for zone, one in there if (marked(one) or ("",))[0] != key]
        return found + self._occupants([adopt["host"]] if "host" in adopt else [*ours], others)

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

    def _occupants(self, groups: Sequence[str], others: Sequence[tuple[str, Shown]]) -> list[Observed]:
        """Of others' instances those that are in these groups; asked only where there are such instances."""
        zones = list(dict.fromkeys(zone for zone, _ in others))
        inside = {group: {id_ for _, id_ in self._api.members(group, zones)} for group in groups if zones}
        found = [(zone, one, [g for g in inside if one["id"] in inside[g]]) for zone, one in others]
        return [observed(one, "", zone, groups) for zone, one, groups in found if groups]

    def instance(self, key: GroupKey, seen: Observed) -> Observed | None:
        """An instance by its id, in its zone; Exoscale answers 404 where it is destroyed."""
        zone = seen.domains["zone"]
        shown = self._api.find("get-instance", zone, seen.instance)
        ours = natives.marks(self._api.groups(), key) if shown else {}
        return observed(shown, seen.member, zone, self._groups(shown), ours) if shown else None

    def prepare(self, key: GroupKey, plan: Plan, adopt: Mapping[Level, str]) -> dict[Native, str]:
        """Make, find or adopt one group for each that the plan delegates to."""
        wanted = {native: natives.mark_of(key, native) for native in plan.natives}
        if not wanted:
            return {}
        if "host" in adopt:
            return dict.fromkeys(wanted, natives.adopt(self._api, adopt["host"], {*wanted.values()}))
        used = {id_ for placement in plan.placements if placement.existing for id_ in placement.native_ids}
        made = natives.make(self._api, {*wanted.values()}, used)
        self._check_listed(key, plan, made)
        return {native: made[mark] for native, mark in wanted.items()}

    def _check_listed(self, key: GroupKey, plan: Plan, made: Mapping[Mark, str]) -> None:
        """Conflict where a group has a member that is about to be launched and is listed only now.

        Unavailable where the list goes on to lack it.
        """
        known = {placement.existing for placement in plan.placements}
        new = {(key, placement.member) for placement in plan.new()}
        for mark, group in made.items() if new else ():
            for zone, id_ in self._api.members(group, natives.serves(self._api, mark)):
                shown = self._api.find("get-instance", zone, id_) if id_ not in known else None
                if shown and marked(shown) in new and self._is_unlisted(shown):
                    self._wait_until_listed(id_, group)

    def _is_unlisted(self, shown: Shown) -> bool:
        return state_of(shown) not in ("leaving", "gone") and shown["id"] not in self._listed()

    def _listed(self) -> set[str]:
        return {one["id"] for _, one in self._api.instances()}

    def _wait_until_listed(self, instance: str, group: str) -> None:
        until = clock.now() + 2 * self.cloud.lists_lag
        while clock.now() < until:
            clock.sleep(POLL)
            if instance in self._listed():
                raise Conflict(f"instance {instance} came into anti-affinity group {group}: plan anew")
        raise _unlisted(instance, group)

    def settle(self, placement: Placement, outcome: str | Exception) -> Observed:
        """What became of a launch, once the instance has its place or failed.

        ``outcome`` may be the id of the instance or of its operation, which alone tells why it failed.
        NoCapacity, Conflict or Unavailable with the failed instance in ``remains``; an exception that
        Exoscale did not cause is raised again as it is.
        """
        if isinstance(outcome, str):
            launches = Launches(self._api, placement, self._patience)
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
        zone, shown = self._found(placement.domains.get("zone", ""), id_of(instance))
        if self._is_outside(placement, groups_of(shown)):
            raise InvalidRequest(
                f"instance {shown['id']} was not launched into {group_of(placement)}, and Exoscale cannot "
                f"add one later: delete it and launch with placement.arguments",
                path="instance",
            )
        if marked(shown) is None and (placement.natives or placement.native_ids) and placement.key:
            shown = self._write(zone, shown, placement.key.marks(placement.member))
        check_mark(placement, marked(shown), f"instance {shown['id']}")
        return self._read(placement, zone, shown)

    def _is_outside(self, placement: Placement, inside: Sequence[str]) -> bool:
        """Whether an instance lacks a group that is named, or else is in none of ours, nor in one by hand."""
        if placement.native_ids or placement.key is None or not placement.natives:
            return not {*placement.native_ids} <= {*inside}
        ours = natives.marks(self._api.groups(), placement.key)
        return not ({*ours} & {*inside} if ours else inside)

    def _found(self, planned: str, instance: str) -> tuple[str, Shown]:
        """An instance where it is planned to be, or in any zone."""
        for zone in sorted(self._api.zones, key=lambda zone: zone != planned):
            if shown := self._api.find("get-instance", zone, instance):
                return zone, shown
        raise InvalidRequest(f"no instance {instance!r} in {', '.join(self._api.zones)}", path="instance")

    def _write(self, zone: str, shown: Shown, mark: Mapping[str, str]) -> Shown:
        """Write a mark, or none, beside an instance's own labels: they are replaced as a whole."""
        theirs = {name: value for name, value in (shown.get("labels") or {}).items() if name not in MARKS}
        labels = {**theirs, **mark}
        self._api.change("update-instance", zone, id=shown["id"], labels=labels)
        return {**shown, "labels": labels}

    def unmark(self, key: GroupKey, instance: str) -> None:
        """Take our labels away from an instance; all its others stay."""
        zone, shown = self._found("", instance)
        check_ours(key, marked(shown), f"instance {instance}")
        self._write(zone, shown, {})

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


def _unlisted(instance: str, group: str) -> Unavailable:
    return Unavailable(
        f"the list of instances lacks {instance}, which anti-affinity group {group} names: nothing is "
        f"launched on such an answer; repeat"
    )


def _occupied(name: str, group: str, inside: str) -> StillOccupied:
    return StillOccupied(
        f"anti-affinity group {name} ({group}) still has {inside} in it, without our mark: delete these "
        f"instances first, or they would lose it"
    )
