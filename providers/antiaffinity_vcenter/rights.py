"""The least privileges that each verb needs, by vCenter's ids.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/ says for each method what it requires.
Reading needs a role at the root of the inventory that propagates; without ``Global.ManageCustomFields``,
which is needed at the root, too, rules are written without a lock.
"""

from __future__ import annotations

from collections.abc import Mapping

READING = ("System.View", "System.Read")
RULE = "Host.Inventory.EditCluster"
RULES = (RULE, "Global.ManageCustomFields")

RIGHTS: Mapping[str, tuple[str, ...]] = {
    "topology": READING,
    "observe": READING,
    "prepare": ("System.View",),
    "settle": READING,
    "bind": (*READING, *RULES, "VirtualMachine.Config.AdvancedConfig"),
    "move": (
        *READING,
        *RULES,
        "Resource.HotMigrate",
        "Resource.ColdMigrate",
        "Resource.AssignVMToPool",
    ),
    "unmark": (*READING, *RULES, "VirtualMachine.Config.AdvancedConfig"),
    "release": (*READING, *RULES),
    "groups": READING,
    "launch": (
        "VirtualMachine.Provisioning.DeployTemplate",
        "VirtualMachine.Inventory.CreateFromExisting",
        "VirtualMachine.Config.AdvancedConfig",
        "Resource.AssignVMToPool",
        "Datastore.AllocateSpace",
        "Network.Assign",
    ),
    "start": ("VirtualMachine.Interact.PowerOn",),
    "discard": ("VirtualMachine.Interact.PowerOff", "VirtualMachine.Inventory.Delete"),
}
