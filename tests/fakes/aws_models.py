"""Answers held against the models of botocore: no name that they do not know, no value they do not list."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

OWN = frozenset({"requestId", "RequestId"})
"""What EC2 adds to every answer."""


def strictly(client: Any) -> None:
    """Let every answer to this client fail that its model does not describe."""
    client._endpoint._event_emitter.register("before-parse", _check)


def _check(operation_model: Any, response_dict: dict[str, Any], **_: object) -> None:
    if response_dict["status_code"] >= 300 or operation_model.output_shape is None:
        return
    root = ElementTree.fromstring(response_dict["body"])
    _fits(root, operation_model.output_shape, operation_model.name)


def _fits(element: ElementTree.Element, shape: Any, path: str) -> None:
    if shape.type_name == "structure":
        _members(element, shape, path)
    elif shape.type_name == "list":
        for each in element:
            _fits(each, shape.member, f"{path}[]")
    elif getattr(shape, "enum", None) and (element.text or ""):
        assert element.text in shape.enum, f"{path}: {element.text!r} is none of {shape.enum}"


def _members(element: ElementTree.Element, shape: Any, path: str) -> None:
    known = {_name(name, member): member for name, member in shape.members.items()}
    for each in element:
        name = each.tag.rpartition("}")[2]
        if name not in OWN:
            assert name in known, f"{path}: no {name} in {sorted(known)}"
            _fits(each, known[name], f"{path}.{name}")


def _name(name: str, member: Any) -> str:
    return str(member.serialization.get("name", name))
