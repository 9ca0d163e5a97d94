"""The fake Exoscale behaves as the vendor's pages and its SDK's document say, and as its switches do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from exoscale.api.exceptions import ExoscaleAPIAuthException, ExoscaleAPIClientException

from antiaffinity.testing import Place
from fakes.exoscale_stage import FRANKFURT, GENEVA, Stage, hypervisors, stage


@pytest.fixture
def there() -> Iterator[Stage]:
    with stage(hypervisors(ch_gva_2=3, de_fra_1=2)) as there:
        yield there


def created(there: Stage, *groups: str, zone: str = GENEVA, **more: Any) -> dict[str, Any]:
    """The operation of a launch, at its end."""
    asked = [{"id": id_} for id_ in groups]
    client = there.exo.client(zone)
    operation = client.create_instance(**there.exo.machine, anti_affinity_groups=asked, **more)
    there.wait()
    ended: dict[str, Any] = client.get_operation(id=operation["id"])
    return ended


def everywhere(there: Stage) -> list[str]:
    """Where all machines run."""
    return [machine.domain("host") for machine in there.world.running()]


# Groups


def test_members_of_a_group_are_on_different_hypervisors(there: Stage) -> None:
    group = there.theirs()
    assert [created(there, group)["state"] for _ in range(4)] == ["success"] * 3 + ["failure"]
    assert sorted(everywhere(there)) == ["ch_gva_2-0", "ch_gva_2-1", "ch_gva_2-2"]


def test_a_member_of_two_groups_is_apart_from_both(there: Stage) -> None:
    one, other = there.theirs("one"), there.theirs("other")
    ended = [created(there, *groups)["state"] for groups in ((one,), (other,), (one, other), (one, other))]
    assert ended[:2] == ["success", "success"]
    assert len(set(everywhere(there)[2:] + everywhere(there)[:1])) == len(everywhere(there)[2:]) + 1


def test_without_a_group_instances_share_hypervisors(there: Stage) -> None:
    for _ in range(4):
        created(there)
    assert len(everywhere(there)) == 4


def test_a_zone_shows_its_own_members_only(there: Stage) -> None:
    group = there.theirs()
    inside = {zone: created(there, group, zone=zone)["reference"]["id"] for zone in (GENEVA, FRANKFURT)}
    for zone, id_ in inside.items():
        client = there.exo.client(zone)
        assert [one["id"] for one in client.get_anti_affinity_group(id=group)["instances"]] == [id_]
        assert [one["id"] for one in client.list_instances()["instances"]] == [id_]
    with pytest.raises(ExoscaleAPIClientException, match="404"):
        there.exo.client(GENEVA).get_instance(id=inside[FRANKFURT])


def test_only_an_instance_by_itself_tells_its_groups(there: Stage) -> None:
    group = there.theirs()
    id_ = created(there, group, labels={"role": "db"})["reference"]["id"]
    client = there.exo.client()
    assert client.get_instance(id=id_)["anti-affinity-groups"] == [{"id": group}]
    (listed,) = client.list_instances()["instances"]
    assert "anti-affinity-groups" not in listed
    assert listed["labels"] == {"role": "db"}


@pytest.mark.parametrize(("scope", "fits"), [("organization", False), ("zone", True)])
def test_a_group_takes_eight(scope: Any, fits: bool) -> None:
    with stage(hypervisors(ch_gva_2=12, de_fra_1=2)) as there:
        there.exo.settings.limit_scope = scope
        group = there.theirs()
        assert {created(there, group)["state"] for _ in range(8)} == {"success"}
        assert created(there, group)["message"] == "Anti-affinity group is full"
        there.world.machines.popitem()
        assert (created(there, group, zone=FRANKFURT)["state"] == "success") is fits


@pytest.mark.parametrize("unique", [False, True])
def test_names_may_be_unique(unique: bool, there: Stage) -> None:
    there.exo.settings.unique_names = unique
    there.theirs("db")
    if unique:
        with pytest.raises(ExoscaleAPIClientException, match="already exists"):
            there.theirs("db")
    else:
        there.theirs("db")
    assert len(there.groups) == 2 - unique


@pytest.mark.parametrize("told", [False, True])
def test_a_list_of_groups_may_tell_their_members(told: bool, there: Stage) -> None:
    there.exo.settings.members_in_list = told
    created(there, there.theirs())
    (group,) = there.exo.client().list_anti_affinity_groups()["anti-affinity-groups"]
    assert ("instances" in group) is told


@pytest.mark.parametrize(
    ("answered", "left"), [("409", 1), ("400", 1), ("operation", 1), ("success", 0)], ids=str
)
def test_a_group_with_members_may_be_deleted_or_not(answered: Any, left: int, there: Stage) -> None:
    there.exo.settings.delete_occupied = answered
    group = there.theirs()
    id_ = created(there, group)["reference"]["id"]
    client = there.exo.client()
    if answered in ("409", "400"):
        with pytest.raises(ExoscaleAPIClientException, match=answered):
            client.delete_anti_affinity_group(id=group)
    else:
        client.delete_anti_affinity_group(id=group)
    there.wait()
    assert len(there.groups) == left
    assert len(client.get_instance(id=id_)["anti-affinity-groups"]) == left


def test_an_instance_may_take_no_more_than_so_many_groups(there: Stage) -> None:
    there.exo.settings.groups_per_instance = 1
    with pytest.raises(ExoscaleAPIClientException, match="1 Anti-affinity Groups at most"):
        created(there, there.theirs("one"), there.theirs("other"))


# Launches


@pytest.mark.parametrize("leaves", ["nothing", "error"])
def test_a_refusal_by_its_operation_may_leave_an_instance(leaves: Any, there: Stage) -> None:
    there.exo.settings.leaves = leaves
    group = there.theirs()
    ended = [created(there, group) for _ in range(4)][-1]
    assert (ended["reason"], ended["message"]) == ("unavailable", "No suitable hypervisor found")
    states = [one["state"] for one in there.exo.client().list_instances()["instances"]]
    assert states == ["running"] * 3 + ["error"] * (leaves == "error")


def test_a_refusal_may_be_an_http_error(there: Stage) -> None:
    there.exo.settings.refusal = "http"
    group = there.theirs()
    for _ in range(3):
        created(there, group)
    with pytest.raises(ExoscaleAPIClientException, match=r"409.*No suitable hypervisor found"):
        created(there, group)
    assert len(there.world.machines) == 3


@pytest.mark.parametrize("operating", [0.0, 4.0])
def test_an_operation_takes_its_time(operating: float, there: Stage) -> None:
    there.exo.settings.operating = operating
    client = there.exo.client()
    operation = client.create_instance(**there.exo.machine)
    assert operation["state"] == ("pending" if operating else "success")
    id_ = operation["reference"]["id"]
    assert client.get_instance(id=id_)["state"] == ("starting" if operating else "running")
    there.wait(operating)
    assert client.get_operation(id=operation["id"])["state"] == "success"
    assert client.get_instance(id=id_)["state"] == "running"


def test_an_instance_stays_on_its_hypervisor_when_it_stops(there: Stage) -> None:
    id_, client = created(there)["reference"]["id"], there.exo.client()
    before = everywhere(there)
    client.stop_instance(id=id_)
    there.wait()
    assert (client.get_instance(id=id_)["state"], everywhere(there)) == ("stopped", [])
    client.start_instance(id=id_)
    there.wait()
    assert everywhere(there) == before


def test_a_full_hypervisor_takes_nothing() -> None:
    with stage([Place("h1", zone=GENEVA, capacity={"vcpus": 2})]) as there:
        assert [created(there)["state"] for _ in range(3)] == ["success", "success", "failure"]


def test_a_quota_is_kept(there: Stage) -> None:
    there.exo.settings.quota["instance"] = 1
    created(there)
    with pytest.raises(ExoscaleAPIAuthException, match="Quota exceeded"):
        created(there)
    assert there.exo.client().list_quotas()["quotas"] == [{"resource": "instance", "limit": 1, "usage": 1}]


def test_labels_are_replaced_as_a_whole(there: Stage) -> None:
    id_ = created(there, labels={"a": "1", "b": "2"})["reference"]["id"]
    there.exo.client().update_instance(id=id_, labels={"c": "3"})
    there.wait()
    assert there.exo.client().get_instance(id=id_)["labels"] == {"c": "3"}
    assert there.world.machines[id_].tags == {"c": "3"}
