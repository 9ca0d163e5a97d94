"""Exoscale's launch arguments: the user's own, the groups and the mark, in both dialects."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiaffinity.errors import InvalidRequest
from antiaffinity.guarantee import promises
from antiaffinity.model import GroupKey, Native, Placement
from antiaffinity_exoscale import cloud
from antiaffinity_exoscale.arguments import pulumi_arguments, sdk_arguments
from core.outputs import Output

MARK = {"antiaffinity-owner": "shop/prod", "antiaffinity-group": "db", "antiaffinity-member": "db-0"}
ONE, TWO, OWN_GROUP = (f"5c2b4c9e-0000-4000-8000-00000000000{n}" for n in (1, 2, 9))


def placed(*groups: str, **changes: Any) -> Placement:
    natives = tuple(Native("host", "anti-affinity", True, 1, number=n + 1) for n in range(len(groups)))
    there: dict[str, Any] = {"domains": {"zone": "ch-gva-2"}, "natives": natives, "native_ids": groups}
    return Placement(member="db-0", key=GroupKey("shop/prod", "db"), **{**there, **changes})


def refused(merge: Any, placement: Placement, /, **own: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as error:
        merge(placement, own)
    return error.value


# exoscale's create_instance


def test_a_launch_joins_every_group_of_its_member_and_carries_the_mark() -> None:
    assert sdk_arguments(placed(ONE, TWO), {"name": "db-0"}) == {
        "name": "db-0",
        "anti_affinity_groups": [{"id": ONE}, {"id": TWO}],
        "labels": MARK,
    }


def test_own_groups_and_labels_are_joined() -> None:
    own = {"anti_affinity_groups": [{"id": OWN_GROUP}], "labels": {"role": "db"}}
    merged = sdk_arguments(placed(ONE), own)
    assert merged["anti_affinity_groups"] == [{"id": OWN_GROUP}, {"id": ONE}]
    assert merged["labels"] == {"role": "db", **MARK}


def test_a_group_named_twice_is_joined_once() -> None:
    assert sdk_arguments(placed(ONE), {"anti_affinity_groups": [{"id": ONE}]}) == sdk_arguments(
        placed(ONE), {}
    )


def test_without_a_group_none_is_mentioned() -> None:
    assert sdk_arguments(placed(), {}) == {"labels": MARK}


def test_a_member_that_exists_repeats_its_groups() -> None:
    assert sdk_arguments(placed(ONE, existing="i-1"), {}) == sdk_arguments(placed(ONE), {})


# pulumiverse_exoscale.ComputeInstance


def test_pulumi_also_names_the_zone() -> None:
    own = {"name": "db-0", "anti_affinity_group_ids": [OWN_GROUP, ONE], "labels": None}
    assert pulumi_arguments(placed(ONE, TWO), own) == {
        "name": "db-0",
        "zone": "ch-gva-2",
        "anti_affinity_group_ids": [OWN_GROUP, ONE, TWO],
        "labels": MARK,
    }


def test_outputs_pass_untouched_inside_own_lists_and_labels() -> None:
    group, role = Output(), Output()
    own = {"anti_affinity_group_ids": [group], "labels": {"role": role}, "template_id": role}
    merged = pulumi_arguments(placed(ONE), own)
    assert merged["anti_affinity_group_ids"][0] is group
    assert merged["anti_affinity_group_ids"][1:] == [ONE]
    assert merged["labels"]["role"] is role


def test_the_same_zone_again_changes_nothing() -> None:
    assert pulumi_arguments(placed(ONE), {"zone": "ch-gva-2"}) == pulumi_arguments(placed(ONE), {})


# Both


REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    (sdk_arguments, {"labels": {"antiaffinity-group": "mine"}}, "labels.antiaffinity-group"),
    (sdk_arguments, {"labels": ["role"]}, "labels"),
    (sdk_arguments, {"anti_affinity_groups": {"id": ONE}}, "anti_affinity_groups"),
    (pulumi_arguments, {"zone": "de-fra-1"}, "zone"),
    (pulumi_arguments, {"zone": Output()}, "zone"),
    (pulumi_arguments, {"labels": Output()}, "labels"),
    (pulumi_arguments, {"labels": {"antiaffinity-owner": Output()}}, "labels.antiaffinity-owner"),
    (pulumi_arguments, {"anti_affinity_group_ids": Output()}, "anti_affinity_group_ids"),
]


@pytest.mark.parametrize(("merge", "own", "path"), REFUSED)
def test_what_names_another_place_or_hides_the_mark_is_refused(
    merge: Any, own: dict[str, Any], path: str
) -> None:
    assert refused(merge, placed(ONE), **own).path == path


WORDS = st.text("abcDEF-é", min_size=1, max_size=6)
LABELS = st.none() | st.dictionaries(WORDS, WORDS, max_size=3)
GROUPS = st.lists(st.sampled_from([ONE, TWO, OWN_GROUP]), max_size=3, unique=True)
SDK_OWN = st.fixed_dictionaries(
    {"name": WORDS},
    optional={
        "labels": LABELS,
        "anti_affinity_groups": GROUPS.map(lambda ids: [{"id": each} for each in ids]),
    },
)
PULUMI_OWN = st.fixed_dictionaries(
    {"name": WORDS}, optional={"labels": LABELS, "anti_affinity_group_ids": st.none() | GROUPS}
)


@pytest.mark.parametrize(("merge", "owns"), [(sdk_arguments, SDK_OWN), (pulumi_arguments, PULUMI_OWN)])
@given(data=st.data(), groups=st.lists(st.sampled_from([ONE, TWO]), unique=True))
def test_own_arguments_survive_untouched_and_merging_twice_is_merging_once(
    merge: Any, owns: Any, data: st.DataObject, groups: list[str]
) -> None:
    own, placement = data.draw(owns), placed(*groups)
    before = deepcopy(own)
    merged = merge(placement, own)
    once = deepcopy(merged)
    assert merge(placement, merged) == once == merged
    assert own == before
    for key, value in own.items():
        kept = merged[key]
        if isinstance(value, dict):
            assert value.items() <= kept.items()
        elif isinstance(value, list):
            assert kept[: len(value)] == value
        elif value is not None:
            assert kept == value


@pytest.mark.parametrize(("dialect", "merge"), [("sdk", sdk_arguments), ("pulumi", pulumi_arguments)])
def test_the_record_names_every_argument_that_a_merge_sets(dialect: Any, merge: Any) -> None:
    assert set(merge(placed(ONE), {})) == set(cloud.keys[dialect])
    assert cloud.merges[dialect] is merge


# What Exoscale promises


def test_a_group_promises_eight_hypervisors_for_life_and_shows_membership_only() -> None:
    (group,) = promises(cloud.guarantees, "host", "anti-affinity", True)
    assert (group.how, group.limit, group.limit_per) == ("delegated", 8, "group")
    assert (group.evidence, group.at_launch, group.joins) == ("MEMBERSHIP", "REFUSES", "creation")
    assert (group.groups_per_instance, group.running_only, group.lapses) == (None, False, "no")


def test_the_soft_promise_says_that_the_group_itself_is_hard() -> None:
    (soft,) = promises(cloud.guarantees, "host", "anti-affinity", False)
    assert soft.at_launch == "REFUSES"
    assert "outside it" in soft.caveat


def test_nothing_promises_the_same_hypervisor() -> None:
    assert not promises(cloud.guarantees, "host", "affinity", True)
    assert not promises(cloud.guarantees, "host", "affinity", False)


def test_zones_are_chosen_and_read_for_every_kind_of_rule() -> None:
    zones = [each for each in cloud.guarantees if each.level == "zone"]
    assert {(each.rule, each.hard) for each in zones} == {
        (rule, hard) for rule in ("anti-affinity", "spread", "survive", "affinity") for hard in (True, False)
    }
    assert {(each.how, each.evidence) for each in zones} == {("chosen", "DOMAIN")}
    assert all((each.at_launch == "REFUSES") is each.hard for each in zones)
