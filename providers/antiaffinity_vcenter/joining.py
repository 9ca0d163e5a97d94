# mypy: untyped-calls-exclude=pyVmomi
"""Joining: a machine becomes part of its group's DRS rules before it starts, and stays where it was put.

Fully automated DRS may place a machine anew when it is powered on. Until the rule holds for it, a machine
that we made is kept out of DRS by an override with ``enabled`` False, of which vCenter's API says that "the
virtual machine is effectively excluded from DRS":
https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.cluster.DrsVmConfigInfo.html.
A group of machines of ours in the cluster tells our overrides from a person's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct
from pyVmomi import vim

from antiaffinity import clock, marks
from antiaffinity.errors import Conflict, InvalidRequest
from antiaffinity.model import GroupKey, Placement
from antiaffinity_vcenter import rules, walls
from antiaffinity_vcenter.center import Center
from antiaffinity_vcenter.clusters import Cluster
from antiaffinity_vcenter.lock import Lease, locked
from antiaffinity_vcenter.reading import Inventory, Machine, look
from antiaffinity_vcenter.rules import HELD, Keeping

ROUNDS = 8
"""Times to write and look again before it is somebody else's turn to explain what happens there."""

Spec = vim.cluster.ConfigSpecEx


class Wish(Struct, frozen=True):
    """What a group needs in a cluster: its rules, and one machine that is to stay where it is."""

    key: GroupKey
    rules: tuple[Keeping, ...]
    holding: str = ""
    inside: tuple[str, ...] = ()
    """The hosts that it may be on, where its lists leave some out."""

    def steps(self, seen: Inventory, cluster: Cluster) -> list[Any]:
        """What is to be written, each in one request: one with several changes may be done by halves."""
        machines = [
            one
            for one in seen.group(self.key)
            if _is_in(seen, one, cluster)
            and not one.stands_in
            and (one.id == self.holding or one.id not in seen.copies)
        ]
        wanted = rules.wanted(self.rules, machines, cluster)
        changed = rules.changes(self.key, wanted, cluster, self.rules)
        held = [one for one in machines if one.id == self.holding and one.off]
        return [
            *_hold(held, seen, cluster),
            *walls.steps(self.key, _ids(machines), cluster, self.holding, self._hosts(seen, cluster)),
            *(Spec(rulesSpec=[one]) for one in changed),
            *_let_go([one for one in machines if not one.off], seen, cluster),
        ]

    def _hosts(self, seen: Inventory, cluster: Cluster) -> set[str]:
        """Of the hosts of this cluster those that the lists admit; none where they admit all."""
        here = {host for host in seen.hosts if (its := seen.cluster_of(host)) and its.id == cluster.id}
        admitted = here & {*self.inside}
        return set() if admitted == here else admitted


def _ids(machines: Iterable[Machine]) -> list[str]:
    return [machine.id for machine in machines]


def _is_in(seen: Inventory, machine: Machine, cluster: Cluster) -> bool:
    there = seen.cluster_of(machine.host)
    return there is not None and there.id == cluster.id


class Joining:
    """Writing a group's rules where several deployers may be at it."""

    def __init__(self, center: Center, zone: str) -> None:
        self._center, self._zone = center, zone

    def look(self) -> Inventory:
        return look(self._center, self._zone)

    def carry_out(self, wish: Wish, cluster: str, seen: Inventory) -> Inventory:
        """Make it so in a cluster, and say how it is then. Nothing to do is nothing done."""
        if not wish.steps(seen, seen.clusters[cluster]):
            return seen
        for last in range(ROUNDS, 0, -1):
            try:
                with locked(self._center, cluster) as lease:
                    seen, done = self._written(wish, cluster, lease)
            except Conflict:
                if last == 1:
                    raise
                clock.sleep(clock.uniform(0.2, 1.0))
                continue
            if done:
                return seen
        left = wish.steps(seen, seen.clusters[cluster])
        if all(map(_enables, left)):
            return seen  # vCenter disables a rule that contradicts an older one: that is told as it stands
        raise Conflict(
            f"somebody else keeps changing the DRS rules of {seen.clusters[cluster].name}: run again"
        )

    def _written(self, wish: Wish, cluster: str, lease: Lease) -> tuple[Inventory, bool]:
        """Write what is missing and look again, until nothing is; or until the lock may be another's."""
        seen = self.look()
        for _ in range(ROUNDS):
            steps = wish.steps(seen, self._there(seen, cluster))
            if not steps:
                return self._looked_twice(wish, cluster, seen, lease)
            for step in steps:
                self.reconfigure(seen.clusters[cluster].obj, step)
            seen = self.look()
            if not lease.sure or all(map(_enables, wish.steps(seen, self._there(seen, cluster)))):
                break
        return seen, not wish.steps(seen, self._there(seen, cluster))

    def _looked_twice(
        self, wish: Wish, cluster: str, seen: Inventory, lease: Lease
    ) -> tuple[Inventory, bool]:
        """Without a lock another may have read before we wrote: look again when it has written, too."""
        if lease.key is not None:
            return seen, True
        clock.sleep(clock.uniform(0.2, 1.0))
        seen = self.look()
        return seen, not wish.steps(seen, self._there(seen, cluster))

    def _there(self, seen: Inventory, cluster: str) -> Cluster:
        if cluster not in seen.clusters:
            raise Conflict(f"the cluster {cluster} is gone: look again")
        return seen.clusters[cluster]

    def reconfigure(self, cluster: Any, spec: Any) -> None:
        """Change a cluster by what the spec says: without ``modify`` all else would be reset to defaults."""
        operation = "changing the cluster's DRS rules"
        try:
            self._center.run(
                lambda: cluster.ReconfigureComputeResource_Task(spec=spec, modify=True), operation
            )
        except InvalidRequest as refused:  # a name that is taken, a machine that is gone: by somebody else
            raise Conflict(refused.message) from refused.__cause__


def _enables(step: Any) -> bool:
    """Whether a step does no more than to enable a rule."""
    return bool(step.rulesSpec) and step.rulesSpec[0].operation == "edit"


# Staying where it was put


def _hold(machines: Sequence[Machine], seen: Inventory, cluster: Cluster) -> Iterator[Any]:
    """Only DRS that places at power-on needs to be told; the group tells that a machine was never started.

    Where a group does not forget machines that are gone, an edit that names them is refused.
    """
    new = [one.id for one in machines if one.id not in cluster.held]
    free = [one.id for one in machines if cluster.places and one.id not in cluster.overrides]
    if new or free:
        groups = [group_of(cluster, cluster.held & seen.alive | set(new))] if new else []
        yield Spec(groupSpec=groups, drsVmConfigSpec=[_override(id_) for id_ in free])


def _let_go(started: Iterable[Machine], seen: Inventory, cluster: Cluster) -> Iterator[Any]:
    """Machines that run belong to DRS again: first the overrides, then the group that proves them ours."""
    mine = {one.id for one in started} & cluster.held
    if not mine:
        return
    for id_ in sorted(mine):
        if id_ in cluster.overrides and cluster.overrides[id_].enabled is False:
            yield Spec(drsVmConfigSpec=[vim.cluster.DrsVmConfigSpec(operation="remove", removeKey=_vm(id_))])
    yield Spec(groupSpec=[group_of(cluster, (cluster.held - mine) & seen.alive)])


def _override(id_: str) -> Any:
    """With a behaviour, too: an override may not be added without one."""
    info = vim.cluster.DrsVmConfigInfo(key=_vm(id_), enabled=False, behavior="manual")
    return vim.cluster.DrsVmConfigSpec(operation="add", info=info)


def group_of(cluster: Cluster, held: Iterable[str]) -> Any:
    """The group with these machines; with none it is removed."""
    vms = [_vm(id_) for id_ in sorted(held)]
    if not vms:
        return vim.cluster.GroupSpec(operation="remove", removeKey=HELD)
    word = "edit" if HELD in cluster.groups else "add"
    return vim.cluster.GroupSpec(operation=word, info=vim.cluster.VmGroup(name=HELD, vm=vms))


def _vm(id_: str) -> Any:
    return vim.VirtualMachine(id_)


# Checking


def check_mark(placement: Placement, machine: Machine | None, instance: str) -> Machine:
    """InvalidRequest where an instance does not bear the mark of the placement's member."""
    if machine is None:
        raise marks.anothers(placement, None, f"machine {instance}")
    marks.check_mark(placement, (machine.key, machine.member), f"machine {instance}")
    return machine
