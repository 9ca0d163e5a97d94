"""A deploy script against the fake AWS, as its user would write it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.model import Machine, Placement
from antiaffinity.testing import Machine as WorldMachine
from antiaffinity.testing import Place, Turns, Wire, World
from antiaffinity.testing.aws import FakeAws, Settings

OWNER = "shop/prod"
SIZE: dict[str, Any] = {"type": "m6i.large"}
A, B, C = "us-east-1a", "us-east-1b", "us-east-1c"


def racks(counts: dict[str, int], hosts: int = 1) -> list[Place]:
    """So many racks in each of these zones, with hosts on each."""
    return [
        Place(f"{zone}-r{rack}-{host}", f"r{rack}", zone, "us-east-1", {"vcpus": 8})
        for zone, count in counts.items()
        for rack in range(1, count + 1)
        for host in range(hosts)
    ]


class Script:
    """One process: its session, its hands, and what it asked EC2 for."""

    def __init__(self, aws: FakeAws, clock: Turns, wire: Wire | None = None, **settings: Any) -> None:
        self.aws, self.clock, self.wire = aws, clock, wire or Wire()
        session = aws.session(self.wire)
        self.ec2: Any = session.client("ec2")
        self.cloud = aa.connect("aws", client=session, owner=OWNER, **settings)

    def group(self, members: Any, *rules: Any, name: str = "db", **more: Any) -> aa.Group:
        return self.cloud.group(name, members=members, rules=list(rules), size=SIZE, **more)

    def boot(self, placement: Placement) -> str:
        made = self.ec2.run_instances(**placement.arguments(**self.aws.machine))
        return str(made["Instances"][0]["InstanceId"])

    def kill(self, machine: Machine) -> None:
        if machine.id:
            self.ec2.terminate_instances(InstanceIds=[machine.id])

    def roll_out(self, group: aa.Group) -> aa.Report:
        return group.roll_out(self.boot, self.kill)

    def wait(self, seconds: float = 10.0) -> None:
        self.clock.sleep(seconds)

    # The truth

    def running(self, name: str = "db") -> list[WorldMachine]:
        return self.aws.world.running(antiaffinity_group=name)

    def where(self, level: Any = "zone") -> dict[str, str]:
        """The domain of each member's machine."""
        return {machine.member: machine.domain(level) for machine in self.running()}

    def id_of(self, member: str) -> str:
        return next(machine.id for machine in self.running() if machine.member == member)

    def asked(self, action: str) -> int:
        return self.wire.requests.count(action)


@contextmanager
def aws(places: Sequence[Place], seed: int = 0, **settings: Any) -> Iterator[tuple[FakeAws, Turns]]:
    """A fake account in a time of its own."""
    clock = Turns(seed)
    with FakeAws(World(places, clock), Settings(**settings)) as fake, lent(clock):
        yield fake, clock


@contextmanager
def script(places: Sequence[Place] = (), **settings: Any) -> Iterator[Script]:
    """A deploy script on an account of its own."""
    tenancy = {"tenancy": settings.pop("tenancy")} if "tenancy" in settings else {}
    with aws(places or racks({A: 3, B: 3, C: 3}), **settings) as (fake, clock):
        yield Script(fake, clock, **tenancy)
