"""How many requests each verb makes of each cloud, beside the fewest that its API allows.

On fakes where machines are up at once: waiting for one costs as many requests as it takes. Logging in, and
what a connection asks once in its life, is not counted; the user's own launches are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

import antiaffinity as aa
from antiaffinity.backend import Need
from antiaffinity.clock import Clock, lent
from antiaffinity.model import Machine
from antiaffinity.testing import Turns, Wire, World, aws, azure, exoscale, openstack
from antiaffinity.testing.conformance import Deployer, Harness, places
from benchmarks.fewest_requests import FEWEST
from benchmarks.table import Row
from conformance import aws_harness, azure_harness, exoscale_harness, openstack_harness

KEY = aa.GroupKey("shop/prod", "db")


@contextmanager
def on_openstack(clock: Clock) -> Iterator[Harness]:
    settings = openstack.Settings(scheduling=0, claiming=0, spawning=0, deleting=0)
    with openstack.FakeOpenStack(World(places(), clock), settings) as cloud:
        yield openstack_harness.OpenStackHarness(cloud)


@contextmanager
def on_aws(clock: Clock) -> Iterator[Harness]:
    settings = aws.Settings(boot=0, halt=0, end=0, group_pending=0)
    there = [aws_harness.place(zone, number) for zone in aws_harness.ZONES for number in (1, 2)]
    with aws.FakeAws(World(there, clock), settings) as cloud:
        yield aws_harness.AwsHarness(cloud, "spread")


@contextmanager
def on_azure(clock: Clock) -> Iterator[Harness]:
    settings = azure.Settings(creating=0, set_creating=0, changing=0, deleting=0)
    there = [azure_harness.ZONAL.place(number) for number in (1, 2, 3, 4)]
    with azure.FakeAzure(World(there, clock), settings) as cloud:
        yield azure_harness.AzureHarness(cloud, azure_harness.ZONAL)


@contextmanager
def on_exoscale(clock: Clock) -> Iterator[Harness]:
    with exoscale.FakeExoscale(
        World(exoscale_harness.places(), clock), exoscale.Settings(operating=0)
    ) as cloud:
        yield exoscale_harness.ExoscaleHarness(cloud)


CLOUDS: Mapping[str, Callable[[Clock], AbstractContextManager[Harness]]] = {
    "openstack": on_openstack,
    "aws": on_aws,
    "azure": on_azure,
    "exoscale": on_exoscale,
}


def requests_per_verb() -> list[Row]:
    """One row a verb and cloud; the reason of each lower bound is printed before the table."""
    rows: list[Row] = []
    for kind, least in FEWEST.items():
        print(f"the fewest requests that the API of {kind} allows:")
        for verb, (fewest, why) in least.items():
            print(f"  {verb:14} {fewest:3}  {why}")
        for verb, made in counts(kind).items():
            rows.append(
                Row(f"{kind}: {verb}: {made}", f"the fewest: {least[verb][0]}", made / least[verb][0])
            )
    return rows


def counts(kind: str) -> dict[str, int]:
    """The requests of each verb over the life of a group."""
    turns = Turns()
    with lent(turns), CLOUDS[kind](turns) as cloud:
        wire = Wire()
        deployer = cloud.deployer(KEY, wire)
        deployer.cloud.group("first", members=1, rules="anti-affinity").plan()
        return dict(_life(wire, deployer))


def _life(wire: Wire, user: Deployer) -> Iterator[tuple[str, int]]:
    def made(act: Callable[[], object]) -> int:
        before = len(wire.requests)
        act()
        return len(wire.requests) - before

    def boot(placement: aa.Placement) -> str:
        return user.boot(placement, placement.arguments(**user.own))

    group = user.cloud.group(KEY.name, members=1, rules="anti-affinity")
    backend, seen = group.clouds[""], group.look()
    plan = group.planned(seen)
    yield "topology", made(lambda: backend.topology(Need(group.key)))
    yield "prepare", made(lambda: group.prepared(plan, seen))
    (placement,) = group.prepared(plan, seen).new()
    id_ = boot(placement)
    yield "settle", made(lambda: backend.settle(placement, id_))
    yield "bind", made(lambda: backend.bind(placement, id_))
    yield "observe", made(lambda: backend.observe(group.key, {}))
    yield "verify", made(group.verify)
    yield "groups", made(lambda: backend.groups(None))
    user.discard(Machine(id_, placement.member, ""))
    yield "release", made(group.release)
    bigger = user.cloud.group(KEY.name, members=3, rules="anti-affinity")
    yield "roll_out of 3", made(lambda: bigger.roll_out(boot))
