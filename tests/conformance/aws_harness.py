"""The fake AWS wired to the conformance suite, once for each way in which EC2 keeps instances apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack

import antiaffinity as aa
from antiaffinity.clock import Clock, sleep
from antiaffinity.guarantee import Guarantee
from antiaffinity.model import MARKS, Size
from antiaffinity.testing import Place, Wire, World
from antiaffinity.testing.aws import FakeAws, Settings
from antiaffinity.testing.conformance import Deployer, OnWorld
from conformance.aws_user import User, Way

ZONES = ("us-east-1a", "us-east-1b")

RACKS = 2
"""In a zone when all begins."""

GONE_AFTER = 5.0
"""Seconds after which a request to stop or terminate an instance has had its effect."""


class AwsHarness(OnWorld):
    """One fake account, whose chance the clock decides."""

    patience = 5.0
    """What a dead deployer launched has been refused by then, if it is."""

    def __init__(self, aws: FakeAws, way: Way) -> None:
        super().__init__(aws.world)
        self.aws, self.way = aws, way
        if way == "hosts":
            for place in self.places():
                self._allocate(place.zone)

    def deployer(self, key: aa.GroupKey, wire: Wire) -> Deployer:
        session = self.aws.session(wire)
        return User(session, key, self.aws.machine, self.way, self._racks).deployer()

    def _racks(self) -> int:
        """As many as a zone has at most: of seven partitions some would never find a rack here."""
        there = {(place.zone, place.rack) for place in self.places()}
        return max(Counter(zone for zone, _ in there).values())

    def reads(self, request: str) -> bool:
        return request.startswith("Describe")

    @property
    def hidden(self) -> set[str]:
        return self.aws.state.hidden

    def natives(self) -> list[str]:
        return sorted(self.aws.state.groups)

    def stop(self, id_: str) -> None:
        self.aws.client().stop_instances(InstanceIds=[id_])
        sleep(GONE_AFTER)

    def terminate(self, id_: str) -> None:
        self.aws.client().terminate_instances(InstanceIds=[id_])
        sleep(GONE_AFTER)

    def retire(self, place: Place) -> Size | None:
        """Its zone is impaired."""
        settings = self.aws.state.settings
        settings.impaired = settings.impaired | {place.zone}
        return {}

    def break_(self, id_: str) -> None:
        """EC2 has no error: what comes nearest is one that was stopped, and is started for very long."""
        self.stop(id_)
        self.slow(3600.0)
        self.aws.client().start_instances(InstanceIds=[id_])

    def slow(self, seconds: float) -> None:
        self.aws.state.settings.boot = seconds

    def add_host(self) -> None:
        """On a rack of its own, in the first zone."""
        self.world.add(place(ZONES[0], RACKS + 1))
        if self.way == "hosts":
            self._allocate(ZONES[0])

    def _allocate(self, zone: str) -> None:
        self.aws.client().allocate_hosts(AvailabilityZone=zone, InstanceType="m6i.large", Quantity=1)

    def foreign_native(self, promise: Guarantee) -> str:
        spread = "spread" in promise.mechanism
        asked = {"Strategy": "spread"} if spread else {"Strategy": "partition", "PartitionCount": 7}
        made = self.aws.client().create_placement_group(GroupName="theirs", **asked)
        sleep(GONE_AFTER)
        return str(made["PlacementGroup"]["GroupId"])

    def occupant(self, native: str) -> str:
        made = self.aws.client().run_instances(
            **self.aws.machine, MinCount=1, MaxCount=1, Placement={"GroupId": native}
        )
        sleep(GONE_AFTER)
        return str(made["Instances"][0]["InstanceId"])

    def delete_native(self, id_: str) -> None:
        """EC2 deletes no group that is in use, and takes only stopped instances out of one."""
        ec2, members = (
            self.aws.client(),
            [one.id for one in self.aws.state.members(self.aws.state.groups[id_])],
        )
        ec2.stop_instances(InstanceIds=members)
        sleep(GONE_AFTER)
        for member in members:
            ec2.modify_instance_placement(InstanceId=member, GroupName="")
        ec2.start_instances(InstanceIds=members)
        ec2.delete_placement_group(GroupName=self.aws.state.groups[id_].name)
        sleep(GONE_AFTER)

    def remark(self, id_: str, marks: Mapping[str, str]) -> None:
        ec2 = self.aws.client()
        ec2.delete_tags(Resources=[id_], Tags=[{"Key": mark} for mark in MARKS])
        if tags := [{"Key": key, "Value": value} for key, value in marks.items()]:
            ec2.create_tags(Resources=[id_], Tags=tags)


def place(zone: str, number: int) -> Place:
    """A host on a rack of its own."""
    return Place(f"host-{zone}-{number}", f"rack-{number}", zone, "us-east-1", {"vcpus": 8})


class Clouds:
    """Fake accounts, one at a time: a new one ends the one before."""

    def __init__(self, way: Way = "spread", settings: Settings | None = None) -> None:
        self.way, self.settings = way, settings or Settings()
        self._running = ExitStack()

    def fresh(self, time: Clock) -> AwsHarness:
        self.close()
        places = [place(zone, number + 1) for number in range(RACKS) for zone in ZONES]
        world = World(places, time, seed=int(time.uniform(0, 1_000_000)))
        return AwsHarness(self._running.enter_context(FakeAws(world, self.settings)), self.way)

    def close(self) -> None:
        self._running.close()
