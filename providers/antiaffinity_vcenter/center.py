# mypy: untyped-calls-exclude=pyVmomi
"""Reading vCenter in one round trip, and having its tasks done.

Properties are asked for as paths, through one property collector over one standing view of the whole
inventory: attribute access on the SDK's objects is a round trip each.
https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vmodl.query.PropertyCollector.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from pyVmomi import vim, vmodl

from antiaffinity import clock, retry
from antiaffinity.errors import Busy, InvalidRequest, NotAuthorized, Unavailable
from antiaffinity.retry import USUAL
from antiaffinity.whole import BrokenOff, whole
from antiaffinity_vcenter.faults import answered, of
from antiaffinity_vcenter.tags import Attached

Query = vmodl.query.PropertyCollector

SEEN = (
    vim.ClusterComputeResource,
    vim.HostSystem,
    vim.Network,
    vim.Datastore,
    vim.VirtualMachine,
    vim.Folder,
    vim.Datacenter,
)
"""What the view holds."""

PATIENCE = 300.0
"""Seconds for a task of vCenter's to end."""

Wanted = Mapping[Any, Sequence[str]]
"""The paths to read, by the type of object."""


class Shown(Struct, frozen=True, gc=False):
    """An object with the properties that were asked for; unset ones are left out."""

    obj: Any
    values: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.obj._GetMoId())

    def get(self, path: str, default: Any = None) -> Any:
        """The property at a path."""
        return self.values.get(path, default)


class Center:
    """One session on a vCenter."""

    def __init__(self, si: Any, tags: Callable[[], Attached] = dict, patience: float = USUAL) -> None:
        self.tags, self._patience = tags, patience
        # No cached_property: before Python 3.12 all sessions of a process would wait for one another in it.
        self.si, self._content, self._view = si, None, None
        self._session: str | None = None

    @property
    def content(self) -> Any:
        """The managers of this vCenter; they stay what they are."""
        if self._content is None:
            self._content = self._patiently("reading the service's content", self.si.RetrieveContent)
        return self._content

    def _patiently(self, operation: str, read: Callable[[], Any]) -> Any:
        """What a read answers, repeated while vCenter takes no more requests."""

        def once() -> Any:
            with answered(operation):
                return read()

        return retry.repeated(once, self._patience, lambda error: isinstance(error, Busy))

    @property
    def session(self) -> str:
        """The key of this session; "" where it is not told."""
        if self._session is None:
            shown = self.one(self.content.sessionManager, "currentSession")
            current = shown.get("currentSession") if shown else None
            self._session = str(current.key) if current is not None else ""
        return self._session

    def _viewed(self) -> Any:
        """A view follows the inventory and ends with the session."""
        if self._view is None:
            root, manager = self.content.rootFolder, self.content.viewManager
            with answered("viewing the inventory"):
                self._view = manager.CreateContainerView(root, list(SEEN), True)
        return self._view

    def inventory(self, wanted: Wanted) -> list[Shown]:
        """These properties of every object there is, in one round trip."""
        try:
            return self._collected(self._through_view(wanted))
        except vmodl.fault.ManagedObjectNotFound:
            self._view = None  # a view ends before its session where somebody destroys it
        with answered("reading the inventory"):
            return self._collected(self._through_view(wanted))

    def _through_view(self, wanted: Wanted) -> Any:
        tasks = Query.TraversalSpec(name="tasks", type=vim.HostSystem, path="recentTask", skip=False)
        step = Query.TraversalSpec(name="view", type=vim.view.ContainerView, path="view", skip=False)
        step.selectSet = [tasks] if vim.Task in wanted else []
        start = Query.ObjectSpec(obj=self._viewed(), skip=True, selectSet=[step])
        return Query.FilterSpec(objectSet=[start], propSet=_properties(wanted))

    def one(self, obj: Any, *paths: str) -> Shown | None:
        """These properties of one object; None where it is gone."""
        start = Query.ObjectSpec(obj=obj, skip=False)
        asked = Query.FilterSpec(objectSet=[start], propSet=_properties({type(obj): paths}))
        try:
            return next(iter(self._collected(asked)), None)
        except vmodl.fault.ManagedObjectNotFound:
            return None

    def exists(self, machine: str) -> bool:
        """Whether there is a machine of this moref, whatever can be read of it."""
        return self.one(vim.VirtualMachine(machine), "runtime.connectionState") is not None

    def _collected(self, asked: Any) -> list[Shown]:
        return whole(lambda: list(map(_shown, self._pages(asked))), "the inventory")

    def _pages(self, asked: Any) -> Iterator[Any]:
        """The objects of page after page."""
        collector = self.content.propertyCollector
        page = self._asked(collector.RetrievePropertiesEx, [asked], Query.RetrieveOptions())
        while page is not None:
            yield from page.objects
            more = page.token
            page = self._next(collector, more) if more else None

    def _next(self, collector: Any, token: str) -> Any:
        """The next page; a token holds for one session and collector, and is all that may be wrong here."""
        try:
            return self._asked(collector.ContinueRetrievePropertiesEx, token)
        except (vmodl.fault.ManagedObjectNotFound, InvalidRequest) as error:
            raise BrokenOff(str(error)) from error

    def _asked(self, call: Any, *given: Any) -> Any:
        """What is gone is told as it is: it is for the caller to know whether that is an error."""
        try:
            return self._patiently("reading the inventory", lambda: call(*given))
        except Exception as error:
            if isinstance(error.__cause__, vmodl.fault.ManagedObjectNotFound):
                raise error.__cause__ from None
            raise

    def run(self, start: Callable[[], Any], operation: str) -> Any:
        """Start a task and give its result once it has ended well."""
        with answered(operation):
            task = start()
        return self.done(task, operation)

    def done(self, task: Any, operation: str) -> Any:
        """The result of a task once it has ended well; else what it ended with, as one of our errors."""
        info = self.ended(task, operation)
        if info.get("info.state") == "error":
            fault = info.get("info.error")
            raise of(fault, operation) from fault
        return info.get("info.result")

    def ended(self, task: Any, operation: str) -> Shown:
        """A task that has ended, well or not."""
        ended = self.followed(task, PATIENCE)
        if ended is None:
            raise Unavailable(
                f"{operation}: vCenter's task {task._GetMoId()} did not end in {PATIENCE:.0f} s"
            )
        return ended

    def followed(self, task: Any, patience: float) -> Shown | None:
        """A task once it has ended; None where it takes longer than that."""
        deadline, pause = clock.now() + patience, 0.05
        while True:
            info = self.one(task, "info.state", "info.error", "info.result")
            if info is None or info.get("info.state") in ("success", "error"):
                return info or Shown(task, {})
            if clock.now() > deadline:
                return None
            clock.sleep(pause)
            pause = min(pause * 2, 2.0)


def _properties(wanted: Wanted) -> list[Any]:
    return [Query.PropertySpec(type=kind, pathSet=list(paths), all=False) for kind, paths in wanted.items()]


def _shown(one: Any) -> Shown:
    for missing in one.missingSet:
        hidden = isinstance(missing.fault, vim.fault.NoPermission)
        if hidden and not isinstance(one.obj, (vim.VirtualMachine, vim.Task)):
            # Of machines those of vCenter's own are nobody's to read, and tasks may be anybody's.
            where, privilege = one.obj._GetMoId(), missing.fault.privilegeId
            raise NotAuthorized(f"reading {missing.path} of {where} needs the privilege {privilege}")
    return Shown(one.obj, {each.name: each.val for each in one.propSet})
