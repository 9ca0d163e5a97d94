"""Azure's launch arguments: the user's own, the place and the mark, in both dialects."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import GroupKey, Placement
from antiaffinity_azure import cloud
from antiaffinity_azure.arguments import pulumi_arguments, sdk_arguments
from core.outputs import Output

KEY = GroupKey("shop/prod", "db")
MARK = {"antiaffinity-owner": "shop/prod", "antiaffinity-group": "db", "antiaffinity-member": "db-0"}
COMPUTE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute"
SCALE_SET = f"{COMPUTE}/virtualMachineScaleSets/aa-db"
AVAILABILITY_SET = f"{COMPUTE}/availabilitySets/old"


def placed(**changes: Any) -> Placement:
    return Placement(member="db-0", **{"domains": {"zone": "2"}, "key": KEY, **changes})


IN_ZONE = placed()
IN_DOMAIN = placed(domains={"region": "westus", "rack": "0"}, native_ids=(SCALE_SET,))
IN_SET = placed(
    domains={"region": "westus"}, delegated={"rack": "availability set"}, native_ids=(AVAILABILITY_SET,)
)
ALL = (IN_ZONE, IN_DOMAIN, IN_SET)


def refused(placement: Placement, merge: Any = sdk_arguments, /, **own: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as error:
        merge(placement, own)
    return error.value


# the body of virtual_machines.begin_create_or_update


def test_a_machine_names_its_zone_and_carries_the_mark() -> None:
    merged = sdk_arguments(IN_ZONE, {"location": "westeurope"})
    assert merged == {"location": "westeurope", "zones": ["2"], "tags": MARK}


def test_without_zones_it_names_the_scale_set_and_the_fault_domain() -> None:
    assert sdk_arguments(IN_DOMAIN, {}) == {
        "properties": {"platformFaultDomain": 0, "virtualMachineScaleSet": {"id": SCALE_SET}},
        "tags": MARK,
    }


def test_in_an_availability_set_azure_picks_the_fault_domain() -> None:
    there_already = placed(domains={"rack": "1"}, native_ids=(AVAILABILITY_SET,), existing="vm-1")
    for placement in (IN_SET, there_already):
        assert sdk_arguments(placement, {})["properties"] == {"availabilitySet": {"id": AVAILABILITY_SET}}


def test_a_machine_in_a_zone_has_no_fault_domain_to_name() -> None:
    observed = placed(domains={"zone": "2", "rack": "0"}, existing="vm-1")
    assert sdk_arguments(observed, {}) == sdk_arguments(IN_ZONE, {})


def test_own_properties_and_tags_are_joined() -> None:
    own = {"properties": {"hardwareProfile": {"vmSize": "Standard_D2s_v5"}}, "tags": {"role": "db"}}
    merged = sdk_arguments(IN_DOMAIN, own)
    assert merged["properties"]["hardwareProfile"] == {"vmSize": "Standard_D2s_v5"}
    assert merged["properties"]["platformFaultDomain"] == 0
    assert merged["tags"] == {"role": "db", **MARK}


SAME_AGAIN: list[tuple[Placement, dict[str, Any]]] = [
    (IN_ZONE, {"zones": ["2"]}),
    (IN_ZONE, {"zones": ("2",)}),
    (IN_ZONE, {"zones": None, "tags": None, "properties": None}),
    (IN_ZONE, {"zones": []}),
    (IN_ZONE, {"tags": {"AntiAffinity-Group": "db"}}),
    (IN_DOMAIN, {"properties": {"platformFaultDomain": 0}}),
    (IN_DOMAIN, {"properties": {"platformFaultDomain": None}}),
    (IN_DOMAIN, {"properties": {"virtualMachineScaleSet": {"id": SCALE_SET.upper()}}}),
    (IN_SET, {"properties": {"availabilitySet": {"id": AVAILABILITY_SET}}}),
]


@pytest.mark.parametrize(("placement", "own"), SAME_AGAIN)
def test_saying_the_same_again_changes_nothing(placement: Placement, own: dict[str, Any]) -> None:
    merged = sdk_arguments(placement, own)
    assert {k: v for k, v in merged.items() if v is not None} == sdk_arguments(placement, {})


def test_a_location_may_be_written_as_the_portal_does() -> None:
    there = placed(domains={"region": "westeurope", "zone": "2"})
    assert sdk_arguments(there, {"location": "West Europe"})["location"] == "West Europe"


ELSEWHERE: list[tuple[Placement, dict[str, Any], str]] = [
    (IN_ZONE, {"zones": ["1"]}, "zones"),
    (IN_ZONE, {"zones": ["2", "3"]}, "zones"),
    (IN_ZONE, {"zones": "2"}, "zones"),
    (IN_DOMAIN, {"location": "eastus"}, "location"),
    (IN_DOMAIN, {"properties": {"platformFaultDomain": 1}}, "properties.platformFaultDomain"),
    (
        IN_DOMAIN,
        {"properties": {"virtualMachineScaleSet": {"id": SCALE_SET + "-2"}}},
        "properties.virtualMachineScaleSet.id",
    ),
    (IN_SET, {"properties": {"availabilitySet": {"id": "another"}}}, "properties.availabilitySet.id"),
]


@pytest.mark.parametrize(("placement", "own", "path"), ELSEWHERE)
def test_an_own_argument_that_names_another_place_is_refused(
    placement: Placement, own: dict[str, Any], path: str
) -> None:
    error = refused(placement, **own)
    assert error.path == path
    assert "leave it to the placement" in error.message


NOT_BOTH: list[tuple[Placement, dict[str, Any], str]] = [
    (IN_ZONE, {"placement": {"zonePlacementPolicy": "Any"}}, "placement"),
    (IN_ZONE, {"properties": {"availabilitySet": {"id": AVAILABILITY_SET}}}, "properties.availabilitySet"),
    (IN_ZONE, {"properties": {"platformFaultDomain": 0}}, "properties.platformFaultDomain"),
    (IN_DOMAIN, {"zones": ["1"]}, "zones"),
    (IN_DOMAIN, {"properties": {"availabilitySet": {"id": AVAILABILITY_SET}}}, "properties.availabilitySet"),
    (
        placed(domains={}, native_ids=(SCALE_SET,)),
        {"properties": {"availabilitySet": {"id": AVAILABILITY_SET}}},
        "properties.availabilitySet",
    ),
    (IN_SET, {"zones": ["1"]}, "zones"),
    (
        IN_SET,
        {"properties": {"virtualMachineScaleSet": {"id": SCALE_SET}}},
        "properties.virtualMachineScaleSet",
    ),
    (IN_SET, {"properties": {"platformFaultDomain": 0}}, "properties.platformFaultDomain"),
]


@pytest.mark.parametrize(("placement", "own", "path"), NOT_BOTH)
def test_what_azure_refuses_beside_the_place_is_refused_before_the_call(
    placement: Placement, own: dict[str, Any], path: str
) -> None:
    assert refused(placement, **own).path == path


def test_a_zonal_machine_may_go_into_a_zonal_scale_set_of_the_users() -> None:
    own = {"properties": {"virtualMachineScaleSet": {"id": SCALE_SET}}}
    assert sdk_arguments(IN_ZONE, own)["properties"] == own["properties"]


@pytest.mark.parametrize("name", ["antiaffinity-group", "AntiAffinity-Group"])
def test_a_tag_that_overwrites_the_mark_is_refused(name: str) -> None:
    assert refused(IN_ZONE, tags={name: "mine"}).path == f"tags.{name}"


def test_fifty_tags_fit_and_one_more_is_refused() -> None:
    own = {f"tag-{n}": "x" for n in range(47)}
    assert len(sdk_arguments(IN_ZONE, {"tags": own})["tags"]) == 50
    assert refused(IN_ZONE, tags={**own, "one": "more"}).path == "tags"


TOO_LONG = [
    (placed(key=GroupKey("o" * 257, "db")), "owner"),
    (placed(key=GroupKey("shop", "g" * 257)), "group"),
    (Placement(member="m" * 257, domains={"zone": "1"}, key=KEY), "members"),
]


@pytest.mark.parametrize(("placement", "path"), TOO_LONG)
def test_a_name_longer_than_a_tag_takes_is_refused(placement: Placement, path: str) -> None:
    assert refused(placement).path == path


def test_a_name_as_long_as_a_tag_takes_is_kept_whole() -> None:
    key = GroupKey("o" * 256, "db")
    assert sdk_arguments(placed(key=key), {})["tags"]["antiaffinity-owner"] == "o" * 256


@pytest.mark.parametrize(
    ("own", "path"),
    [
        ({"tags": ["role=db"]}, "tags"),
        ({"properties": "none"}, "properties"),
        ({"properties": {"virtualMachineScaleSet": SCALE_SET}}, "properties.virtualMachineScaleSet"),
    ],
)
def test_an_argument_of_the_wrong_shape_is_named(own: dict[str, Any], path: str) -> None:
    assert refused(IN_DOMAIN, **own).path == path


# Pulumi's compute.VirtualMachine


def test_pulumi_takes_the_same_place_under_its_own_names() -> None:
    assert pulumi_arguments(IN_ZONE, {}) == {"zones": ["2"], "tags": MARK}
    assert pulumi_arguments(IN_SET, {}) == {"availability_set": {"id": AVAILABILITY_SET}, "tags": MARK}
    assert pulumi_arguments(IN_DOMAIN, {}) == {
        "platform_fault_domain": 0,
        "virtual_machine_scale_set": {"id": SCALE_SET},
        "tags": MARK,
    }


def test_values_that_are_not_known_yet_stay_untouched() -> None:
    own: dict[str, Any] = {"location": Output(), "storage_profile": Output(), "tags": {"role": Output()}}
    merged = pulumi_arguments(IN_DOMAIN, own)
    assert merged["location"] is own["location"]
    assert merged["storage_profile"] is own["storage_profile"]
    assert merged["tags"]["role"] is own["tags"]["role"]


UNKNOWN_PLACE: list[tuple[Placement, dict[str, Any], str]] = [
    (IN_ZONE, {"zones": Output()}, "zones"),
    (IN_ZONE, {"zones": [Output()]}, "zones"),
    (IN_ZONE, {"tags": Output()}, "tags"),
    (IN_ZONE, {"tags": {"antiaffinity-owner": Output()}}, "tags.antiaffinity-owner"),
    (IN_ZONE, {"availability_set": Output()}, "availability_set"),
    (IN_DOMAIN, {"platform_fault_domain": Output()}, "platform_fault_domain"),
    (IN_DOMAIN, {"virtual_machine_scale_set": Output()}, "virtual_machine_scale_set"),
    (IN_DOMAIN, {"virtual_machine_scale_set": {"id": Output()}}, "virtual_machine_scale_set.id"),
]


@pytest.mark.parametrize(("placement", "own", "path"), UNKNOWN_PLACE)
def test_a_place_that_is_not_known_yet_is_refused(
    placement: Placement, own: dict[str, Any], path: str
) -> None:
    assert refused(placement, pulumi_arguments, **own).path == path


# for any arguments at all

VALUES = st.one_of(
    st.text(), st.integers(), st.booleans(), st.lists(st.text()), st.dictionaries(st.text(), st.text())
)
FREE = st.dictionaries(st.sampled_from(["location", "identity", "osProfile", "userData", "plan"]), VALUES)
TAGS = st.dictionaries(
    st.text(min_size=1, max_size=20).filter(lambda n: n.casefold() not in MARK), st.text(), max_size=9
)
PROPERTIES = st.dictionaries(st.sampled_from(["hardwareProfile", "osProfile", "priority"]), VALUES)
OWN = st.builds(
    lambda free, tags, properties: {**free, "tags": tags, "properties": properties}, FREE, TAGS, PROPERTIES
).filter(lambda own: not isinstance(own.get("location"), str))


@given(st.sampled_from(ALL), OWN)
def test_what_the_user_gave_survives_and_is_never_changed(placement: Placement, own: dict[str, Any]) -> None:
    before = deepcopy(own)
    merged = sdk_arguments(placement, own)
    assert own == before
    assert own["tags"].items() <= merged["tags"].items()
    assert all(merged["properties"][key] == value for key, value in own["properties"].items())
    assert all(merged[key] == own[key] for key in own if key not in ("tags", "properties"))


@given(st.sampled_from(ALL), OWN, st.sampled_from([sdk_arguments, pulumi_arguments]))
def test_merging_twice_is_merging_once(placement: Placement, own: dict[str, Any], merge: Any) -> None:
    once = merge(placement, own)
    assert merge(placement, once) == once


@given(st.sampled_from(ALL), OWN, st.sampled_from(["sdk", "pulumi"]))
def test_only_the_declared_keys_are_set(placement: Placement, own: dict[str, Any], dialect: Any) -> None:
    merged = cloud.merges[dialect](placement, own)
    assert {key for key in merged if key not in own or merged[key] != own[key]} <= set(cloud.keys[dialect])
