# mypy: untyped-calls-exclude=pyVmomi
"""pyvmomi's specs, filled. Only what changes is copied: the user's spec stays as it was.

Objects are made from morefs without a connection, since a moref is all that a call sends; a copy
in depth would copy the connection behind the user's own objects.
https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.vm.RelocateSpec.html
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

from pyVmomi import vim

from antiaffinity.errors import InvalidRequest
from antiaffinity.merging import agree, mark_of, with_mark
from antiaffinity.model import Placement
from antiaffinity_vcenter.arguments import host_of


def filled(placement: Placement, own: Mapping[str, Any]) -> dict[str, Any]:
    """The user's arguments with the placement and our mark in copies of the spec."""
    if isinstance(own.get("spec"), vim.vm.CloneSpec):
        return {**own, "spec": _clone(placement, own["spec"])}
    if isinstance(own.get("config"), vim.vm.ConfigSpec):
        return {**own, **_create(placement, own)}
    raise InvalidRequest(
        "give a vim.vm.CloneSpec as spec= for CloneVM_Task, a vim.vm.ConfigSpec as config= for CreateVM_Task",
        path="config" if "config" in own else "spec",
    )


def _clone(placement: Placement, own: vim.vm.CloneSpec) -> vim.vm.CloneSpec:
    if own.powerOn and placement.natives:
        raise InvalidRequest(
            "a machine joins its DRS rule before it starts: powerOn=False, and start it in `start`",
            path="spec.powerOn",
        )
    spec = copy(own)
    spec.location = _location(placement, own.location)
    spec.config = _marked(own.config, mark_of(placement), "spec.config.extraConfig")
    return spec


def _location(placement: Placement, own: vim.vm.RelocateSpec | None) -> vim.vm.RelocateSpec:
    where = copy(own) if own else vim.vm.RelocateSpec()
    if host := host_of(placement):
        where.host = _named(placement, vim.HostSystem(host), where.host, "spec.location.host")
    if datastore := placement.labels.get("datastore"):
        where.datastore = _named(
            placement, vim.Datastore(datastore), where.datastore, "spec.location.datastore"
        )
    where.pool = where.pool or _pool(placement)
    return where


def _create(placement: Placement, own: Mapping[str, Any]) -> dict[str, Any]:
    config = _marked(own["config"], mark_of(placement), "config.extraConfig")
    config.files = _files(placement, config.files)
    found = {"config": config, "pool": own.get("pool") or _pool(placement)}
    if host := host_of(placement):
        found["host"] = _named(placement, vim.HostSystem(host), own.get("host"), "host")
    return {key: value for key, value in found.items() if value is not None}


def _named(placement: Placement, ours: Any, own: object, path: str) -> Any:
    """The user's object where it is the one we name, else a new one."""
    given = own._GetMoId() if isinstance(own, type(ours)) else own
    agree(placement.member, given, ours._GetMoId(), path)
    return ours if own is None else own


def _pool(placement: Placement) -> vim.ResourcePool | None:
    """A clone of a template needs a pool; a pool of the user's own lies inside the root one."""
    pool = placement.labels.get("pool")
    return vim.ResourcePool(pool) if pool else None


def _files(placement: Placement, own: vim.vm.FileInfo | None) -> vim.vm.FileInfo | None:
    """A new machine's datastore is the bracketed start of its path: ``[ds1] db-0/db-0.vmx``."""
    datastore = placement.labels.get("datastore-name")
    if datastore is None:
        return own
    files = copy(own) if own else vim.vm.FileInfo()
    files.vmPathName = files.vmPathName or f"[{datastore}]"
    given = files.vmPathName.partition("]")[0].removeprefix("[")
    agree(placement.member, given, datastore, "config.files.vmPathName")
    return files


def _marked(own: vim.vm.ConfigSpec | None, mark: Mapping[str, str], path: str) -> vim.vm.ConfigSpec:
    config = copy(own) if own else vim.vm.ConfigSpec()
    given = {option.key: option.value for option in config.extraConfig}
    joined = with_mark(given, mark, path).items()
    new = [vim.option.OptionValue(key=key, value=value) for key, value in joined if key not in given]
    config.extraConfig = [*config.extraConfig, *new]
    return config
