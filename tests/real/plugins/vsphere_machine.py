# mypy: untyped-calls-exclude=pyVmomi
"""The inputs and outputs of vsphere:index/virtualMachine:VirtualMachine in the published `pulumi-vsphere` 4.

https://www.pulumi.com/registry/packages/vsphere/api-docs/virtualmachine/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyVmomi import vim

from pulumi_antiaffinity.codec import UNKNOWN
from real.plugins.stand_in import Values

TEXT: Values = {"type": "string"}
NUMBER: Values = {"type": "integer"}
LIST: Values = {"type": "array", "items": {"type": "object"}}
INPUTS: Values = {
    "clone": {"type": "object"},
    "datastoreId": TEXT,
    "disks": LIST,
    "extraConfig": {"type": "object", "additionalProperties": TEXT},
    "guestId": TEXT,
    "hostSystemId": TEXT,
    "memory": NUMBER,
    "name": TEXT,
    "networkInterfaces": LIST,
    "numCpus": NUMBER,
    "resourcePoolId": TEXT,
}
"""Left out, and refused: folders, customization, datastore clusters, tags, virtual hardware, …

Disks and network interfaces are in Pulumi's state alone: the fake plays no devices.
"""
OUTPUTS: Values = {"defaultIpAddress": TEXT, "moid": TEXT, "powerState": TEXT, "uuid": TEXT}
COMPUTED = frozenset({"datastoreId", "disks", "guestId", "hostSystemId"})
"""Inputs that vCenter fills in."""
REPLACES = frozenset({"clone"})
"""Another host, pool or datastore moves the machine, all else changes its configuration."""
MOVES = ("hostSystemId", "resourcePoolId", "datastoreId")
SCHEMA: Values = {"inputProperties": INPUTS, "properties": INPUTS | OUTPUTS, "required": ["resourcePoolId"]}

PATHS = (
    "name",
    "runtime.host",
    "runtime.powerState",
    "resourcePool",
    "datastore",
    "config.uuid",
    "config.guestId",
    "config.hardware.numCPU",
    "config.hardware.memoryMB",
    "config.extraConfig",
)


def planned(inputs: Values, outputs: Values) -> Values:
    """What a preview shows: what is given, what stays as it is, and the rest unknown."""
    unknown = dict.fromkeys([*OUTPUTS, *COMPUTED], UNKNOWN)
    stays = {key: outputs[key] for key in {*OUTPUTS, *COMPUTED} & {*outputs}}
    return {**unknown, **stays, **inputs}


def cloned(inputs: Values) -> Any:
    """The clone as the provider asks for it: powered off, and without any configuration of its own."""
    return vim.vm.CloneSpec(location=relocated(inputs), powerOn=False, template=False)


def relocated(inputs: Values) -> Any:
    """Where a machine is to be; who names no host leaves it to vCenter."""
    return vim.vm.RelocateSpec(
        host=vim.HostSystem(inputs["hostSystemId"]) if inputs.get("hostSystemId") else None,
        pool=vim.ResourcePool(inputs["resourcePoolId"]),
        datastore=vim.Datastore(inputs["datastoreId"]),
    )


def configured(inputs: Values, before: Mapping[str, str]) -> Any:
    """The configuration, for which the provider reconfigures a clone before it starts it.

    A setting that was there ``before`` and is no longer asked for becomes empty.
    """
    wanted = {**dict.fromkeys(before, ""), **inputs.get("extraConfig", {})}
    return vim.vm.ConfigSpec(
        name=inputs["name"],
        numCPUs=int(inputs.get("numCpus", 1)),
        memoryMB=int(inputs.get("memory", 1024)),
        extraConfig=[vim.option.OptionValue(key=key, value=value) for key, value in wanted.items()],
    )


def states(inputs: Values, id_: str, shown: Mapping[str, Any]) -> Values:
    """The outputs of a machine that is there; of its settings only those that a program asked for."""
    settings = {one.key: one.value for one in shown.get("config.extraConfig", ())}
    asked = inputs.get("extraConfig", {})
    return {
        **inputs,
        "name": shown["name"],
        "hostSystemId": shown["runtime.host"]._GetMoId(),
        "resourcePoolId": shown["resourcePool"]._GetMoId(),
        "datastoreId": shown["datastore"][0]._GetMoId(),
        "guestId": shown["config.guestId"],
        "numCpus": shown["config.hardware.numCPU"],
        "memory": shown["config.hardware.memoryMB"],
        "extraConfig": {key: settings[key] for key in asked if key in settings},
        "defaultIpAddress": "",
        "moid": id_,
        "powerState": "on" if shown["runtime.powerState"] == "poweredOn" else "off",
        "uuid": shown["config.uuid"],
    }
