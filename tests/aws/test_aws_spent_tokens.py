"""A member is replaced whenever its instance ended, though EC2 keeps the token of its launch for a day."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

import antiaffinity as aa
from antiaffinity.testing import Wire
from antiaffinity.testing.wire import Killed, Trouble
from aws.deploying import A, B, C, Script, aws, racks, script

RACKS = aa.AntiAffinity("rack")
ZONES = aa.AntiAffinity("zone")
MINUTE, HOUR = 60.0, 3600.0
PLACES = racks({A: 2, B: 2, C: 2})


def replaced(deploy: Script, after: float, rule: Any = ZONES) -> str:
    """The new instance of db-0, whose old one ended so long ago."""
    ended = deploy.id_of("db-0")
    deploy.ec2.terminate_instances(InstanceIds=[ended])
    deploy.wait(after)
    report = deploy.roll_out(deploy.group(1, rule))
    assert (report.exit_code, len(deploy.running())) == (0, 1)
    assert deploy.id_of("db-0") != ended
    return deploy.id_of("db-0")


@pytest.mark.parametrize("after", [10 * MINUTE, 59 * MINUTE, 61 * MINUTE, 3 * HOUR, 23 * HOUR, 30 * HOUR])
def test_a_member_is_replaced_at_any_time(after: float) -> None:
    rule = RACKS if after == 3 * HOUR else ZONES
    with script(PLACES) as deploy:
        deploy.roll_out(deploy.group(1, rule))
        replaced(deploy, after, rule)
        assert deploy.asked("RunInstances") <= 3


@pytest.mark.parametrize("after", [(3, 3), (3, 0.5, 3), (0.5, 3, 3, 25), (2,) * 8], ids=str)
def test_a_member_is_replaced_many_times_a_day(after: tuple[float, ...]) -> None:
    with script(PLACES) as deploy:
        deploy.roll_out(deploy.group(1, ZONES))
        ids = [replaced(deploy, hours * HOUR) for hours in after]
        assert len({*ids}) == len(after)


def test_each_process_walks_the_same_tokens() -> None:
    """Three scripts that know nothing of each other, each after the instance of the one before."""
    with aws(PLACES) as (fake, clock):
        for _ in range(3):
            deploy = Script(fake, clock)
            deploy.roll_out(deploy.group(1, ZONES))
            deploy.ec2.terminate_instances(InstanceIds=[deploy.id_of("db-0")])
            deploy.wait(3 * HOUR)
        tokens = [token for token, _ in fake.state.tokens]
        assert len(tokens) == len({*tokens}) == 3


def test_an_answer_that_was_lost_is_the_same_machine_when_asked_again() -> None:
    """New instances are in no list for a while: the token alone tells the second run of the first one's."""
    with script(PLACES, instance_unseen=40.0) as deploy:
        deploy.roll_out(deploy.group(1, ZONES))
        deploy.ec2.terminate_instances(InstanceIds=[deploy.id_of("db-0")])
        deploy.wait(3 * HOUR)

        def lost(placement: aa.Placement) -> str:
            deploy.boot(placement)
            raise Killed("the laptop was closed")

        with pytest.raises(Killed):
            deploy.group(1, ZONES).roll_out(lost, deploy.kill)
        (made,) = [one for one in deploy.aws.world.machines.values() if one.member == "db-0"]
        assert deploy.roll_out(deploy.group(1, ZONES)).exit_code == 0
        assert [one.id for one in deploy.running()] == [made.id]


@pytest.mark.parametrize("late", [False, True], ids=["unsent", "unanswered"])
@pytest.mark.parametrize("kind", ["killed", "lost"])
def test_a_run_that_ends_anywhere_is_finished_by_the_next(kind: Any, late: bool) -> None:
    """Every request around a replacement's launch is the last one once, while tokens of the day pile up."""
    with aws(racks({A: 2, B: 1}), instance_unseen=5.0) as (fake, clock):
        first = Script(fake, clock)
        first.roll_out(first.group(1, ZONES))
        for at in range(3, 11):
            first.ec2.terminate_instances(InstanceIds=[one.id for one in first.running()])
            clock.sleep(2 * HOUR)
            deploy = Script(fake, clock)
            deploy.wire.trouble = Trouble(at, late, kind)
            with suppress(Killed, aa.AntiaffinityError, ClientError):
                deploy.roll_out(deploy.group(1, ZONES))
            after = Script(fake, clock)
            assert after.roll_out(after.group(1, ZONES)).exit_code == 0, at
            clock.sleep(MINUTE)
            assert len(after.running()) == 1, at


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("unseen", [0.0, 8.0])
def test_two_runs_at_once_end_with_one_machine(seed: int, unseen: float) -> None:
    with aws(PLACES, seed, instance_unseen=unseen) as (fake, clock):
        first = Script(fake, clock)
        first.roll_out(first.group(2, ZONES))
        first.ec2.terminate_instances(InstanceIds=[one.id for one in first.running()])
        clock.sleep(3 * HOUR)
        both = [Script(fake, clock, wire=Wire(pace=clock)) for _ in range(2)]
        done = clock.run(*(lambda one=one: one.roll_out(one.group(2, ZONES)) for one in both))
        assert [getattr(one, "exit_code", one) for one in done] == [0, 0]
        clock.sleep(MINUTE)
        assert sorted(one.member for one in first.running()) == ["db-0", "db-1"]
        assert len({*first.where().values()}) == 2


def test_a_command_that_prints_the_refusal_is_asked_for_the_next_too() -> None:
    with script(PLACES) as deploy:
        deploy.roll_out(deploy.group(1, ZONES))
        deploy.ec2.terminate_instances(InstanceIds=[deploy.id_of("db-0")])
        deploy.wait(3 * HOUR)

        def launch(placement: aa.Placement) -> str:
            try:
                return deploy.boot(placement)
            except ClientError as error:
                text = f"aws: [ERROR]: {error}".encode()
                raise subprocess.CalledProcessError(254, ["aws"], stderr=text) from None

        deploy.group(1, ZONES).roll_out(launch, deploy.kill)
        assert len(deploy.running()) == 1


def test_who_launches_a_plan_by_hand_is_told_what_to_do() -> None:
    with script(PLACES) as deploy:
        deploy.roll_out(deploy.group(1, ZONES))
        deploy.ec2.terminate_instances(InstanceIds=[deploy.id_of("db-0")])
        deploy.wait(3 * HOUR)
        (placement,) = deploy.group(1, ZONES).prepare().placements
        (backend,) = deploy.cloud.clouds.values()
        with pytest.raises(ClientError) as refused:
            deploy.boot(placement)
        with pytest.raises(aa.Conflict, match="roll_out, which takes the next token") as error:
            backend.settle(placement, refused.value)
        assert error.value.kind == "Conflict"
        asked = placement.arguments(**deploy.aws.machine, ClientToken="mine-2026-11-30")
        assert deploy.ec2.run_instances(**asked)["Instances"]


def test_a_launch_that_does_not_take_what_it_is_given_ends_the_run() -> None:
    with script(PLACES) as deploy:
        group = deploy.group(1, ZONES)
        asked = group.prepare().placements[0].arguments(**deploy.aws.machine)

        def launch(_: aa.Placement) -> str:
            return str(deploy.ec2.run_instances(**asked)["Instances"][0]["InstanceId"])

        group.roll_out(launch, deploy.kill)
        deploy.ec2.terminate_instances(InstanceIds=[deploy.id_of("db-0")])
        deploy.wait(3 * HOUR)
        with pytest.raises(aa.InvalidRequest, match="arguments") as error:
            group.roll_out(launch, deploy.kill)
        assert error.value.path == "launch"
        assert deploy.running() == []


def test_a_token_of_the_users_own_is_named_when_it_is_spent() -> None:
    with script(PLACES) as deploy:

        def launch(placement: aa.Placement) -> str:
            asked = placement.arguments(**deploy.aws.machine, ClientToken="mine")
            return str(deploy.ec2.run_instances(**asked)["Instances"][0]["InstanceId"])

        deploy.group(1, ZONES).roll_out(launch, deploy.kill)
        deploy.ec2.terminate_instances(InstanceIds=[deploy.id_of("db-0")])
        deploy.wait(3 * HOUR)
        with pytest.raises(aa.InvalidRequest, match="leave it out") as error:
            deploy.group(1, ZONES).roll_out(launch, deploy.kill)
        assert error.value.path == "ClientToken"
