"""The schema as tests read it: its objects, and whether a value is what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

Json = dict[str, Any]

SCHEMA: Json = json.loads(files("pulumi_antiaffinity").joinpath("schema.json").read_text(encoding="utf-8"))
ANY = "pulumi.json#/Any"
PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


def short(token: str) -> str:
    """``Group`` of ``antiaffinity:index:Group``."""
    return token.rpartition(":")[2]


TYPES: dict[str, Json] = {short(token): one for token, one in SCHEMA["types"].items()}
RESOURCES: dict[str, Json] = {short(token): one for token, one in SCHEMA["resources"].items()}
FUNCTIONS: dict[str, Json] = {short(token): one for token, one in SCHEMA["functions"].items()}


def objects() -> Iterator[tuple[str, Json, list[str]]]:
    """Every set of properties: what it is called, its properties, and those that are required."""
    yield "config", SCHEMA["config"]["variables"], []
    yield "provider", SCHEMA["provider"]["inputProperties"], []
    for name, one in TYPES.items():
        if "properties" in one:
            yield name, one["properties"], one.get("required", [])
    for name, one in RESOURCES.items():
        yield f"{name}'s inputs", one["inputProperties"], one["requiredInputs"]
        yield f"{name}'s outputs", one["properties"], one["required"]
    for name, one in FUNCTIONS.items():
        for side in ("inputs", "outputs"):
            yield f"{name}'s {side}", one[side]["properties"], one[side]["required"]


def enum(name: str) -> list[str]:
    """The values of an enum, in order."""
    return [one["value"] for one in TYPES[name]["enum"]]


def examples(language: str) -> dict[str, str]:
    """The programs in a language, by the resource or function that shows them."""
    found = {}
    for name, one in {**RESOURCES, **FUNCTIONS}.items():
        texts = re.findall(rf"```{language}\n(.*?)```", one["description"], re.DOTALL)
        found.update({f"{name}{number or ''}": text for number, text in enumerate(texts)})
    return found


def misfits(value: Any, type_: Json, path: str) -> Iterator[str]:
    """Where a value is not what the schema says of it."""
    if "oneOf" in type_:
        ways = [list(misfits(value, one, path)) for one in type_["oneOf"]]
        yield from [] if [] in ways else [f"{path}: {value!r} is none of {type_['oneOf']}"]
    elif "$ref" in type_:
        yield from _named(value, type_["$ref"], path)
    elif type_["type"] == "array":
        yield from _items(value, type_["items"], path)
    elif type_["type"] == "object":
        yield from _entries(value, type_["additionalProperties"], path)
    elif not isinstance(value, PYTHON_TYPES[type_["type"]]) or isinstance(value, bool) is not _is_boolean(
        type_
    ):
        yield f"{path}: {value!r} is no {type_['type']}"


def _is_boolean(type_: Json) -> bool:
    return bool(type_["type"] == "boolean")


def _named(value: Any, ref: str, path: str) -> Iterator[str]:
    if ref == ANY:
        return
    named = TYPES[short(ref)]
    if "enum" in named:
        yield from [] if value in enum(short(ref)) else [f"{path}: {value!r} is no {short(ref)}"]
    else:
        yield from unlike(value, named["properties"], named["required"], path)


def _items(value: Any, type_: Json, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: {value!r} is no list"
        return
    for number, one in enumerate(value):
        yield from misfits(one, type_, f"{path}[{number}]")


def _entries(value: Any, type_: Json, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no object"
        return
    for key, one in value.items():
        yield from misfits(one, type_, f"{path}.{key}")


def unlike(value: Any, properties: Json, required: list[str], path: str) -> Iterator[str]:
    """Where an object is not what the schema says: what is missing, unknown to it, or of another type."""
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no object"
        return
    yield from (f"{path}.{key} is missing" for key in required if key not in value)
    yield from (f"{path}.{key} is not in the schema" for key in value if key not in properties)
    for key in value.keys() & properties.keys():
        yield from misfits(value[key], properties[key], f"{path}.{key}")
