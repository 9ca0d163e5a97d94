"""The client token: the same launch asked for again is the same instance, anything else is another."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

import antiaffinity as aa
from antiaffinity.model import Placement
from antiaffinity_aws.arguments import sdk_arguments
from core.aws_placements import IN_GROUP, IN_SUBNET, IN_ZONE, KEY

OWN: dict[str, Any] = {"ImageId": "ami-1", "InstanceType": "m6i.large", "UserData": b"#!/bin/sh"}


def token(placement: Placement = IN_ZONE, **own: Any) -> str:
    return str(sdk_arguments(placement, {**OWN, **own})["ClientToken"])


def test_the_same_launch_has_the_same_token() -> None:
    assert token() == token()
    assert token() == str(sdk_arguments(IN_ZONE, dict(reversed(OWN.items())))["ClientToken"])


def test_ec2_takes_it() -> None:
    assert token().isascii()
    assert len(token()) <= 64


def test_whatever_tells_two_launches_apart_tells_their_tokens_apart() -> None:
    other_owner = replace(IN_ZONE, key=replace(KEY, owner="shop/test"))
    other_group = replace(IN_ZONE, key=replace(KEY, name="web"))
    launches = [IN_ZONE, IN_SUBNET, IN_GROUP, replace(IN_ZONE, member="db-1"), other_owner, other_group]
    launches += [replace(IN_ZONE, past=past) for past in (("i-1",), ("i-1", "i-2"))]
    launches += [replace(IN_ZONE, existing="i-3")]
    launches += [replace(IN_ZONE, attempt=attempt) for attempt in (1, 2)]
    tokens = [token(placement) for placement in launches]
    tokens += [token(ImageId="ami-2")]
    assert len(set(tokens)) == len(tokens)


def test_the_order_in_which_ec2_lists_the_past_does_not_matter() -> None:
    one, other = (replace(IN_ZONE, past=past) for past in (("i-1", "i-2"), ("i-2", "i-1")))
    assert token(one) == token(other)


def test_a_token_of_the_users_own_stays() -> None:
    assert token(ClientToken="mine") == "mine"


def test_a_token_of_the_users_own_is_refused_once_it_is_spent() -> None:
    with pytest.raises(aa.InvalidRequest, match="leave it out") as error:
        token(replace(IN_ZONE, attempt=1), ClientToken="mine")
    assert error.value.path == "ClientToken"


@pytest.mark.parametrize("attempt", [0, 1])
def test_merging_twice_keeps_it(attempt: int) -> None:
    placement = replace(IN_ZONE, attempt=attempt)
    once = sdk_arguments(placement, OWN)
    assert sdk_arguments(placement, once) == once
