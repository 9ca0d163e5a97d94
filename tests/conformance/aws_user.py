"""A user of an AWS account, as the conformance suite needs one: connects, launches, terminates, looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import boto3
from msgspec.structs import replace

import antiaffinity as aa
from antiaffinity.backend import Need
from antiaffinity.guarantee import Cloud
from antiaffinity.model import Machine, Placement
from antiaffinity.testing.conformance import Deployer
from antiaffinity_aws import on_shared_hosts
from antiaffinity_aws.backend import AwsBackend, connect

Way = Literal["spread", "partitions", "hosts"]

SPREAD = "spread placement group"

ELSEWHERE: tuple[dict[str, Any], ...] = (
    {"Placement": {"AvailabilityZone": "us-east-1f"}},
    {"Placement": {"GroupName": "hand-made"}},
    {"Placement": {"HostId": "h-0123456789abcdef0"}},
    {"MaxCount": 2},
)


class Narrowed(AwsBackend):
    """Promises a part of what AWS does, so that the suite tries that part.

    Where spread groups are promised, a rule of one member for each rack never asks for partitions.
    """

    def __init__(self, whole: AwsBackend, way: Way, racks: Callable[[], int]) -> None:
        super().__init__(whole._ec2)
        self.part, self.racks = way, racks

    def _partitions(self, need: Need) -> int:
        return min(self.racks(), super()._partitions(need))

    @property
    def cloud(self) -> Cloud:
        promised = on_shared_hosts.guarantees
        spread = tuple(one for one in promised if one.level != "rack" or one.mechanism == SPREAD)
        partitions = tuple(one for one in promised if one.mechanism != SPREAD)
        return replace(on_shared_hosts, guarantees=spread if self.part == "spread" else partitions)


class User:
    """One process of the user's, for one group."""

    def __init__(
        self,
        session: boto3.Session,
        key: aa.GroupKey,
        own: Mapping[str, Any],
        way: Way,
        racks: Callable[[], int],
    ) -> None:
        self.session, self.key, self.own, self.way, self.racks = session, key, own, way, racks
        self.ec2 = session.client("ec2")

    def deployer(self) -> Deployer:
        return Deployer(
            self.cloud(), self.boot, self.discard, self.find, self.own, ELSEWHERE, ("ClientToken",)
        )

    def cloud(self) -> aa.Estate:
        if self.way == "hosts":
            return aa.connect("aws", client=self.session, owner=self.key.owner, tenancy="host")
        return aa.Estate({"": Narrowed(connect(self.session, {}), self.way, self.racks)}, self.key.owner)

    def boot(self, placement: Placement, arguments: Mapping[str, Any]) -> str:
        counts = {"MinCount": 1, "MaxCount": 1}
        return str(self.ec2.run_instances(**{**counts, **arguments})["Instances"][0]["InstanceId"])

    def discard(self, machine: Machine) -> None:
        if id_ := machine.id or self.find(machine.member):
            self.ec2.terminate_instances(InstanceIds=[id_])

    def find(self, member: str) -> str | None:
        mark = self.key.marks(member)
        filters = [{"Name": f"tag:{name}", "Values": [value]} for name, value in mark.items()]
        states = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}
        found = self.ec2.describe_instances(Filters=[*filters, states])["Reservations"]
        return next((one["InstanceId"] for each in found for one in each["Instances"]), None)
