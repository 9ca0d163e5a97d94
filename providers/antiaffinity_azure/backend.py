"""The verbs of Azure through azure-mgmt-compute.

Reading a group costs one list of the resource group's machines, and one of its scale set's with what they
are doing; nothing needs more than the rights that the record names. NICs, disks and addresses are the user's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from azure.core.exceptions import HttpResponseError
from azure.mgmt.compute.models import Usage, VirtualMachine
from msgspec.structs import replace

from antiaffinity.backend import Found, Need, cannot_move
from antiaffinity.colocation import Identity
from antiaffinity.errors import InvalidRequest, LimitExceeded, StillOccupied
from antiaffinity.guarantee import Cloud
from antiaffinity.marks import check_ours
from antiaffinity.model import MARKS, Domain, GroupKey, Level, Native, Observed, Placement
from antiaffinity.planner.answer import Plan
from antiaffinity.retry import retry_timeout
from antiaffinity.topology import Topology
from antiaffinity.waiting import build_timeout
from antiaffinity_azure import cloud, locations, offers
from antiaffinity_azure.asking import ONCE, listed
from antiaffinity_azure.connecting import Connected, connected
from antiaffinity_azure.faults import answered
from antiaffinity_azure.launches import PATIENCE, Launches
from antiaffinity_azure.machines import Machines
from antiaffinity_azure.natives import AvailabilitySets, ScaleSets, Wanted, is_leaving, is_of, key_of, kind_of
from antiaffinity_azure.offers import Offers, types_of
from antiaffinity_azure.reading import canonical, marked, name_of, same, set_of

MOST = 1000
"""Machines of a Flexible scale set.

https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-orchestration-modes
"""


def connect(client: object, settings: Mapping[str, object]) -> AzureBackend:
    """The backend for a ``ComputeManagementClient``, or for settings; calls nothing yet."""
    patience, settings = build_timeout(settings, PATIENCE)
    retries, settings = retry_timeout(settings)
    return AzureBackend(replace(connected(client, settings), retry_timeout=retries), patience)


class AzureBackend:
    """One resource group in one location."""

    def __init__(self, connected: Connected, patience: float = PATIENCE) -> None:
        self._group, self._location = connected.group, connected.location
        self.retry_timeout = connected.retry_timeout
        self._compute, self._machines = connected.compute, Machines(connected)
        self._scale_sets, self._availability_sets = ScaleSets(connected), AvailabilitySets(connected)
        self._launches = Launches(self._machines, patience)
        self._offers: Offers | None = None
        self._identity: Identity | None = None

    @property
    def cloud(self) -> Cloud:
        """The record of Azure."""
        return cloud

    # What there is

    @answered()
    def topology(self, need: Need) -> Topology:
        """Zones, or fault domains where there are none, and what the quotas leave.

        An adopted availability set chooses its members' fault domains itself.
        """
        sold, types = self._sold(), types_of(need.sizes)
        limits = sold.limits(self._usages(), types) if need.room else None
        if any(kind_of(id_) == "availabilitysets" for id_ in need.adopt.values()):
            domains = [Domain(region=self._location)]
        else:
            domains = sold.domains(types)
        return Topology(domains, limits, cloud.words, sold.findings(types), sold.untold(types))

    @answered()
    def identity(self) -> Identity:
        """Zones are numbers of the subscription's own: the locations list has the physical ones."""
        if self._identity is None:
            self._identity = locations.identity(self._compute, self._location)
        return self._identity

    def _sold(self) -> Offers:
        if self._offers is None:
            only_here = f"location eq '{self._location}'"
            skus = listed(
                self.retry_timeout, lambda: self._compute.resource_skus.list(filter=only_here, **ONCE)
            )
            self._offers = offers.read(self._location, skus)
        return self._offers

    def _usages(self) -> list[Usage]:
        """What the quotas leave; nothing where this user may not read it, which is no reason to stop."""
        try:
            return listed(self.retry_timeout, lambda: self._compute.usage.list(self._location, **ONCE))
        except HttpResponseError as refused:
            if refused.status_code != 403:
                raise
            return []

    @answered()
    def observe(self, key: GroupKey, adopt: Mapping[Level, str]) -> list[Observed]:
        """Every machine with the group's mark, and who else is in its set or an adopted one."""
        named = ((one, _member(one, key, adopt)) for one in self._machines.listed())
        return self._machines.observed((one, member) for one, member in named if member is not None)

    @answered()
    def instance(self, key: GroupKey, seen: Observed) -> Observed | None:
        """A machine by its id; Azure answers 404 where it is deleted."""
        return self._machines.read(seen.instance, seen.member)

    # Before a launch

    @answered()
    def prepare(self, key: GroupKey, plan: Plan, adopt: Mapping[Level, str]) -> dict[Native, str]:
        """Make, find or adopt the sets that the plan's machines are made in."""
        if plan.natives and len(plan.placements) > MOST:
            raise LimitExceeded(f"a scale set takes {MOST} machines: ask for fewer members", path="members")
        return {native: self._set_for(key, native, plan, adopt) for native in plan.natives}

    def _set_for(self, key: GroupKey, native: Native, plan: Plan, adopt: Mapping[Level, str]) -> str:
        theirs, path = adopt.get(native.level, ""), f"adopt.{native.level}"
        if native.kind != "chosen":
            return canonical(self._availability_sets.adopted(theirs, path), self._group)
        wanted = self._wanted(plan)
        made = (
            self._scale_sets.adopted(theirs, wanted, path)
            if theirs
            else self._scale_sets.made(key, native, wanted)
        )
        return canonical(made, self._group)

    def _wanted(self, plan: Plan) -> Wanted:
        """What the set must have for the placements, and all it could ever need."""
        domains = [placement.domains for placement in plan.placements]
        zones = frozenset(where["zone"] for where in domains if "zone" in where)
        sold = self._sold()
        types = types_of(placement.size for placement in plan.placements)
        return Wanted(
            zones=zones,
            domains=frozenset(where["rack"] for where in domains if "rack" in where),
            all_zones=tuple(sold.zones_of(types)) if zones else (),
            fault_domains=max(1, sold.fault_domains),
        )

    # After a launch

    def settle(self, placement: Placement, outcome: str | Exception) -> Observed:
        """What became of a launch, once the machine has its place or will not get one.

        NoCapacity, Conflict or Unavailable with the failed machine in ``remains``; an exception that Azure's
        codes or status do not explain is raised again as it is.
        """
        return self._launches.settle(placement, outcome)

    def bind(self, placement: Placement, instance: str | Observed) -> Observed:
        """Check mark and set; a machine in an adopted set gets the mark.

        InvalidRequest where it is not in the set that its placement names.
        """
        return self._launches.bind(placement, instance)

    @answered()
    def unmark(self, key: GroupKey, instance: str) -> None:
        """Take our tags away from a machine; all its others stay."""
        machine = self._machines.one(instance)
        if machine is None:
            raise InvalidRequest(f"resource group {self._group} has no machine {instance!r}", path="instance")
        check_ours(key, marked(machine), f"machine {machine.name}")
        self._machines.untag(machine, MARKS)

    def move(self, placement: Placement, instance: str) -> Observed:
        """Not offered: Azure keeps a machine in its zone and fault domain."""
        raise cannot_move(cloud, instance)

    def resolve(self, key: GroupKey, find: Callable[[str], str | None]) -> None:
        """Nothing to do: whatever was launched bears our mark."""

    def give_back(self, key: GroupKey, members: Sequence[str]) -> None:
        """Nothing to do: Azure promises no place before the launch."""

    # The end

    @answered()
    def release(self, key: GroupKey, members: Sequence[str] | None, adopt: Mapping[Level, str]) -> None:
        """Delete our scale set once nothing is in it; of single members Azure keeps nothing.

        StillOccupied while a machine is left: Azure might delete the set and its machines with it.
        """
        machines = self._machines.listed()
        left = [
            f"{whose[1]} ({one.name})"
            for one in machines
            if (whose := marked(one)) and whose[0] == key and (members is None or whose[1] in members)
        ]
        if left:
            raise StillOccupied(f"{key} still has {', '.join(left)}: delete these machines first")
        if members is None:
            self._delete_sets(key, machines, adopt)

    def _delete_sets(
        self, key: GroupKey, machines: Sequence[VirtualMachine], adopt: Mapping[Level, str]
    ) -> None:
        ours = [one for one in self._scale_sets.listed() if key_of(one) == key]
        ours = [one for one in ours if not any(same(one.id or "", id_) for id_ in adopt.values())]
        for one in ours:
            strangers = [machine for machine in machines if same(set_of(machine), one.id or "")]
            if strangers:
                named = ", ".join(canonical(machine.id or "", self._group) for machine in strangers)
                raise StillOccupied(
                    f"scale set {one.name} still has {named} in it, without our mark: delete or detach these "
                    f"machines first"
                )
        for one in ours:
            self._scale_sets.delete(one.name or "")

    @answered()
    def groups(self, owner: str | None) -> list[Found]:
        """Every group of ours, by the marks of its machines and of its scale sets."""
        marks = [(one, whose) for one in self._machines.listed() if (whose := marked(one))]
        machines: dict[GroupKey, list[Observed]] = {}
        for key in sorted({whose[0] for _, whose in marks if owner in (None, whose[0].owner)}):
            members = ((one, whose[1]) for one, whose in marks if whose[0] == key)
            machines[key] = self._machines.observed(members)
        sets: dict[GroupKey, list[str]] = {}
        for one in self._scale_sets.listed():
            if is_leaving(one):
                continue
            if (whose_set := key_of(one)) and owner in (None, whose_set.owner):
                sets.setdefault(whose_set, []).append(canonical(one.id or "", self._group))
        return [
            Found(key, tuple(sets.get(key, ())), tuple(machines.get(key, ())), str(key))
            for key in sorted({*machines, *sets})
        ]


def _member(machine: VirtualMachine, key: GroupKey, adopt: Mapping[Level, str]) -> str | None:
    """The member that a machine is, "" for one that is in the group's set only, None for all others."""
    whose, there = marked(machine), set_of(machine)
    if whose and whose[0] == key:
        return whose[1]
    adopted = any(same(there, id_) for id_ in adopt.values() if id_)
    return "" if adopted or is_of(name_of(there), key) else None
