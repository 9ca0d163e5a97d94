"""Whether a machine runs, by what vCenter knows of it; and what it says of one that it cannot reach."""

from __future__ import annotations

from collections.abc import Sequence

from antiaffinity.model import State
from antiaffinity_vcenter.center import Shown

LOST = ("orphaned", "invalid", "inaccessible")
"""Connection states of a machine whose files or host vCenter cannot reach now; it may run all the same.

``inaccessible`` "can be due to transient disk failures"; one that is ``orphaned`` is no longer registered on
that host: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/
vim.VirtualMachine.ConnectionState.html.
"""


def state_of(shown: Shown) -> State:
    """The state of a machine in our words: of a host that is away vCenter tells what it knew last."""
    if shown.get("runtime.connectionState") in LOST:
        return "lost"
    return "running" if shown.get("runtime.powerState") == "poweredOn" else "stopped"


def told(state: State, connection: str) -> Sequence[str]:
    """In words why one is lost."""
    if state != "lost":
        return ()
    return (f"vCenter says {connection} of it, and it may run all the same",)
