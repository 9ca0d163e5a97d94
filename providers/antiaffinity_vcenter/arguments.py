"""Our part of a vCenter launch: host, datastore and pool, and the mark in extraConfig.

``sdk`` serves pyvmomi's ``CloneVM_Task(spec=CloneSpec)`` and ``CreateVM_Task(config=ConfigSpec)``:
it fills a copy of the given spec, so that one spec serves all members. ``pulumi`` has the keywords
of ``pulumi_vsphere.VirtualMachine``. Both are pure.

The placement's ``ids["host"]`` is the host's moref ("host-12"). The labels of its domain carry
``datastore`` (a moref, where the group needs one) with ``datastore-name``, and ``pool``, the root
resource pool there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiaffinity.merging import agree, mapping, mark_of, with_mark
from antiaffinity.model import Placement

SDK_KEYS = ("spec", "config", "host", "pool")
PULUMI_KEYS = ("host_system_id", "datastore_id", "resource_pool_id", "extra_config")


def sdk_arguments(placement: Placement, own: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of CloneVM_Task (``spec=``) or CreateVM_Task (``config=``).

    Without any own argument: what would be filled in, as plain names and morefs.
    """
    if not own:
        return _plain(placement)
    from antiaffinity_vcenter import specs  # imports the SDK, which is there: the user's spec is made of it

    return specs.filled(placement, own)


def pulumi_arguments(placement: Placement, own: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of ``pulumi_vsphere.VirtualMachine``, the placement and our mark merged in."""
    merged, labels = dict(own), placement.labels
    place = {"host_system_id": host_of(placement), "datastore_id": labels.get("datastore")}
    for key, moref in place.items():
        if moref is not None:
            agree(placement.member, own.get(key), moref, key)
            merged[key] = moref
    if "datastore" in labels:  # vSphere takes one of the two
        agree(placement.member, own.get("datastore_cluster_id"), labels["datastore"], "datastore_cluster_id")
    if own.get("resource_pool_id") is None and "pool" in labels:
        merged["resource_pool_id"] = labels["pool"]
    extra = mapping(own.get("extra_config"), "extra_config")
    return merged | {"extra_config": with_mark(extra, mark_of(placement), "extra_config")}


def _plain(placement: Placement) -> dict[str, Any]:
    found = {
        "host": host_of(placement),
        **{name: placement.labels.get(name) for name in ("datastore", "pool")},
    }
    location = {name: moref for name, moref in found.items() if moref is not None}
    extra = [{"key": key, "value": value} for key, value in mark_of(placement).items()]
    return {"spec": {"location": location, "config": {"extraConfig": extra}}}


def host_of(placement: Placement) -> str | None:
    """The moref of the host, where the placement names one."""
    return placement.ids["host"] if "host" in placement.domains else None
