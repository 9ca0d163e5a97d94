"""Microsoft's swagger and bicep types as JSON Schema, as strict as they can be read.

An object that declares properties takes no others; what is read-only may not be sent, what is write-only
may not be answered; open enums are closed, but for the sizes of machines, whose list is an old one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

Mode = Literal["request", "answer"]
Json = dict[str, Any]

KEPT = ("type", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")


class Swagger:
    """Schemas out of swagger files that refer to each other."""

    def __init__(self) -> None:
        self._documents: dict[Path, Json] = {}
        self._definitions: dict[str, Json] = {}

    def document(self, file: Path) -> Json:
        if file not in self._documents:
            self._documents[file] = json.loads(file.read_text())
        return self._documents[file]

    def resolved(self, file: Path, node: Json) -> Json:
        """What a reference stands for; everything else is itself."""
        return self._followed(file, node["$ref"])[1] if "$ref" in node else node

    def schema(self, file: Path, node: Json, mode: Mode) -> Json:
        """A schema that stands alone, for a request or an answer."""
        return {**self._translated(file, node, mode, ""), "definitions": self._definitions}

    def _followed(self, file: Path, ref: str) -> tuple[Path, Json]:
        name, _, pointer = ref.partition("#/")
        there = Path(os.path.normpath(file.parent / name)) if name else file
        node = self.document(there)
        for part in pointer.split("/"):
            node = node[part]
        return there, node

    def _translated(self, file: Path, node: Json, mode: Mode, name: str) -> Json:
        if "$ref" in node:
            return {"$ref": f"#/definitions/{self._defined(file, node['$ref'], mode)}"}
        told: Json = {key: node[key] for key in KEPT if key in node and not _is_open(key, node, name)}
        if "items" in node:
            told["items"] = self._translated(file, node["items"], mode, "")
        properties, required = self._members(file, node, mode)
        if properties:
            told.update(type="object", properties=properties, additionalProperties=False)
            if required:
                told["required"] = required
        elif isinstance(node.get("additionalProperties"), dict):
            told["additionalProperties"] = self._translated(file, node["additionalProperties"], mode, "")
        return told

    def _defined(self, file: Path, ref: str, mode: Mode) -> str:
        there, node = self._followed(file, ref)
        key = f"{there.name}.{ref.rpartition('/')[2]}.{mode}"
        if key not in self._definitions:
            self._definitions[key] = {}  # it may contain itself
            self._definitions[key] = self._translated(there, node, mode, "")
        return key

    def _members(self, file: Path, node: Json, mode: Mode) -> tuple[Json, list[str]]:
        """The properties of an object and of all that it is made of, and which of them it must have."""
        properties: Json = {}
        required: set[str] = set()
        for there, part in self._parts(file, node):
            shown = {n: p for n, p in part.get("properties", {}).items() if _is_for(p, mode)}
            properties |= {n: self._translated(there, p, mode, n) for n, p in shown.items()}
            required |= {n for n in part.get("required", ()) if n in shown}
        return properties, sorted(required)

    def _parts(self, file: Path, node: Json) -> Iterator[tuple[Path, Json]]:
        yield file, node
        for part in node.get("allOf", ()):
            yield from self._parts(*(self._followed(file, part["$ref"]) if "$ref" in part else (file, part)))


def _is_for(said: Mapping[str, Any], mode: Mode) -> bool:
    if mode == "request":
        return not said.get("readOnly")
    return "read" in said.get("x-ms-mutability", ("read",)) and not said.get("x-ms-secret")


def _is_open(key: str, node: Mapping[str, Any], name: str) -> bool:
    return key == "enum" and name == "vmSize"


REQUIRED, READ_ONLY, WRITE_ONLY, FIXED = 1, 2, 4, 8


class Types:
    """Schemas out of a list of bicep types."""

    def __init__(self, types: list[Json]) -> None:
        self._types = types

    @cached_property
    def _resources(self) -> dict[str, str]:
        found = (one for one in self._types if one["$type"] == "ResourceType")
        return {one["name"].partition("@")[0].casefold(): one["body"]["$ref"] for one in found}

    def schema(self, name: str, mode: Mode | Literal["patch"]) -> Json:
        """The body of a resource, as it is sent, changed or answered."""
        ref = self._resources[name.casefold()]
        return {**self._translated(ref, mode, ""), "definitions": self._definitions(mode)}

    def _definitions(self, mode: str) -> Json:
        if mode not in self._cache:
            refs = [
                f"#/{n}"
                for n, one in enumerate(self._types)
                if one["$type"] not in ("ResourceType", "ResourceFunctionType")
            ]
            self._cache[mode] = {ref[2:]: self._made(ref, mode) for ref in refs}
        return self._cache[mode]

    @cached_property
    def _cache(self) -> dict[str, Json]:
        return {}

    def _translated(self, ref: str, mode: str, name: str) -> Json:
        return {} if name == "vmSize" else {"$ref": f"#/definitions/{ref[2:]}"}

    def _made(self, ref: str, mode: str) -> Json:
        said = self._types[int(ref[2:])]
        kind = said["$type"]
        if kind == "ObjectType":
            return self._object(said, mode)
        if kind == "ArrayType":
            return {"type": "array", "items": self._translated(said["itemType"]["$ref"], mode, "")}
        if kind == "UnionType":
            return self._union(said, mode)
        if kind == "StringLiteralType":
            return {"enum": [said["value"]]}
        plain = {"StringType": "string", "IntegerType": "integer", "BooleanType": "boolean"}
        return {"type": plain[kind]} if kind in plain else {}

    def _union(self, said: Json, mode: str) -> Json:
        """An open enum is a union of its values and any text: the text is left out."""
        kinds = {one["$ref"]: self._types[int(one["$ref"][2:])]["$type"] for one in said["elements"]}
        literals = [ref for ref, kind in kinds.items() if kind == "StringLiteralType"]
        return {"anyOf": [self._translated(ref, mode, "") for ref in (literals or kinds)]}

    def _object(self, said: Json, mode: str) -> Json:
        hidden = WRITE_ONLY if mode == "answer" else READ_ONLY
        shown = {n: p for n, p in said["properties"].items() if not p["flags"] & hidden or n in SELF}
        if mode != "answer":
            shown = {n: p for n, p in shown.items() if not p["flags"] & FIXED}
        needed = [n for n, p in shown.items() if p["flags"] & REQUIRED and n not in SELF and mode != "patch"]
        told: Json = {
            "type": "object",
            "properties": {n: self._translated(p["type"]["$ref"], mode, n) for n, p in shown.items()},
            "additionalProperties": False,
        }
        if "additionalProperties" in said:
            told["additionalProperties"] = self._translated(said["additionalProperties"]["$ref"], mode, "")
        return told | ({"required": needed} if needed else {})


SELF = ("id", "name", "type", "apiVersion")
"""What a deployment writes and a request has in its path."""
