"""The deploy script of the documentation, as it stands, in a process that only has an address and keys."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from antiaffinity.testing import World
from antiaffinity.testing.aws import FakeAws, Settings
from aws.deploying import A, B, C, racks

DEPLOY = '''"""deploy.py: three servers in three zones, on three racks where possible (AWS)."""
import antiaffinity as aa, boto3

def deploy():
    session = boto3.Session(); ec2 = session.client("ec2")
    def boot(placement):
        return ec2.run_instances(**placement.arguments(
            ImageId="ami-0abc", InstanceType="m6i.large", MinCount=1, MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": placement.member}]}],
        ))["Instances"][0]["InstanceId"]
    def kill(machine):
        if machine.id: ec2.terminate_instances(InstanceIds=[machine.id])
    group = aa.connect("aws", client=session, owner="shop/prod").group(
        "db", members=3, rules=[aa.AntiAffinity("zone"), aa.AntiAffinity("rack", hard=False)], size={"type": "m6i.large"})
    print(group.plan())
    return group.roll_out(launch=boot, discard=kill)
'''  # noqa: E501

RUN = "import deploy; report = deploy.deploy(); print(report.verdict); raise SystemExit(report.exit_code)"


def test_three_servers_in_three_zones(tmp_path: Path) -> None:
    (tmp_path / "deploy.py").write_text(DEPLOY)
    places = racks({A: 2, B: 2, C: 2})
    with FakeAws(World(places), Settings(boot=0.2, group_pending=0.2)) as aws:
        env = {**os.environ, **aws.env, "AWS_CONFIG_FILE": "/dev/null"}
        ran = subprocess.run(
            [sys.executable, "-c", RUN], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
        machines = aws.world.running()
        assert len(machines) == len({machine.domain("zone") for machine in machines}) == 3
        assert {machine.tags["Name"] for machine in machines} == {"db-0", "db-1", "db-2"}
    assert "us-east-1a" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "held"
