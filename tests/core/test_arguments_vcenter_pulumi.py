"""vCenter's arguments for Pulumi: the user's own keywords, the place and the mark."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import Placement
from antiaffinity_vcenter import cloud
from antiaffinity_vcenter.arguments import pulumi_arguments
from core.outputs import Output
from core.vcenter_placements import ALL, MARK, ON_HOST, ON_STORE

TEXT = st.text("abcDEF-é", max_size=6)
ENTRIES = st.dictionaries(TEXT, TEXT, max_size=5)
KEYWORDS = st.fixed_dictionaries(
    {"extra_config": ENTRIES}, optional={"memory": st.integers(), "folder": TEXT, "guest_id": TEXT}
)


def test_pulumi_takes_the_same_place_under_its_own_names() -> None:
    assert pulumi_arguments(ON_HOST, {}) == {"host_system_id": "host-12", "extra_config": MARK}
    assert pulumi_arguments(ON_STORE, {}) == {
        "host_system_id": "host-12",
        "datastore_id": "datastore-7",
        "resource_pool_id": "resgroup-1",
        "extra_config": MARK,
    }


def test_values_that_are_not_known_yet_stay_untouched() -> None:
    own: dict[str, Any] = {
        "memory": Output(),
        "resource_pool_id": Output(),
        "extra_config": {"role": Output()},
    }
    merged = pulumi_arguments(ON_STORE, own)
    assert merged["memory"] is own["memory"]
    assert merged["resource_pool_id"] is own["resource_pool_id"]
    assert merged["extra_config"]["role"] is own["extra_config"]["role"]


PULUMI_ELSEWHERE: list[tuple[dict[str, Any], str]] = [
    ({"host_system_id": "host-99"}, "host_system_id"),
    ({"host_system_id": Output()}, "host_system_id"),
    ({"datastore_id": "datastore-9"}, "datastore_id"),
    ({"datastore_id": Output()}, "datastore_id"),
    ({"datastore_cluster_id": "group-p3"}, "datastore_cluster_id"),
    ({"extra_config": Output()}, "extra_config"),
    ({"extra_config": {"antiaffinity-owner": Output()}}, "extra_config.antiaffinity-owner"),
    ({"extra_config": {"antiaffinity-owner": "me"}}, "extra_config.antiaffinity-owner"),
]


@pytest.mark.parametrize(("own", "path"), PULUMI_ELSEWHERE)
def test_another_place_or_mark_or_one_not_known_yet_is_refused(own: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        pulumi_arguments(ON_STORE, own)
    assert error.value.path == path


def test_without_needs_a_datastore_cluster_is_the_users_to_name() -> None:
    assert (
        pulumi_arguments(ON_HOST, {"datastore_cluster_id": "group-p3"})["datastore_cluster_id"] == "group-p3"
    )


@given(st.sampled_from(ALL), KEYWORDS)
def test_pulumis_keywords_survive_and_only_declared_ones_are_set(
    placement: Placement, own: dict[str, Any]
) -> None:
    before = deepcopy(own)
    merged = pulumi_arguments(placement, own)
    assert own == before
    assert merged["extra_config"] == {**own["extra_config"], **MARK}
    assert {key for key in merged if key not in own or merged[key] != own[key]} <= set(cloud.keys["pulumi"])
    assert pulumi_arguments(placement, merged) == merged
