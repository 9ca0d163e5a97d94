# mypy: untyped-calls-exclude=pyVmomi
"""The verbs of vCenter through pyvmomi.

Everything that is known of groups comes from one look at the inventory: marks in ``extraConfig``, hosts,
clusters with their DRS rules. https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/ says what
each call does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from pyVmomi import vim

from antiaffinity.backend import Found, Need, id_of
from antiaffinity.errors import InvalidRequest, NotOffered, StillOccupied
from antiaffinity.guarantee import Cloud
from antiaffinity.model import GroupKey, Level, Native, Observed, Placement
from antiaffinity.planner.answer import Plan
from antiaffinity.topology import Topology
from antiaffinity_vcenter import cloud, moving, places, reading, rules, walls
from antiaffinity_vcenter.center import Center
from antiaffinity_vcenter.checking import check_rights
from antiaffinity_vcenter.clusters import Cluster
from antiaffinity_vcenter.connecting import Connected, connected
from antiaffinity_vcenter.faults import of_launch
from antiaffinity_vcenter.joining import Joining, Spec, Wish, check_mark, group_of
from antiaffinity_vcenter.launching import name_taken, settled
from antiaffinity_vcenter.lock import locked
from antiaffinity_vcenter.reading import Inventory
from antiaffinity_vcenter.rules import HELD


def connect(client: object, settings: Mapping[str, object]) -> VCenterBackend:
    """The backend for a ``vim.ServiceInstance``, or for ``host``, ``user``, ``pwd`` as SmartConnect has them.

    Without these the environment has them (``VSPHERE_SERVER``, ``VSPHERE_USER``, ``VSPHERE_PASSWORD``).
    ``zone`` says what a zone is: cluster (the default), host-group or tag:<category>. Logs in.
    """
    return VCenterBackend(connected(client, settings))


class VCenterBackend:
    """One session on one vCenter."""

    def __init__(self, session: Connected) -> None:
        self._center, self._zone = Center(session.si, session.tags), session.zone
        self._joining = Joining(self._center, self._zone)

    @property
    def cloud(self) -> Cloud:
        """The record of vCenter."""
        return cloud

    def topology(self, need: Need) -> Topology:
        """The hosts that a launch could use, each in its zone, with what is free there."""
        _check_adopt(need.adopt)
        return places.topology(self._center, self._zone, need)

    def observe(self, key: GroupKey, adopt: Mapping[Level, str]) -> list[Observed]:
        """Every machine with the group's mark, off ones too: they hold their places."""
        seen = self._joining.look()
        return [seen.observed(machine) for machine in seen.group(key)]

    def prepare(self, key: GroupKey, plan: Plan, adopt: Mapping[Level, str]) -> dict[Native, str]:
        """The names of the rules to come; they are made when two machines are there, by ``bind``.

        NotAuthorized before any launch where this user may not write them.
        """
        if plan.natives:
            check_rights(self._center, {p.ids["zone"] for p in plan.placements if "zone" in p.ids})
        return {native: rules.identity(key, native) for native in plan.natives}

    def settle(self, placement: Placement, outcome: str | Exception) -> Observed:
        """What became of a launch: ``outcome`` is the moref of its machine or task, or the exception."""
        if isinstance(outcome, str):
            seen, machine = settled(self._center, self._zone, placement, outcome)
            return seen.observed(machine)
        error = name_taken(self._center, placement, outcome) or of_launch(outcome, placement)
        if error is None:
            raise outcome
        raise error from outcome

    def bind(self, placement: Placement, instance: str | Observed) -> Observed:
        """Check the mark, and write the DRS rules of the group in the machine's cluster whole.

        One that is off stays on its host until it was started and bound again.
        """
        seen, id_ = self._joining.look(), id_of(instance)
        if id_ not in seen.alive:
            raise InvalidRequest(f"there is no machine {id_!r} here", path="instance")
        machine = check_mark(placement, seen.machines.get(id_), id_)
        cluster = seen.cluster_of(machine.host)
        if cluster is not None:
            wish = Wish(machine.key, rules.keeping(placement), machine.id, placement.inside)
            seen = self._joining.carry_out(wish, cluster.id, seen)
        others = (one for one in seen.clusters.values() if cluster is None or one.id != cluster.id)
        self._tidy(machine.key, others, seen)
        return seen.observed(seen.machines.get(id_, machine))

    def move(self, placement: Placement, instance: str) -> Observed:
        """Relocate a machine to the placement's host, running or not; its DRS rules go with it."""
        seen = self._joining.look()
        machine = check_mark(placement, seen.machines.get(instance), instance)
        if machine.host != placement.ids["host"]:
            moving.relocate(self._center, seen, placement, machine)
        return self.bind(placement, instance)

    def resolve(self, key: GroupKey, find: Callable[[str], str | None]) -> None:
        """Nothing to do: whatever was launched bears our mark."""

    def give_back(self, key: GroupKey, members: Sequence[str]) -> None:
        """Nothing to do: vCenter promises no place before the launch."""

    def release(self, key: GroupKey, members: Sequence[str] | None, adopt: Mapping[Level, str]) -> None:
        """Remove the DRS rules of the group once its machines are gone, or take these members' out of them.

        StillOccupied while one of these machines is there.
        """
        seen = self._joining.look()
        left = [f"{m.member} ({m.id})" for m in seen.group(key) if members is None or m.member in members]
        if left:
            raise StillOccupied(f"{key} still has {', '.join(left)}: delete these machines first")
        self._tidy(key, seen.clusters.values(), seen)

    def _tidy(self, key: GroupKey, clusters: Iterable[Cluster], seen: Inventory) -> None:
        """Take away what machines that are gone left in these clusters; nothing left is nothing asked."""
        for cluster in clusters:
            if _outdated(seen, cluster, key):
                self._prune(key, cluster.id)

    def _prune(self, key: GroupKey, cluster: str) -> None:
        """Take machines that are gone out of a group's rules, and remove a rule that has one left or none."""
        with locked(self._center, cluster):
            seen = self._joining.look()
            for spec in _outdated(seen, seen.clusters[cluster], key):
                self._joining.reconfigure(seen.clusters[cluster].obj, spec)

    def groups(self, owner: str | None) -> list[Found]:
        """Every group of ours, by the marks of its machines and the names of its DRS rules."""
        seen = self._joining.look()
        machines = reading.groups(seen, owner)
        named = {name for cluster in seen.clusters.values() for name in cluster.rules}
        ours = {key: tuple(sorted(n for n in named if rules.read(n, key))) for key in sorted(machines)}
        told = [
            Found(key, names, tuple(map(seen.observed, machines[key])), str(key))
            for key, names in ours.items()
        ]
        known = {name for names in ours.values() for name in names}
        untold = sorted(name for name in named - known if rules.may_be_ours(name, owner))
        return [*told, *(Found(None, (name,), (), name) for name in untold)]


def _outdated(seen: Inventory, cluster: Cluster, key: GroupKey) -> list[vim.cluster.ConfigSpecEx]:
    """What is left of machines that are gone, each in a request of its own."""
    specs = [Spec(rulesSpec=[operation]) for operation in _stale(seen, cluster, key)]
    specs += walls.steps(key, _here(seen, cluster, key), cluster)
    if HELD in cluster.groups and not cluster.held & seen.alive:
        specs.append(Spec(groupSpec=[group_of(cluster, ())]))
    return specs


def _here(seen: Inventory, cluster: Cluster, key: GroupKey) -> list[str]:
    """The group's machines in a cluster."""
    return [one.id for one in seen.group(key) if seen.cluster_of(one.host) is cluster]


def _stale(seen: Inventory, cluster: Cluster, key: GroupKey) -> list[vim.cluster.RuleSpec]:
    """What takes machines that are gone out of a group's rules."""
    alive = set(_here(seen, cluster, key))
    found = []
    for name in sorted(cluster.ours(key)):
        info = cluster.rules[name]
        left = rules.members(info) & alive
        if len(left) < rules.FEWEST:
            found.append(rules.removal(info))
        elif left != rules.members(info):
            found.append(rules.edited(info, sorted(left)))
    return found


def _check_adopt(adopt: Mapping[Level, str]) -> None:
    """A rule is written whole: there is no joining somebody else's without writing it."""
    for level in adopt:
        raise NotOffered(
            "a DRS rule of somebody else's is never edited, so machines cannot join it: adopt none",
            path=f"adopt.{level}",
        )


__all__ = ["VCenterBackend", "connect"]
