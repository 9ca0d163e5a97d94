"""A unit test of the program beside it: no cloud, no engine, two seconds: pip install pytest && pytest

The mocks answer for the plugin: they say where each member goes. The test then looks at what the program
really asks of OpenStack, and fails when it drops a placement on the way.
"""

import runpy
from pathlib import Path

import pulumi
import pytest

ZONES = {"web-0": "az1", "web-1": "az2", "web-2": "az1"}  # what the plan says, in this test
GROUP = "8f3f2d5e"  # the id of the server group that keeps the servers apart


def placement(member: str) -> dict[str, object]:
    """One entry of the Group's output `placements`."""
    return {"member": member, "cloud": "", "domains": {"zone": ZONES[member]}, "groups": [GROUP]}


class Mocks(pulumi.runtime.Mocks):
    """Answers for every provider, and keeps the servers that the program asks for."""

    def __init__(self) -> None:
        self.servers: dict[str, dict[str, object]] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, object]]:
        outputs = dict(args.inputs)
        if args.typ == "antiaffinity:index:Group":
            outputs |= {"name": "web", "owner": "shop/test", "placements": {m: placement(m) for m in ZONES}}
            outputs |= {"spec": {"group": "web", "owner": "shop/test"}}
        if args.typ == "openstack:compute/instance:Instance":
            self.servers[args.name] = args.inputs
        return f"{args.name}-id", outputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, object], None]:
        return {}, None


@pytest.fixture
def servers() -> dict[str, dict[str, object]]:
    """What the program asks of OpenStack for each server."""
    mocks = Mocks()
    pulumi.runtime.set_mocks(mocks, project="shop", stack="test")
    config = {"servers": "3", "image": "debian-12", "flavor": "m1.small", "network": "private"}
    pulumi.runtime.set_all_config({f"shop:{key}": value for key, value in config.items()})
    program = str(Path(__file__).with_name("__main__.py"))
    pulumi.runtime.test(lambda: runpy.run_path(program, run_name="__main__") and None)()
    return mocks.servers


def test_every_server_goes_where_the_plan_says(servers):
    assert {name: server.get("availabilityZone") for name, server in servers.items()} == ZONES


def test_every_server_is_launched_into_the_server_group(servers):
    assert [server.get("schedulerHints") for server in servers.values()] == [[{"group": GROUP}]] * 3


def test_every_server_bears_the_mark_by_which_it_is_found_again(servers):
    marks = {name: server["metadata"].get("antiaffinity-member") for name, server in servers.items()}
    assert marks == {name: name for name in ZONES}
