"""Web servers apart over the ESXi hosts of a vCenter cluster, kept apart by a DRS rule.

Both packages log in by the configuration (vsphere:vsphereServer, vsphere:user and, as a --secret,
vsphere:password), or else by VSPHERE_SERVER, VSPHERE_USER and VSPHERE_PASSWORD.
"""

import pulumi
import pulumi_antiaffinity as paa
import pulumi_vsphere as vsphere

config = pulumi.Config()
datacenter = vsphere.get_datacenter(name=config.require("datacenter"))
template = vsphere.get_virtual_machine(name=config.require("template"), datacenter_id=datacenter.id)
network = vsphere.get_network(name=config.require("network"), datacenter_id=datacenter.id)

# We choose the hosts, so `pulumi preview` shows them. A DRS rule keeps the servers apart when DRS moves them
# later. pulumi-vsphere starts each server at once, so its Attachment puts it into the rule after power-on: if
# DRS started it on another host than ours, the Attachment first moves it (vMotion) to ours.
group = paa.Group(
    "web",
    cloud={
        "kind": "vcenter",
        "host": vsphere.config.vsphere_server,
        "user": vsphere.config.user,
        "pwd": vsphere.config.password,
        "disableSslCertValidation": vsphere.config.allow_unverified_ssl,
    },
    members=config.require_int("servers"),  # web-0, web-1, ...: or a list of names
    rules="anti-affinity",  # never two on one host: a mandatory rule, "soft-anti-affinity" is one that yields
    only={"zone": [config.require("cluster")]},  # zones are clusters here
    needs={"networks": [config.require("network")], "datastores": [config.require("datastores")]},
    size={"vcpus": 1, "memory_mb": 1024},
)


def server(member: str, opts: pulumi.ResourceOptions) -> vsphere.VirtualMachine:
    """One server: your own arguments, with host, datastore, resource pool and our mark merged in."""
    return vsphere.VirtualMachine(
        member,
        opts=opts,  # a server that DRS moves stays where it is: another host is no change
        **group.arguments(
            member,
            name=member,
            num_cpus=1,
            memory=1024,  # MB
            guest_id=template.guest_id,
            network_interfaces=[{"network_id": network.id}],
            disks=[{"label": "disk0", "size": 20}],  # GB; not less than the template's
            clone={"template_uuid": template.id},
            extra_config={"guestinfo.role": "web"},
        ),
    )


servers = paa.roll_out(group, server)

pulumi.export("hosts", {member: group.placement(member)["domains"]["host"] for member in group.names})
pulumi.export("addresses", {member: one.default_ip_address for member, one in servers.items()})
pulumi.export("promised", group.guarantee)
