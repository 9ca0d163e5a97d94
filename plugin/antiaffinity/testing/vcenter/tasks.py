# mypy: untyped-calls-exclude=pyVmomi
"""Tasks: what takes time, and how it ended.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.TaskInfo.html
"""

from __future__ import annotations

from typing import Any

from pyVmomi import vim

from antiaffinity.testing.vcenter import soap
from antiaffinity.testing.vcenter.nouns import Cluster, Fault, Noun, Task, Vm, Work
from antiaffinity.testing.vcenter.request import Request


def begin(request: Request, of: Noun, seconds: float, work: Work) -> Any:
    """Set something going; it happens, or fails, when its time is over."""
    state = request.state
    name = f"{of.kind}.{_method(request)}"
    task = state.add(Task(state.new_id("task"), "Task", name, of=of.id, queued=state.world.now))
    if seconds > 0:
        state.world.after(seconds, lambda: _end(request, task, work))
    else:
        _end(request, task, work)
    return soap.reference("Task", task.id)


def _method(request: Request) -> str:
    """As a TaskInfo's descriptionId has it: ``HostSystem.enterMaintenanceMode``."""
    name = request.call.name.removesuffix("_Task")
    return name[:1].lower() + name[1:]


def alone(request: Request, of: Vm | Cluster, seconds: float, work: Work) -> Any:
    """The same, of which only one can be going for an object: TaskInProgress."""
    if of.busy:
        raise Fault(
            vim.fault.TaskInProgress(task=soap.reference("Task", of.busy)),
            "The operation is not allowed in the current state: another task is already in progress.",
        )

    def and_free() -> Any:
        of.busy = ""
        return work()

    task = begin(request, of, seconds, and_free)
    of.busy = task._moId if seconds > 0 else ""
    return task


def _end(request: Request, task: Task, work: Work) -> None:
    try:
        task.result = work()
        task.state = "success"
    except Fault as fault:
        task.state, task.error = "error", soap.checked(request.call.method, fault).fault
    task.ended = request.state.world.now
