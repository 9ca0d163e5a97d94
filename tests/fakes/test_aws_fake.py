"""The fake AWS as a place: its own account, its Wire, its rights, and the moto that it stands on."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from moto.ec2.responses import EC2Response

from antiaffinity.clock import lent
from antiaffinity.testing import Killed, Place, Trouble, Turns, Wire, World
from antiaffinity.testing.aws import FakeAws, Settings
from antiaffinity.testing.aws.ec2 import MADE_FOR, Ec2
from antiaffinity.testing.aws.groups import Groups
from antiaffinity.testing.aws.launches import Launches
from antiaffinity.testing.aws.lives import Lives
from antiaffinity.testing.aws.looks import Looks
from antiaffinity.testing.aws.request import Ec2Request
from fakes.aws_models import strictly
from fakes.aws_stage import A, account, racks, refusal

# moto

OVERRIDDEN = {
    "call_action",
    "create_tags",
    "delete_tags",
    "describe_availability_zones",
    "describe_hosts",
    "describe_images",
    "describe_instance_type_offerings",
    "describe_instances",
    "allocate_hosts",
    "release_hosts",
    "run_instances",
    "serialized",
    "start_instances",
    "stop_instances",
    "terminate_instances",
}
"""What moto has and ours replaces."""

ADDED = {
    "create_placement_group",
    "delete_placement_group",
    "describe_placement_groups",
    "modify_instance_placement",
}
"""Actions that moto has not."""

CLASSES = (Ec2, Groups, Launches, Lives, Looks, Ec2Request)


def own(kind: type) -> set[str]:
    """The methods that a class of ours defines."""
    return {name for name, value in vars(kind).items() if inspect.isfunction(value) and name != "__init__"}


def test_of_moto_exactly_these_methods_are_replaced() -> None:
    ours = set().union(*map(own, CLASSES))
    assert {name for name in ours if hasattr(EC2Response, name)} == OVERRIDDEN


def test_what_is_added_moto_still_has_not() -> None:
    assert set().union(*map(own, CLASSES)) >= ADDED
    assert not [name for name in ADDED if hasattr(EC2Response, name)]


def test_no_two_parts_of_the_fake_use_one_name() -> None:
    for name in set().union(*map(own, CLASSES)):
        having = [kind for kind in CLASSES if name in own(kind)]
        allowed = {"take_place", "end_unplaced"}
        assert len(having) == 1 or name in allowed, f"{name} is in {having}"


@pytest.mark.parametrize("name", sorted(OVERRIDDEN - {"call_action", "serialized"}))
def test_motos_actions_take_no_arguments(name: str) -> None:
    assert list(inspect.signature(getattr(EC2Response, name)).parameters) == ["self"]


def test_another_moto_is_refused_with_what_to_install() -> None:
    program = (
        "import moto; moto.__version__ = '9.9'\n"
        "try: import antiaffinity.testing.aws\n"
        "except ImportError as error: print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert MADE_FOR in told.stdout
    assert "antiaffinity[testing]" in told.stdout


def test_moto_itself_is_left_as_it_is() -> None:
    with account() as user:
        user.group()
    assert not hasattr(EC2Response, "create_placement_group")


# Answers


@pytest.mark.parametrize(("key", "wrong"), [("Strategy", "banana"), ("State", "ripe")])
def test_an_answer_that_the_model_does_not_know_is_noticed(
    key: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Groups._group_shown
    monkeypatch.setattr(Groups, "_group_shown", lambda self, group: {**shown(self, group), key: wrong})
    with account() as user, pytest.raises(AssertionError, match=wrong):
        user.group()


def test_an_action_that_ec2_has_not_is_refused_in_its_form() -> None:
    with account() as user:
        refused = refusal(lambda: user.ec2.get_spot_placement_scores(TargetCapacity=1))
        assert refused == "InvalidAction"


@pytest.mark.parametrize(("code", "status"), [("RequestLimitExceeded", 503), ("UnauthorizedOperation", 403)])
def test_a_refusal_has_its_own_status(code: str, status: int) -> None:
    settings: dict[str, Any] = {"throttled": 1} if status == 503 else {"allowed": frozenset()}
    with account(**settings) as user, pytest.raises(ClientError) as error:
        user.ec2.describe_instances()
    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_launch_with_tags_needs_the_right_to_tag() -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}]
    with account(allowed=frozenset({"ec2:RunInstances"})) as user:
        user.boot(A)
        assert refusal(lambda: user.boot(A, TagSpecifications=tags)) == "UnauthorizedOperation"


def test_a_dry_run_makes_nothing() -> None:
    with account() as user:
        assert refusal(lambda: user.boot(A, DryRun=True)) == "DryRunOperation"
        asked = {"GroupName": "db", "Strategy": "spread", "DryRun": True}
        assert refusal(lambda: user.ec2.create_placement_group(**asked)) == "DryRunOperation"
        assert (user.world.machines, user.aws.state.groups) == ({}, {})


# The Wire


def wired(trouble: Trouble | None) -> tuple[Wire, Any, FakeAws]:
    aws = FakeAws(World(racks(1), Turns()))
    wire = Wire(trouble)
    return wire, aws, aws


def test_the_wire_names_requests_by_their_action() -> None:
    wire, _, aws = wired(None)
    with aws:
        aws.client(wire).describe_instances()
        aws.client().describe_placement_groups()
    assert wire.requests == ["DescribeInstances"]


@pytest.mark.parametrize("late", [False, True])
def test_a_lost_request_has_its_effect_only_if_its_answer_is_what_was_lost(late: bool) -> None:
    wire, _, aws = wired(Trouble(1, late=late))
    with aws:
        with pytest.raises(ConnectionClosedError):
            aws.client(wire).create_placement_group(GroupName="db", Strategy="spread")
        assert len(aws.state.groups) == late


def test_a_killed_deployer_asks_nothing_more() -> None:
    wire, _, aws = wired(Trouble(1, kind="killed"))
    with aws:
        ec2 = aws.client(wire)
        for _ in range(2):
            with pytest.raises(Killed):
                ec2.describe_instances()
    assert wire.requests == ["DescribeInstances"]


def test_two_wires_of_one_account_do_not_mix() -> None:
    aws = FakeAws(World(racks(1), Turns()))
    with aws:
        one, other = Wire(), Wire()
        first, second = aws.session(one).client("ec2"), aws.session(other).client("ec2")
        first.describe_instances()
        second.describe_hosts()
    assert (one.requests, other.requests) == (["DescribeInstances"], ["DescribeHosts"])


# The account


def test_two_fakes_are_two_accounts() -> None:
    with account() as one, account() as other:
        one.group()
        one.boot(A)
        assert other.ec2.describe_placement_groups()["PlacementGroups"] == []
        assert other.ec2.describe_instances()["Reservations"] == []
        accounts = {
            user.aws.session().client("sts").get_caller_identity()["Account"] for user in (one, other)
        }
        assert len(accounts) == 2


def test_another_process_reaches_it_by_its_environment() -> None:
    program = "import boto3; print(boto3.client('ec2').describe_placement_groups()['PlacementGroups'])"
    with FakeAws(World(racks(1), Turns())) as aws:
        strictly(client := aws.client())
        client.create_placement_group(GroupName="seen", Strategy="spread")
        env = {**os.environ, **aws.env}
        told = subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=env
        )
    assert "seen" in told.stdout


def test_the_same_seed_gives_the_same_ids() -> None:
    def ids() -> list[str]:
        clock = Turns()
        with FakeAws(World(racks(2), clock, seed=7)) as aws, lent(clock):
            launch = {**aws.machine, "MinCount": 1, "MaxCount": 1}
            made = [aws.client().run_instances(**launch)["Instances"][0] for _ in range(2)]
            return [one["InstanceId"] for one in made]

    assert ids() == ids()


def test_a_zone_that_the_region_has_not_is_named() -> None:
    places = [Place("h1", "r1", "z1", "us-east-1")]
    with pytest.raises(ValueError, match="us-east-1 has no zone 'z1'; it has us-east-1a"):
        FakeAws(World(places, Turns()), Settings())


def test_wrong_keys_are_refused() -> None:
    import boto3

    with FakeAws(World(racks(1), Turns())) as aws:
        session = boto3.Session("AKIAWRONGWRONGWRONG0", "no", region_name="us-east-1")
        assert refusal(session.client("ec2", endpoint_url=aws.url).describe_instances) == "AuthFailure"
