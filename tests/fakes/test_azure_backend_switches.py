"""What Microsoft does not say: a group comes out the same, whichever way Azure really is."""

from __future__ import annotations

from typing import Any

import pytest

import antiaffinity as aa
from antiaffinity.testing.azure import Settings
from antiaffinity.testing.azure.nouns import GROUP
from fakes.azure_deploy import Deploy
from fakes.azure_stage import LOCATION, REGIONAL, User, azure_on, regional, zonal

SWITCHES: dict[str, Any] = {
    "polls": 2,
    "async_header": False,
    "retry_after": 3,
    "page_size": 1,
    "loud_lists": True,
    "allocation_fails_in": "request",
    "failed_create_leaves_vm": False,
    "view_tells_why": False,
    "failed_view_shows_power": True,
    "flexible_view_shows_domain": True,
    "set_with_machines": "deletes",
    "unknown_set_status": 400,
    "occupied_set_status": 400,
    "sku_missing_status": 400,
    "busy_code": "Conflict",
    "throttle_envelope": True,
}
"""The other value of each."""


def pairwise() -> list[dict[str, Any]]:
    """Settings in which every two switches are seen in all four ways.

    Numbers from 0 differ in some binary digit: each digit and its opposite say who is the other way.
    """
    names = list(SWITCHES)
    rows = [set(), set(names)]
    for digit in range(len(names).bit_length()):
        there = {name for number, name in enumerate(names) if number >> digit & 1}
        rows += [there, set(names) - there]
    return [{name: SWITCHES[name] for name in sorted(row)} for row in rows]


def test_every_pair_of_switches_is_seen_in_all_ways() -> None:
    rows = pairwise()
    for one in SWITCHES:
        for other in SWITCHES:
            seen = {(one in row, other in row) for row in rows}
            assert len(seen) == (4 if one != other else 2), (one, other)


def test_every_switch_has_another_value() -> None:
    assert all(getattr(Settings(), name) != value for name, value in SWITCHES.items())


@pytest.mark.parametrize("name", SWITCHES)
def test_each_switch_the_other_way(name: str) -> None:
    a_group_lives({name: SWITCHES[name]}, LOCATION)


@pytest.mark.parametrize("row", range(len(pairwise())))
@pytest.mark.parametrize("location", [LOCATION, REGIONAL])
def test_every_two_switches_in_all_ways(row: int, location: str) -> None:
    a_group_lives(pairwise()[row], location)


def test_conditions_that_are_not_heard_do_no_harm() -> None:
    a_group_lives({"conditions": False}, LOCATION)


def a_group_lives(said: dict[str, Any], location: str) -> None:
    """Two members, of whom one meets a full place and one is replaced; then all is given up."""
    level: Any = "zone" if location == LOCATION else "rack"
    places = zonal(hosts=1) if level == "zone" else regional(3, hosts=1)
    with azure_on(places, Settings(**said)) as azure:
        first = Deploy(azure, 2, location=location).group.plan().placements[0].domains[level]
        azure.world.fill(f"h{first}1" if level == "zone" else f"f{first}1")
        deploy = Deploy(azure, 2, location=location)
        assert deploy.roll_out().verdict == "held"
        deploy.kill(aa.Machine(None, "db-0", ""))
        azure.throttle("GET", retry_after=5)
        again = Deploy(azure, 2, location=location)
        assert (again.roll_out().launched, again.crowds(level)) == ((again.ids()["db-0"],), [1, 1])
        with pytest.raises(aa.StillOccupied):
            again.group.release()
        for member in ("db-0", "db-1"):
            again.kill(aa.Machine(None, member, ""))
        again.group.release()
        assert (azure.state.sets, azure.world.machines) == ({}, {})


# Where a machine names what is not there, or not to be had


@pytest.mark.parametrize("status", [400, 409])
def test_a_size_that_is_sold_out_in_a_zone_is_had_in_another(status: int) -> None:
    """SKUs said that it is there; the request says otherwise."""
    with azure_on(zonal(), Settings(sku_missing_status=status)) as azure:
        deploy = Deploy(azure, 2, size={"type": "Standard_D2s_v5"})
        plan = deploy.group.plan()
        taken = plan.placements[0].domains["zone"]
        size = azure.state.sizes["standard_d2s_v5"]
        deploy.group.look()
        azure.state.sizes["standard_d2s_v5"] = type(size)(size.name, size.vcpus, restricted=(taken,))
        assert deploy.roll_out().verdict == "held"
        assert taken not in deploy.where().values()


@pytest.mark.parametrize("status", [400, 404])
def test_a_set_that_was_deleted_before_the_launch_is_a_conflict(status: int) -> None:
    with azure_on(zonal(), Settings(unknown_set_status=status)) as azure:
        deploy = Deploy(azure, 1)
        placement = deploy.group.prepare().placements[0]
        deploy.group.release()
        with pytest.raises(Exception, match="cannot be found") as failed:
            deploy.boot(placement)
        with pytest.raises(aa.Conflict):
            deploy.backend.settle(placement, failed.value)
        assert deploy.roll_out().verdict == "held"


@pytest.mark.parametrize("busy", ["OperationNotAllowed", "Conflict"])
def test_a_machine_that_is_being_changed_is_a_conflict(busy: Any) -> None:
    with azure_on(zonal(), Settings(busy_code=busy)) as azure:
        deploy = Deploy(azure, 1)
        placement = deploy.group.prepare().placements[0]
        body = deploy.body(placement)
        User(azure).compute.virtual_machines.begin_create_or_update(GROUP, "db-0", body, polling=False)
        with pytest.raises(Exception, match="another operation is in progress") as failed:
            deploy.boot(placement)
        with pytest.raises(aa.Conflict):
            deploy.backend.settle(placement, failed.value)


@pytest.mark.parametrize("tells", [True, False])
def test_a_launch_that_does_not_wait_is_told_by_the_view_if_at_all(tells: bool) -> None:
    with azure_on(zonal(hosts=1), Settings(view_tells_why=tells)) as azure:
        deploy = Deploy(azure, 1)
        placement = deploy.group.prepare().placements[0]
        azure.world.fill(f"h{placement.domains['zone']}1")
        body = deploy.body(placement)
        poller = deploy.hands.compute.virtual_machines.begin_create_or_update(
            GROUP, "db-0", body, polling=False
        )
        with pytest.raises(aa.NoCapacity if tells else aa.Unavailable) as error:
            deploy.backend.settle(placement, poller.result().id)
        assert error.value.remains
        assert (error.value.remains.id or "").endswith("/db-0")
