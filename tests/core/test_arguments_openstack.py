"""OpenStack's launch arguments: the user's own, the zone, the server group and the mark."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import GroupKey, Native, Placement
from antiaffinity_openstack import cloud
from antiaffinity_openstack.arguments import cli_words, pulumi_arguments, sdk_arguments
from core.outputs import Output

GROUP = "6c6a4bdf-4cfd-4d4b-8d6a-2b9bd8b1e2f3"
MARK = {"antiaffinity-owner": "shop/prod", "antiaffinity-group": "db", "antiaffinity-member": "db-0"}
APART = Native("host", "anti-affinity", True, 1)

IN_ZONE = Placement(member="db-0", key=GroupKey("shop/prod", "db"), domains={"zone": "az1"})
IN_GROUP = msgspec.structs.replace(IN_ZONE, natives=(APART,), native_ids=(GROUP,))
ANYWHERE = Placement(member="db-0", key=GroupKey("shop/prod", "db"), domains={})
EVERYWHERE = (IN_ZONE, IN_GROUP, ANYWHERE)

MERGES = [("sdk", sdk_arguments), ("pulumi", pulumi_arguments)]
BOTH = pytest.mark.parametrize("merge", [sdk_arguments, pulumi_arguments], ids=["sdk", "pulumi"])


def refused(merge: Any, placement: Placement, own: dict[str, Any]) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as error:
        merge(placement, own)
    return error.value


def test_a_launch_through_the_sdk_names_zone_and_group_and_carries_the_mark() -> None:
    assert sdk_arguments(IN_GROUP, {"image_id": "i1", "metadata": {"role": "db"}}) == {
        "image_id": "i1",
        "name": "db-0",
        "availability_zone": "az1",
        "scheduler_hints": {"group": GROUP},
        "metadata": {"role": "db", **MARK},
    }


def test_a_launch_through_pulumi_lists_its_hints_and_leaves_the_name_to_pulumi() -> None:
    assert pulumi_arguments(IN_GROUP, {"image_name": "debian-12", "metadata": {"role": "db"}}) == {
        "image_name": "debian-12",
        "availability_zone": "az1",
        "scheduler_hints": [{"group": GROUP}],
        "metadata": {"role": "db", **MARK},
    }


def test_the_cloud_layer_calls_metadata_meta() -> None:
    own = {"image": "debian-12", "flavor": "m1.small", "meta": {"role": "db"}}
    merged = sdk_arguments(IN_GROUP, own)
    assert (merged["meta"], "metadata" in merged) == ({"role": "db", **MARK}, False)
    assert sdk_arguments(IN_GROUP, merged) == merged
    assert "--property" in cli_words(IN_GROUP, own)


@pytest.mark.parametrize(
    ("own", "path"), [({"group": "own"}, "group"), ({"metadata": {"a": "b"}}, "metadata")]
)
def test_what_the_cloud_layer_would_do_otherwise_is_refused(own: dict[str, Any], path: str) -> None:
    assert refused(sdk_arguments, IN_GROUP, {"flavor": "m1.small", **own}).path == path


@BOTH
def test_without_a_group_and_a_zone_only_the_mark_is_added(merge: Any) -> None:
    assert merge(ANYWHERE, {"name": "own"}) == {"name": "own", "metadata": MARK}


def test_own_hints_that_name_no_group_are_kept() -> None:
    own = {"different_host": ["s1", "s2"], "query": '["=", "$free", 1]'}
    assert sdk_arguments(IN_GROUP, {"scheduler_hints": own})["scheduler_hints"] == {**own, "group": GROUP}
    listed = pulumi_arguments(IN_GROUP, {"scheduler_hints": [{"different_hosts": ["s1"]}]})
    assert listed["scheduler_hints"] == [{"different_hosts": ["s1"], "group": GROUP}]


def test_where_we_have_no_group_the_users_own_one_stands() -> None:
    own = {"scheduler_hints": {"group": "own"}}
    assert sdk_arguments(IN_ZONE, own)["scheduler_hints"] == {"group": "own"}


@BOTH
def test_a_group_that_is_not_made_yet_stops_the_launch_that_would_go_outside_it(merge: Any) -> None:
    early = msgspec.structs.replace(IN_GROUP, native_ids=())
    assert "prepare" in refused(merge, early, {}).message


@BOTH
def test_a_member_that_exists_repeats_what_its_server_has(merge: Any) -> None:
    there = msgspec.structs.replace(IN_GROUP, native_ids=(), existing="s1")
    assert merge(there, {}) == merge(IN_ZONE, {})


SDK_SAME = [
    {"availability_zone": "az1"},
    {"scheduler_hints": {"group": GROUP}},
    {"min_count": 1, "max_count": 1},
    {"metadata": MARK},
    {"name": "db-0"},
]


@pytest.mark.parametrize("own", SDK_SAME)
def test_saying_the_same_again_changes_nothing(own: dict[str, Any]) -> None:
    merged = sdk_arguments(IN_GROUP, own)
    assert {key: merged[key] for key in sdk_arguments(IN_GROUP, {})} == sdk_arguments(IN_GROUP, {})


ELSEWHERE: list[tuple[Any, dict[str, Any], str]] = [
    (sdk_arguments, {"availability_zone": "az2"}, "availability_zone"),
    (sdk_arguments, {"scheduler_hints": {"group": "own"}}, "scheduler_hints.group"),
    (pulumi_arguments, {"availability_zone": "az2"}, "availability_zone"),
    (pulumi_arguments, {"scheduler_hints": [{"group": "own"}]}, "scheduler_hints[0].group"),
    (pulumi_arguments, {"availability_zone": Output()}, "availability_zone"),
    (pulumi_arguments, {"scheduler_hints": [{"group": Output()}]}, "scheduler_hints[0].group"),
]


@pytest.mark.parametrize(("merge", "own", "path"), ELSEWHERE)
def test_an_own_argument_that_names_another_place_is_refused(
    merge: Any, own: dict[str, Any], path: str
) -> None:
    error = refused(merge, IN_GROUP, own)
    assert error.path == path
    assert "leave it to the placement" in error.message


@BOTH
@pytest.mark.parametrize(
    "own", [{"availability_zone": "az1:host1"}, {"host": "host1"}, {"hypervisor_hostname": "node1"}], ids=str
)
@pytest.mark.parametrize("placement", EVERYWHERE)
def test_a_forced_host_is_refused_because_nova_would_pass_by_every_group(
    merge: Any, own: dict[str, Any], placement: Placement
) -> None:
    assert refused(merge, placement, own).path == next(iter(own))


@BOTH
@pytest.mark.parametrize(
    "name",
    [
        "availability_zone_hints",
        "OS-EXT-AZ:availability_zone",
        "OS-SCH-HNT:scheduler_hints",
        "os:scheduler_hints",
    ],
)
def test_a_second_name_for_the_place_is_refused(merge: Any, name: str) -> None:
    assert refused(merge, IN_GROUP, {name: "az1"}).path == name


@pytest.mark.parametrize("name", ["min_count", "max_count"])
def test_more_than_one_server_in_a_launch_is_refused(name: str) -> None:
    assert refused(sdk_arguments, IN_GROUP, {name: 2}).path == name


@BOTH
def test_metadata_that_overwrites_the_mark_is_refused(merge: Any) -> None:
    error = refused(merge, IN_ZONE, {"metadata": {"role": "db", "antiaffinity-group": "mine"}})
    assert error.path == "metadata.antiaffinity-group"


@BOTH
def test_a_mark_that_nova_would_not_store_is_refused_and_the_longest_that_it_does_is_not(merge: Any) -> None:
    for length, fits in ((255, True), (256, False)):
        named = msgspec.structs.replace(IN_ZONE, member="m" * length)
        if fits:
            assert merge(named, {})["metadata"]["antiaffinity-member"] == "m" * 255
        else:
            assert refused(merge, named, {}).path == "metadata.antiaffinity-member"


@pytest.mark.parametrize(
    ("merge", "own", "path"),
    [
        (sdk_arguments, {"scheduler_hints": [{"group": GROUP}]}, "scheduler_hints"),
        (sdk_arguments, {"metadata": "role=db"}, "metadata"),
        (pulumi_arguments, {"scheduler_hints": {"group": GROUP}}, "scheduler_hints"),
        (pulumi_arguments, {"scheduler_hints": [{}, {}]}, "scheduler_hints"),
        (pulumi_arguments, {"scheduler_hints": ["group"]}, "scheduler_hints[0]"),
        (pulumi_arguments, {"scheduler_hints": Output()}, "scheduler_hints"),
        (pulumi_arguments, {"metadata": Output()}, "metadata"),
    ],
)
def test_arguments_of_the_wrong_shape_are_named(merge: Any, own: dict[str, Any], path: str) -> None:
    assert refused(merge, IN_GROUP, own).path == path


def test_what_pulumi_does_not_know_yet_is_passed_on_where_nothing_of_ours_joins_it() -> None:
    role, hints, image = Output(), Output(), Output()
    merged = pulumi_arguments(
        ANYWHERE, {"image_id": image, "scheduler_hints": hints, "metadata": {"role": role}}
    )
    assert merged["image_id"] is image
    assert merged["scheduler_hints"] is hints
    assert merged["metadata"]["role"] is role


def test_the_words_for_the_command_line_end_with_the_name() -> None:
    own = {"name": "db", "scheduler_hints": {"different_host": ["s1", "s2"]}, "metadata": {"role": "a=b"}}
    assert cli_words(IN_GROUP, own) == [
        *("--availability-zone", "az1"),
        *("--hint", "different_host=s1", "--hint", "different_host=s2", "--hint", f"group={GROUP}"),
        *("--property", "role=a=b"),
        *("--property", "antiaffinity-owner=shop/prod", "--property", "antiaffinity-group=db"),
        *("--property", "antiaffinity-member=db-0", "db"),
    ]
    assert cli_words(ANYWHERE, {})[-1] == "db-0"


def test_the_command_line_is_judged_as_the_sdks_call_is() -> None:
    assert refused(cli_words, IN_ZONE, {"availability_zone": "az2"}).path == "availability_zone"


WORDS = st.text("abcDEF-é", min_size=1, max_size=6)
OWN = {
    "image_id": WORDS,
    "metadata": st.none() | st.dictionaries(WORDS, WORDS, max_size=3),
    "tags": st.lists(WORDS, max_size=2),
}
HINTS = st.fixed_dictionaries({}, optional={"query": WORDS, "same_host": st.lists(WORDS)})
SDK_OWN = st.fixed_dictionaries({}, optional={**OWN, "name": WORDS, "scheduler_hints": st.none() | HINTS})
PULUMI_OWN = st.fixed_dictionaries(
    {}, optional={**OWN, "scheduler_hints": st.none() | st.lists(HINTS, max_size=1)}
)


def within(small: Any, large: Any) -> bool:
    """Whether everything the user said is still said."""
    if isinstance(small, dict):
        return all(key in large and within(value, large[key]) for key, value in small.items())
    if isinstance(small, list):
        return len(small) <= len(large) and all(map(within, small, large))
    return bool(small is None or small == large)


@pytest.mark.parametrize(("merge", "owns"), [(sdk_arguments, SDK_OWN), (pulumi_arguments, PULUMI_OWN)])
@given(data=st.data(), placement=st.sampled_from(EVERYWHERE))
def test_own_arguments_survive_untouched_and_merging_twice_is_merging_once(
    merge: Any, owns: Any, data: st.DataObject, placement: Placement
) -> None:
    own = data.draw(owns)
    before = deepcopy(own)
    merged = merge(placement, own)
    once = deepcopy(merged)
    assert merge(placement, merged) == once == merged
    assert own == before
    assert within(own, merged)


@pytest.mark.parametrize(("dialect", "merge"), MERGES)
def test_the_record_names_every_argument_that_a_merge_sets(dialect: Any, merge: Any) -> None:
    said = {key for placement in EVERYWHERE for key in merge(placement, {})}
    assert said == set(cloud.keys[dialect])
    assert cloud.merges[dialect] is merge
