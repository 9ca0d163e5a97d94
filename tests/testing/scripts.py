"""Deploy scripts as users write them, and their tests: the texts of files."""

CONNECTED = """\
import openstack

conn = openstack.connect()
image = conn.image.find_image("cirros", ignore_missing=False)
flavor = conn.compute.find_flavor("m1.tiny", ignore_missing=False)
network = conn.network.find_network("private", ignore_missing=False)
machine = {"image_id": image.id, "flavor_id": flavor.id, "networks": [{"uuid": network.id}]}
"""
"""What a script does at its import, when it makes its client there."""

INSIDE = "".join(f"    {line}\n" for line in CONNECTED.splitlines()[2:])
"""The same, inside a function."""

OBEYS = f"""\
import antiaffinity as aa, openstack

def deploy():
{INSIDE}
    def boot(placement):
        return conn.compute.create_server(**placement.arguments(name=placement.member, **machine)).id

    def kill(server):
        if server.id: conn.compute.delete_server(server.id)

    cloud = aa.connect("openstack", client=conn, owner="shop/prod")
    group = cloud.group("db", members=3, rules=[aa.AntiAffinity("zone"), aa.AntiAffinity("host")])
    return group.roll_out(launch=boot, discard=kill)

if __name__ == "__main__":
    print(deploy().verdict)
"""

FORGETS_THE_ZONE = OBEYS.replace(
    "create_server(**placement.arguments(name=placement.member, **machine))",
    """create_server(**{
            key: value
            for key, value in placement.arguments(name=placement.member, **machine).items()
            if key != "availability_zone"
        })""",
)
"""Takes the server group and the mark from the library, and leaves out where."""

ASKS_NOBODY = f"""\
import openstack

def deploy():
{INSIDE}
    for number in range(3):
        conn.compute.create_server(name=f"db-{{number}}", **machine)
"""

RULE = """\
import deploy

def test_three_servers_in_three_zones(antiaffinity_openstack):
    deploy.deploy()
    machines = antiaffinity_openstack.running()
    assert len(machines) == len({m.domain("zone") for m in machines}) == 3
"""
"""The ten lines that a user writes."""

BY_ITSELF = """\
import os, subprocess, sys

def test_a_process_of_its_own(antiaffinity_openstack):
    env = {**os.environ, **antiaffinity_openstack.env}
    done = subprocess.run([sys.executable, "deploy.py"], env=env, capture_output=True, text=True, check=True)
    machines = antiaffinity_openstack.running(antiaffinity_group="db")
    assert done.stdout == "held\\n"
    assert len(machines) == len({m.domain("host") for m in machines}) == 3
"""

AT_IMPORT = f"""\
{CONNECTED}
def boot(name):
    server = conn.compute.create_server(name=name, **machine)
    return conn.compute.wait_for_server(server, interval=0.05)
"""

TWO_WITH_ONE_CLIENT = """\
from deploy import boot, conn

def test_one(antiaffinity_openstack):
    boot("one")
    assert [server.name for server in conn.compute.servers()] == ["one"]
    antiaffinity_openstack.fail_request(times=99)

def test_the_next_begins_empty(antiaffinity_openstack):
    assert list(conn.compute.servers()) == antiaffinity_openstack.machines() == []
    boot("another")
    assert len(antiaffinity_openstack.running()) == 1
"""

IN_TROUBLE = """\
import openstack

def test_trouble(antiaffinity_openstack):
    openstack.connect().authorize()
    antiaffinity_openstack.fail_host("z1-r1-h1")
    antiaffinity_openstack.fill("z2/r1")

    antiaffinity_openstack.fail_host("z1-r1-h7")
"""
"""The last host is a mistake."""

ON_AWS = """\
import antiaffinity as aa, boto3

def deploy():
    session = boto3.Session(); ec2 = session.client("ec2")
    def boot(placement):
        return ec2.run_instances(**placement.arguments(
            ImageId="ami-0abc", InstanceType="m6i.large", MinCount=1, MaxCount=1,
            TagSpecifications=[
                {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": placement.member}]}],
        ))["Instances"][0]["InstanceId"]
    def kill(machine):
        if machine.id: ec2.terminate_instances(InstanceIds=[machine.id])
    group = aa.connect("aws", client=session, owner="shop/prod").group(
        "db", members=3, rules=[aa.AntiAffinity("zone"), aa.AntiAffinity("rack", hard=False)],
        size={"type": "m6i.large"})
    print(group.plan())
    return group.roll_out(launch=boot, discard=kill)
"""

ASKS_NOBODY_ON_AWS = """\
import boto3

ec2 = boto3.client("ec2")

def deploy():
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "db"}]}]
    ec2.run_instances(
        ImageId="ami-0abc", InstanceType="m6i.large", MinCount=3, MaxCount=3, TagSpecifications=tags)
"""

RULE_ON_AWS = RULE.replace("antiaffinity_openstack", "antiaffinity_aws")

ON_EXOSCALE = """\
import os
import antiaffinity as aa
from exoscale.api.v2 import Client

endpoint = os.environ["EXOSCALE_API_ENDPOINT"]

def client(zone):
    url = endpoint.replace(endpoint.split("/")[-2], zone)
    return Client(os.environ["EXOSCALE_API_KEY"], os.environ["EXOSCALE_API_SECRET"], url=url)

def deploy():
    first = client(endpoint.split("/")[-2])
    type = first.list_instance_types()["instance-types"][0]["id"]
    template = first.list_templates()["templates"][0]["id"]
    machine = {"instance_type": {"id": type}, "template": {"id": template}, "disk_size": 10}

    def boot(placement):
        arguments = placement.arguments(name=placement.member, **machine)
        return client(placement.domains["zone"]).create_instance(**arguments)["reference"]["id"]

    group = aa.connect("exoscale", owner="shop/prod").group("db", members=3, rules=[aa.AntiAffinity("zone")])
    return group.roll_out(launch=boot)
"""

RULE_ON_EXOSCALE = RULE.replace("antiaffinity_openstack", "antiaffinity_exoscale")

ON_AZURE = """\
import antiaffinity as aa

def deploy(client, settings, machine):
    def boot(placement):
        body = placement.arguments(**machine)
        return client.virtual_machines.begin_create_or_update("prod", placement.member, body).result().id

    group = aa.connect("azure", owner="shop/prod", **settings).group(
        "db", members=3, rules=[aa.AntiAffinity("zone")])
    return group.roll_out(launch=boot)
"""
"""Its user says where Azure is: no client of it reads that from the environment."""

RULE_ON_AZURE = RULE.replace("antiaffinity_openstack", "antiaffinity_azure").replace(
    "deploy.deploy()",
    """fake = antiaffinity_azure.cloud
    deploy.deploy(fake.client(), fake.plain("westeurope"), fake.machine("westeurope"))""",
)

ON_VCENTER = """\
import os
import antiaffinity as aa
from pyVim.connect import SmartConnect
from pyVim.task import WaitForTask
from pyVmomi import vim

def deploy(level="zone"):
    env = os.environ
    si = SmartConnect(host=env["VSPHERE_SERVER"], user=env["VSPHERE_USER"], pwd=env["VSPHERE_PASSWORD"])
    template = si.RetrieveContent().searchIndex.FindByInventoryPath("dc1/vm/template")

    def boot(placement):
        spec = vim.vm.CloneSpec(location=vim.vm.RelocateSpec(), powerOn=False, template=False)
        task = template.CloneVM_Task(template.parent, placement.member, **placement.arguments(spec=spec))
        WaitForTask(task)
        return task.info.result._GetMoId()

    def start(machine):
        WaitForTask(vim.VirtualMachine(machine.id, si._stub).PowerOnVM_Task())

    group = aa.connect("vcenter", client=si, owner="shop/prod").group(
        "db", members=3, rules=[aa.AntiAffinity(level)])
    return group.roll_out(launch=boot, start=start)
"""

RULE_ON_VCENTER = RULE.replace("antiaffinity_openstack", "antiaffinity_vcenter")

ON_HOSTS_OF_ONE_CLUSTER = """\
import deploy

def test_three_machines_on_three_hosts(antiaffinity_vcenter):
    report = deploy.deploy("host")
    machines = antiaffinity_vcenter.running(antiaffinity_group="db")
    assert report.verdict == "held"
    assert len(machines) == len({m.domain("host") for m in machines}) == 3
    antiaffinity_vcenter.cloud.drs()
    assert len({m.domain("host") for m in antiaffinity_vcenter.running()}) == 3
"""
"""DRS looks at the cluster once more than it would by itself."""
