"""The part of JSON Schema that Nova's requests need, in the words in which Nova refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from antiaffinity.testing.openstack.http import Refused

Schema: TypeAlias = Mapping[str, Any]

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "null": (type(None),),
    "boolean": (bool,),
}

ID = {"type": "string", "uuid": True}
NAME = {"type": "string", "minLength": 1, "maxLength": 255}
COUNT = {"type": ["integer", "string"], "number": 1}


def check(value: Any, schema: Schema, path: str = "") -> None:
    """Refuse with 400 what a schema does not allow, naming the last part of its path as Nova does."""
    complaint = _complaint(value, schema)
    if complaint and path:
        raise Refused(400, f"Invalid input for field/attribute {path}. Value: {value}. {complaint}")
    if complaint:
        raise Refused(400, complaint)
    if isinstance(value, dict):
        for key, inner in value.items():
            check(inner, _of_property(schema, key), key)
    if isinstance(value, list):
        for number, inner in enumerate(value):
            check(inner, schema.get("items", {}), str(number))


def _of_property(schema: Schema, key: str) -> Schema:
    others = schema.get("additionalProperties", {})
    inner: Schema = schema.get("properties", {}).get(key, others if isinstance(others, dict) else {})
    return inner


def _complaint(value: Any, schema: Schema) -> str:
    """What is wrong with the value itself, not with what is in it."""
    checks = (_type, _digits, _enum, _range, _length, _uuid, _keys, _required, _additional)
    return next(filter(None, (one(value, schema) for one in checks)), "")


def _type(value: Any, schema: Schema) -> str:
    wanted = schema.get("type", [])
    names = [wanted] if isinstance(wanted, str) else wanted
    fits = any(isinstance(value, TYPES[name]) for name in names)
    if not names or (fits and not (isinstance(value, bool) and "boolean" not in names)):
        return ""
    return f"{value!r} is not of type {', '.join(map(repr, names))}"


def _digits(value: Any, schema: Schema) -> str:
    fits = not schema.get("digits") or value.isdecimal()
    return "" if fits else f"{value!r} does not match '^[0-9]*$'"


def _enum(value: Any, schema: Schema) -> str:
    allowed = schema.get("enum")
    return f"{value!r} is not one of {allowed!r}" if allowed and value not in allowed else ""


def _range(value: Any, schema: Schema) -> str:
    least = schema.get("minimum", schema.get("number"))
    if least is None:
        return ""
    if isinstance(value, str) and not re.fullmatch(r"-?\d+", value):
        return f"{value!r} does not match '^-?[0-9]+$'"
    return f"{value!r} is less than the minimum of {least}" if int(value) < least else ""


def _length(value: Any, schema: Schema) -> str:
    size = len(value) if isinstance(value, str | list) else 0
    if size > schema.get("maxLength", schema.get("maxItems", size)):
        return f"{value!r} is too long"
    if size < schema.get("minLength", schema.get("minItems", 0)):
        return f"{value!r} is too short" if value else f"{value!r} should be non-empty"
    return ""


def _uuid(value: Any, schema: Schema) -> str:
    shape = r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}"
    if not schema.get("uuid") or (isinstance(value, str) and re.fullmatch(shape, value)):
        return ""
    return f"{value!r} is not a 'uuid'" if schema.get("alone") else NONE_FITS.format(value)


NONE_FITS = "{!r} is not valid under any of the given schemas"


def _keys(value: Any, schema: Schema) -> str:
    pattern: str = schema.get("keys", "")
    strange = [key for key in value if not re.fullmatch(pattern, key)] if pattern else []
    return f"{strange[0]!r} does not match any of the regexes: '^{pattern}$'" if strange else ""


def _required(value: Any, schema: Schema) -> str:
    missing = [key for key in schema.get("required", ()) if isinstance(value, dict) and key not in value]
    return f"{missing[0]!r} is a required property" if missing else ""


def _additional(value: Any, schema: Schema) -> str:
    if schema.get("additionalProperties", True) is not False or not isinstance(value, dict):
        return ""
    others = [key for key in value if key not in schema.get("properties", {})]
    verb = "was" if len(others) == 1 else "were"
    return (
        f"Additional properties are not allowed ({', '.join(map(repr, others))} {verb} unexpected)"
        if others
        else ""
    )
