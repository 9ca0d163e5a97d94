"""What the verbs cost on Exoscale: requests, by method and path."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakes.exoscale_stage import FRANKFURT, GENEVA, Stage, hypervisors, stage

ZONES, GROUPS = f"GET /{GENEVA}/v2/zone", f"GET /{GENEVA}/v2/anti-affinity-group"
HERE, ONE, QUOTAS = f"GET /{GENEVA}/v2/instance", f"GET /{GENEVA}/v2/instance/*", f"GET /{GENEVA}/v2/quota"
THERE, ONE_THERE = f"GET /{FRANKFURT}/v2/instance", f"GET /{FRANKFURT}/v2/instance/*"


@pytest.fixture
def there() -> Iterator[Stage]:
    with stage(hypervisors(ch_gva_2=8, de_fra_1=8)) as there:
        yield there


def test_connecting_asks_nothing(there: Stage) -> None:
    there.group()
    assert there.requests == []


def test_a_first_plan_asks_each_thing_once(there: Stage) -> None:
    there.group().plan()
    assert sorted(there.requests) == sorted([ZONES, GROUPS, QUOTAS, HERE, THERE])


def test_a_look_asks_every_zone_once_and_every_instance_once_in_its_life(there: Stage) -> None:
    there.roll_out(4)
    there.requests.clear()
    group = there.group(4)
    group.machines()
    assert sorted(there.requests) == sorted([ZONES, HERE, THERE, GROUPS, *[ONE, ONE_THERE] * 2])
    group.machines()
    assert sorted(there.requests) == sorted([HERE, THERE, GROUPS])


def test_a_list_of_all_groups_asks_for_no_instance_by_itself(there: Stage) -> None:
    there.roll_out(4)
    there.requests.clear()
    there.connect().groups()
    assert sorted(there.requests) == sorted([ZONES, HERE, THERE, GROUPS])


def test_machines_and_groups_of_others_cost_one_more_list_of_groups(there: Stage) -> None:
    """One of them may be in a group of ours; none of them is asked for by itself."""
    for number in range(5):
        there.occupant(there.theirs(f"theirs-{number}"))
    there.group().plan()
    assert sorted(there.requests) == sorted([ZONES, GROUPS, GROUPS, QUOTAS, HERE, THERE])


@pytest.mark.parametrize("members", [3, 12])
def test_a_launch_costs_as_much_in_a_large_group_as_in_a_small_one(members: int, there: Stage) -> None:
    """From one launch to the next, with three polls."""
    there.roll_out(members)
    posts = [f"POST /{zone}/v2/instance" for zone in (GENEVA, FRANKFURT)]
    launches = [number for number, asked in enumerate(there.requests) if asked in posts]
    assert launches[-1] - launches[-2] <= 14


def test_a_run_with_nothing_to_do_changes_nothing(there: Stage) -> None:
    there.roll_out(3)
    there.requests.clear()
    there.roll_out(3)
    assert {asked.split(" ")[0] for asked in there.requests} == {"GET"}
