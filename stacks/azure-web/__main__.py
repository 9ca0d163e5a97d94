"""Web servers apart over the zones of an Azure region, or over its fault domains, in a Flexible scale set.

Both packages log in as the `az` command does. Which subscription and region:
pulumi config set azure-native:subscriptionId ... && pulumi config set azure-native:location westeurope
"""

from pathlib import Path

import pulumi
import pulumi_antiaffinity as paa
import pulumi_azure_native as azure
from pulumi_azure_native import compute, network, resources

config = pulumi.Config()
around = {"subscription_id": azure.config.subscription_id, "location": azure.config.location}
name, key = config.require("resource-group"), Path(config.require("ssh-key")).expanduser().read_text()
image = {"publisher": "Debian", "offer": "debian-12", "sku": "12-gen2", "version": "latest"}
where = {"resource_group_name": resources.ResourceGroup("web", resource_group_name=name).name}
net = network.VirtualNetwork("web", address_space={"address_prefixes": ["10.0.0.0/16"]}, **where)
subnet = network.Subnet("web", virtual_network_name=net.name, address_prefix="10.0.0.0/24", **where)

group = paa.Group(
    "web",
    cloud={"kind": "azure", "resource_group_name": name, **around},
    members=config.require_int("servers"),  # web-0, web-1, ...: or a list of names
    rules=[{"spread": {"level": config.require("level"), "max_skew": 1}}],  # evenly over them
    size={"type": config.require("size")},
    opts=pulumi.ResourceOptions(depends_on=[subnet]),  # its scale set is in the resource group too
)


def server(member: str, opts: pulumi.ResourceOptions) -> compute.VirtualMachine:
    """One server: your own arguments, with zone or fault domain, scale set and our mark merged in."""
    address = {"name": "ip", "subnet": {"id": subnet.id}}
    card = network.NetworkInterface(member, ip_configurations=[address], **where)
    login = {"path": "/home/azureuser/.ssh/authorized_keys", "key_data": key.strip()}
    linux = {"disable_password_authentication": True, "ssh": {"public_keys": [login]}}
    return compute.VirtualMachine(
        member,
        opts=opts,
        **where,
        **group.arguments(
            member,
            vm_name=member,
            hardware_profile={"vm_size": config.require("size")},
            network_profile={"network_interfaces": [{"id": card.id}]},
            os_profile={"computer_name": member, "admin_username": "azureuser", "linux_configuration": linux},
            storage_profile={
                "image_reference": image,
                "os_disk": {"create_option": "FromImage", "delete_option": "Delete"},
            },
            tags={"role": "web"},
        ),
    )


servers = paa.roll_out(group, server)

pulumi.export("zones", {member: one.zones for member, one in servers.items()})
pulumi.export("promised", group.guarantee)
