# mypy: untyped-calls-exclude="pyVmomi,pyVim"
"""vcsim for the tests: VMware's own simulator of a vCenter, and the hands of its user and its operator.

It stores DRS rules and enforces none, and its CloneVM_Task forgets ``extraConfig``: machines are made by
CreateVM_Task here.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl

from antiaffinity.estates import Estate, connect
from antiaffinity.group import Group
from antiaffinity.model import Machine, Placement
from antiaffinity.report import Report

Query = vmodl.query.PropertyCollector
USER, PASSWORD = "deployer", "secret"


class VCSim:
    """One simulator, from `with` to its end."""

    port: int

    def __init__(
        self,
        program: Path,
        scratch: Path,
        *options: str,
        clusters: int = 1,
        hosts: int = 6,
        machines: int = 20,
    ) -> None:
        self._env = {**os.environ, "TMPDIR": str(scratch)}
        self._command = [str(program), "-l", "127.0.0.1:0", "-username", USER, "-password", PASSWORD]
        self._command += ["-cluster", str(clusters), "-host", str(hosts), "-vm", str(machines)]
        self._command += ["-standalone-host", "0", *options]
        self._sessions: list[Any] = []

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, env=self._env, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        told = self._process.stdout.readline()
        found = re.search(r"@127\.0\.0\.1:(\d+)/sdk", told)
        assert found, f"vcsim does not tell its address: {told!r}"
        self.port = int(found[1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for si in self._sessions:
            Disconnect(si)
        self._process.terminate()
        self._process.wait(10)
        if self._process.stdout:
            self._process.stdout.close()

    @property
    def settings(self) -> dict[str, Any]:
        """What a user of it connects with."""
        return {"host": "127.0.0.1", "port": self.port, "user": USER, "pwd": PASSWORD}

    def session(self) -> Any:
        """A session of its own."""
        si = SmartConnect(**self.settings, disableSslCertValidation=True)
        self._sessions.append(si)
        return si

    def user(self) -> User:
        return User(self.session())


class User:
    """One deploy script: its own session, and the calls that it makes itself."""

    def __init__(self, si: Any) -> None:
        self.si, self.content = si, si.RetrieveContent()

    @property
    def cloud(self) -> Estate:
        return connect("vcenter", client=self.si, owner="shop/prod")

    def group(self, members: int, **more: Any) -> Group:
        return self.cloud.group("db", members=members, **{"rules": "anti-affinity", **more})

    def roll_out(self, members: int, **more: Any) -> Report:
        return self.group(members, **more).roll_out(self.boot, self.kill, self.start)

    def boot(self, placement: Placement) -> str:
        """A machine that is off, on the placement's host."""
        files = vim.vm.FileInfo(vmPathName="[LocalDS_0]")
        config = vim.vm.ConfigSpec(
            name=placement.member, numCPUs=1, memoryMB=128, guestId="otherGuest", files=files
        )
        return str(done(self.folder.CreateVM_Task(**placement.arguments(config=config)))._GetMoId())

    def kill(self, machine: Machine) -> None:
        if machine.id:
            done(self.machine(machine.id).Destroy_Task())

    def start(self, machine: Machine) -> None:
        assert machine.id
        done(self.machine(machine.id).PowerOnVM_Task())

    # What is there

    @contextmanager
    def viewed(self, kind: Any) -> Iterator[Any]:
        """A view of all objects of a kind: one that stands would be told of all that happens."""
        view = self.content.viewManager.CreateContainerView(self.content.rootFolder, [kind], True)
        try:
            yield view
        finally:
            view.DestroyView()

    def every(self, kind: Any) -> list[Any]:
        with self.viewed(kind) as view:
            return list(view.view)

    def read(self, kind: Any, *paths: str) -> dict[Any, dict[str, Any]]:
        """These properties of every object of a kind that is alive, in one look."""
        step = Query.TraversalSpec(name="view", type=vim.view.ContainerView, path="view", skip=False)
        asked = Query.PropertySpec(type=kind, pathSet=list(paths))
        with self.viewed(kind) as view:
            start = Query.ObjectSpec(obj=view, skip=True, selectSet=[step])
            spec = Query.FilterSpec(objectSet=[start], propSet=[asked])
            told = self.content.propertyCollector.RetrieveProperties([spec])
        return {one.obj: {prop.name: prop.val for prop in one.propSet} for one in told}

    def named(self, kind: Any, name: str) -> Any:
        return next(one for one in self.every(kind) if one.name == name)

    def machine(self, id_: str) -> Any:
        return vim.VirtualMachine(id_, self.si._stub)

    def wait(self, task: str) -> None:
        """Until somebody's task has ended, however."""
        ended(vim.Task(task, self.si._stub))

    @property
    def folder(self) -> Any:
        return self.content.rootFolder.childEntity[0].vmFolder

    def members(self) -> dict[str, Any]:
        """Every machine of the group by its name, which is its member's."""
        return {one.name: one for one in self.every(vim.VirtualMachine) if one.name.startswith("db-")}

    def hosts(self) -> dict[str, str]:
        """Where each member's machine really is."""
        return {name: one.runtime.host.name for name, one in self.members().items()}

    def rules(self) -> dict[str, set[str]]:
        """Every DRS rule between machines, with their names."""
        return {rule.name: {vm.name for vm in rule.vm} for rule in self.infos()}

    def infos(self) -> list[Any]:
        clusters = self.read(vim.ClusterComputeResource, "configurationEx").values()
        every = [rule for cluster in clusters for rule in cluster["configurationEx"].rule]
        return [rule for rule in every if not isinstance(rule, vim.cluster.VmHostRuleInfo)]

    def relocate(self, member: str, host: str) -> None:
        """Somebody, or DRS, moves a machine past us."""
        where = self.named(vim.HostSystem, host)
        done(self.members()[member].RelocateVM_Task(vim.vm.RelocateSpec(host=where)))


def done(task: Any) -> Any:
    """What a task gave; its fault is raised."""
    info = ended(task)
    if info.error:
        raise info.error
    return info.result


def ended(task: Any) -> Any:
    """How a task ended."""
    while (info := task.info).state not in ("success", "error"):
        time.sleep(0.002)
    return info
