"""What a user gets wrong on AWS: a typed error that names the setting or the right, and nothing is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

import antiaffinity as aa
from antiaffinity.model import Machine, Native, Placement
from antiaffinity.testing.aws.nouns import ACCESS_KEY, SECRET_KEY
from aws.deploying import OWNER, A, B, Script, aws, racks, script

RACKS = aa.AntiAffinity("rack")
ZONES = aa.AntiAffinity("zone")


def refused(deploy: Script, kind: type[aa.AntiaffinityError], act: Callable[[], object]) -> Any:
    """The error; nothing may have been made."""
    with pytest.raises(kind) as error:
        act()
    assert deploy.asked("RunInstances") == deploy.asked("CreatePlacementGroup") == 0
    assert deploy.aws.world.machines == {}
    assert SECRET_KEY not in str(error.value) + repr(error.value.__cause__)
    return error.value


def test_a_zone_that_does_not_exist_leaves_no_place() -> None:
    with script() as deploy:
        group = deploy.group(1, ZONES, only={"zone": ["us-east-1z"]})
        error = refused(deploy, aa.AntiaffinityError, lambda: deploy.roll_out(group))
        assert "us-east-1z" in f"{error} {error.conflict} {error.ways_out}"


def test_a_network_that_is_not_there_is_named() -> None:
    with script() as deploy:
        group = deploy.group(1, ZONES, needs={"networks": ["prod"]})
        error = refused(deploy, aa.InvalidRequest, lambda: deploy.roll_out(group))
        assert error.path == "needs.networks[0]"
        assert "'prod'" in error.message


def test_subnets_of_two_vpcs_are_refused() -> None:
    with script() as deploy:
        other = deploy.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        named = [{"ResourceType": "subnet", "Tags": [{"Key": "Name", "Value": "prod"}]}]
        deploy.ec2.create_subnet(
            VpcId=other, CidrBlock="10.0.1.0/24", AvailabilityZone=A, TagSpecifications=named
        )
        mine = deploy.ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])
        in_b = next(one for one in mine["Subnets"] if one["AvailabilityZone"] == B)["SubnetId"]
        group = deploy.group(2, ZONES, needs={"networks": ["prod", in_b]})
        error = refused(deploy, aa.InvalidRequest, lambda: deploy.roll_out(group))
        assert error.path == "needs.networks"
        assert other in error.message


def test_a_full_subnet_takes_nobody_and_says_why() -> None:
    with script(racks({A: 8})) as deploy:
        (vpc,) = deploy.ec2.describe_vpcs()["Vpcs"]
        made = deploy.ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="172.31.255.240/28", AvailabilityZone=A)
        subnet = made["Subnet"]["SubnetId"]
        for _ in range(11):
            deploy.ec2.create_network_interface(SubnetId=subnet)
        group = deploy.group(1, RACKS, needs={"networks": [subnet]})
        refused(deploy, aa.AntiaffinityError, lambda: deploy.roll_out(group))
        (place,) = group.look().topology.domains
        assert place.full == f"subnet {subnet} has no free address"


def test_a_subnet_of_ipv6_alone_is_not_full_for_lack_of_ipv4_addresses() -> None:
    with script(racks({A: 8})) as deploy:
        vpc = deploy.ec2.create_vpc(CidrBlock="10.9.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
        block = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].replace("/56", "/64")
        made = deploy.ec2.create_subnet(
            VpcId=vpc["VpcId"], Ipv6CidrBlock=block, Ipv6Native=True, AvailabilityZone=A
        )["Subnet"]
        assert made["AvailableIpAddressCount"] == 0
        group = deploy.group(1, RACKS, needs={"networks": [made["SubnetId"]]})
        (place,) = group.look().topology.domains
        assert (place.full, place.labels) == ("", {"subnet": made["SubnetId"]})


def test_a_type_that_no_zone_offers_is_named() -> None:
    with script() as deploy:
        group = deploy.cloud.group("db", members=1, rules=[ZONES], size={"type": "m6i.enormous"})
        error = refused(deploy, aa.InvalidRequest, lambda: deploy.roll_out(group))
        assert error.path == "size.type"
        assert "m6i.enormous" in error.message


def test_a_zone_that_lacks_the_type_is_no_place() -> None:
    with script(not_offered=frozenset({("m6i.large", A)})) as deploy:
        report = deploy.roll_out(deploy.group(2, ZONES))
        assert report.exit_code == 0
        assert A not in deploy.where().values()


def test_a_launch_without_a_default_subnet_names_the_setting() -> None:
    with script(default_vpc=False) as deploy:
        with pytest.raises(aa.InvalidRequest) as error:
            deploy.roll_out(deploy.group(1, ZONES))
        assert error.value.path == "needs.networks"
        assert deploy.aws.world.machines == {}


def planned_without_default_subnet(zones: str, **spec: Any) -> list[str]:
    """What a plan says of default subnets where these zones have none."""
    with script() as deploy:
        for subnet in deploy.ec2.describe_subnets()["Subnets"]:
            if subnet["AvailabilityZone"][-1] in zones:
                deploy.ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        plan = deploy.group(2, ZONES, **spec).plan()
        return [one.domain for one in plan.findings if one.kind == "no-default-subnet"]


def test_a_zone_without_a_default_subnet_is_known_at_plan() -> None:
    assert planned_without_default_subnet("b") == [B]


@pytest.mark.parametrize("zones", ["", "abc"])
def test_where_all_zones_have_one_or_none_has_nothing_is_said(zones: str) -> None:
    assert planned_without_default_subnet(zones) == []


def test_nothing_is_said_of_a_zone_that_the_lists_leave_out() -> None:
    assert planned_without_default_subnet("b", never={"zone": [B]}) == []


def test_a_group_of_our_name_that_is_not_ours_is_left_alone() -> None:
    with script() as deploy:
        deploy.group(1, RACKS).prepare()
        ((id_, ours),) = deploy.aws.state.groups.items()
        deploy.aws.state.groups[id_].tags.clear()
        requests = len(deploy.wire.requests)
        with pytest.raises(aa.InvalidRequest) as error:
            deploy.roll_out(deploy.group(1, RACKS))
        assert ours.name in error.value.message
        assert "adopt" in error.value.message
        assert "RunInstances" not in deploy.wire.requests[requests:]
        assert list(deploy.aws.state.groups) == [id_]


def test_an_adopted_group_of_another_strategy_is_refused() -> None:
    with script() as deploy:
        made = deploy.ec2.create_placement_group(GroupName="theirs", Strategy="cluster")
        deploy.wait()
        for named in ("theirs", made["PlacementGroup"]["GroupId"]):
            with pytest.raises(aa.InvalidRequest) as error:
                deploy.roll_out(deploy.group(1, RACKS, adopt={"rack": named}))
            assert error.value.path == "adopt.rack"
        assert deploy.aws.world.machines == {}


def test_a_group_can_be_adopted_by_its_name() -> None:
    with script() as deploy:
        deploy.ec2.create_placement_group(GroupName="theirs", Strategy="spread")
        deploy.wait()
        deploy.roll_out(deploy.group(3, RACKS, adopt={"rack": "theirs"}))
        assert len(set(deploy.where("rack").values())) == 3
        assert len(deploy.aws.state.groups) == 1


# Joining


def test_a_running_instance_outside_the_group_is_refused_with_what_to_do() -> None:
    with script() as deploy:
        group = deploy.group(1, RACKS)
        group.prepare()
        made = deploy.ec2.run_instances(**deploy.aws.machine, MinCount=1, MaxCount=1)["Instances"][0]
        deploy.wait()
        with pytest.raises(aa.InvalidRequest) as error:
            group.bind("db-0", made["InstanceId"])
        assert "stop" in error.value.message
        assert error.value.path == "instance"


def test_a_stopped_instance_is_moved_into_the_group_and_marked() -> None:
    with script() as deploy:
        group = deploy.group(2, RACKS)
        made = deploy.ec2.run_instances(**deploy.aws.machine, MinCount=1, MaxCount=1)["Instances"][0]
        id_ = made["InstanceId"]
        deploy.wait()
        deploy.ec2.stop_instances(InstanceIds=[id_])
        deploy.wait()
        (native,) = group.prepare().natives
        placement = next(one for one in group.prepare().placements if one.member == "db-0")
        (backend,) = group.clouds.values()
        seen = backend.bind(placement, id_)
        assert seen.memberships == {"rack": placement.native_ids}
        assert native.level == "rack"
        deploy.ec2.start_instances(InstanceIds=[id_])
        deploy.wait()
        assert deploy.roll_out(group).exit_code == 0
        assert deploy.id_of("db-0") == id_
        assert len(set(deploy.where("rack").values())) == 2


def test_anothers_member_is_not_taken() -> None:
    with script() as deploy:
        deploy.roll_out(deploy.group(["web-0"], RACKS, name="web"))
        (web,) = deploy.running("web")
        with pytest.raises(aa.InvalidRequest) as error:
            deploy.group(1, RACKS).bind("db-0", web.id)
        assert "web-0" in error.value.message


# Settings


def connected(**settings: Any) -> aa.Estate:
    return aa.connect("aws", owner=OWNER, **settings)


@pytest.fixture(autouse=True)
def no_aws_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the tester's own AWS; and no address outside this machine."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


KEYS = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}

WRONG_SETTINGS: list[tuple[dict[str, Any], type[aa.AntiaffinityError], str]] = [
    ({**KEYS}, aa.InvalidRequest, "region_name"),
    ({"region_name": "us east", **KEYS}, aa.InvalidRequest, "region_name"),
    ({"region_name": "us-east-1", "profile_name": "nobody"}, aa.InvalidRequest, "profile_name"),
    ({"region_name": "us-east-1", "endpoint_url": "nowhere"}, aa.InvalidRequest, "endpoint_url"),
    ({"region_name": "us-east-1", "tenancy": "dedicated"}, aa.InvalidRequest, "tenancy"),
    ({"region_nme": "us-east-1"}, aa.InvalidRequest, "region_nme"),
    ({"region_name": "us-east-1", "aws_access_key_id": "AKIA"}, aa.InvalidRequest, "aws_access_key_id"),
    ({"client": "no session"}, aa.InvalidRequest, "client"),
]


@pytest.mark.parametrize(("settings", "kind", "path"), WRONG_SETTINGS, ids=lambda value: str(value)[:40])
def test_a_wrong_setting_is_named(
    settings: dict[str, Any], kind: type[aa.AntiaffinityError], path: str
) -> None:
    with pytest.raises(kind) as error:
        connected(**settings)
    assert error.value.path == path
    assert SECRET_KEY not in str(error.value)


def test_a_session_brings_its_own_region() -> None:
    session = boto3.Session(**KEYS, region_name="us-east-1")
    with pytest.raises(aa.InvalidRequest) as error:
        connected(client=session, region_name="us-east-1")
    assert error.value.path == "region_name"


def test_missing_credentials_are_a_right_to_get() -> None:
    with aws(racks({A: 1})) as (fake, _):
        cloud = connected(region_name="us-east-1", endpoint_url=fake.url)
        with pytest.raises(aa.NotAuthorized) as error:
            cloud.group("db", members=1, rules=[ZONES]).plan()
        assert "aws_access_key_id" in error.value.message


def test_refused_credentials_are_named_without_the_secret() -> None:
    with aws(racks({A: 1})) as (fake, _):
        wrong = {"aws_access_key_id": "AKIAWRONGWRONGWRONG0", "aws_secret_access_key": "very-secret"}
        cloud = connected(region_name="us-east-1", endpoint_url=fake.url, **wrong)
        with pytest.raises(aa.NotAuthorized) as error:
            cloud.group("db", members=1, rules=[ZONES]).plan()
        assert "AuthFailure" in error.value.message
        assert "very-secret" not in str(error.value) + repr(error.value.__cause__)


def test_plain_settings_are_enough() -> None:
    with aws(racks({A: 1, B: 1})) as (fake, _):
        cloud = connected(region_name="us-east-1", endpoint_url=fake.url, **KEYS)
        plan = cloud.group("db", members=2, rules=[ZONES]).plan()
        assert sorted(one.domains["zone"] for one in plan.placements) == [A, B]


def test_nothing_is_asked_before_a_group_is_looked_at() -> None:
    with script() as deploy:
        deploy.group(3, ZONES)
        assert deploy.wire.requests == []


def test_a_launch_by_another_program_that_prints_what_ec2_said_is_understood() -> None:
    printed = (
        "An error occurred (InsufficientInstanceCapacity) when calling the RunInstances operation (reached "
        "max retries: 4): We currently do not have sufficient m6i.large capacity",
        "creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: 500, "
        "RequestID: 1, api error InsufficientInstanceCapacity: We currently do not have",
    )
    with script() as deploy:
        (backend,) = deploy.cloud.clouds.values()
        placement = deploy.group(1, ZONES).plan().placements[0]
        for text in printed:
            with pytest.raises(aa.NoCapacity) as error:
                backend.settle(placement, RuntimeError(text))
            assert error.value.domain["zone"] == placement.domains["zone"]


def test_what_a_launch_left_goes_when_a_later_call_of_it_is_refused() -> None:
    def launch(placement: Placement) -> str:
        id_ = deploy.boot(placement)
        deploy.ec2.attach_volume(VolumeId="vol-0123456789abcdef0", InstanceId=id_, Device="/dev/sdf")
        return id_

    with script() as deploy:
        with pytest.raises(aa.InvalidRequest, match=r"InvalidVolume\.NotFound") as error:
            deploy.group(1, ZONES).roll_out(launch, deploy.kill)
        assert error.value.path == ""
        deploy.wait()
        assert deploy.running() == []


def test_an_id_that_is_none_is_the_launchs_mistake() -> None:
    def launch(placement: Placement) -> str:
        return "r-0123456789abcdef0"

    def discard(machine: Machine) -> None:
        pass

    with script() as deploy, pytest.raises(aa.InvalidRequest) as error:
        deploy.group(1, ZONES).roll_out(launch, discard)
    assert error.value.path == "launch"


def test_a_machine_in_a_group_adopted_by_name_can_be_bound() -> None:
    with script() as deploy:
        deploy.ec2.create_placement_group(GroupName="theirs", Strategy="spread")
        deploy.wait()
        place = {"GroupName": "theirs"}
        made = deploy.ec2.run_instances(**deploy.aws.machine, MinCount=1, MaxCount=1, Placement=place)
        id_ = made["Instances"][0]["InstanceId"]
        deploy.wait()
        group = deploy.group(2, RACKS, adopt={"rack": "theirs"})
        assert group.bind("db-0", id_).member == "db-0"
        assert deploy.roll_out(group).exit_code == 0
        assert deploy.id_of("db-0") == id_
        assert len(set(deploy.where("rack").values())) == 2


def test_a_bound_machine_in_another_zone_than_planned_is_told_at_once() -> None:
    with script() as deploy:
        group = deploy.group(2, ZONES)
        planned = group.plan().placements[0].domains["zone"]
        other = next(zone for zone in (A, B) if zone != planned)
        place = {"AvailabilityZone": other}
        made = deploy.ec2.run_instances(**deploy.aws.machine, MinCount=1, MaxCount=1, Placement=place)
        deploy.wait()
        deploy.ec2.stop_instances(InstanceIds=[id_ := made["Instances"][0]["InstanceId"]])
        deploy.wait()
        assert f"is in zone {other}, but db-0 goes to {planned}" in group.bind("db-0", id_).note


def test_a_marked_instance_that_runs_outside_its_group_is_refused() -> None:
    with script() as deploy:
        group = deploy.group(1, RACKS)
        group.prepare()
        marks = [{"Key": key, "Value": value} for key, value in group.key.marks("db-0").items()]
        tags = [{"ResourceType": "instance", "Tags": marks}]
        made = deploy.ec2.run_instances(**deploy.aws.machine, MinCount=1, MaxCount=1, TagSpecifications=tags)
        id_ = made["Instances"][0]["InstanceId"]
        (backend,) = deploy.cloud.clouds.values()
        natives = (Native("rack", "anti-affinity", True, 1),)
        asked = Placement("db-0", {}, key=group.key, natives=natives)
        deploy.wait()
        with pytest.raises(aa.InvalidRequest, match="moves only a stopped one") as error:
            backend.bind(asked, id_)
        assert error.value.path == "instance"
