# mypy: untyped-calls-exclude=pyVmomi
"""One refusal of vCenter's as every tool tells it: a fault, a printed fault, or its words alone."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import CalledProcessError
from typing import Any

from pyVmomi import vim, vmodl

Wrapping = Callable[[str, str], Exception]
"""From the class of a fault and its words to what a launch raises."""


def fault(name: str, said: str) -> Any:
    """What pyvmomi raises, a task ends with, and pyVim's WaitForTask raises."""
    kind = getattr(vim.fault, name, None) or getattr(vmodl.fault, name)
    made = kind()
    made.msg = said
    return made


def raised_from(name: str, said: str) -> Exception:
    error = RuntimeError("the launch of db-0 failed")
    error.__cause__ = fault(name, said)
    return error


def printed(name: str, said: str) -> Exception:
    return CalledProcessError(1, ["deploy.py"], stderr=str(fault(name, said)))


def ansible(name: str, said: str) -> Exception:
    """https://github.com/vmware/ansible-vsphere-gos-validation/issues/12"""
    told = f'"pyVmomi.VmomiSupport.{name}: {fault(name, said)}\\n\\nThe above exception was the direct cause"'
    return RuntimeError(f'fatal: [localhost]: FAILED! => {{"module_stderr": {told}}}')


def bare(name: str, said: str) -> Exception:
    return RuntimeError(
        f"Error: error cloning virtual machine: ServerFaultCode: {name}\n\n  on main.tf line 4"
    )


def go_struct(name: str, said: str) -> Exception:
    """https://github.com/vmware/vic/issues/7634"""
    return RuntimeError(f"unexpected fault on task retry: &types.{name}{{VimFault:types.VimFault{{}}}}")


CODED: tuple[Wrapping, ...] = (fault, raised_from, printed, ansible)
"""Those that tell class and words."""

NAMED: tuple[Wrapping, ...] = (bare, go_struct)
"""Those that tell the class alone."""


def govc(name: str, said: str) -> Exception:
    return CalledProcessError(1, ["govc", "vm.power"], stderr=f"govc: {said}\n".encode())


def govc_refused(name: str, said: str) -> Exception:
    return CalledProcessError(1, ["govc", "vm.clone"], stderr=f"govc: ServerFaultCode: {said}\n")


def terraform_clone(name: str, said: str) -> Exception:
    """https://github.com/vmware/terraform-provider-vsphere/issues/1761"""
    where = "│ \n│   with vsphere_virtual_machine.db,\n│   on main.tf line 41"
    return RuntimeError(f"╷\n│ Error: error cloning virtual machine: {said}\n{where}\n╵")


def terraform_power_on(name: str, said: str) -> Exception:
    return RuntimeError(f'Error: powerOn task for vm "/dc/vm/db-0" failed: {said}')


def power_cli(name: str, said: str) -> Exception:
    return RuntimeError(
        'Start-VM : 11/30/2026 10:00:00 AM\tStart-VM\t\tThe operation for the entity "db-0" failed with the '
        f'following message: "{said}"\nAt line:1 char:1'
    )


def pulumi(name: str, said: str) -> Exception:
    return RuntimeError(
        f"error: 1 error occurred:\n\t* error cloning virtual machine: ServerFaultCode: {said}"
    )


WORDED: tuple[Wrapping, ...] = (
    *(govc, govc_refused, terraform_clone, terraform_power_on),
    *(power_cli, pulumi),
)
"""Those that tell the words alone."""
