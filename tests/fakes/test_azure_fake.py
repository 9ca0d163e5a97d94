"""The fake Azure enforces what Microsoft's pages say; every exchange is held against the specifications."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError

from antiaffinity.testing.azure import FakeAzure
from antiaffinity.testing.azure.nouns import GROUP
from fakes.azure_stage import LOCATION, REGIONAL, User, azure_on, beside, code, into, regional, zonal


@pytest.fixture
def azure() -> Iterator[FakeAzure]:
    with azure_on([*zonal(), *regional()]) as azure:
        yield azure


@pytest.fixture
def user(azure: FakeAzure) -> User:
    return User(azure)


@pytest.fixture
def elsewhere(azure: FakeAzure) -> User:
    """The same user in the region without zones."""
    return User(azure, REGIONAL)


def where(azure: FakeAzure, level: Any = "zone") -> list[str]:
    """Where machines really run."""
    return [machine.domain(level) for machine in azure.world.running()]


# Zones and fault domains


def test_a_machine_is_in_the_zone_it_asks_for(user: User, azure: FakeAzure) -> None:
    set_id = user.scale_set(zones=["1", "2", "3"])
    machine = user.boot("db-0", "2", **into(set_id))
    assert (machine.zones, where(azure)) == (["2"], ["2"])
    assert user.statuses("db-0") == ["ProvisioningState/succeeded", "PowerState/running"]


def test_a_machine_is_in_the_fault_domain_it_asks_for(elsewhere: User, azure: FakeAzure) -> None:
    set_id = elsewhere.scale_set(domains=2)
    machines = [elsewhere.boot(f"db-{n}", **into(set_id, n)) for n in (1, 0)]
    assert [machine.properties.platform_fault_domain for machine in machines] == [1, 0]
    assert where(azure, "rack") == ["r0", "r1"]


@pytest.mark.parametrize(
    ("properties", "zone", "refusal"),
    [
        ({}, "9", (400, "InvalidAvailabilityZone")),
        ({"platformFaultDomain": 0}, "", (400, "InvalidParameter")),
        ({"hardwareProfile": {"vmSize": "Standard_Huge"}}, "1", (400, "InvalidParameter")),
        ({"hardwareProfile": {"vmSize": "Standard_L8s_v3"}}, "3", (409, "SkuNotAvailable")),
        ({"hardwareProfile": {"vmSize": "Standard_M8ms"}}, "1", (409, "SkuNotAvailable")),
        ({"storageProfile": None}, "1", (400, "InvalidParameter")),
    ],
    ids=["no such zone", "a domain without a set", "no such size", "not there", "withheld", "no disk"],
)
def test_what_cannot_be_is_refused(
    properties: dict[str, Any], zone: str, refusal: tuple[int, str], user: User, azure: FakeAzure
) -> None:
    assert user.refused("db-0", zone, **properties) == refusal
    assert azure.world.machines == {}


def test_sets_and_zones_exclude_each_other(user: User, azure: FakeAzure) -> None:
    old, new = user.availability_set(), user.scale_set(zones=["1", "2"])
    assert user.refused("db-0", "1", **beside(old)) == (400, "InvalidParameter")
    assert user.refused("db-0", **beside(old), **into(new)) == (400, "InvalidParameter")
    assert user.refused("db-0", "3", **into(new)) == (400, "BadRequest")
    assert user.refused("db-0", **into(new)) == (400, "BadRequest")
    assert user.refused("db-0", **into(new.replace("/set", "/nowhere"))) == (404, "NotFound")
    assert azure.world.machines == {}


def test_a_domain_must_be_one_of_the_sets(elsewhere: User) -> None:
    two, one = elsewhere.scale_set(domains=2), elsewhere.scale_set("one")
    assert elsewhere.refused("db-0", **into(two, 2)) == (400, "InvalidParameter")
    assert elsewhere.refused("db-0", **into(one, 0)) == (400, "InvalidParameter")


def test_a_set_has_no_more_domains_than_the_region(user: User, elsewhere: User) -> None:
    asked: list[tuple[User, dict[str, Any]]] = [
        (elsewhere, {"domains": 3}),
        (user, {"zones": ["1"], "domains": 2}),
    ]
    for hands, said in asked:
        with pytest.raises(HttpResponseError, match="must fall in the range 1 to") as error:
            hands.scale_set(**said)
        assert (error.value.status_code, code(error.value)) == (400, "InvalidParameter")
    with pytest.raises(HttpResponseError, match="must fall in the range 1 to 2"):
        elsewhere.availability_set(domains=3)


def test_zones_of_a_set_can_be_added_and_not_taken_away(user: User) -> None:
    sets = user.compute.virtual_machine_scale_sets
    user.scale_set(zones=["1"])
    assert sets.begin_update(GROUP, "set", {"zones": ["1", "2"]}).result().zones == ["1", "2"]
    with pytest.raises(HttpResponseError) as error:
        sets.begin_update(GROUP, "set", {"zones": ["1"]})
    assert code(error.value) == "PropertyChangeNotAllowed"


def test_a_machines_place_cannot_be_changed(user: User) -> None:
    user.boot("db-0", "1")
    assert user.refused("db-0", "2") == (409, "PropertyChangeNotAllowed")


# Room


def test_a_full_zone_is_told_inside_the_operation(user: User, azure: FakeAzure) -> None:
    for host in ("h11", "h12"):
        azure.world.fill(host)
    status, told = user.refused("db-0", "1")
    assert (status, told) == (200, "ZonalAllocationFailed")
    assert user.statuses("db-0") == ["ProvisioningState/failed/ZonalAllocationFailed"]
    assert where(azure) == []


def test_a_full_fault_domain_is_told_with_location_alone_too(elsewhere: User, azure: FakeAzure) -> None:
    azure.settings.async_header = False
    set_id = elsewhere.scale_set(domains=2)
    for host in ("f01", "f02"):
        azure.world.fill(host)
    status, told = elsewhere.refused("db-0", **into(set_id, 0))
    assert (status, told) == (409, "AllocationFailed")


def test_a_full_zone_may_be_told_at_once_and_may_leave_nothing(user: User, azure: FakeAzure) -> None:
    for host in ("h11", "h12"):
        azure.world.fill(host)
    azure.settings.failed_create_leaves_vm = False
    assert user.refused("db-0", "1") == (200, "ZonalAllocationFailed")
    azure.settings.allocation_fails_in = "request"
    assert user.refused("db-0", "1") == (409, "ZonalAllocationFailed")
    assert azure.world.machines == {}


def test_a_quota_is_an_operation_not_allowed(user: User, azure: FakeAzure) -> None:
    azure.settings.cores = 1
    user.boot("db-0", "1")
    assert user.refused("db-1", "2") == (409, "OperationNotAllowed")
    assert [usage.current_value for usage in user.compute.usage.list(LOCATION)] == [1, 1]


# Availability sets


def test_an_availability_set_parts_its_members_until_one_is_deallocated(
    elsewhere: User, azure: FakeAzure
) -> None:
    """https://learn.microsoft.com/azure/virtual-machines/availability-set-overview"""
    set_id, machines = elsewhere.availability_set(), elsewhere.compute.virtual_machines
    elsewhere.boot("db-0", **beside(set_id))
    machines.begin_deallocate(GROUP, "db-0").result()
    elsewhere.boot("db-1", **beside(set_id))
    machines.begin_start(GROUP, "db-0").result()
    assert where(azure, "rack") == ["r0", "r0"]
    assert [elsewhere.view(f"db-{n}").platform_fault_domain for n in (0, 1)] == [0, 0]
    elsewhere.boot("db-2", **beside(set_id))
    assert where(azure, "rack") == ["r0", "r0", "r1"]


def test_an_availability_set_with_members_stays(elsewhere: User, azure: FakeAzure) -> None:
    set_id, sets = elsewhere.availability_set(), elsewhere.compute.availability_sets
    elsewhere.boot("db-0", **beside(set_id))
    assert [one.id for one in sets.get(GROUP, "old").properties.virtual_machines] == [
        azure.world.running()[0].id.upper()
    ]
    with pytest.raises(ResourceExistsError) as error:
        sets.delete(GROUP, "old")
    assert code(error.value) == "OperationNotAllowed"
    elsewhere.compute.virtual_machines.begin_delete(GROUP, "db-0").result()
    for _ in range(2):
        sets.delete(GROUP, "old")
    assert list(sets.list(GROUP)) == []


# Conditions


def test_only_one_of_two_makes_a_set(user: User) -> None:
    sets = user.compute.virtual_machine_scale_sets
    body = {"location": LOCATION, "properties": {"orchestrationMode": "Flexible"}}
    sets.begin_create_or_update(GROUP, "set", body, match_condition=MatchConditions.IfMissing).result()
    with pytest.raises(ResourceExistsError) as error:
        sets.begin_create_or_update(GROUP, "set", body, match_condition=MatchConditions.IfMissing)
    assert (error.value.status_code, code(error.value)) == (412, "PreconditionFailed")


def test_an_old_etag_is_refused(user: User) -> None:
    machines = user.compute.virtual_machines
    machine = user.boot("db-0", "1")

    def tag(value: str) -> None:
        same_still = MatchConditions.IfNotModified
        machines.begin_update(
            GROUP, "db-0", {"tags": {"a": value}}, etag=machine.etag, match_condition=same_still
        ).result()

    tag("1")
    with pytest.raises(ResourceModifiedError):
        tag("2")
    assert machines.get(GROUP, "db-0").tags == {"a": "1"}


@pytest.mark.parametrize("busy", ["OperationNotAllowed", "Conflict"])
def test_what_is_being_changed_cannot_be_changed(busy: Any, user: User, azure: FakeAzure) -> None:
    azure.settings.busy_code = busy
    user.compute.virtual_machines.begin_create_or_update(GROUP, "db-0", user.body("1"), polling=False)
    assert user.refused("db-0", "1") == (409, busy)


# Lists


def test_lists_come_in_pages(user: User, azure: FakeAzure) -> None:
    azure.settings.page_size = 2
    set_id = user.scale_set(zones=["1", "2", "3"])
    for number in range(5):
        user.boot(f"db-{number}", str(number % 3 + 1), **into(set_id))
    members = f"'virtualMachineScaleSet/id' eq '{set_id}'"
    machines = user.compute.virtual_machines
    assert len(list(machines.list(GROUP))) == len(list(machines.list_all(status_only="true"))) == 5
    seen = list(machines.list(GROUP, filter=members, expand="instanceView"))
    assert [len(one.properties.instance_view.statuses) for one in seen] == [2] * 5


def test_views_of_all_machines_of_a_group_are_not_to_be_had(user: User) -> None:
    with pytest.raises(HttpResponseError) as error:
        list(user.compute.virtual_machines.list(GROUP, expand="instanceView"))
    assert error.value.status_code == 400


def test_a_list_may_spell_the_group_in_capitals(user: User, azure: FakeAzure) -> None:
    azure.settings.loud_lists = True
    user.boot("db-0", "1")
    (machine,) = user.compute.virtual_machines.list(GROUP)
    assert f"/resourceGroups/{GROUP.upper()}/" in machine.id


@pytest.mark.parametrize("shown", [True, False])
def test_the_view_of_a_flexible_sets_machine_may_tell_its_domain(
    shown: bool, elsewhere: User, azure: FakeAzure
) -> None:
    azure.settings.flexible_view_shows_domain = shown
    elsewhere.boot("db-0", **into(elsewhere.scale_set(domains=2), 1))
    assert elsewhere.view("db-0").platform_fault_domain == (1 if shown else None)


def test_sizes_say_where_they_are_sold(user: User) -> None:
    skus = {sku.name: sku for sku in user.compute.resource_skus.list(filter=f"location eq '{LOCATION}'")}
    assert sorted(skus["Standard_L8s_v3"].location_info[0].zones) == ["1", "2"]
    assert skus["Standard_M8ms"].restrictions[0].type == "Location"
    assert list(user.compute.resource_skus.list(filter="location eq 'atlantis'")) == []
