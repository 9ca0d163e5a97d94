"""One refusal of Azure's as every tool prints it, HTTP phrase and all."""

from __future__ import annotations

import json
from collections.abc import Callable
from subprocess import CalledProcessError

from azure.core.exceptions import HttpResponseError

Wrapping = Callable[[str, str], Exception]
"""From a code and words to what a launch raises."""


class Answer:
    """A response of HTTP as the SDK reads it."""

    status_code, reason = 409, "Conflict"

    def __init__(self, body: object) -> None:
        self._body = json.dumps(body)
        self.headers: dict[str, str] = {}

    def text(self, encoding: str | None = None) -> str:
        return self._body


def _error(code: str, said: str, *details: object) -> dict[str, object]:
    return {"code": code, "message": said, "details": list(details)}


def sdk(code: str, said: str) -> Exception:
    return HttpResponseError(response=Answer({"error": _error(code, said)}))  # type: ignore[arg-type]


def sdk_in_details(code: str, said: str) -> Exception:
    inner = _error("ResourceDeploymentFailure", "The operation failed.", _error(code, said))
    outer = _error("DeploymentFailed", "At least one resource deployment operation failed.", inner)
    return HttpResponseError(response=Answer({"error": outer}))  # type: ignore[arg-type]


def sdk_in_a_message(code: str, said: str) -> Exception:
    """https://github.com/mspnp/reference-architectures/issues/87"""
    told = json.dumps({"error": {"code": code, "message": said}}, indent=2)
    outer = _error("DeploymentFailed", "At least one operation failed.", _error("Conflict", told))
    return HttpResponseError(response=Answer({"error": outer}))  # type: ignore[arg-type]


def az(code: str, said: str) -> Exception:
    stderr = f"ERROR: ({code}) {said}\nCode: {code}\nMessage: {said}"
    return CalledProcessError(1, ["az", "vm", "create"], stderr=stderr)


def az_in_details(code: str, said: str) -> Exception:
    failed = "The template deployment 'vm_deploy' is not valid. See inner errors for details."
    stderr = (
        f"ERROR: (InvalidTemplateDeployment) {failed}\nCode: InvalidTemplateDeployment\nMessage: {failed}\n"
        f"Exception Details:\t({code}) {said}\n\tCode: {code}\n\tMessage: {said}"
    )
    return CalledProcessError(1, ["az", "vm", "create"], stderr=stderr.encode())


def az_as_json(code: str, said: str) -> Exception:
    told = json.dumps({"error": {"code": code, "message": said}}, indent=2)
    outer = {"status": "Failed", "error": _error("DeploymentFailed", "Failed.", _error("Conflict", told))}
    return RuntimeError(f"ERROR: {json.dumps(outer)}")


def azcore(code: str, said: str) -> Exception:
    """https://github.com/cloud-barista/cb-spider/issues/1558"""
    line = "-" * 80
    body = json.dumps({"error": {"code": code, "message": said}}, indent=2)
    return RuntimeError(
        f"PUT https://management.azure.com/subscriptions/s/virtualMachines/db-0\n{line}\n"
        f"RESPONSE 409: 409 Conflict\nERROR CODE: {code}\n{line}\n{body}\n{line}\n"
    )


def azurerm_polled(code: str, said: str) -> Exception:
    """https://github.com/jenkins-infra/azure/issues/1416"""
    lines = (
        'Error: creating Linux Virtual Machine (Subscription: "s"): polling after CreateOrUpdate: polling '
        "failed: the Azure API returned the following error:",
        *("", f'Status: "{code}"', 'Code: ""', f'Message: "{said}"', 'Activity Id: ""', "", "---", ""),
        "  with azurerm_linux_virtual_machine.db,",
    )
    return RuntimeError("╷\n" + "\n".join(f"│ {line}" for line in lines) + "\n╵")


def azurerm_at_once(code: str, said: str) -> Exception:
    """https://github.com/Azure-Samples/azuresandbox/issues/70"""
    return RuntimeError(
        'Error: creating Linux Virtual Machine (Virtual Machine Name: "db-0"): performing CreateOrUpdate: '
        f"unexpected status 409 (409 Conflict) with error: {code}: {said}"
    )


def azurerm_1(code: str, said: str) -> Exception:
    """https://github.com/hashicorp/terraform/issues/10056"""
    return RuntimeError(
        "* azurerm_virtual_machine.db.0: compute.VirtualMachinesClient#CreateOrUpdate: Failure sending "
        "request: StatusCode=409 -- Original Error: autorest/azure: Service returned an error. Status=409 "
        f'Code="{code}" Message="{said}"'
    )


def azurerm_2_in_details(code: str, said: str) -> Exception:
    details = json.dumps([{"code": code, "message": said}])
    return RuntimeError(
        "waiting for creation: Future#WaitForCompletion: the number of retries has been exceeded: "
        'StatusCode=409 -- Original Error: Code="ResourceOperationFailure" Message="It failed." '
        f"Details={details}"
    )


def power_shell(code: str, said: str) -> Exception:
    return RuntimeError(
        f"New-AzVM: {said}\nErrorCode: {code}\nErrorMessage: {said}\nErrorTarget: \nStatusCode: 409\n"
        "ReasonPhrase: Conflict\nOperationID : 0c11"
    )


def dot_net(code: str, said: str) -> Exception:
    """https://github.com/nforgeio/neonKUBE/issues/1671"""
    return RuntimeError(f"{said}\nStatus: 409 (Conflict)\nErrorCode: {code}\n\nContent:\n")


def pulumi(code: str, said: str) -> Exception:
    return RuntimeError(
        "error: 1 error occurred:\n\t* autorest/azure: Service returned an error. Status=409 "
        f'Code="{code}" Message="{said}"'
    )


def pulumi_now(code: str, said: str) -> Exception:
    return RuntimeError(
        f"Diagnostics:\n  azure-native:compute:VirtualMachine (db-0):\n    error: {azcore(code, said)}"
    )


CODED: tuple[Wrapping, ...] = (
    *(sdk, sdk_in_details, sdk_in_a_message, az, az_in_details, az_as_json, azcore, azurerm_polled),
    *(azurerm_at_once, azurerm_1, azurerm_2_in_details, power_shell, dot_net, pulumi, pulumi_now),
)
"""Those that tell the code."""


def power_shell_alone(code: str, said: str) -> Exception:
    """https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-sku-not-available"""
    return RuntimeError(f"New-AzVM : {said}\nAt line:1 char:1\n+ New-AzVM -Name db-0")


def sdk_of_a_template(code: str, said: str) -> Exception:
    """https://github.com/Azure/Azure-Network-Security/pull/30"""
    told = f"The template deployment failed with error: 'It failed validation with message: '{said}'.'."
    inner = _error("InvalidTemplateDeployment", told)
    outer = _error("MultipleErrorsOccurred", "Multiple errors occurred.", inner)
    return HttpResponseError(response=Answer({"error": outer}))  # type: ignore[arg-type]


WORDED: tuple[Wrapping, ...] = (power_shell_alone, sdk_of_a_template)
"""Those that tell the words alone."""
