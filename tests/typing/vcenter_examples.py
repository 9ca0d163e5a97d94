# mypy: untyped-calls-exclude=pyVmomi
"""Launches through pyvmomi, checked by mypy against its types; the tests send them."""

from __future__ import annotations

from pyVmomi import vim

from antiaffinity.model import GroupKey, Placement

KEY = GroupKey("shop/prod", "db")
MARK = {"antiaffinity-owner": "shop/prod", "antiaffinity-group": "db", "antiaffinity-member": "db-0"}

PLACED = Placement(
    member="db-0",
    key=KEY,
    domains={"zone": "c1", "host": "esx-3"},
    ids={"host": "host-12"},
    labels={"datastore": "datastore-7", "datastore-name": "fast", "pool": "resgroup-1"},
)


def clone(template: vim.VirtualMachine, folder: vim.Folder, placement: Placement) -> vim.Task:
    """As users write it, from a template."""
    spec = vim.vm.CloneSpec()
    spec.powerOn = False
    spec.config = vim.vm.ConfigSpec()
    spec.config.numCPUs = 4
    task: vim.Task = template.CloneVM_Task(
        folder=folder, name=placement.member, spec=placement.arguments(spec=spec)["spec"]
    )
    return task


def create(folder: vim.Folder, placement: Placement) -> vim.Task:
    """As users write it, from nothing."""
    config = vim.vm.ConfigSpec()
    config.name = placement.member
    config.numCPUs = 4
    task: vim.Task = folder.CreateVM_Task(**placement.arguments(config=config))
    return task


def refused() -> None:
    """What the types refuse: mypy complains when one of these stops being an error."""
    where = vim.vm.RelocateSpec()
    where.host = "host-12"  # type: ignore[assignment]
    spec = vim.vm.CloneSpec()
    spec.location = vim.vm.ConfigSpec()  # type: ignore[assignment]
    spec.powerOn = "no"  # type: ignore[assignment]
