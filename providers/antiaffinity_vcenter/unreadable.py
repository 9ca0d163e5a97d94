# mypy: untyped-calls-exclude=pyVmomi
"""Machines that vCenter cannot read, and that no DRS rule of ours names: only their own names may tell."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyVmomi import vim

from antiaffinity.errors import Unavailable
from antiaffinity_vcenter.lives import LOST
from antiaffinity_vcenter.reading import Inventory


def check_names(seen: Inventory, members: Iterable[str]) -> None:
    """Unavailable where an unreadable machine is called as a member that is about to be launched.

    A member that is alone in its cluster is in no rule: "prod-db-1", or "[ds] db-1/db-1.vmx", may be db-1.
    """
    for member in members:
        called = re.compile(rf"(?<![A-Za-z0-9]){re.escape(member)}(?![A-Za-z0-9])")
        for id_, name in _lost(seen):
            if called.search(name):
                raise Unavailable(
                    f"vCenter cannot read {id_} ({name}), which may be {member}: {member} is not launched a "
                    f"second time. Bring its datastore or host back, rename it, or remove it from the "
                    f"inventory, then repeat"
                )


def _lost(seen: Inventory) -> list[tuple[str, str]]:
    """By id and name; one that is being cloned is connected, and shows no configuration either."""
    found = [one for one in seen.of(vim.VirtualMachine) if one.id in seen.unreadable]
    return [(one.id, str(one.get("name"))) for one in found if one.get("runtime.connectionState") in LOST]
