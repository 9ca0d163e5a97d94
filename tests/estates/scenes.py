"""Estates of two connections to one provider, on fakes: what a World has once, two keys show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.model import Placement, Size
from antiaffinity.testing import Place, World
from antiaffinity.testing.aws import FakeAws
from antiaffinity.testing.aws.nouns import Settings as AwsSettings
from antiaffinity.testing.azure import FakeAzure
from antiaffinity.testing.azure.nouns import Settings as AzureSettings
from antiaffinity.testing.exoscale import FakeExoscale
from antiaffinity.testing.openstack import FakeOpenStack
from antiaffinity.testing.vcenter import FakeVCenter

Launch = Callable[[Placement], str]

TYPES = {"aws": "m6i.large", "azure": "Standard_D2s_v5"}


class Skipping:
    """A time that goes by at once."""

    def __init__(self) -> None:
        self.moment = 0.0

    def now(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += seconds

    def uniform(self, low: float, high: float) -> float:
        return high


class Both:
    """Two connected clouds under one rule, and the user's hands on each."""

    def __init__(self, clouds: Mapping[str, aa.Estate], launches: Mapping[str, Launch], kind: str) -> None:
        self.estate, self.launches = aa.estate(clouds), launches
        self.size: Size = {"type": TYPES[kind]} if kind in TYPES else {}

    def group(self, members: int, *rules: Any, **more: Any) -> aa.Group:
        return self.estate.group("db", members=members, rules=list(rules), size=self.size, **more)

    def launch(self, placement: Placement) -> str:
        return self.launches[placement.cloud](placement)

    def alone(self, key: str, members: int, *rules: Any, **more: Any) -> None:
        """Members that were rolled out when this cloud stood alone."""
        group = aa.Estate({"": self.estate.clouds[key]}, self.estate.owner)
        one = group.group("db", members=members, rules=list(rules), size=self.size, **more)
        one.roll_out(launch=lambda placement: self.launches[key](placement))


@contextmanager
def aws(zones: Mapping[str, tuple[str, ...]], ids: Mapping[str, Mapping[str, str]]) -> Iterator[Both]:
    """Accounts a and b: the zones of each by their letters, and what they really are."""
    with _time() as (stack, clock):
        fakes = {}
        for key, letters in zones.items():
            names = [f"us-east-1{letter}" for letter in letters]
            places = [Place(f"{key}-{zone}{n}", f"r{n}", zone, "us-east-1") for zone in names for n in "1234"]
            settings = AwsSettings(zone_ids={f"us-east-1{name}": id_ for name, id_ in ids[key].items()})
            fakes[key] = stack.enter_context(FakeAws(World(places, clock=clock), settings))
        sessions = {key: fake.session() for key, fake in fakes.items()}
        clouds = {key: aa.connect("aws", client=one, owner="shop") for key, one in sessions.items()}
        yield Both(clouds, {key: _ec2(one.client("ec2")) for key, one in sessions.items()}, "aws")


def _ec2(client: Any) -> Launch:
    own = {"ImageId": "ami-0abc", "InstanceType": "m6i.large"}
    return lambda p: str(client.run_instances(**p.arguments(**own))["Instances"][0]["InstanceId"])


@contextmanager
def azure(physical: Mapping[str, str], rights: list[str] | None = None) -> Iterator[Both]:
    """Subscriptions a and b of three zones; ``physical`` says what those of b are, by their numbers."""
    with _time() as (stack, clock):
        fakes, subscriptions = {}, {"a": "0" * 8, "b": "1" * 8}
        for key, start in subscriptions.items():
            places = [Place(f"{key}{zone}{n}", f"r{n}", zone, "westeurope") for zone in "123" for n in "12"]
            id_ = f"{start}-0b1e-4f5e-8d5a-0c1b2d3e4f50"
            settings = AzureSettings(subscription=id_, physical_zones=physical if key == "b" else {})
            fakes[key] = stack.enter_context(FakeAzure(World(places, clock=clock), settings))
        clients = {key: fake.client(credential=fake.credential(rights)) for key, fake in fakes.items()}
        where = {"resource_group_name": "prod", "location": "westeurope", "owner": "shop"}
        clouds = {key: aa.connect("azure", client=one, **where) for key, one in clients.items()}
        yield Both(clouds, {key: _vm(fakes[key], one) for key, one in clients.items()}, "azure")


def _vm(fake: FakeAzure, client: Any) -> Launch:
    def launch(placement: Placement) -> str:
        body = placement.arguments(**fake.machine("westeurope"))
        poller = client.virtual_machines.begin_create_or_update("prod", placement.member, body, polling=False)
        return str(poller.result().id)

    return launch


@contextmanager
def exoscale() -> Iterator[Both]:
    """Organizations a and b, each with a host in each of two zones."""
    with _time() as (stack, clock):
        clouds, launches = {}, {}
        for key in "ab":
            places = [Place(f"{key}-{zone}{n}", "", zone) for zone in ("ch-gva-2", "de-fra-1") for n in "123"]
            fake = stack.enter_context(FakeExoscale(World(places, clock=clock)))
            clouds[key] = aa.connect("exoscale", client=fake.client(), owner="shop")
            launches[key] = _instance(fake)
        yield Both(clouds, launches, "exoscale")


def _instance(fake: FakeExoscale) -> Launch:
    def launch(placement: Placement) -> str:
        client = fake.client(placement.domains["zone"])
        words = {"name": placement.member, **placement.arguments(**fake.machine)}
        return str(client.create_instance(**words)["reference"]["id"])

    return launch


@contextmanager
def openstack(second: str = "other") -> Iterator[Both]:
    """Two projects of one OpenStack of two zones with three hosts each; the second may be the first again."""
    with _time() as (stack, clock):
        places = [Place(f"{zone}h{n}", "", zone) for zone in ("z1", "z2") for n in "123"]
        fake = stack.enter_context(FakeOpenStack(World(places, clock=clock)))
        connections = {"a": fake.connection(project="demo"), "b": fake.connection(project=second)}
        clouds = {key: aa.connect("openstack", client=one, owner="shop") for key, one in connections.items()}
        yield Both(clouds, {key: _server(fake, one) for key, one in connections.items()}, "openstack")


def _server(fake: FakeOpenStack, connection: Any) -> Launch:
    def launch(placement: Placement) -> str:
        words = placement.arguments(**fake.machine, name=placement.member)
        return str(connection.compute.create_server(**words).id)

    return launch


@contextmanager
def vcenter(**zones: str) -> Iterator[Both]:
    """One vCenter connected twice: two clusters of two hosts; ``zones`` are settings of the connections."""
    with _time() as (stack, clock):
        places = [
            Place(f"{zone}h{n}", "", zone, capacity={"vcpus": 16}) for zone in ("c1", "c2") for n in "12"
        ]
        fake = stack.enter_context(FakeVCenter(World(places, clock=clock)))
        settings = {key: {"zone": zones[key]} if key in zones else {} for key in "ab"}
        clouds = {
            key: aa.connect("vcenter", client=fake.client(), owner="shop", **settings[key]) for key in "ab"
        }
        yield Both(clouds, {}, "vcenter")


@contextmanager
def _time() -> Iterator[tuple[ExitStack, Skipping]]:
    clock = Skipping()
    with ExitStack() as stack, lent(clock):
        yield stack, clock
