"""A stand-in for the plugin of the published `pulumi-azure-native` package: virtual machines, on any Azure.

Behaves as https://github.com/pulumi/pulumi-azure-native does below that package, in what matters to a
placement: it makes nothing that is there already, a machine that Azure gave no place stays in Azure and in
the state, tags are changed in place, and a machine that another hand has deleted is gone. Resource groups and
networks, which azure-mgmt-compute does not serve, are kept in the state alone.
"""

from __future__ import annotations

import os
import threading
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential
from azure.mgmt.compute import ComputeManagementClient

from pulumi_antiaffinity.codec import UNKNOWN
from real.plugins.invoking import InvokedPlugin, Plain
from real.plugins.stand_in import Failed, MadeButFailed, Resource, Values, serve

TEXT: Values = {"type": "string"}
ANY: Values = {"$ref": "pulumi.json#/Any"}
BOOL: Values = {"type": "boolean"}
BY_NAME: Values = {"type": "object", "additionalProperties": TEXT}
POLL_EVERY = 0.1  # seconds, where Azure does not say

PROPERTIES = (
    *("availabilitySet", "hardwareProfile", "networkProfile", "osProfile", "platformFaultDomain"),
    *("storageProfile", "virtualMachineScaleSet"),
)
"""Of the model; left out, and refused: hosts, priorities, identities, extensions, …"""
INPUTS: Values = {
    "location": TEXT,
    "resourceGroupName": TEXT,
    "tags": BY_NAME,
    "vmName": TEXT,
    "zones": {"type": "array", "items": TEXT},
    **dict.fromkeys(PROPERTIES, ANY),
}
OUTPUTS: Values = {"name": TEXT, "provisioningState": TEXT, "vmId": TEXT}
WHOLE = frozenset({"platformFaultDomain"})
"""The wire has no whole numbers."""


class Subscription:
    """The subscription of the provider's configuration, in the Azure that AZURE_AUTHORITY_HOST leads to."""

    def __init__(self) -> None:
        self.settings: Values = {}
        self._lock = threading.Lock()
        self._client: Any = None

    @property
    def compute(self) -> Any:
        with self._lock:
            self._client = self._client or ComputeManagementClient(
                DefaultAzureCredential(disable_instance_discovery=True),
                self.settings["subscriptionId"],
                base_url=os.environ["AZURE_AUTHORITY_HOST"],
                credential_scopes=["https://management.azure.com/.default"],
                polling_interval=POLL_EVERY,
            )
            return self._client

    def id(self, group: str, name: str) -> str:
        """The id of a machine."""
        inside = f"/subscriptions/{self.settings['subscriptionId']}/resourceGroups/{group}"
        return f"{inside}/providers/Microsoft.Compute/virtualMachines/{name}"

    def machine(self, id_: str) -> Any:
        """The machine of an id; None where there is none."""
        parts = id_.split("/")
        try:
            return self.compute.virtual_machines.get(parts[4], parts[8])
        except ResourceNotFoundError:
            return None


class VirtualMachine:
    """azure-native:compute:VirtualMachine."""

    schema: Values = {  # noqa: RUF012
        "inputProperties": INPUTS,
        "properties": INPUTS | OUTPUTS,
        "required": list(OUTPUTS),
    }
    computed = frozenset({"location"})
    replaces = frozenset({"location", "resourceGroupName", "vmName"})
    mixes = False

    def __init__(self, azure: Subscription) -> None:
        self._azure = azure

    def configure(self, settings: Values) -> None:
        self._azure.settings = settings

    def planned(self, inputs: Values, outputs: Values) -> Values:
        return {**dict.fromkeys([*OUTPUTS, "location"], UNKNOWN), **inputs}

    def drifted(self, news: Values, outputs: Values) -> list[str]:
        return []

    def create(self, urn: str, inputs: Values) -> tuple[str, Values]:
        group, name = inputs["resourceGroupName"], inputs["vmName"]
        id_ = self._azure.id(group, name)
        if self._azure.machine(id_):
            raise Failed(f"cannot create already existing resource '{id_}'")
        try:
            self._put(inputs)
        except AzureError as error:
            if made := self._azure.machine(id_):
                raise MadeButFailed(id_, self._states(inputs, made), said(error)) from error
            raise Failed(said(error)) from error
        return id_, self._states(inputs, self._azure.machine(id_))

    def _put(self, inputs: Values) -> None:
        group, name = inputs["resourceGroupName"], inputs["vmName"]
        self._azure.compute.virtual_machines.begin_create_or_update(group, name, self._body(inputs)).result()

    def _body(self, inputs: Values) -> Values:
        location = inputs.get("location", self._azure.settings["location"])
        properties = {key: whole(key, inputs[key]) for key in PROPERTIES if key in inputs}
        around: Values = {key: inputs[key] for key in ("tags", "zones") if key in inputs}
        return {"location": location, "properties": properties, **around}

    def _states(self, inputs: Values, machine: Any) -> Values:
        zones: Values = {"zones": list(machine.zones)} if machine.zones else {}
        return {
            **inputs,
            **zones,
            "tags": dict(machine.tags or {}),
            "location": machine.location,
            "name": machine.name,
            "provisioningState": machine.properties.provisioning_state,
            "vmId": machine.properties.vm_id,
        }

    def read(self, id_: str, inputs: Values, outputs: Values) -> tuple[Values, Values] | None:
        machine = self._azure.machine(id_)
        if machine is None:
            return None
        states = self._states(inputs, machine)
        return {key: states[key] for key in inputs}, states

    def update(self, id_: str, urn: str, outputs: Values, olds: Values, news: Values) -> Values:
        """The whole model is put again; Azure refuses what cannot be changed."""
        try:
            self._put(news)
        except AzureError as error:
            raise Failed(said(error)) from error
        return self._states(news, self._azure.machine(id_))

    def delete(self, id_: str, outputs: Values) -> None:
        parts = id_.split("/")
        self._azure.compute.virtual_machines.begin_delete(parts[4], parts[8]).result()


def whole(key: str, value: Any) -> Any:
    return int(value) if key in WHOLE else value


def said(error: AzureError) -> str:
    """Azure's refusal as Azure's SDK for Go has it, on which the provider stands."""
    told = error.error if isinstance(error, HttpResponseError) else None
    return f'Code="{told.code}" Message="{told.message}"' if told else str(error)


class Kept(Plain):
    """A resource whose id is made of names, as all of Azure's are: ``path`` says of which, its own last."""

    def __init__(self, azure: Subscription, path: str, **inputs: Values) -> None:
        self._azure, self._path, self._own = azure, path, path.rpartition("/")[2].strip("{}")
        names = {word.strip("{}"): TEXT for word in path.split("/") if word.startswith("{")}
        super().__init__(location=TEXT, **names, **inputs)

    def create(self, urn: str, inputs: Values) -> tuple[str, Values]:
        """Where no name is given it is the resource's; the real plugin adds some letters of chance."""
        names = {self._own: urn.rsplit("::", 1)[1], **inputs}
        path = self._path.format_map(names)
        return f"/subscriptions/{self._azure.settings['subscriptionId']}{path}", {
            **inputs,
            "name": names[self._own],
        }


GROUP = "/resourceGroups/{resourceGroupName}"
NETWORK = f"{GROUP}/providers/Microsoft.Network"


def resources(azure: Subscription) -> dict[str, Resource]:
    """What the stand-in has of the package."""
    net, card = f"{NETWORK}/virtualNetworks/{{virtualNetworkName}}", f"{NETWORK}/networkInterfaces"
    shut = dict.fromkeys(("privateEndpointNetworkPolicies", "privateLinkServiceNetworkPolicies"), TEXT)
    return {
        "azure-native:compute:VirtualMachine": VirtualMachine(azure),
        "azure-native:resources:ResourceGroup": Kept(azure, GROUP),
        "azure-native:network:VirtualNetwork": Kept(
            azure, net, addressSpace=ANY, enableDdosProtection=BOOL, enableVmProtection=BOOL
        ),
        "azure-native:network:Subnet": Kept(
            azure, f"{net}/subnets/{{subnetName}}", addressPrefix=TEXT, **shut
        ),
        "azure-native:network:NetworkInterface": Kept(
            azure, f"{card}/{{networkInterfaceName}}", ipConfigurations=ANY
        ),
    }


if __name__ == "__main__":
    serve(InvokedPlugin("azure-native", "3.29.0", resources(Subscription()), {}))
