"""A native group is deleted under its members: a repair costs one healthy machine at most, and says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from msgspec import Struct

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.testing import Place, Turns, World
from antiaffinity.testing.openstack import FakeOpenStack, Settings
from fakes.exoscale_stage import hypervisors
from fakes.exoscale_stage import stage as exoscale_stage
from fakes.test_openstack_host_ids import Pod
from fakes.test_vcenter_backend import User
from fakes.vcenter_stage import hosts
from fakes.vcenter_stage import stage as vcenter_stage


class Bereft(Struct):
    """A group of three that runs, and whose native group is gone."""

    world: World
    verify: Callable[[], aa.Report]
    repair: Callable[[], aa.Report]


@contextmanager
def nova(one_host_id: bool) -> Iterator[Bereft]:
    turns, places = Turns(), [Place(f"h{number}") for number in range(4)]
    settings = Settings(one_host_id=one_host_id)
    with lent(turns), FakeOpenStack(World(places, turns), settings) as cloud:
        pod = Pod(cloud)
        pod.roll_out()
        for group in pod.connection.compute.server_groups():
            pod.connection.compute.delete_server_group(group)
        yield Bereft(cloud.world, pod.group().verify, lambda: pod.roll_out(repair=True))


@contextmanager
def exoscale() -> Iterator[Bereft]:
    with exoscale_stage(hypervisors(ch_gva_2=6)) as there:
        there.exo.settings.delete_occupied = "success"
        there.roll_out(3)
        for id_ in list(there.exo.state.groups):
            there.exo.client().delete_anti_affinity_group(id=id_)
        there.wait()
        group = there.group(3)
        yield Bereft(there.world, group.verify, lambda: group.roll_out(there.boot, there.kill, repair=True))


@contextmanager
def vcenter() -> Iterator[Bereft]:
    with vcenter_stage(hosts(5)) as there, lent(there.clock):
        user = User(there)
        user.roll_out(3)
        [cluster] = [one for one in there.center.state.clusters if one.rules]
        cluster.rules.clear()
        yield Bereft(there.world, user.group(3).verify, lambda: user.roll_out(3, repair=True))


CLOUDS: dict[str, tuple[Callable[[], AbstractContextManager[Bereft]], int, str]] = {
    "openstack": (lambda: nova(False), 0, ""),
    "openstack, one hostId for all": (lambda: nova(True), 1, "in-vain"),
    "exoscale": (exoscale, 0, "no-membership"),
    "vcenter": (vcenter, 0, ""),
}
"""By cloud how many machines a repair replaces, and the finding that says why no more. AWS and Azure delete
no group that has members."""


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_repair_ends_after_one_move_that_does_not_help(cloud: str) -> None:
    bereft, lost, why = CLOUDS[cloud]
    with bereft() as group:
        before = {one.id for one in group.world.running()}
        report = group.repair()
        after = {one.id for one in group.world.running()}
        assert (len(after), len(before - after)) == (3, lost)
        assert not why or why in [one.kind for one in report.findings]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_second_repair_is_no_more_harmful(cloud: str) -> None:
    bereft, lost, _ = CLOUDS[cloud]
    with bereft() as group:
        group.repair()
        before = {one.id for one in group.world.running()}
        group.repair()
        after = {one.id for one in group.world.running()}
        assert (len(after), len(before - after)) == (3, lost)
