# mypy: untyped-calls-exclude=pyVmomi
"""The verbs of vCenter through pyvmomi.

Everything that is known of groups comes from one look at the inventory: marks in ``extraConfig``, hosts,
clusters with their DRS rules. https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/ says what
each call does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace
from pyVmomi import vim

from antiaffinity.backend import Found, Need, id_of
from antiaffinity.colocation import Identity
from antiaffinity.errors import InvalidRequest, NotOffered, StillOccupied
from antiaffinity.guarantee import Cloud
from antiaffinity.marks import check_ours
from antiaffinity.model import MARKS, GroupKey, Level, Native, Observed, Placement
from antiaffinity.planner.answer import Plan
from antiaffinity.retry import USUAL, retry_timeout
from antiaffinity.topology import Topology
from antiaffinity.waiting import build_timeout
from antiaffinity_vcenter import cloud, moving, places, reading, rules, unreadable, walls
from antiaffinity_vcenter.center import Center
from antiaffinity_vcenter.checking import check_rights
from antiaffinity_vcenter.clusters import Cluster
from antiaffinity_vcenter.connecting import Connected, connected
from antiaffinity_vcenter.faults import of_launch
from antiaffinity_vcenter.joining import Joining, Spec, Wish, check_mark, group_of
from antiaffinity_vcenter.launching import PATIENCE, name_taken, settled
from antiaffinity_vcenter.lock import locked
from antiaffinity_vcenter.reading import Inventory
from antiaffinity_vcenter.rules import HELD


def connect(client: object, settings: Mapping[str, object]) -> VCenterBackend:
    """The backend for a ``vim.ServiceInstance``, or for ``host``, ``user``, ``pwd`` as SmartConnect has them.

    Without these the environment has them (``VSPHERE_SERVER``, ``VSPHERE_USER``, ``VSPHERE_PASSWORD``).
    ``zone`` says what a zone is: cluster (the default), host-group, host-group:<pattern> (those that match
    it) or tag:<category>. Logs in.
    """
    patience, settings = build_timeout(settings, PATIENCE)
    retries, settings = retry_timeout(settings)
    return VCenterBackend(connected(client, settings), patience, retries)


class VCenterBackend:
    """One session on one vCenter."""

    def __init__(self, session: Connected, patience: float = PATIENCE, retry_timeout: float = USUAL) -> None:
        self._patience, self.retry_timeout = patience, retry_timeout
        self._center, self._zone = Center(session.si, session.tags, retry_timeout), session.zone
        self._joining = Joining(self._center, self._zone)

    @property
    def cloud(self) -> Cloud:
        """The record of vCenter."""
        return cloud

    def topology(self, need: Need) -> Topology:
        """The hosts that a launch could use, each in its zone, with what is free there."""
        _check_adopt(need.adopt)
        return places.topology(self._center, self._zone, need)

    def identity(self) -> Identity:
        """A vCenter is what its instanceUuid says; its hosts and zones are the same in every session.

        What a zone is each connection says: names of two such settings cannot be compared.
        https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.AboutInfo.html
        """
        uuid = str(self._center.content.about.instanceUuid or "")
        return Identity(
            uuid and f"vcenter {uuid}",
            {"region": "", "zone": self._zone, "rack": "", "host": ""},
            doubt="the connections have different settings of `zone`",
        )

    def observe(self, key: GroupKey, adopt: Mapping[Level, str]) -> list[Observed]:
        """Every machine with the group's mark, off ones too, and those in its rules that lost it."""
        seen = self._joining.look()
        return [seen.observed(machine) for machine in (*seen.group(key), *seen.unmarked(key))]

    def instance(self, key: GroupKey, seen: Observed) -> Observed | None:
        """A machine by its moref; one whose configuration cannot be read now is lost, not gone."""
        there = self._joining.look()
        if machine := there.machines.get(seen.instance):
            return there.observed(machine)
        return replace(seen, state="lost") if self._center.exists(seen.instance) else None

    def prepare(self, key: GroupKey, plan: Plan, adopt: Mapping[Level, str]) -> dict[Native, str]:
        """The names of the rules to come; they are made when two machines are there, by ``bind``.

        Before any launch: Unavailable where a machine that cannot be read may be one of those, NotAuthorized
        where this user may not write the rules.
        """
        if plan.new():
            unreadable.check_names(self._joining.look(), [one.member for one in plan.new()])
        if plan.natives:
            check_rights(self._center, {p.ids["zone"] for p in plan.placements if "zone" in p.ids})
        return {native: rules.identity(key, native) for native in plan.natives}

    def settle(self, placement: Placement, outcome: str | Exception) -> Observed:
        """What became of a launch: ``outcome`` is the moref of its machine or task, or the exception."""
        if isinstance(outcome, str):
            seen, machine = settled(self._center, self._zone, placement, outcome, self._patience)
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
        if placement.key and any(one.id == id_ for one in seen.unmarked(placement.key)):
            self._write(seen, id_, placement.key.marks(placement.member))
            seen = self._joining.look()
        machine = check_mark(placement, seen.machines.get(id_), id_)
        cluster = seen.cluster_of(machine.host)
        if cluster is not None:
            wish = Wish(machine.key, rules.keeping(placement), machine.id, placement.inside)
            seen = self._joining.carry_out(wish, cluster.id, seen)
        others = (one for one in seen.clusters.values() if cluster is None or one.id != cluster.id)
        self._tidy(machine.key, others, seen)
        return seen.observed(seen.machines.get(id_, machine))

    def unmark(self, key: GroupKey, instance: str) -> None:
        """Take our keys away from a machine, and it out of the group's DRS rules."""
        seen = self._joining.look()
        machine = seen.marked.get(instance)
        check_ours(key, (machine.key, machine.member) if machine else None, f"machine {instance}")
        self._write(seen, instance, dict.fromkeys(MARKS, ""))
        seen = self._joining.look()
        self._tidy(key, seen.clusters.values(), seen)

    def _write(self, seen: Inventory, id_: str, marks: Mapping[str, str]) -> None:
        """Write keys into a machine's extraConfig; an empty value takes a key away."""
        options = [vim.option.OptionValue(key=name, value=value) for name, value in marks.items()]
        spec, obj = vim.vm.ConfigSpec(extraConfig=options), seen.object(id_)
        self._center.run(lambda: obj.ReconfigVM_Task(spec=spec), f"writing the mark of {id_}")

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
        there = [machine for machine in seen.group(key) if not machine.stands_in]
        left = [f"{m.member} ({m.id})" for m in there if members is None or m.member in members]
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
    there = (one for one in seen.group(key) if not one.stands_in)
    return [one.id for one in there if seen.cluster_of(one.host) is cluster]


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
