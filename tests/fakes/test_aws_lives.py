"""The fake AWS's instances as time goes by: pending, stopped, started elsewhere, ended and still listed."""

from __future__ import annotations

from typing import Any

from fakes.aws_stage import A, account, racks, refusal


def launched(user: Any) -> str:
    """A new instance, looked at before it runs."""
    place = {"AvailabilityZone": A}
    made = user.ec2.run_instances(**user.aws.machine, MinCount=1, MaxCount=1, Placement=place)
    return str(made["Instances"][0]["InstanceId"])


def test_an_instance_is_pending_before_it_runs() -> None:
    with account() as user:
        id_ = launched(user)
        assert user.state(id_) == "pending"
        assert user.world.running() == []
        user.wait()
        assert user.state(id_) == "running"
        assert [machine.id for machine in user.world.running()] == [id_]


def test_a_new_instance_may_not_be_in_a_describe_yet() -> None:
    with account(instance_unseen=3.0) as user:
        id_ = launched(user)
        assert user.ec2.describe_instances()["Reservations"] == []
        assert refusal(lambda: user.shown(id_)) == "InvalidInstanceID.NotFound"
        assert refusal(lambda: user.end(id_)) == "InvalidInstanceID.NotFound"
        user.wait()
        assert user.state(id_) == "running"


def test_a_stopped_member_frees_its_rack_and_may_not_come_back() -> None:
    with account(racks(1)) as user:
        group = user.group()
        first = user.boot(A, group)
        user.stop(first)
        assert user.machine(first).place is None
        second = user.boot(A, group)
        start = refusal(lambda: user.ec2.start_instances(InstanceIds=[first]))
        assert start == "InsufficientInstanceCapacity"
        assert user.state(first) == "stopped"
        user.end(second)
        user.ec2.start_instances(InstanceIds=[first])
        user.wait()
        assert user.state(first) == "running"


def test_a_start_after_a_stop_sets_the_launch_time_anew_but_not_the_interfaces() -> None:
    with account() as user:
        id_ = user.boot(A)
        born = user.shown(id_)["LaunchTime"]
        user.stop(id_)
        user.wait(100)
        user.ec2.start_instances(InstanceIds=[id_])
        user.wait()
        shown = user.shown(id_)
        assert shown["LaunchTime"] > born
        assert shown["NetworkInterfaces"][0]["Attachment"]["AttachTime"] == born


def test_a_terminated_instance_is_listed_for_a_while() -> None:
    with account(listed=100.0, end=2.0) as user:
        id_ = user.boot(A)
        user.ec2.terminate_instances(InstanceIds=[id_])
        assert user.state(id_) == "shutting-down"
        assert id_ in user.world.machines
        user.wait()
        assert user.state(id_) == "terminated"
        assert user.world.machines == {}
        user.wait(200)
        assert refusal(lambda: user.shown(id_)) == "InvalidInstanceID.NotFound"


def test_terminating_twice_is_terminating_once() -> None:
    with account() as user:
        id_ = user.boot(A)
        user.end(id_)
        user.end(id_)
        assert user.state(id_) == "terminated"


def test_whether_the_ended_keep_their_group_is_a_switch() -> None:
    for keeps in (True, False):
        with account(ended_keeps_group=keeps) as user:
            id_ = user.boot(A, user.group(name="db"))
            user.end(id_)
            named = user.shown(id_)["Placement"].get("GroupName", "")
            assert named == ("db" if keeps else "")
            assert user.ec2.delete_placement_group(GroupName="db")


def test_what_is_on_its_way_out_does_not_start() -> None:
    with account() as user:
        id_ = user.boot(A)
        user.end(id_)
        start = refusal(lambda: user.ec2.start_instances(InstanceIds=[id_]))
        assert start == "IncorrectInstanceState"


def test_tags_that_are_written_later_are_the_machines_too() -> None:
    with account() as user:
        id_ = user.boot(A)
        user.ec2.create_tags(Resources=[id_], Tags=[{"Key": "role", "Value": "db"}])
        assert user.machine(id_).tags == {"role": "db"}
        user.ec2.delete_tags(Resources=[id_], Tags=[{"Key": "role"}])
        assert user.machine(id_).tags == {}


def test_what_an_operator_moves_is_shown_where_it_is() -> None:
    with account(racks(2, 2)) as user:
        id_ = user.boot(A)
        user.world.move(id_, "us-east-1b-r1-0")
        assert user.shown(id_)["Placement"]["AvailabilityZone"] == "us-east-1b"
