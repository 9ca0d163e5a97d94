# mypy: untyped-calls-exclude=pyVmomi
"""A user of a vCenter, as the conformance suite needs one: clones, starts, deletes, looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from copy import copy
from typing import Any, TypeVar

from pyVmomi import vim, vmodl
from pyVmomi.VmomiSupport import DataObject, ManagedObject

import antiaffinity as aa
from antiaffinity.clock import sleep, uniform
from antiaffinity.model import MARKS, Machine, Placement
from antiaffinity.testing.conformance import Deployer
from antiaffinity.testing.vcenter import FakeVCenter
from antiaffinity.testing.wire import Wire

T = TypeVar("T")

GONE = (vmodl.fault.ManagedObjectNotFound,)
BUSY = (vim.fault.TaskInProgress,)
Collector = vmodl.query.PropertyCollector


def spec(**words: Any) -> Any:
    """What the user always writes: powered off, for a machine joins its rule before it starts."""
    location = vim.vm.RelocateSpec(host=words.pop("host", None))
    return vim.vm.CloneSpec(location=location, powerOn=False, template=False, **words)


def marked(key: str, value: str) -> Any:
    return vim.vm.ConfigSpec(extraConfig=[vim.option.OptionValue(key=key, value=value)])


def remarked(marks: Mapping[str, str]) -> Any:
    """Our keys as these marks have them; an empty value takes a setting away."""
    values = {**dict.fromkeys(MARKS, ""), **marks}
    options = [vim.option.OptionValue(key=key, value=value) for key, value in values.items()]
    return vim.vm.ConfigSpec(extraConfig=options)


ELSEWHERE: tuple[dict[str, Any], ...] = (
    {"spec": spec(host=vim.HostSystem("host-1"))},
    {"spec": spec(config=marked("antiaffinity-owner", "shop/test"))},
    {"spec": spec(config=marked("antiaffinity-member", "somebody-else"))},
)


class Hands:
    """What a deploy script for one group does itself, however it launches."""

    def __init__(self, si: Any, key: aa.GroupKey, folder: Any) -> None:
        self.si, self.key, self.folder = si, key, folder

    def start(self, machine: Machine) -> None:
        with suppress(vim.fault.InvalidPowerState):
            done(self._vm(machine.id).PowerOnVM_Task())

    def discard(self, machine: Machine) -> None:
        for id_ in [machine.id] if machine.id else list(self._of(machine.member)):
            with suppress(*GONE):
                self.end(id_)

    def end(self, id_: str) -> None:
        """Powered off first, as vCenter wants it."""
        vm = self._vm(id_)
        with suppress(vim.fault.InvalidPowerState):
            done(_patiently(vm.PowerOffVM_Task))
        done(_patiently(vm.Destroy_Task))

    def stop(self, id_: str) -> None:
        done(self._vm(id_).PowerOffVM_Task())

    def delete_rule(self, cluster: str, key: int) -> None:
        removal = vim.cluster.RuleSpec(operation="remove", removeKey=key)
        change = vim.cluster.ConfigSpecEx(rulesSpec=[removal])
        there = vim.ClusterComputeResource(cluster, self.si._stub)
        done(there.ReconfigureComputeResource_Task(spec=change, modify=True))

    def remark(self, id_: str, marks: Mapping[str, str]) -> None:
        done(self._vm(id_).ReconfigVM_Task(spec=remarked(marks)))

    def find(self, member: str) -> str | None:
        return next(self._of(member), None)

    def _vm(self, id_: str | None) -> Any:
        return vim.VirtualMachine(id_, self.si._stub)

    def _of(self, member: str) -> Iterator[str]:
        """The machines that bear a member's mark, oldest first."""
        wanted = self.key.marks(member).items()
        for one in self._machines():
            options = next((each.val for each in one.propSet), ())
            if wanted <= {option.key: option.value for option in options}.items():
                yield one.obj._GetMoId()

    def _machines(self) -> list[Any]:
        into = Collector.TraversalSpec(name="in", type=vim.Folder, path="childEntity", skip=False)
        wanted = Collector.PropertySpec(type=vim.VirtualMachine, pathSet=["config.extraConfig"])
        start = Collector.ObjectSpec(obj=self.folder, skip=True, selectSet=[into])
        service: Any = Collector("propertyCollector", self.si._stub)
        found: list[Any] = service.RetrieveProperties(
            [Collector.FilterSpec(propSet=[wanted], objectSet=[start])]
        )
        return found


class User(Hands):
    """One process of the user's, for one group: it clones."""

    def __init__(
        self, center: FakeVCenter, key: aa.GroupKey, wire: Wire, settings: Mapping[str, Any]
    ) -> None:
        super().__init__(center.client(wire), key, vim.Folder(center.folder))
        self.settings = settings
        self.template: Any = vim.VirtualMachine(center.template)
        self.pool: Any = vim.ResourcePool(center.state.clusters[0].pool)
        self.as_(self.si)

    def as_(self, si: Any) -> User:
        """The same user, logged in as somebody else."""
        self.si = si
        self.template = vim.VirtualMachine(self.template._GetMoId(), si._stub)
        return self

    def deployer(self) -> Deployer:
        cloud = aa.connect("vcenter", client=self.si, owner=self.key.owner, **self.settings)
        return Deployer(
            cloud,
            self.boot,
            self.discard,
            self.find,
            {"spec": spec()},
            ELSEWHERE,
            start=self.start,
            plain=plain,
        )

    def boot(self, placement: Placement, arguments: Mapping[str, Any]) -> str:
        """Its pool is the user's usual one, where nobody names another."""
        wanted = copy(arguments["spec"])
        wanted.location = copy(wanted.location)
        wanted.location.pool = wanted.location.pool or self.pool
        vm = done(self.template.CloneVM_Task(folder=self.folder, name=new_name(), spec=wanted))
        return str(vm._GetMoId())


def new_name() -> str:
    """A name that no machine has."""
    return f"vm-{uniform(0, 1):.12f}"


def done(task: Any) -> Any:
    """What a task came to, once it has ended; its fault, raised."""
    while (info := task.info).state in ("queued", "running"):
        sleep(1)
    if info.state == "error":
        raise info.error
    return info.result


def _patiently(begin: Callable[[], T]) -> T:
    """A machine that is busy with another task is asked again."""
    while True:
        with suppress(*BUSY):
            return begin()
        sleep(1)


def plain(value: Any) -> Any:
    """The SDK's objects as plain words: two that say the same are equal then."""
    if isinstance(value, DataObject):
        told = {one.name: plain(getattr(value, one.name)) for one in value._GetPropertyList()}
        return {name: one for name, one in told.items() if one not in (None, [])}
    if isinstance(value, ManagedObject):
        return value._GetMoId()
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value
