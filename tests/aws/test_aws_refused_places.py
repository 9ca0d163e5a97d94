"""What one zone or host refuses, another takes: where machines are when the run is over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

import antiaffinity as aa
from aws.deploying import A, B, C, Script, racks, script
from fakes.test_refusals_aws import NO_ROOM_HERE, NO_ROOM_IN_ZONE, Example

EVENLY = aa.Spread("zone", hard=False)

BY_CODE = dict((*NO_ROOM_HERE, *NO_ROOM_IN_ZONE))
SOME = (
    "InsufficientInstanceCapacity",
    "UnfulfillableCapacity",
    "Unsupported",
    "VolumeTypeNotAvailableInZone",
)
"""Each code has its domain in test_refusals_aws; these stand for all."""


def refusing(
    deploy: Script, example: Example, is_there: Callable[[aa.Placement], bool]
) -> Callable[..., str]:
    """A launch that EC2 refuses so in some places."""
    code, words = example

    def launch(placement: aa.Placement) -> str:
        if is_there(placement):
            raise ClientError({"Error": {"Code": code, "Message": words}}, "RunInstances")
        return deploy.boot(placement)

    return launch


@pytest.mark.parametrize("code", SOME)
def test_what_one_zone_refuses_another_takes(code: str) -> None:
    with script(racks({A: 2, B: 2, C: 2})) as deploy:
        launch = refusing(deploy, (code, BY_CODE[code]), lambda placement: placement.domains["zone"] == B)
        deploy.group(3, EVENLY).roll_out(launch, deploy.kill)
        assert sorted({*deploy.where().values()}) == [A, C]


@pytest.mark.parametrize("code", ["InsufficientCapacityOnHost", "InvalidHostState"])
def test_what_one_dedicated_host_refuses_its_neighbour_takes(code: str) -> None:
    with script(racks({A: 3}), tenancy="host") as deploy:
        deploy.ec2.allocate_hosts(AvailabilityZone=A, InstanceType="m6i.large", Quantity=3)
        full = min(deploy.aws.state.hosts)
        launch = refusing(deploy, (code, BY_CODE[code]), lambda placement: placement.domains["host"] == full)
        deploy.group(2, aa.AntiAffinity("host")).roll_out(launch, deploy.kill)
        assert len(set(deploy.where("host").values())) == 2


def test_a_zone_without_a_default_subnet_is_left_for_another_and_named() -> None:
    with script(racks({A: 2, B: 2, C: 2})) as deploy:
        lone = [{"Name": "availability-zone", "Values": [C]}]
        (subnet,) = deploy.ec2.describe_subnets(Filters=lone)["Subnets"]
        deploy.ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        deploy.roll_out(deploy.group(3, EVENLY))
        assert sorted({*deploy.where().values()}) == [A, B]
        with pytest.raises(aa.NoCapacity, match=r"no default subnet.*name the subnets"):
            deploy.roll_out(deploy.group(1, EVENLY, name="web", only={"zone": [C]}))


def test_a_subnet_of_ones_own_takes_what_its_zone_takes() -> None:
    with script(racks({A: 3, B: 3})) as deploy:
        here = [{"Name": "availability-zone", "Values": [A]}]
        (subnet,) = deploy.ec2.describe_subnets(Filters=here)["Subnets"]

        def launch(placement: aa.Placement) -> str:
            asked = placement.arguments(**deploy.aws.machine, SubnetId=subnet["SubnetId"])
            return str(deploy.ec2.run_instances(**asked)["Instances"][0]["InstanceId"])

        deploy.group(2, EVENLY).roll_out(launch, deploy.kill)
        assert {*deploy.where().values()} == {A}
        with pytest.raises(aa.NoCapacity, match=r"needs\.networks"):
            deploy.group(2, aa.AntiAffinity("zone"), name="web").roll_out(launch, deploy.kill)
