# mypy: untyped-calls-exclude="pyVmomi,pyVim"
"""A stand-in for the plugin of the published `pulumi-vsphere` package: clones, on any vCenter.

Behaves as https://github.com/vmware/terraform-provider-vsphere does below that package, in what matters to
a placement: a clone gets its settings, our mark among them, after it was made, and is started at once; the id
is the UUID of its BIOS; another host is a vMotion; a machine that another hand has deleted is gone. It
waits for no address: the fake's guests have none.
"""

from __future__ import annotations

import os
import ssl
import threading
import time
from typing import Any

from pyVim.connect import SmartConnect
from pyVmomi import vim, vmodl

from real.plugins import vsphere_machine as machine
from real.plugins.invoking import InvokedPlugin
from real.plugins.stand_in import Failed, MadeButFailed, Values, serve

LOOK_EVERY = 0.05  # seconds
PATIENCE = 600.0
Collector = vmodl.query.PropertyCollector


class Center:
    """The vCenter of the provider's configuration, or of the environment."""

    def __init__(self) -> None:
        self._settings: Values = {}
        self._lock = threading.Lock()
        self._content: Any = None

    def configure(self, settings: Values) -> None:
        self._settings = settings

    @property
    def content(self) -> Any:
        with self._lock:
            self._content = self._content or self._connected().RetrieveContent()
            return self._content

    def _connected(self) -> Any:
        unverified = self._setting("allowUnverifiedSsl", "VSPHERE_ALLOW_UNVERIFIED_SSL")
        context = ssl._create_unverified_context() if unverified == "true" else ssl.create_default_context()
        return SmartConnect(
            host=self._setting("vsphereServer", "VSPHERE_SERVER"),
            user=self._setting("user", "VSPHERE_USER"),
            pwd=self._setting("password", "VSPHERE_PASSWORD"),
            sslContext=context,
        )

    def _setting(self, name: str, variable: str) -> str:
        """A provider's configuration is text, true and false too."""
        found = str(self._settings.get(name) or os.environ.get(variable, ""))
        if not found:
            raise Failed(f"one of {name} or {variable} must be set")
        return found

    # Asking

    def shown(self, obj: Any, *paths: str) -> Values:
        """Properties of an object; ManagedObjectNotFound where it is gone."""
        wanted = Collector.PropertySpec(type=type(obj), pathSet=list(paths))
        asked = Collector.FilterSpec(propSet=[wanted], objectSet=[Collector.ObjectSpec(obj=obj)])
        [answer] = self.content.propertyCollector.RetrieveProperties([asked])
        return {one.name: one.val for one in answer.propSet}

    def by_uuid(self, uuid: str) -> Any:
        return self.content.searchIndex.FindByUuid(uuid=uuid, vmSearch=True, instanceUuid=False)

    def by_path(self, path: str, what: str) -> Any:
        found = self.content.searchIndex.FindByInventoryPath(inventoryPath=path)
        if found is None:
            raise Failed(f"{what} '{path.rpartition('/')[2]}' not found")
        return found

    def datacenter_of(self, id_: str) -> str:
        return str(self.shown(vim.Datacenter(id_, self.content.rootFolder._stub), "name")["name"])

    # Having done

    def done(self, task: Any, doing: str) -> Any:
        """What a task came to; its fault in the words that vCenter has for people."""
        deadline = time.monotonic() + PATIENCE
        while (info := self.shown(task, "info")["info"]).state in ("queued", "running"):
            if time.monotonic() > deadline:
                raise Failed(f"error {doing}: timeout")
            time.sleep(LOOK_EVERY)
        if info.state == "error":
            raise Failed(f"error {doing}: {info.error.msg}")
        return info.result


class VirtualMachine:
    """vsphere:index/virtualMachine:VirtualMachine."""

    schema = machine.SCHEMA
    computed = machine.COMPUTED
    replaces = machine.REPLACES
    mixes = False

    def __init__(self, center: Center) -> None:
        self._center = center

    def configure(self, settings: Values) -> None:
        self._center.configure(settings)

    def planned(self, inputs: Values, outputs: Values) -> Values:
        return machine.planned(inputs, outputs)

    def drifted(self, news: Values, outputs: Values) -> list[str]:
        return []

    def create(self, urn: str, inputs: Values) -> tuple[str, Values]:
        if not inputs.get("datastoreId"):
            raise Failed("one of datastoreId or datastoreClusterId must be specified")
        vm = self._cloned(inputs)
        id_ = str(self._center.shown(vm, "config.uuid")["config.uuid"])
        self._configured(vm, inputs)
        try:
            self._center.done(vm.PowerOnVM_Task(), "powering on virtual machine")
        except Failed as error:
            raise MadeButFailed(id_, self._states(inputs, vm), str(error)) from error
        return id_, self._states(inputs, vm)

    def _cloned(self, inputs: Values) -> Any:
        template = self._center.by_uuid(inputs["clone"]["templateUuid"])
        if template is None:
            raise Failed(f"virtual machine with UUID {inputs['clone']['templateUuid']!r} not found")
        folder = self._center.shown(template, "parent")["parent"]
        task = template.CloneVM_Task(folder=folder, name=inputs["name"], spec=machine.cloned(inputs))
        return self._center.done(task, "cloning virtual machine")

    def _configured(self, vm: Any, inputs: Values) -> None:
        """A clone that cannot be configured is destroyed again."""
        doing = "reconfiguring virtual machine"
        try:
            self._center.done(vm.ReconfigVM_Task(spec=machine.configured(inputs, {})), doing)
        except Failed:
            self._center.done(vm.Destroy_Task(), "destroying virtual machine")
            raise

    def _states(self, inputs: Values, vm: Any) -> Values:
        return machine.states(inputs, vm._GetMoId(), self._center.shown(vm, *machine.PATHS))

    def read(self, id_: str, inputs: Values, outputs: Values) -> tuple[Values, Values] | None:
        """Imports are not served: they name a path, and not an id."""
        vm = self._center.by_uuid(id_)
        if not inputs or vm is None:
            return None
        states = self._states(inputs, vm)
        return {key: states[key] for key in inputs}, states

    def update(self, id_: str, urn: str, outputs: Values, olds: Values, news: Values) -> Values:
        """Settings that need a restart are not changed here."""
        if any(olds.get(key) != news.get(key) for key in ("numCpus", "memory", "disks", "networkInterfaces")):
            raise Failed("the stand-in restarts no machine")
        vm, before = self._there(id_), olds.get("extraConfig", {})
        self._center.done(vm.ReconfigVM_Task(spec=machine.configured(news, before)), "reconfiguring")
        if any(outputs.get(key) != news[key] for key in machine.MOVES if key in news):
            self._center.done(vm.RelocateVM_Task(spec=machine.relocated(news)), "running VM migration")
        return self._states(news, vm)

    def _there(self, id_: str) -> Any:
        vm = self._center.by_uuid(id_)
        if vm is None:
            raise Failed(f"cannot locate virtual machine with UUID {id_!r}")
        return vm

    def delete(self, id_: str, outputs: Values) -> None:
        vm = self._there(id_)
        if self._center.shown(vm, "runtime.powerState")["runtime.powerState"] == "poweredOn":
            self._center.done(vm.PowerOffVM_Task(), "shutting down virtual machine")
        self._center.done(vm.Destroy_Task(), "destroying virtual machine")


# Functions


def datacenter(center: Center, wanted: Values) -> Values:
    """vsphere:index/getDatacenter:getDatacenter."""
    found = center.by_path(wanted["name"], "datacenter")
    return {**wanted, "id": found._GetMoId(), "virtualMachines": []}


def network(center: Center, wanted: Values) -> Values:
    """vsphere:index/getNetwork:getNetwork."""
    path = f"{center.datacenter_of(wanted['datacenterId'])}/network/{wanted['name']}"
    return {**wanted, "id": center.by_path(path, "network")._GetMoId(), "type": "Network"}


def virtual_machine(center: Center, wanted: Values) -> Values:
    """vsphere:index/getVirtualMachine:getVirtualMachine, whose id is a UUID too."""
    path = f"{center.datacenter_of(wanted['datacenterId'])}/vm/{wanted['name']}"
    found = center.by_path(path, "virtual machine")
    shown = center.shown(found, "config.uuid", "config.guestId")
    uuid = shown["config.uuid"]
    return {**wanted, "id": uuid, "uuid": uuid, "moid": found._GetMoId(), "guestId": shown["config.guestId"]}


if __name__ == "__main__":
    center = Center()
    serve(
        InvokedPlugin(
            "vsphere",
            "4.18.2",
            {"vsphere:index/virtualMachine:VirtualMachine": VirtualMachine(center)},
            {
                "vsphere:index/getDatacenter:getDatacenter": lambda wanted: datacenter(center, wanted),
                "vsphere:index/getNetwork:getNetwork": lambda wanted: network(center, wanted),
                "vsphere:index/getVirtualMachine:getVirtualMachine": lambda wanted: virtual_machine(
                    center, wanted
                ),
            },
        )
    )
