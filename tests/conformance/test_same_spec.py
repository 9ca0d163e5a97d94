"""One SPEC, three members and `rules: anti-affinity`, does the same on every cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from antiaffinity.clock import Clock, lent
from antiaffinity.spec import parse_spec
from antiaffinity.testing.conformance import Harness
from antiaffinity.testing.turns import Turns
from antiaffinity.testing.wire import Wire
from conformance import aws_harness, azure_harness, exoscale_harness, openstack_harness
from conformance.pool_harness import PoolHarness

SPEC = {"group": "db", "owner": "shop/prod", "members": 3, "rules": "anti-affinity"}


MADE: dict[str, Callable[[], Clouds]] = {
    "openstack": openstack_harness.Clouds,
    "aws": aws_harness.Clouds,
    "azure": lambda: azure_harness.Clouds(azure_harness.ZONAL),
    "exoscale": exoscale_harness.Clouds,
}


class Clouds(Protocol):
    """The fakes of one kind, one at a time."""

    def fresh(self, time: Clock) -> Harness: ...

    def close(self) -> None: ...


@pytest.fixture(params=["pool", *MADE])
def cloud(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    """One empty cloud, on a time of its own."""
    if request.param == "pool":
        yield PoolHarness(tmp_path, Turns(0))
        return
    clouds = MADE[request.param]()
    yield clouds.fresh(Turns(0))
    clouds.close()


def test_three_members_are_on_three_hosts(cloud: Harness) -> None:
    spec = parse_spec(SPEC)
    with lent(cloud.clock):
        deployer = cloud.deployer(spec.key, Wire())
        report = deployer.cloud.of(spec).roll_out(
            lambda placement: deployer.boot(placement, placement.arguments(**deployer.own)), deployer.discard
        )
    machines = cloud.machines()
    assert sorted(machine.member for machine in machines) == ["db-0", "db-1", "db-2"]
    assert len({machine.domain("host") for machine in machines}) == 3
    assert report.verdict in ("held", "promised")
    assert report.exit_code == 0
