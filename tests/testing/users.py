# mypy: untyped-calls-exclude="pyVmomi,pyVim"
"""A user of each cloud, who knows nothing but the environment: launches machines, and lists them."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Protocol

from antiaffinity.testing import Sandbox


class User(Protocol):
    """Clients are made once, and see whatever cloud is behind their address later."""

    def launch(self, name: str, zone: str = "") -> None:
        """Ask for a machine, in a zone or wherever the cloud likes; waits until it is there or failed."""

    def names(self) -> list[str]:
        """The machines as the cloud tells them."""


class OpenStackUser:
    def __init__(self, cloud: Sandbox) -> None:
        import openstack

        self.conn = openstack.connect()
        self.machine = {
            "image_id": self.conn.image.find_image("cirros", ignore_missing=False).id,
            "flavor_id": self.conn.compute.find_flavor("m1.tiny", ignore_missing=False).id,
            "networks": "auto",
        }

    def launch(self, name: str, zone: str = "") -> None:
        where = {"availability_zone": zone} if zone else {}
        server = self.conn.compute.create_server(name=name, **self.machine, **where)
        self.conn.compute.wait_for_server(server, interval=0.05)

    def names(self) -> list[str]:
        return sorted(server.name for server in self.conn.compute.servers())


class AwsUser:
    def __init__(self, cloud: Sandbox) -> None:
        import boto3
        from botocore.config import Config

        self.ec2 = boto3.client("ec2", config=Config(retries={"total_max_attempts": 1}))

    def launch(self, name: str, zone: str = "") -> None:
        where = {"Placement": {"AvailabilityZone": zone}} if zone else {}
        self.ec2.run_instances(
            ImageId="ami-0abc",
            InstanceType="m6i.large",
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}],
            **where,
        )

    def names(self) -> list[str]:
        found = self.ec2.describe_instances()["Reservations"]
        return sorted(tag["Value"] for one in found for each in one["Instances"] for tag in each["Tags"])


class AzureUser:
    """Who needs the endpoint too: Azure's SDK reads none from the environment."""

    def __init__(self, cloud: Sandbox) -> None:
        from azure.identity import EnvironmentCredential
        from azure.mgmt.compute import ComputeManagementClient

        fake: Any = cloud.cloud
        self.machine = fake.machine("westeurope")
        credential = EnvironmentCredential(disable_instance_discovery=True)
        subscription = os.environ["AZURE_SUBSCRIPTION_ID"]
        self.client = ComputeManagementClient(
            credential,
            subscription,
            base_url=fake.url,
            credential_scopes=[f"{fake.url}/.default"],
            retry_total=0,
        )

    def launch(self, name: str, zone: str = "") -> None:
        body = self.machine | ({"zones": [zone]} if zone else {})
        self.client.virtual_machines.begin_create_or_update("prod", name, body).result()

    def names(self) -> list[str]:
        return sorted(str(machine.name) for machine in self.client.virtual_machines.list("prod"))


class ExoscaleUser:
    def __init__(self, cloud: Sandbox) -> None:
        self.fake: Any = cloud.cloud

    def _client(self, zone: str = "") -> Any:
        from exoscale.api.v2 import Client

        url = self.fake.url(zone) if zone else os.environ["EXOSCALE_API_ENDPOINT"]
        return Client(os.environ["EXOSCALE_API_KEY"], os.environ["EXOSCALE_API_SECRET"], url=url)

    def launch(self, name: str, zone: str = "") -> None:
        client = self._client(zone)
        client.wait(client.create_instance(name=name, **self.fake.machine)["id"])

    def names(self) -> list[str]:
        return sorted(one["name"] for one in self._client().list_instances()["instances"])


class VCenterUser:
    """Who clones the template, and lets it run at once."""

    def __init__(self, cloud: Sandbox) -> None:
        from pyVim.connect import SmartConnect
        from pyVmomi import vim

        env = os.environ
        self.si: Any = SmartConnect(
            host=env["VSPHERE_SERVER"], user=env["VSPHERE_USER"], pwd=env["VSPHERE_PASSWORD"]
        )
        self.center: Any = self.si.RetrieveContent().rootFolder.childEntity[0]
        fake: Any = cloud.cloud
        self.template: Any = vim.VirtualMachine(fake.template, self.si._stub)

    def launch(self, name: str, zone: str = "") -> None:
        from pyVim.task import WaitForTask
        from pyVmomi import vim

        clusters = {cluster.name: cluster for cluster in self.center.hostFolder.childEntity}
        pool = clusters[zone or min(clusters)].resourcePool
        spec = vim.vm.CloneSpec(location=vim.vm.RelocateSpec(pool=pool), powerOn=True, template=False)
        WaitForTask(self.template.CloneVM_Task(folder=self.center.vmFolder, name=name, spec=spec))

    def names(self) -> list[str]:
        found = self.center.vmFolder.childEntity
        return sorted(vm.name for vm in found if not vm.summary.config.template)


USERS: dict[str, Callable[[Sandbox], User]] = {
    "aws": AwsUser,
    "azure": AzureUser,
    "exoscale": ExoscaleUser,
    "openstack": OpenStackUser,
    "vcenter": VCenterUser,
}
