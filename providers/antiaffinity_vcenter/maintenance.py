# mypy: untyped-calls-exclude=pyVmomi
"""Hosts on their way into maintenance: nothing may be put there, and only a task tells.

``inMaintenanceMode`` "is not set during the entering phase" (vim.host.RuntimeInfo), and "while this task is
running … no virtual machines can be powered on and no provisioning operations can be performed on the host":
https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.HostSystem.html.
"""

from __future__ import annotations

from antiaffinity_vcenter.center import Shown

TASK = ("info.entity", "info.descriptionId", "info.state")

ENTERING = "HostSystem.enterMaintenanceMode"
"""The descriptionId of its task: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/
vim.TaskInfo.html."""


def is_entering(task: Shown, host: str) -> bool:
    """Whether this task is taking the host into maintenance now."""
    entity = task.get("info.entity")
    return (
        task.get("info.descriptionId") == ENTERING
        and task.get("info.state") in ("queued", "running")
        and entity is not None
        and entity._GetMoId() == host
    )
