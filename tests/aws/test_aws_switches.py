"""Whatever EC2 does not publish: the backend keeps the group under each value, alone and in pairs."""

from __future__ import annotations

from itertools import combinations
from typing import Any, get_args

import pytest

import antiaffinity as aa
from antiaffinity.testing.aws.nouns import Eighth
from aws.deploying import A, B, Script, racks, script

RACKS = aa.AntiAffinity("rack")

SWITCHES: list[tuple[str, Any]] = [
    *(("eighth", code) for code in get_args(Eighth)[1:]),
    ("refuses", "instance"),
    ("group_pending", 20.0),
    ("group_unseen", 10.0),
    ("instance_unseen", 10.0),
    ("ended_keeps_group", False),
    ("spent", "answered"),
    ("listed", 1.0),
    ("boot", 40.0),
    ("end", 30.0),
]
"""Every value but those that a fake has without settings."""

FORGOTTEN = {"spent", "listed"}
"""A token that still answers with an instance that no list shows any more: a test of its own."""

PAIRS = [
    pair
    for pair in combinations(SWITCHES, 2)
    if pair[0][0] != pair[1][0] and {name for name, _ in pair} != FORGOTTEN
]


def lives(deploy: Script, members: int) -> None:
    """Launched, one of them replaced, one too many refused, and all given up."""
    group = deploy.group(members, RACKS)
    assert deploy.roll_out(group).exit_code == 0
    deploy.ec2.terminate_instances(InstanceIds=[deploy.id_of("db-1")])
    deploy.wait(60)
    assert deploy.roll_out(group).exit_code == 0
    assert len(set(deploy.where("rack").values())) == members
    with pytest.raises(aa.NoCapacity):
        deploy.roll_out(deploy.group(members + 1, RACKS))
    assert len(deploy.running()) == members
    deploy.ec2.terminate_instances(InstanceIds=[machine.id for machine in deploy.running()])
    deploy.wait(60)
    group.release()
    assert deploy.aws.state.groups == {}


@pytest.mark.parametrize(("name", "value"), SWITCHES)
def test_a_group_lives_under_each_value(name: str, value: Any) -> None:
    with script(racks({A: 2, B: 2}, hosts=2), **{name: value}) as deploy:
        lives(deploy, 4)


@pytest.mark.soak
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "-".join(name for name, _ in pair))
def test_a_group_lives_under_each_two_values(pair: tuple[tuple[str, Any], ...]) -> None:
    with script(racks({A: 1, B: 1}, hosts=2), **dict(pair)) as deploy:
        lives(deploy, 2)


def test_a_token_that_outlives_its_instance_in_the_lists_ends_the_run_and_doubles_nothing() -> None:
    with script(racks({A: 1, B: 1}, hosts=2), token_outlives=60.0, listed=1.0, spent="answered") as deploy:
        group = deploy.group(2, RACKS)
        assert deploy.roll_out(group).exit_code == 0
        deploy.ec2.terminate_instances(InstanceIds=[deploy.id_of("db-1")])
        deploy.wait(60)
        with pytest.raises(aa.Unavailable, match="db-1 is not to be seen"):
            deploy.roll_out(group)
        deploy.wait(60)
        assert deploy.roll_out(group).exit_code == 0
        assert len(set(deploy.where("rack").values())) == 2


@pytest.mark.parametrize("code", get_args(Eighth))
def test_a_spread_group_that_others_fill_is_full_by_any_code(code: Eighth) -> None:
    """An adopted group holds seven of somebody else's in one zone: ours go to the other."""
    with script(racks({A: 9, B: 9}), eighth=code) as deploy:
        made = deploy.ec2.create_placement_group(GroupName="theirs", Strategy="spread")
        deploy.wait()
        group = made["PlacementGroup"]["GroupId"]
        for _ in range(7):
            place = {"AvailabilityZone": A, "GroupId": group}
            deploy.ec2.run_instances(**deploy.aws.machine, MinCount=1, MaxCount=1, Placement=place)
        deploy.wait()
        placement = deploy.group(1, RACKS, adopt={"rack": group}, only={"zone": [A]}).plan().placements
        (backend,) = deploy.cloud.clouds.values()
        if placement:
            with pytest.raises(aa.NoCapacity) as error:
                backend.settle(placement[0], refusal_of(deploy, placement[0]))
            assert error.value.domain["zone"] == A
        deploy.roll_out(deploy.group(2, RACKS, adopt={"rack": group}))
        assert set(deploy.where().values()) == {B}


def refusal_of(deploy: Script, placement: aa.Placement) -> Exception:
    try:
        deploy.boot(placement)
    except Exception as error:
        return error
    raise AssertionError("it was launched")


def test_a_throttled_request_is_repeated_and_told_once_the_patience_has_passed() -> None:
    with script() as deploy:
        deploy.aws.settings.throttled = 5
        assert deploy.group(1, RACKS).machines() == []
        deploy.aws.settings.throttled = 1000
        with pytest.raises(aa.Unavailable, match=r"RequestLimitExceeded.*retry_timeout"):
            deploy.group(1, RACKS).machines()
        deploy.aws.settings.throttled = 0
        assert deploy.group(1, RACKS).machines() == []


def test_a_quota_is_no_lack_of_room() -> None:
    with script(vcpu_quota=2) as deploy:
        with pytest.raises(aa.LimitExceeded, match="VcpuLimitExceeded"):
            deploy.roll_out(deploy.group(2, RACKS))
        assert len(deploy.running()) == 1


def test_the_quota_of_placement_groups_is_told_before_any_launch() -> None:
    with script(group_quota=0) as deploy:
        with pytest.raises(aa.LimitExceeded, match="PlacementGroupLimitExceeded"):
            deploy.roll_out(deploy.group(2, RACKS))
        assert deploy.asked("RunInstances") == 0
