"""The fake AWS's launches: zone against subnet, tokens, offerings, addresses, quotas, capacity."""

from __future__ import annotations

import pytest

from fakes.aws_stage import A, B, account, racks, refusal


def test_the_zone_decides_where_an_instance_runs_by_its_name_or_its_id() -> None:
    with account() as user:
        by_name = user.boot(B)
        zone_id = user.shown(by_name)["Placement"]["AvailabilityZoneId"]
        asked = {"AvailabilityZoneId": zone_id}
        made = user.ec2.run_instances(**user.aws.machine, MinCount=1, MaxCount=1, Placement=asked)
        by_id = made["Instances"][0]["InstanceId"]
        assert [user.machine(id_).domain("zone") for id_ in (by_name, by_id)] == [B, B]


def test_a_zone_by_name_and_by_id_at_once_is_refused() -> None:
    with account() as user:
        code = refusal(lambda: user.boot(A, Place={"AvailabilityZoneId": "use1-az6"}))
        assert code == "InvalidParameterCombination"


def test_a_subnet_of_another_zone_is_refused() -> None:
    with account() as user:
        subnets = user.ec2.describe_subnets()["Subnets"]
        (in_b,) = (one["SubnetId"] for one in subnets if one["AvailabilityZone"] == B)
        assert refusal(lambda: user.boot(A, SubnetId=in_b)) == "InvalidParameterValue"
        assert user.machine(user.boot(B, SubnetId=in_b)).domain("zone") == B


@pytest.mark.parametrize(
    ("zone", "code"), [("us-east-1z", "InvalidParameterValue"), ("", "InvalidParameterValue")]
)
def test_a_zone_that_is_none_is_refused(zone: str, code: str) -> None:
    with account() as user:
        asked = {"AvailabilityZone": zone} if zone else {"AvailabilityZoneId": "use1-az99"}
        launch = {**user.aws.machine, "MinCount": 1, "MaxCount": 1, "Placement": asked}
        assert refusal(lambda: user.ec2.run_instances(**launch)) == code


def test_without_a_default_vpc_a_launch_needs_a_subnet() -> None:
    with account(default_vpc=False) as user:
        assert refusal(lambda: user.boot(A)) == "VPCIdNotSpecified"


def test_a_type_that_is_not_offered_in_the_zone_is_unsupported_there() -> None:
    with account(not_offered=frozenset({("m6i.large", A)})) as user:
        assert refusal(lambda: user.boot(A)) == "Unsupported"
        user.boot(B)
        offers = user.ec2.describe_instance_type_offerings(
            LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": ["m6i.large"]}]
        )["InstanceTypeOfferings"]
        assert A not in {offer["Location"] for offer in offers}
        assert B in {offer["Location"] for offer in offers}


def test_a_type_that_nobody_knows_is_refused() -> None:
    with account() as user:
        assert refusal(lambda: user.boot(A, InstanceType="m6i.enormous")) == "InvalidParameterValue"


def test_a_subnet_runs_out_of_addresses_and_gets_them_back() -> None:
    with account(racks(3, each=2)) as user:
        (vpc,) = user.ec2.describe_vpcs()["Vpcs"]
        made = user.ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="172.31.255.240/28", AvailabilityZone=A)
        subnet = made["Subnet"]["SubnetId"]
        ids = [user.boot(A, SubnetId=subnet) for _ in range(11)]
        assert refusal(lambda: user.boot(A, SubnetId=subnet)) == "InsufficientFreeAddressesInSubnet"
        user.end(ids[0])
        user.boot(A, SubnetId=subnet)


def test_a_zone_without_room_has_no_capacity_and_others_are_named() -> None:
    with account(racks(1, 1)) as user:
        user.world.fill(f"{A}-r1-0")
        with pytest.raises(Exception, match="choosing us-east-1b"):
            user.boot(A)
        user.boot(B)


def test_an_impaired_zone_is_listed_and_takes_no_launch() -> None:
    with account(impaired=frozenset({A})) as user:
        zones = user.ec2.describe_availability_zones()["AvailabilityZones"]
        assert {zone["ZoneName"]: zone["State"] for zone in zones}[A] == "impaired"
        assert refusal(lambda: user.boot(A)) == "InsufficientInstanceCapacity"


def test_missing_hardware_may_end_the_instance_instead_of_the_call() -> None:
    with account(racks(1), refuses="instance") as user:
        group = user.group()
        user.boot(A, group)
        second = user.boot(A, group)
        shown = user.shown(second)
        assert shown["State"]["Name"] == "terminated"
        assert shown["StateReason"]["Code"] == "Server.InsufficientInstanceCapacity"
        assert len(user.world.machines) == 1


def test_a_quota_of_processors_is_refused_by_its_name() -> None:
    with account(vcpu_quota=3) as user:
        first = user.boot(A)
        assert refusal(lambda: user.boot(A)) == "VcpuLimitExceeded"
        user.stop(first)
        user.boot(A)


def test_between_the_least_and_the_most_as_many_run_as_fit() -> None:
    with account(racks(3)) as user:
        group = user.group()
        place = {"AvailabilityZone": A, "GroupId": group}
        asked = {**user.aws.machine, "Placement": place}
        code = refusal(lambda: user.ec2.run_instances(**asked, MinCount=4, MaxCount=5))
        assert code == "InsufficientInstanceCapacity"
        made = user.ec2.run_instances(**asked, MinCount=2, MaxCount=5)["Instances"]
        user.wait()
        assert len(made) == len(user.world.running()) == len(user.on_racks()) == 3


# The client token


def test_a_token_gives_the_same_instance_again() -> None:
    with account() as user:
        assert user.boot(A, ClientToken="one") == user.boot(A, ClientToken="one")
        assert user.boot(A, ClientToken="two") != user.boot(A, ClientToken="one")
        assert len(user.world.machines) == 2


def test_a_token_with_other_arguments_is_a_mismatch() -> None:
    with account() as user:
        user.boot(A, ClientToken="one")
        other = refusal(lambda: user.boot(A, ClientToken="one", InstanceType="m6i.xlarge"))
        assert other == "IdempotentParameterMismatch"


def test_a_token_in_another_zone_is_another() -> None:
    with account() as user:
        assert user.boot(A, ClientToken="one") != user.boot(B, ClientToken="one")


def test_a_token_is_spent_for_a_day_once_its_instance_has_ended() -> None:
    with account() as user:
        user.end(user.boot(A, ClientToken="one"))
        for hours in (0, 2, 20):
            user.wait(hours * 3600.0)
            assert refusal(lambda: user.boot(A, ClientToken="one")) == "IdempotentInstanceTerminated"
        user.wait(3 * 3600.0)
        assert user.boot(A, ClientToken="one")


def test_a_token_gave_a_dead_instance_as_long_as_it_is_listed() -> None:
    with account(listed=100.0, token_outlives=0.0, spent="answered") as user:
        first = user.boot(A, ClientToken="one")
        user.end(first)
        assert user.boot(A, ClientToken="one") == first
        assert user.state(first) == "terminated"
        user.wait(200)
        assert user.boot(A, ClientToken="one") != first


def test_a_token_may_outlive_its_instance() -> None:
    with account(listed=100.0, token_outlives=1000.0, spent="answered") as user:
        first = user.boot(A, ClientToken="one")
        user.end(first)
        user.wait(200)
        assert user.boot(A, ClientToken="one") == first
        user.wait(2000)
        assert user.boot(A, ClientToken="one") != first


def test_a_tag_has_its_limits() -> None:
    with account() as user:
        for tag in ({"Key": "long", "Value": "x" * 257}, {"Key": "aws:ours", "Value": "x"}):
            tags = [{"ResourceType": "instance", "Tags": [tag]}]
            code = refusal(lambda tags=tags: user.boot(A, TagSpecifications=tags))  # type: ignore[misc]
            assert code == "InvalidParameterValue"
        assert user.world.machines == {}


# Dedicated Hosts


def test_a_dedicated_host_is_the_accounts_alone() -> None:
    with account(racks(2)) as user:
        asked = {"AvailabilityZone": A, "InstanceType": "m6i.large", "Quantity": 1}
        (host,) = user.ec2.allocate_hosts(**asked)["HostIds"]
        shared = [user.machine(user.boot(A)).domain("host") for _ in range(2)]
        on_it = user.boot(A, Place={"Tenancy": "host", "HostId": host})
        assert user.machine(on_it).domain("host") not in shared
        assert user.shown(on_it)["Placement"]["HostId"] == host
        (shown,) = user.ec2.describe_hosts()["Hosts"]
        room = shown["AvailableCapacity"]["AvailableInstanceCapacity"][0]
        assert (room["AvailableCapacity"], room["TotalCapacity"]) == (3, 4)


def test_a_dedicated_host_goes_into_no_placement_group() -> None:
    with account(racks(2)) as user:
        asked = {"AvailabilityZone": A, "InstanceType": "m6i.large", "Quantity": 1}
        (host,) = user.ec2.allocate_hosts(**asked)["HostIds"]
        group = user.group()
        place = {"Tenancy": "host", "HostId": host}
        assert refusal(lambda: user.boot(A, group, Place=place)) == "InvalidParameterCombination"
