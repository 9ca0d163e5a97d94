# mypy: untyped-calls-exclude=pyVmomi
"""vcsim as the conformance suite needs it: two clusters of two hosts, a user who creates, an operator.

What is really there an operator's own session tells, not what a deployer's library sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from copy import copy
from pathlib import Path
from typing import Any

from msgspec import Struct
from pyVmomi import vim

import antiaffinity as aa
from antiaffinity.clock import Clock
from antiaffinity.guarantee import Guarantee
from antiaffinity.model import MARKS, Placement, Size
from antiaffinity.testing import Machine, Place, Wire
from antiaffinity.testing.conformance import Deployer
from conformance.vcenter_harness import READS
from conformance.vcenter_user import Hands, marked, new_name, plain, remarked
from real.vcsim_box import User, VCSim, done
from real.vcsim_wire import log_in, log_out

STATES = {"poweredOn": "running", "poweredOff": "stopped"}

ELSEWHERE: tuple[dict[str, Any], ...] = (
    {"host": vim.HostSystem("host-1")},
    {"config": marked("antiaffinity-owner", "shop/test")},
    {"config": marked("antiaffinity-member", "somebody-else")},
)

STORE = "LocalDS_0"
"""The datastore of all hosts; a machine on a host without one is the end of vcsim."""

Spec = vim.cluster.ConfigSpecEx


class Home(Struct, frozen=True):
    """Where users put their machines, by morefs."""

    folder: str
    pool: str


def home(operator: User) -> Home:
    """The one folder, and the pool of the first cluster."""
    cluster = operator.every(vim.ClusterComputeResource)[0]
    return Home(operator.folder._GetMoId(), cluster.resourcePool._GetMoId())


class Creating(Hands):
    """One process of the user's, for one group: it creates, for vcsim's clones forget their marks."""

    def __init__(self, si: Any, key: aa.GroupKey, home: Home) -> None:
        super().__init__(si, key, vim.Folder(home.folder, si._stub))
        self.pool = vim.ResourcePool(home.pool)

    def deployer(self) -> Deployer:
        cloud = aa.connect("vcenter", client=self.si, owner=self.key.owner)
        own = {"config": vim.vm.ConfigSpec(numCPUs=1, memoryMB=128, guestId="otherGuest")}
        return Deployer(
            cloud, self.boot, self.discard, self.find, own, ELSEWHERE, start=self.start, plain=plain
        )

    def boot(self, placement: Placement, arguments: Mapping[str, Any]) -> str:
        """Its pool is the user's usual one, where nobody names another."""
        config = copy(arguments["config"])
        config.name, config.files = new_name(), vim.vm.FileInfo(vmPathName=f"[{STORE}]")
        pool = arguments.get("pool") or self.pool
        task = self.folder.CreateVM_Task(config=config, pool=pool, host=arguments.get("host"))
        return str(done(task)._GetMoId())


class VCSimHarness:
    """One vcsim that nobody has used yet."""

    patience = 35.0
    """The lock of a dead deployer has expired by then."""

    def __init__(self, box: VCSim, operator: User, clock: Clock) -> None:
        self.box, self.operator, self.clock = box, operator, clock
        self.sessions: list[Any] = []
        self.grown = False
        self.home = home(operator)
        self.hosts = self._hosts()

    def deployer(self, key: aa.GroupKey, wire: Wire) -> Deployer:
        si = log_in(self.box, self.operator.si._stub.version, wire, self.operator.wait)
        self.sessions.append(si)
        return Creating(si, key, self.home).deployer()

    def reads(self, request: str) -> bool:
        return request.startswith(READS)

    # What there is

    def places(self) -> list[Place]:
        return list(self.hosts.values())

    def _hosts(self) -> dict[Any, Place]:
        zones = self.operator.read(vim.ClusterComputeResource, "name")
        hosts = self.operator.read(vim.HostSystem, "name", "parent").items()
        return {host: Place(told["name"], zone=zones[told["parent"]]["name"]) for host, told in hosts}

    def machines(self) -> list[Machine]:
        paths = ("config.extraConfig", "runtime.host", "runtime.powerState")
        told = self.operator.read(vim.VirtualMachine, *paths)
        return [_machine(vm, self.hosts, *(one[path] for path in paths)) for vm, one in told.items()]

    names_hidden = True

    def hide(self, id_: str) -> None:
        raise AssertionError("vcsim shows every configuration")

    def unhide(self) -> None:
        """Nothing was hidden."""

    def natives(self) -> list[str]:
        return sorted(rule.name for rule in self.operator.infos())

    # Hands

    def stop(self, id_: str) -> None:
        done(self.operator.machine(id_).PowerOffVM_Task())

    def terminate(self, id_: str) -> None:
        if self.operator.machine(id_).runtime.powerState == "poweredOn":
            self.stop(id_)
        done(self.operator.machine(id_).Destroy_Task())

    def close(self, host: str) -> None:
        """By maintenance mode, which a plan sees: vcsim itself would take a machine there."""
        done(self.operator.named(vim.HostSystem, host).EnterMaintenanceMode_Task(timeout=0))

    def open(self, host: str) -> None:
        where = self.operator.named(vim.HostSystem, host)
        if where.runtime.inMaintenanceMode:
            done(where.ExitMaintenanceMode_Task(timeout=0))

    def retire(self, place: Place) -> Size | None:
        """Not asked of it: its checks are the peaceful ones."""
        return None

    def enlarge(self, each: int) -> None:
        raise AssertionError("it is as large as it is")

    def break_(self, id_: str) -> None:
        raise AssertionError("every machine of vcsim is connected")

    def slow(self, seconds: float) -> None:
        raise AssertionError("nobody slows vcsim down")

    def add_host(self) -> None:
        self.grown = True
        cluster = self.operator.every(vim.ClusterComputeResource)[0]
        connect = vim.host.ConnectSpec(hostName="spare", userName="root", password="secret", force=True)
        host = done(cluster.AddHost_Task(spec=connect, asConnected=True))
        store = self.operator.named(vim.Datastore, STORE)
        host.configManager.datastoreSystem.CreateLocalDatastore(name=STORE, path=store.info.url)
        self.hosts = self._hosts()

    def move(self, id_: str, host: str) -> None:
        where = vim.vm.RelocateSpec(host=self.operator.named(vim.HostSystem, host))
        done(self.operator.machine(id_).RelocateVM_Task(where))

    def rearrange(self) -> None:
        """An operator does what DRS would: all as close together as the rules that vcsim has let them be."""
        for machine in self.machines():
            self._move_to_first(machine)

    def _move_to_first(self, machine: Machine) -> None:
        """To the first host of its cluster on which nobody is that it is to be apart from."""
        others = self._apart_from(machine.id)
        taken = {one.place.host for one in self.machines() if one.place and one.id in others}
        here = [place.host for place in self.places() if machine.place and place.zone == machine.place.zone]
        self.move(machine.id, next(host for host in here if host not in taken))

    def _apart_from(self, id_: str) -> set[str]:
        """Whom the rules that are enabled keep a machine apart from."""
        rules = [rule for rule in self.operator.infos() if isinstance(rule, vim.cluster.AntiAffinityRuleSpec)]
        apart = [{vm._GetMoId() for vm in rule.vm} for rule in rules if rule.enabled]
        return {other for together in apart if id_ in together for other in together} - {id_}

    def foreign_native(self, promise: Guarantee) -> str:
        raise NotImplementedError("vCenter delegates nothing")

    def occupant(self, native: str) -> str:
        raise NotImplementedError("vCenter delegates nothing")

    def delete_native(self, id_: str) -> None:
        for cluster, told in self.operator.read(vim.ClusterComputeResource, "configurationEx").items():
            for rule in (one for one in told["configurationEx"].rule if one.name == id_):
                spec = Spec(rulesSpec=[_removal(vim.cluster.RuleSpec, rule.key)])
                done(cluster.ReconfigureComputeResource_Task(spec=spec, modify=True))

    def remark(self, id_: str, marks: Mapping[str, str]) -> None:
        done(self.operator.machine(id_).ReconfigVM_Task(spec=remarked(marks)))

    # The end

    def log_out(self) -> None:
        """Its deployers are gone, the dead ones too."""
        for si in self.sessions:
            log_out(si)

    def empty(self) -> None:
        """Take away all that deployers made; a host that was added stays."""
        for machine in self.machines():
            self.terminate(machine.id)
        for host, told in self.operator.read(vim.HostSystem, "runtime.inMaintenanceMode").items():
            if told["runtime.inMaintenanceMode"]:
                done(host.ExitMaintenanceMode_Task(timeout=0))
        for cluster, told in self.operator.read(vim.ClusterComputeResource, "configurationEx").items():
            _clear(cluster, told["configurationEx"])
        fields = self.operator.content.customFieldsManager
        for field in fields.field:
            fields.RemoveCustomFieldDef(key=field.key)


def _machine(vm: Any, hosts: Mapping[Any, Place], options: Any, host: Any, power: str) -> Machine:
    tags = {option.key: option.value for option in options if option.key in MARKS}
    return Machine(vm._GetMoId(), tags, {}, hosts[host], STATES[power])


def _clear(cluster: Any, there: Any) -> None:
    """Of everything that was ever written about it; one thing in a request."""
    specs = [Spec(rulesSpec=[_removal(vim.cluster.RuleSpec, rule.key)]) for rule in there.rule]
    specs += [Spec(groupSpec=[_removal(vim.cluster.GroupSpec, group.name)]) for group in there.group]
    specs += [
        Spec(drsVmConfigSpec=[_removal(vim.cluster.DrsVmConfigSpec, one.key)]) for one in there.drsVmConfig
    ]
    for spec in specs:
        done(cluster.ReconfigureComputeResource_Task(spec=spec, modify=True))


def _removal(kind: Any, key: Any) -> Any:
    return kind(operation="remove", removeKey=key)


class Clouds:
    """Empty ones, one at a time: a simulator is used again once it is emptied, unless a host was added."""

    def __init__(self, program: Path, scratch: Path) -> None:
        self._program, self._scratch, self._running = program, scratch, ExitStack()
        self._last: VCSimHarness | None = None

    def fresh(self, clock: Clock) -> VCSimHarness:
        box, operator = self._used_again() or self._started()
        self._last = VCSimHarness(box, operator, clock)
        return self._last

    def _used_again(self) -> tuple[VCSim, User] | None:
        last = self._last
        if last is None or last.grown:
            return None
        last.log_out()
        last.empty()
        return last.box, last.operator

    def _started(self) -> tuple[VCSim, User]:
        self.close()
        box = VCSim(self._program, self._scratch, clusters=2, hosts=2, machines=0)
        self._running.enter_context(box)
        return box, box.user()

    def close(self) -> None:
        """End the simulator, and its sessions with it."""
        for si in self._last.sessions if self._last else ():
            si._stub.DropConnections()
        self._last = None
        self._running.close()
