"""Launches on a real Nova: what the backend sees of them, and what it says when they fail."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from openstack.connection import Connection
from openstack.exceptions import ResourceFailure, SDKException

from antiaffinity.backend import Need
from antiaffinity.errors import (
    Conflict,
    InvalidRequest,
    LimitExceeded,
    NoCapacity,
    NotAuthorized,
    Unavailable,
)
from antiaffinity.model import GroupKey, Machine, Placement
from antiaffinity.topology import Limits
from antiaffinity_openstack.backend import OpenStackBackend, connect
from antiaffinity_openstack.reading import host_id
from real.nova import Nova
from real.openstack_hands import (
    APART,
    KEY,
    called,
    delete,
    disable_all_but,
    launch,
    placed,
    plan,
    put,
    refused,
    unmarked,
)

GONE = "6c6a4bdf-4cfd-4d4b-8d6a-2b9bd8b1e2f3"


@pytest.fixture
def conn(nova: Nova) -> Connection:
    return nova.connect("demo")


@pytest.fixture
def backend(conn: Connection) -> OpenStackBackend:
    return connect(conn, {})


@pytest.fixture
def apart(backend: OpenStackBackend) -> Placement:
    """A place in a server group for members that are to be apart."""
    return placed("db-0", backend.prepare(KEY, plan(APART), {}))


def outcome_of(nova: Nova, conn: Connection, placement: Placement, **own: Any) -> SDKException:
    with pytest.raises(SDKException) as error:
        launch(nova, conn, placement, **own)
    return error.value


def counted(limits: Limits) -> Limits:
    """Without what sizes take from: cores and RAM."""
    return Limits(limits.native_groups_left, limits.members_per_native, limits.instances_left)


def test_one_zone_and_fresh_quotas_are_what_a_project_starts_with(backend: OpenStackBackend) -> None:
    topology = backend.topology(Need(KEY))
    assert [(domain.zone, domain.usable) for domain in topology.domains] == [("nova", True)]
    assert counted(topology.limits) == Limits(
        native_groups_left=10, members_per_native=10, instances_left=200
    )
    assert topology.word("zone") == "availability zone"


def test_a_zone_without_a_host_in_service_is_not_usable_and_says_so(
    nova: Nova, backend: OpenStackBackend
) -> None:
    nova.make_zones({"az1": nova.hosts[:1], "az2": nova.hosts[1:]})
    nova.disable_host(nova.hosts[0])
    az1, az2 = backend.topology(Need(KEY)).domains
    assert (az1.zone, az1.usable, az2.zone, az2.usable) == ("az1", False, "az2", True)
    assert "az1 is not available" in az1.why


def test_quotas_count_what_is_used_and_no_limit_is_none(
    nova: Nova, conn: Connection, backend: OpenStackBackend, apart: Placement
) -> None:
    put(nova, conn, backend, apart)
    nova.change_settings({"quota.server_group_members": -1})
    limits = backend.topology(Need(KEY)).limits
    assert counted(limits) == Limits(native_groups_left=9, instances_left=199)


def test_a_launch_is_seen_with_its_group_its_zone_and_its_host(
    nova: Nova, conn: Connection, backend: OpenStackBackend, apart: Placement
) -> None:
    nova.make_zones({"az1": nova.hosts[:3], "az2": nova.hosts[3:]})
    seen = put(
        nova, conn, backend, placed("db-0", dict(zip(apart.natives, apart.native_ids, strict=True)), "az2")
    )
    host = nova.hosts_of()[seen.instance]
    assert host in nova.hosts[3:]
    assert seen.domains == {
        "region": "RegionOne",
        "zone": "az2",
        "host": host_id(str(conn.current_project_id), host),
    }
    assert seen.memberships == {"host": apart.native_ids}
    assert (seen.member, seen.state, seen.holds) == ("db-0", "running", True)
    assert backend.observe(KEY, {}) == [replace(seen, within={"host": ""}, layer={"host": 1})]
    assert backend.bind(placed("db-0", zone="az2"), seen.instance) == seen


def test_an_operator_sees_the_same_evidence_and_the_hosts_name_besides(
    nova: Nova, conn: Connection, backend: OpenStackBackend
) -> None:
    seen = put(nova, conn, backend, placed("db-0"))
    (told,) = connect(nova.connect("demo-admin"), {}).observe(KEY, {})
    assert told.domains == seen.domains
    assert told.note == f"on {nova.hosts_of()[seen.instance]}"


def test_only_the_groups_own_machines_are_observed_on_all_pages(
    nova: Nova, conn: Connection, backend: OpenStackBackend
) -> None:
    for member in ("db-0", "db-1", "db-2"):
        put(nova, conn, backend, placed(member))
    unmarked(nova, conn)
    nova.change_settings({"api.max_limit": 2})
    assert {seen.member for seen in backend.observe(KEY, {})} == {"db-0", "db-1", "db-2"}
    assert backend.observe(GroupKey("shop/test", "db"), {}) == []
    assert connect(nova.connect("other"), {}).observe(KEY, {}) == []


def test_reading_a_group_costs_two_requests_and_an_empty_page(
    nova: Nova, conn: Connection, backend: OpenStackBackend, apart: Placement
) -> None:
    for member in ("db-0", "db-1"):
        put(nova, conn, backend, called(apart, member))
    asked: list[str] = []
    conn.session.session.hooks["response"].append(lambda answer, **_: asked.append(answer.request.path_url))
    backend.observe(KEY, {})
    last = [path.rpartition("/")[2] for path in asked]
    assert last == ["os-server-groups", "os-server-groups?offset=1", "detail"]


def test_stopped_paused_and_failed_servers_keep_their_place(
    nova: Nova, conn: Connection, backend: OpenStackBackend, apart: Placement
) -> None:
    disable_all_but(nova, 2)
    stopped, paused = (put(nova, conn, backend, called(apart, name)).instance for name in ("db-0", "db-1"))
    refused(backend, called(apart, "db-2"), launch(nova, conn, called(apart, "db-2")))
    conn.compute.stop_server(stopped)
    conn.compute.pause_server(paused)
    for id_, status in ((stopped, "SHUTOFF"), (paused, "PAUSED")):
        conn.compute.wait_for_server(conn.compute.get_server(id_), status=status, interval=0.2, wait=30)
    seen = {one.member: one for one in backend.observe(KEY, {})}
    states = {name: one.state for name, one in seen.items()}
    assert states == {"db-0": "stopped", "db-1": "stopped", "db-2": "failed"}
    assert all(one.holds and one.memberships for one in seen.values())
    assert ["host" in seen[name].domains for name in sorted(seen)] == [True, True, False]
    assert "until it is deleted" in seen["db-2"].note


def test_no_room_names_the_group_and_what_is_left_of_the_launch(
    nova: Nova, conn: Connection, backend: OpenStackBackend, apart: Placement
) -> None:
    disable_all_but(nova, 1)
    put(nova, conn, backend, apart)
    id_ = launch(nova, conn, called(apart, "db-1"))
    error = refused(backend, called(apart, "db-1"), id_)
    assert type(error) is NoCapacity
    assert error.remains == Machine(id_, "db-1", "dc", {"zone": "nova"})
    assert error.domain == {"zone": "nova"}
    assert str(KEY) in error.message
    assert apart.native_ids[0] in error.message


def test_launches_at_once_lose_races_and_a_race_lost_is_a_conflict(
    nova: Nova, conn: Connection, backend: OpenStackBackend, apart: Placement
) -> None:
    members = [called(apart, f"db-{number}") for number in range(len(nova.hosts))]
    lost = []
    for member, id_ in [(member, launch(nova, conn, member)) for member in members]:
        try:
            backend.settle(member, id_)
        except Conflict as error:
            lost.append(error.remains)
    assert {machine.id for machine in lost if machine}.isdisjoint(nova.hosts_of())
    assert len(set(nova.hosts_of().values())) == len(members) - len(lost)


def test_a_wait_of_the_users_own_that_failed_is_read_by_its_server(
    nova: Nova, conn: Connection, backend: OpenStackBackend, apart: Placement
) -> None:
    disable_all_but(nova, 1)
    put(nova, conn, backend, apart)
    second = called(apart, "db-1")
    server = conn.compute.get_server(launch(nova, conn, second))
    with pytest.raises(ResourceFailure) as waited:
        conn.compute.wait_for_server(server, interval=0.2, wait=60)
    error = refused(backend, second, waited.value)
    assert type(error) is NoCapacity
    assert error.remains == Machine(server.id, "db-1", "dc", {"zone": "nova"})


def test_a_launch_that_ignored_the_placement_is_named_and_not_offered_for_discarding(
    nova: Nova, conn: Connection, backend: OpenStackBackend, apart: Placement
) -> None:
    by_hand = unmarked(nova, conn)
    swapped = put(nova, conn, backend, called(apart, "db-1")).instance
    for id_ in (by_hand, swapped):
        error = refused(backend, apart, id_)
        assert type(error) is InvalidRequest
        assert "placement.arguments" in error.message
        assert id_ in error.message
        assert error.remains is None


def test_a_server_that_vanished_or_never_was_is_unavailable(
    backend: OpenStackBackend, apart: Placement
) -> None:
    error = refused(backend, apart, GONE)
    assert type(error) is Unavailable
    assert error.remains is None


def test_a_zone_that_is_not_there_has_no_capacity(
    nova: Nova, conn: Connection, backend: OpenStackBackend
) -> None:
    nowhere = placed("db-0", zone="az9")
    outcome = outcome_of(nova, conn, nowhere)
    error = refused(backend, nowhere, outcome)
    assert type(error) is NoCapacity
    assert error.domain == {"zone": "az9"}
    assert error.__cause__ is outcome


@pytest.mark.parametrize("quota", ["server_group_members", "instances", "cores"])
def test_a_full_quota_is_a_limit_that_is_named(
    nova: Nova, conn: Connection, backend: OpenStackBackend, apart: Placement, quota: str
) -> None:
    put(nova, conn, backend, apart)
    nova.change_settings({f"quota.{quota}": 1})
    second = called(apart, "db-1")
    error = refused(backend, second, outcome_of(nova, conn, second))
    assert type(error) is LimitExceeded
    assert quota in error.message


def test_a_server_group_deleted_meanwhile_is_a_conflict(
    nova: Nova, conn: Connection, backend: OpenStackBackend, apart: Placement
) -> None:
    conn.compute.delete_server_group(apart.native_ids[0])
    error = refused(backend, apart, outcome_of(nova, conn, apart))
    assert type(error) is Conflict


def test_a_missing_right_names_the_policys_rule(
    nova: Nova, conn: Connection, backend: OpenStackBackend
) -> None:
    with pytest.raises(SDKException) as forced:
        conn.compute.create_server(name="db-0", host="host1", **nova.machine)
    error = refused(backend, placed("db-0"), forced.value)
    assert type(error) is NotAuthorized
    assert "compute:servers:create:requested_destination" in error.message


def test_what_nova_refuses_for_the_users_own_mistake_names_it(
    nova: Nova, conn: Connection, backend: OpenStackBackend
) -> None:
    mistaken = outcome_of(nova, conn, placed("db-0"), flavor_id="no-such-flavor")
    with pytest.raises(InvalidRequest, match="the flavor of db-0") as error:
        backend.settle(placed("db-0"), mistaken)
    assert error.value.__cause__ is mistaken


def test_a_machine_outside_the_group_cannot_be_bound(
    nova: Nova, conn: Connection, backend: OpenStackBackend, apart: Placement
) -> None:
    outside = put(nova, conn, backend, placed("db-0")).instance
    for id_, why in ((outside, "cannot add one later"), (GONE, "no server")):
        with pytest.raises(InvalidRequest, match=why) as error:
            backend.bind(apart, id_)
        assert error.value.path == "instance"


def test_a_machine_in_our_group_that_has_no_mark_is_marked_and_anothers_is_refused(
    nova: Nova, conn: Connection, backend: OpenStackBackend, apart: Placement
) -> None:
    by_hand = unmarked(nova, conn, apart.native_ids[0])
    theirs = put(nova, conn, backend, called(apart, "db-1")).instance
    with pytest.raises(InvalidRequest, match="bears"):
        backend.bind(apart, theirs)
    assert backend.bind(apart, by_hand).member == apart.member
    assert KEY.marks(apart.member).items() <= conn.compute.get_server(by_hand).metadata.items()


def test_a_bound_machine_that_is_deleted_is_observed_no_more(
    nova: Nova, conn: Connection, backend: OpenStackBackend, apart: Placement
) -> None:
    seen = put(nova, conn, backend, apart)
    assert backend.bind(apart, seen.instance) == seen
    delete(conn, seen.instance)
    assert backend.observe(KEY, {}) == []
