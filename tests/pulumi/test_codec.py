"""Values survive the wire; what is unknown or secret stays so, whoever sent it and however."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct
from hypothesis import example, given, settings
from hypothesis import strategies as st

from antiaffinity.errors import InvalidRequest
from pulumi_antiaffinity.codec import (
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_STRING,
    UNKNOWNS,
    Plain,
    Secret,
    decode,
    encode,
    known,
    reveal,
    same,
    secrets,
)

# The engine's own words: sdk/go/common/resource/plugin/rpc.go and sdk/go/common/resource/sig/sig.go.
SENTINELS = {
    "string": "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "bool": "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "number": "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "array": "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "asset": "030794c1-ac77-496b-92df-f27374a8bd58",
    "archive": "e48ece36-62e2-4504-bad9-02848725956a",
    "object": "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
}
KEY = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SOME = settings(max_examples=40, deadline=None)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS.filter(lambda text: text not in UNKNOWNS)
KEYS = TEXTS.filter(lambda key: key != SIGNATURE)


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Plain]:
    """Properties with such values in them."""
    values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=12)
    return st.dictionaries(KEYS, values, max_size=5)


def there_and_back(properties: Plain) -> Plain:
    """What comes out of what goes in, through the bytes."""
    return decode(Struct.FromString(encode(properties).SerializeToString()))


def wire(value: Any) -> Any:
    """The decoded property whose message another program wrote."""
    return decode(ParseDict({"it": value}, Struct()))["it"]


def alike(one: Any, other: Any) -> bool:
    """Equal, and unknown in the same places; ``==`` itself takes nothing unknown for equal."""
    if one is UNKNOWN or other is UNKNOWN:
        return one is other
    if isinstance(one, Secret) or isinstance(other, Secret):
        return type(one) is type(other) and alike(one.value, other.value)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return (type(one) is type(other) or (_number(one) and _number(other))) and bool(one == other)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# Plain values


@SOME
@given(nested(SCALARS))
@example({"none": None, "list": [], "object": {}, "nested": [[], {}, [None]], "": ""})
@example({"most": 2**53, "least": -(2**53), "half": 1.5, "huge": 1e300, "tiny": 5e-324, "infinite": math.inf})
def test_plain_values_survive(properties: Plain) -> None:
    assert alike(there_and_back(properties), properties)


def test_whole_numbers_come_as_int_and_others_as_float() -> None:
    assert [wire(3.0), wire(-0.0), wire(1.5), wire(1e300)] == [3, 0, 1.5, int(1e300)]
    assert [type(wire(n)) for n in (3.0, 1.5, 1e300)] == [int, float, int]


def test_what_is_no_number_stays_none() -> None:
    assert math.isnan(there_and_back({"it": math.nan})["it"])


def test_true_is_no_number() -> None:
    assert wire(True) is True
    assert there_and_back({"it": [True, 1, False, 0]})["it"] == [True, 1, False, 0]
    assert [type(one) for one in there_and_back({"it": [True, 1]})["it"]] == [bool, int]


def test_a_tuple_goes_as_a_list() -> None:
    assert there_and_back({"it": ("a", ("b",))}) == {"it": ["a", ["b"]]}


@pytest.mark.parametrize("value", [object(), b"bytes", {1, 2}, 1j])
def test_what_is_no_value_of_pulumis_is_not_sent(value: object) -> None:
    with pytest.raises(TypeError, match="no value of Pulumi's"):
        encode({"it": [value]})


# What is not known yet


@SOME
@given(nested(SCALARS | st.just(UNKNOWN)))
def test_unknown_values_survive(properties: Plain) -> None:
    assert alike(there_and_back(properties), properties)


@pytest.mark.parametrize("kind", SENTINELS)
@pytest.mark.parametrize("place", [lambda it: it, lambda it: [1, it], lambda it: {"a": {"b": it}}])
def test_every_kind_of_unknown_is_one(kind: str, place: Callable[[Any], Any]) -> None:
    assert alike(wire(place(SENTINELS[kind])), place(UNKNOWN))


def test_the_unknown_that_is_sent_is_the_one_every_sdk_reads() -> None:
    assert encode({"it": UNKNOWN}).fields["it"].string_value == SENTINELS["string"] == UNKNOWN_STRING
    assert {*SENTINELS.values()} == UNKNOWNS


def test_an_unknown_is_neither_true_nor_false() -> None:
    with pytest.raises(TypeError, match="neither true nor false"):
        assert UNKNOWN
    with pytest.raises(TypeError, match="neither true nor false"):
        assert wire(SENTINELS["bool"]) or "a default"


def test_an_unknown_is_equal_to_nothing() -> None:
    assert not same(UNKNOWN, UNKNOWN)
    assert not same({"a": [UNKNOWN]}, {"a": [UNKNOWN]})
    assert UNKNOWN != UNKNOWN


@SOME
@given(nested(SCALARS | st.just(UNKNOWN)))
def test_known_is_what_has_no_unknown_in_it(properties: Plain) -> None:
    text = SENTINELS["string"].encode()
    assert known(properties) is (text not in encode(properties).SerializeToString())


def test_an_unknown_inside_a_secret_is_not_known() -> None:
    assert not known(Secret({"a": [UNKNOWN]}))
    assert not same(Secret(UNKNOWN), Secret(UNKNOWN))


# What is secret


@SOME
@given(nested(st.builds(Secret, SCALARS | st.lists(SCALARS) | st.just(UNKNOWN)) | SCALARS))
def test_secrets_survive(properties: Plain) -> None:
    assert alike(there_and_back(properties), properties)


@SOME
@given(nested(SCALARS))
def test_what_was_secret_is_equal_when_it_is_revealed(properties: Plain) -> None:
    hidden = {key: Secret([value]) for key, value in properties.items()}
    assert alike(reveal(there_and_back(hidden)), {key: [value] for key, value in properties.items()})
    assert same(hidden, reveal(hidden))


def test_a_secret_is_what_the_engine_writes() -> None:
    written = {KEY: SECRET, "value": {"password": "hunter2"}}
    assert alike(wire(written), Secret({"password": "hunter2"}))
    assert encode({"it": wire(written)}) == ParseDict({"it": written}, Struct())


def test_a_secret_in_a_secret_is_revealed_to_the_bottom() -> None:
    assert reveal(wire({KEY: SECRET, "value": [{KEY: SECRET, "value": 1}]})) == [1]


def test_a_secret_is_not_shown() -> None:
    assert "hunter2" not in f"{Secret('hunter2')!r} {Secret('hunter2')} {[Secret('hunter2')]}"


def test_the_texts_of_secrets_are_found_wherever_they_are() -> None:
    here = {"a": [Secret({"b": ["one", 2, None, True]}), "plain"], "c": {"d": Secret(Secret("three"))}}
    assert [*secrets(here)] == ["one", "2", "three"]


# Outputs and references, of engines and SDKs that send them although we say that we take none


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"value": "a"}, "a"),
        ({"value": "a", "secret": False, "dependencies": ["urn:x"]}, "a"),
        ({"value": "a", "secret": True}, Secret("a")),
        ({}, UNKNOWN),
        ({"dependencies": ["urn:x"]}, UNKNOWN),
        ({"secret": True}, Secret(UNKNOWN)),
        ({"value": None}, None),
        ({"value": {"a": {KEY: OUTPUT}}}, {"a": UNKNOWN}),
    ],
    ids=str,
)
def test_an_output_may_leave_out_what_is_empty(written: dict[str, Any], read: Any) -> None:
    assert alike(wire({KEY: OUTPUT, **written}), read)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"urn": "urn:x", "id": "i-1", "packageVersion": "1.0"}, "i-1"),
        ({"urn": "urn:x", "id": SENTINELS["string"]}, UNKNOWN),
        ({"urn": "urn:x", "packageVersion": ""}, "urn:x"),
    ],
)
def test_a_reference_to_a_resource_is_its_id_or_else_its_urn(written: dict[str, str], read: Any) -> None:
    assert alike(wire({KEY: RESOURCE, **written}), read)


@pytest.mark.parametrize(("signature", "what"), [(ASSET, "an asset"), (ARCHIVE, "an archive")])
def test_a_file_is_refused_where_it_is(signature: str, what: str) -> None:
    with pytest.raises(InvalidRequest, match=f"is {what}") as refused:
        wire({"a b": [0, {KEY: signature, "text": "hello", "hash": "1"}]})
    assert refused.value.path == "it['a b'][1]"


@pytest.mark.parametrize("signature", ["00000000000000000000000000000000", "", 7, None, {"a": 1}], ids=str)
def test_a_signature_of_the_future_is_carried_through_untouched(signature: Any) -> None:
    written = ParseDict({"it": [{KEY: signature, "value": {"a": [1, None]}, "more": True}]}, Struct())
    assert encode(decode(written)) == written


def test_a_secret_without_a_value_is_nothing() -> None:
    assert alike(wire({KEY: SECRET}), Secret(None))
