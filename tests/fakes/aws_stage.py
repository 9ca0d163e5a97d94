"""An empty account on a fake AWS, and short words for what is done on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from antiaffinity.clock import lent
from antiaffinity.testing import Machine, Place, Turns, World
from antiaffinity.testing.aws import FakeAws, Settings
from fakes.aws_models import strictly

A, B, C = "us-east-1a", "us-east-1b", "us-east-1c"
BEGUN = 5.0
"""Seconds after which whatever was begun is done."""


def racks(*numbers: int, zones: Sequence[str] = (A, B, C), each: int = 1) -> list[Place]:
    """So many racks in each zone, with a host or more on each."""
    counts = numbers or (3, 3, 3)
    return [
        Place(f"{zone}-r{rack}-{host}", f"r{rack}", zone, "us-east-1", {"vcpus": 8})
        for zone, count in zip(zones, counts, strict=False)
        for rack in range(1, count + 1)
        for host in range(each)
    ]


class Account:
    """One user's view: an EC2 client whose every answer must fit botocore's model, and the World."""

    def __init__(self, aws: FakeAws, clock: Turns) -> None:
        self.aws, self.clock, self.world = aws, clock, aws.world
        self.ec2: Any = aws.client()
        strictly(self.ec2)

    @property
    def settings(self) -> Settings:
        return self.aws.settings

    def wait(self, seconds: float = BEGUN) -> None:
        self.clock.sleep(seconds)

    def group(self, strategy: str = "spread", name: str = "apart", **more: Any) -> str:
        """The id of a new placement group that can be used."""
        made = self.ec2.create_placement_group(GroupName=name, Strategy=strategy, **more)
        self.wait()
        return str(made["PlacementGroup"]["GroupId"])

    def boot(self, zone: str = A, group: str = "", **more: Any) -> str:
        """The id of a new instance, once it runs."""
        place = {"AvailabilityZone": zone, **({"GroupId": group} if group else {}), **more.pop("Place", {})}
        asked = {**self.aws.machine, "MinCount": 1, "MaxCount": 1, "Placement": place, **more}
        made = self.ec2.run_instances(**asked)["Instances"][0]["InstanceId"]
        self.wait()
        return str(made)

    def shown(self, id_: str) -> dict[str, Any]:
        found = self.ec2.describe_instances(InstanceIds=[id_])["Reservations"]
        return dict(found[0]["Instances"][0])

    def state(self, id_: str) -> str:
        return str(self.shown(id_)["State"]["Name"])

    def stop(self, id_: str) -> None:
        self.ec2.stop_instances(InstanceIds=[id_])
        self.wait()

    def end(self, *ids: str) -> None:
        self.ec2.terminate_instances(InstanceIds=list(ids))
        self.wait()

    def machine(self, id_: str) -> Machine:
        self.world.catch_up()
        return self.world.machines[id_]

    def on_racks(self) -> Counter[str]:
        """How many machines run on each rack."""
        return Counter(machine.domain("rack") for machine in self.world.running())


@contextmanager
def account(places: Sequence[Place] = (), **settings: Any) -> Iterator[Account]:
    """A new account on a World of its own, in a time of its own."""
    clock = Turns()
    world = World(places or racks(), clock)
    with FakeAws(world, Settings(**settings)) as aws, lent(clock):
        yield Account(aws, clock)


def refusal(act: Callable[[], object]) -> str:
    """The code with which EC2 refuses."""
    with pytest.raises(ClientError) as error:
        act()
    return str(error.value.response["Error"]["Code"])
