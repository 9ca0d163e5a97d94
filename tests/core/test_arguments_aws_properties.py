"""What holds for any arguments, in both of AWS's dialects."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiaffinity.model import Placement
from antiaffinity_aws import cloud
from antiaffinity_aws.arguments import pulumi_arguments, sdk_arguments
from core.aws_placements import EVERYWHERE

PLACEMENTS = st.sampled_from(EVERYWHERE)
WORDS = st.text("abcDEF-é", min_size=1, max_size=6)
TAGS = st.lists(st.fixed_dictionaries({"Key": WORDS, "Value": WORDS}), max_size=3)
SPECIFICATIONS = st.lists(
    st.fixed_dictionaries({"ResourceType": st.sampled_from(["instance", "volume"]), "Tags": TAGS}),
    max_size=3,
    unique_by=lambda each: str(each["ResourceType"]),
)
INTERFACES = st.lists(
    st.fixed_dictionaries({"Description": WORDS}, optional={"NetworkInterfaceId": WORDS}), max_size=3
).map(lambda each: [{"DeviceIndex": number, **interface} for number, interface in enumerate(each)])
OWN = st.fixed_dictionaries(
    {},
    optional={
        "ImageId": WORDS,
        "MinCount": st.just(1),
        "Placement": st.fixed_dictionaries({}, optional={"HostResourceGroupArn": WORDS}),
        "NetworkInterfaces": INTERFACES,
        "TagSpecifications": SPECIFICATIONS,
    },
)
PULUMI_OWN = st.fixed_dictionaries(
    {},
    optional={
        "ami": WORDS,
        "subnet_id": st.none(),
        "primary_network_interface": st.none() | st.just({"network_interface_id": "eni-1"}),
        "tags": st.none() | st.dictionaries(WORDS, WORDS, max_size=3),
    },
)


def within(small: Any, large: Any) -> bool:
    """Whether everything the user said is still said."""
    if isinstance(small, dict):
        return all(key in large and within(value, large[key]) for key, value in small.items())
    if isinstance(small, list):
        return len(small) <= len(large) and all(map(within, small, large))
    return bool(small is None or small == large)


@pytest.mark.parametrize(("merge", "owns"), [(sdk_arguments, OWN), (pulumi_arguments, PULUMI_OWN)])
@given(data=st.data(), placement=PLACEMENTS)
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


@pytest.mark.parametrize(
    ("dialect", "merge"), [("sdk", sdk_arguments), ("pulumi", pulumi_arguments)], ids=["sdk", "pulumi"]
)
def test_the_record_names_every_argument_that_a_merge_sets(dialect: Any, merge: Any) -> None:
    interfaces: dict[str, Any] = {"NetworkInterfaces": [{"DeviceIndex": 0}]} if dialect == "sdk" else {}
    said = {key for own in ({}, interfaces) for each in EVERYWHERE for key in merge(each, own)}
    assert said == set(cloud.keys[dialect])
    assert cloud.merges[dialect] is merge
