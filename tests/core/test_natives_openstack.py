"""What our server groups are called, whose a name is, and which policy a rule asks for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openstack.compute.v2.server_group import ServerGroup

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import GroupKey, Native, Observed
from antiaffinity_openstack import natives
from antiaffinity_openstack.natives import Policy, is_ours, native_name, policy_in, policy_of

PARTS = st.text("ab-/._é1", min_size=1, max_size=5)
KEYS = st.builds(GroupKey, PARTS, PARTS)
DB = GroupKey("shop/prod", "db")


def test_a_name_can_be_read_by_a_person_and_ends_with_a_hash() -> None:
    assert native_name(DB, "", 1) == "shop-prod-db-1-88c970a2"
    assert native_name(DB, "az_1", 2).startswith("shop-prod-db-az-1-2-")


@given(KEYS, KEYS, PARTS, PARTS)
def test_different_groups_have_different_names(one: GroupKey, other: GroupKey, here: str, there: str) -> None:
    same = (one, here) == (other, there)
    assert (native_name(one, here, 1) == native_name(other, there, 1)) is same
    assert native_name(one, here, 1) != native_name(one, here, 2)


@given(KEYS, KEYS, PARTS, st.integers(1, 12))
def test_a_name_is_known_to_be_of_its_own_group_and_of_no_other(
    one: GroupKey, other: GroupKey, zone: str, number: int
) -> None:
    for within in ("", zone):
        name = native_name(one, within, number)
        assert is_ours(name, one, [zone])
        assert is_ours(name, other, [zone]) is (one == other)


def test_a_group_within_a_plainly_named_zone_is_known_after_the_zone_is_gone() -> None:
    assert is_ours(native_name(DB, "az-1", 1), DB, [])
    assert not is_ours(native_name(DB, "az_1", 1), DB, [])


def test_the_longest_names_fit_nova_and_stay_apart() -> None:
    one, other = GroupKey("o" * 200, "g" * 200), GroupKey("o" * 200, "g" * 201)
    names = [native_name(key, "z" * 200, 1) for key in (one, other)]
    assert max(map(len, names)) <= 255
    assert names[0] != names[1]


@pytest.mark.parametrize("name", ["shop-prod-db", "shop-prod-db-1-00000000", "db", "", "shop-prod-db-1"])
def test_a_hand_made_group_is_not_ours(name: str) -> None:
    assert not is_ours(name, DB, ["az1"])


def seen(member: str) -> Observed:
    return Observed(member=member, instance=f"s-{member}", state="running", holds=True)


def test_machines_and_server_groups_of_one_key_are_found_together() -> None:
    names = {"g1": native_name(DB, "", 1), "g2": native_name(DB, "az_1", 1), "x": "hand-made"}
    (found,) = natives.found({DB: [seen("db-0")]}, names, None, ["az_1"])
    assert (found.key, found.natives, found.instances) == (DB, ("g1", "g2"), (seen("db-0"),))


def test_a_server_group_without_machines_tells_its_key_where_the_name_can() -> None:
    plain, odd = GroupKey("shop", "my-db"), GroupKey("shop/prod", "my_db")
    names = {"g1": native_name(plain, "az-1", 1), "g2": native_name(DB, "", 1), "g3": native_name(odd, "", 1)}
    assert [(one.key, one.natives) for one in natives.found({}, names, None, [])] == [
        (plain, ("g1",)),
        (None, ("g2",)),
        (None, ("g3",)),
    ]
    assert [(one.key, one.natives) for one in natives.found({}, names, "shop/prod", [])] == [
        (DB, ("g2",)),
        (None, ("g3",)),
    ]


def test_another_owners_groups_are_left_out() -> None:
    names = {"g1": native_name(GroupKey("bank", "db"), "", 1)}
    assert natives.found({GroupKey("bank", "web"): [seen("web-0")]}, names, "shop/prod", []) == []


@pytest.mark.parametrize(
    ("native", "policy"),
    [
        (Native("host", "anti-affinity", True, 1), Policy("anti-affinity")),
        (Native("host", "anti-affinity", True, 3), Policy("anti-affinity", 3)),
        (Native("host", "survive", True, 2), Policy("anti-affinity", 2)),
        (Native("host", "anti-affinity", False, 1), Policy("soft-anti-affinity")),
        (Native("host", "affinity", True, 1), Policy("affinity")),
        (Native("host", "affinity", False, 1), Policy("soft-affinity")),
    ],
)
def test_a_rule_asks_for_one_of_novas_four_policies(native: Native, policy: Policy) -> None:
    assert policy_of(native) == policy


def test_a_soft_rule_that_counts_is_refused() -> None:
    with pytest.raises(InvalidRequest) as error:
        policy_of(Native("host", "anti-affinity", False, 2))
    assert error.value.path == "rules"


@pytest.mark.parametrize(
    ("shown", "policy"),
    [
        ({"policy": "anti-affinity", "rules": {}}, Policy("anti-affinity")),
        ({"policy": "anti-affinity", "rules": {"max_server_per_host": 2}}, Policy("anti-affinity", 2)),
        ({"policies": ["soft-affinity"], "metadata": {}}, Policy("soft-affinity")),
    ],
)
def test_the_policy_of_a_group_is_read_in_both_forms_of_the_api(
    shown: dict[str, Any], policy: Policy
) -> None:
    assert policy_in(ServerGroup(**shown)) == policy
