"""The least that a key's role must allow, by verb, as operations of the service class ``compute``.

Policies: https://community.exoscale.com/product/iam/operation. The list of zones needs no key at all.
"""

from __future__ import annotations

from collections.abc import Mapping

GROUPS = ("compute.list-anti-affinity-groups", "compute.get-anti-affinity-group")
INSTANCES = ("compute.list-instances", "compute.get-instance")

RIGHTS: Mapping[str, tuple[str, ...]] = {
    "topology": (*GROUPS, "compute.list-instances", "compute.list-instance-types", "compute.list-quotas"),
    "observe": (*GROUPS, *INSTANCES),
    "prepare": (
        *GROUPS,
        "compute.create-anti-affinity-group",
        "compute.delete-anti-affinity-group",
        "compute.get-operation",
    ),
    "settle": (*INSTANCES, "compute.get-operation"),
    "bind": (
        "compute.get-instance",
        "compute.list-anti-affinity-groups",
        "compute.update-instance",
        "compute.get-operation",
    ),
    "unmark": ("compute.get-instance", "compute.update-instance", "compute.get-operation"),
    "release": (
        *GROUPS,
        "compute.list-instances",
        "compute.delete-anti-affinity-group",
        "compute.get-operation",
    ),
    "groups": ("compute.list-instances", "compute.list-anti-affinity-groups"),
    "launch": ("compute.create-instance",),
    "discard": ("compute.list-instances", "compute.delete-instance"),
}
