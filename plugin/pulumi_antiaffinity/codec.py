"""Pulumi's values on the wire and in Python: plain data, with what is unknown and what is secret.

The wire is a protobuf ``Struct`` in which some strings and objects have a meaning of their own
(https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go). What is not
understood is carried through untouched; files (assets, archives) are refused, nothing here takes any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from google.protobuf.struct_pb2 import Struct, Value
from msgspec import Struct as Noun

from antiaffinity.decode import under
from antiaffinity.errors import InvalidRequest

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
FILES = {"c44067f5952c0a294b673a41bacd8c17": "an asset", "0def7320c3a5731c473e5ecbe6d01bc7": "an archive"}

UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWNS = frozenset(
    {
        UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a truth value
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # an array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # an asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # an archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # an object
    }
)


class Unknown:
    """A value that is not known yet; there is one, ``UNKNOWN``, and it is equal to nothing."""

    def __repr__(self) -> str:
        return "unknown"

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        raise TypeError("a value that is not known yet is neither true nor false")


UNKNOWN: Final = Unknown()


class Secret(Noun, frozen=True):
    """A value that must not be shown; equal to another by its value."""

    value: Any

    def __repr__(self) -> str:
        return "[secret]"


Plain = dict[str, Any]
"""Decoded properties: JSON's values, ``UNKNOWN`` and ``Secret``."""


def decode(struct: Struct) -> Plain:
    """The properties of a message; InvalidRequest names the one that is a file."""
    return {key: _decoded(value, under("", key)) for key, value in struct.fields.items()}


def _decoded(value: Value, path: str) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in UNKNOWNS else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [_decoded(item, under(path, n)) for n, item in enumerate(value.list_value.values)]
    return _decoded_object(value.struct_value, path) if kind == "struct_value" else None


def _decoded_object(struct: Struct, path: str) -> Any:
    signature = struct.fields[SIGNATURE].string_value if SIGNATURE in struct.fields else ""
    if signature in FILES:
        raise InvalidRequest(f"is {FILES[signature]}: no property here takes a file", path=path)
    if signature == SECRET:
        return Secret(_decoded(struct.fields["value"], path))
    if signature == OUTPUT:
        return _decoded_output(struct, path)
    if signature == RESOURCE:
        return _decoded(struct.fields["id" if "id" in struct.fields else "urn"], path)
    return {key: _decoded(item, under(path, key)) for key, item in struct.fields.items()}


def _decoded_output(struct: Struct, path: str) -> Any:
    """An output leaves out what is empty: without a value it is not known."""
    value = _decoded(struct.fields["value"], path) if "value" in struct.fields else UNKNOWN
    return Secret(value) if "secret" in struct.fields and struct.fields["secret"].bool_value else value


def encode(properties: Mapping[str, Any]) -> Struct:
    """The message of properties; TypeError for what is no value of Pulumi's."""
    struct = Struct()
    for key, value in properties.items():
        _encode(value, struct.fields[str(key)])
    return struct


def _encode(value: Any, into: Value) -> None:
    if isinstance(value, str):
        into.string_value = value
    elif isinstance(value, bool):
        into.bool_value = value
    elif isinstance(value, int | float):
        into.number_value = value
    elif value is None:
        into.null_value = 0  # type: ignore[assignment]
    elif isinstance(value, Mapping):
        into.struct_value.CopyFrom(encode(value))
    elif isinstance(value, list | tuple):
        _encode_list(value, into)
    elif value is UNKNOWN:
        into.string_value = UNKNOWN_STRING
    elif isinstance(value, Secret):
        into.struct_value.CopyFrom(encode({SIGNATURE: SECRET, "value": value.value}))
    else:
        raise TypeError(f"no value of Pulumi's: {type(value).__name__}")


def _encode_list(values: list[Any] | tuple[Any, ...], into: Value) -> None:
    into.list_value.SetInParent()
    for value in values:
        _encode(value, into.list_value.values.add())


def reveal(value: Any) -> Any:
    """The same without the wrappers of what is secret."""
    return _mapped(value, lambda secret: reveal(secret.value))


def _mapped(value: Any, secret: Callable[[Secret], Any]) -> Any:
    if isinstance(value, Secret):
        return secret(value)
    if isinstance(value, dict):
        return {key: _mapped(item, secret) for key, item in value.items()}
    return [_mapped(item, secret) for item in value] if isinstance(value, list) else value


def known(value: Any) -> bool:
    """Whether nothing in it is unknown."""
    if isinstance(value, Secret):
        return known(value.value)
    if isinstance(value, dict):
        return all(map(known, value.values()))
    return all(map(known, value)) if isinstance(value, list) else value is not UNKNOWN


def same(one: Any, other: Any) -> bool:
    """Whether both are known and equal, whether secret or not."""
    return known(one) and known(other) and bool(reveal(one) == reveal(other))


def secrets(value: Any) -> Iterator[str]:
    """The texts, and numbers as text, inside what is secret."""
    if isinstance(value, Secret):
        yield from _texts(reveal(value.value))
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from secrets(item)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)
