"""What a project's quotas leave is known before the first launch, and a run goes on where it is not told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.lost import spared
from antiaffinity.testing import Place, Turns, World
from antiaffinity.testing.openstack import FakeOpenStack, Settings
from antiaffinity_openstack import faults

Cloud = Callable[[Settings], FakeOpenStack]


@pytest.fixture
def nova() -> Iterator[FakeOpenStack]:
    clock = Turns()
    with lent(clock), FakeOpenStack(World([Place(f"h{number}") for number in range(4)], clock)) as cloud:
        yield cloud


def of(nova: FakeOpenStack, **settings: Any) -> FakeOpenStack:
    nova.reset(nova.world, Settings(**settings))
    return nova


def quota(**some: int) -> dict[str, int]:
    return Settings().quota | some


def rolled_out(
    nova: FakeOpenStack, members: int = 3, metadata: dict[str, str] | None = None, **spec: Any
) -> aa.Report:
    connection = nova.connection()

    def boot(placement: aa.Placement) -> str:
        own = {**nova.machine, "metadata": metadata or {}}
        return str(connection.compute.create_server(**placement.arguments(**own)).id)

    def kill(machine: aa.Machine) -> None:
        connection.compute.delete_server(machine.id or "")

    spec = {"rules": "anti-affinity", **spec}
    return (
        aa.connect("openstack", client=connection).group("db", members=members, **spec).roll_out(boot, kill)
    )


# Where it is not told


@pytest.mark.parametrize("status", [403, 404])
def test_limits_that_may_not_be_read_stop_no_run(nova: FakeOpenStack, status: int) -> None:
    report = rolled_out(of(nova, refusing={"GET /limits": status}))
    assert (report.verdict, len(nova.world.running())) == ("held", 3)


def test_a_quota_that_could_not_be_read_is_named_by_its_refusal(nova: FakeOpenStack) -> None:
    with pytest.raises(
        aa.LimitExceeded, match="needs 1 more server groups: the quota server_groups is used up"
    ):
        rolled_out(of(nova, refusing={"GET /limits": 403}, quota=quota(server_groups=0)))


@pytest.mark.parametrize(
    "unregistered",
    [
        {"server_group_members"},
        {"server_groups", "server_group_members"},
        {"cores", "ram", "metadata_items", "server_groups", "server_group_members"},
    ],
    ids=sorted,
)
def test_limits_shown_as_0_by_unified_limits_are_not_known(
    nova: FakeOpenStack, unregistered: set[str]
) -> None:
    report = rolled_out(of(nova, unregistered=frozenset(unregistered)))
    assert (report.verdict, len(nova.world.running())) == ("held", 3)


def test_instances_without_a_registered_limit_are_refused_in_novas_words(nova: FakeOpenStack) -> None:
    with pytest.raises(aa.LimitExceeded, match="Quota exceeded for instances"):
        rolled_out(of(nova, unregistered=frozenset({"instances"})))
    assert nova.world.running() == []


# Known before the first launch


def test_marks_that_the_metadata_quota_cannot_hold_are_refused_at_once(nova: FakeOpenStack) -> None:
    with pytest.raises(aa.LimitExceeded, match="2 items of metadata, and a member's mark is 3"):
        rolled_out(of(nova, quota=quota(metadata_items=2)))
    assert (nova.world.running(), nova.state.groups) == ([], {})


def test_metadata_that_goes_over_the_quota_beside_our_marks_is_told_as_that(nova: FakeOpenStack) -> None:
    of(nova, quota=quota(metadata_items=3))
    with pytest.raises(aa.LimitExceeded, match="no room for our three marks beside your own"):
        rolled_out(nova, 3, {"role": "db"})


@pytest.mark.parametrize(
    ("quotas", "size", "said"),
    [
        ({"cores": 5}, {"vcpus": 2}, "take 6 vcpus, but the quota leaves 5"),
        ({"ram": 4096}, {"memory_mb": 2048}, "take 6144 memory_mb, but the quota leaves 4096"),
        ({"cores": 2}, {"type": "m1.tiny"}, "take 3 vcpus, but the quota leaves 2"),
    ],
    ids=["vcpus", "memory", "flavor"],
)
def test_cores_and_ram_are_counted_where_sizes_are_said(
    nova: FakeOpenStack, quotas: dict[str, int], size: dict[str, Any], said: str
) -> None:
    with pytest.raises(aa.LimitExceeded, match=said) as error:
        rolled_out(of(nova, quota=quota(**quotas)), size=size)
    assert (error.value.path, nova.world.running(), nova.state.groups) == ("size", [], {})


def test_what_is_there_already_is_not_counted_twice(nova: FakeOpenStack) -> None:
    of(nova, quota=quota(cores=4))
    for members in (2, 4, 4):
        assert rolled_out(nova, members, size={"type": "m1.tiny"}).verdict == "held"


# An API that is not there


@pytest.mark.parametrize("what", ["GET /os-server-groups", "POST /os-server-groups"])
def test_a_cloud_without_server_groups_does_not_offer_it(nova: FakeOpenStack, what: str) -> None:
    with pytest.raises(aa.NotOffered, match="no such API"):
        rolled_out(of(nova, refusing={what: 404}))
    assert nova.world.running() == []


# What a tool left of a server in ERROR


WAITED = (
    "Error: Error waiting for instance ({id}) to become ready: unexpected state 'ERROR', wanted target "
    "'ACTIVE'. last error: %!s(<nil>)"
)
SHOWN = 'error: sdk: The instance {id} is in ERROR state: {{"code": 500}}'


@pytest.mark.parametrize("printed", [WAITED, SHOWN], ids=["terraform", "pulumi"])
def test_the_fault_of_a_server_that_a_tool_gave_up_is_read_from_the_server(
    nova: FakeOpenStack, printed: str
) -> None:
    connection = nova.connection()
    left: list[str] = []

    def boot(placement: aa.Placement) -> str:
        id_ = connection.compute.create_server(**placement.arguments(**nova.machine)).id
        while (status := connection.compute.get_server(id_).status) == "BUILD":
            nova.world.clock.sleep(0.5)
        if status == "ERROR":
            raise RuntimeError(printed.format(id=id_))
        return str(id_)

    def kill(machine: aa.Machine) -> None:
        left.append(machine.id or "")
        connection.compute.delete_server(machine.id or "")

    group = aa.connect("openstack", client=connection).group("db", members=5, rules="anti-affinity")
    with pytest.raises(aa.NoCapacity, match="no host took db-4"):
        group.roll_out(boot, kill)
    assert (len(left), len(nova.world.running())) == (1, 4)


# What a refused launch left


def test_a_failed_server_whose_argument_was_wrong_is_discarded() -> None:
    """An error that names a path would leave it, in its server group, for a person to find."""
    said = "Build of instance s1 aborted: Block Device Mapping is Invalid: failed to get volume v1."
    error = faults.of_server(said, aa.Placement("db-0", {"zone": "nova"}), aa.Machine("s1", "db-0", "", {}))
    assert (type(error), spared(error, ())) == (aa.InvalidRequest, False)


# Flavors


@pytest.mark.parametrize("limits", [200, 403])
def test_a_flavor_that_is_not_there_is_named_before_any_launch(nova: FakeOpenStack, limits: int) -> None:
    refusing = {"GET /limits": limits} if limits != 200 else {}
    with pytest.raises(aa.InvalidRequest, match=r"no flavor 'm1\.enormous'") as error:
        rolled_out(of(nova, refusing=refusing), size={"type": "m1.enormous"})
    assert (error.value.path, nova.world.running(), nova.state.groups) == ("size.type", [], {})


def test_a_flavor_goes_by_its_id_too(nova: FakeOpenStack) -> None:
    flavor = next(iter(nova.state.flavors))
    assert rolled_out(nova, size={"type": flavor}).verdict == "held"
